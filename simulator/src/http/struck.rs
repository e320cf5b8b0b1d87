//! All that goes wrong with one request, put together.

use crate::{
    fault::{Other, What},
    world::Treatment,
};

/// What faults make of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Struck {
    /// What somebody else does right before.
    pub(super) others: Vec<(Other, String)>,
    pub(super) spends_tokens: bool,
    pub(super) treatment: Treatment,
    /// How much later the answer comes, in milliseconds.
    pub(super) slow: u64,
    /// Keeps the request from being taken on. The first counts.
    pub(super) barrier: Option<Barrier>,
    /// Takes the place of the answer. The first counts.
    pub(super) ending: Option<Ending>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barrier {
    Reset,
    Hang,
    TooMany { retry_after: Option<u64> },
    Unavailable { retry_after: u64 },
    Status(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Lost,
    Cut,
    Html,
    Null,
    /// A list without its items.
    Empty,
    Status(u16),
}

impl Struck {
    pub(super) fn by(whats: Vec<What>) -> Self {
        let mut struck = Self::default();
        for what in whats {
            struck.add(what);
        }
        struck
    }

    fn add(&mut self, what: What) {
        match what {
            What::Reset => self.bar(Barrier::Reset),
            What::Hang => self.bar(Barrier::Hang),
            What::TooMany { retry_after } => self.bar(Barrier::TooMany { retry_after }),
            What::Unavailable { retry_after } => self.bar(Barrier::Unavailable { retry_after }),
            What::Status(status) => self.bar(Barrier::Status(status)),
            What::Lost => self.end(Ending::Lost),
            What::Cut => self.end(Ending::Cut),
            What::Html => self.end(Ending::Html),
            What::Null => self.end(Ending::Null),
            What::Empty => self.end(Ending::Empty),
            What::Taken(status) => self.end(Ending::Status(status)),
            What::Slow(millis) => self.slow = self.slow.saturating_add(millis),
            What::Expire => self.spends_tokens = true,
            What::Fate(fate) => self.treatment.fate = fate,
            What::Late(millis) => self.treatment.late = millis,
            What::Other(other, name) => self.others.push((other, name)),
        }
    }

    fn bar(&mut self, barrier: Barrier) {
        self.barrier.get_or_insert(barrier);
    }

    fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }
}

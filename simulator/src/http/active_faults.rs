//! All faults that act on one request, put together.

use crate::{
    fault::{Effect, UserAction},
    world::Treatment,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ActiveFaults {
    /// What another user does right before, and to the discovery of which name.
    pub(super) other_users: Vec<(UserAction, String)>,
    pub(super) expires_tokens: bool,
    pub(super) treatment: Treatment,
    /// How much later the answer comes, in milliseconds.
    pub(super) slow: u64,
    /// Keeps the request from being processed. The first counts.
    pub(super) rejection: Option<Rejection>,
    /// Takes the place of the answer. The first counts.
    pub(super) answer_fault: Option<AnswerFault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    Reset,
    Hang,
    TooMany { retry_after: Option<u64> },
    Unavailable { retry_after: u64 },
    Status(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerFault {
    Lost,
    Cut,
    Html,
    Null,
    Empty,
    Status(u16),
}

impl ActiveFaults {
    pub(super) fn new(effects: Vec<Effect>) -> Self {
        let mut faults = Self::default();
        for effect in effects {
            faults.add(effect);
        }
        faults
    }

    fn add(&mut self, effect: Effect) {
        match effect {
            Effect::Reset => self.reject(Rejection::Reset),
            Effect::Hang => self.reject(Rejection::Hang),
            Effect::TooMany { retry_after } => self.reject(Rejection::TooMany { retry_after }),
            Effect::Unavailable { retry_after } => {
                self.reject(Rejection::Unavailable { retry_after });
            }
            Effect::Status(status) => self.reject(Rejection::Status(status)),
            Effect::Lost => self.replace_answer(AnswerFault::Lost),
            Effect::Cut => self.replace_answer(AnswerFault::Cut),
            Effect::Html => self.replace_answer(AnswerFault::Html),
            Effect::Null => self.replace_answer(AnswerFault::Null),
            Effect::Empty => self.replace_answer(AnswerFault::Empty),
            Effect::ProcessedThenStatus(status) => {
                self.replace_answer(AnswerFault::Status(status));
            }
            Effect::Slow(millis) => self.slow = self.slow.saturating_add(millis),
            Effect::ExpireTokens => self.expires_tokens = true,
            Effect::Write(outcome) => self.treatment.outcome = outcome,
            Effect::LateTask(millis) => self.treatment.task_hidden_for = millis,
            Effect::OtherUser(action, name) => self.other_users.push((action, name)),
        }
    }

    fn reject(&mut self, rejection: Rejection) {
        self.rejection.get_or_insert(rejection);
    }

    fn replace_answer(&mut self, fault: AnswerFault) {
        self.answer_fault.get_or_insert(fault);
    }
}

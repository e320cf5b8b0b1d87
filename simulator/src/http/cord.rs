//! A line to the simulator that can be pulled out, as the end of a process does it.
//!
//! What was carried before stays carried. Knows nothing of what the requests are for.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::{FaultError, fault::Where};

/// What requests go through until it is pulled; from then on none arrives and none is answered.
/// Clones are the same cord.
#[derive(Clone, Debug, Default)]
pub struct Cord {
    pulled: CancellationToken,
    last: Arc<Mutex<Option<Last>>>,
}

/// The request that the cord is pulled at.
#[derive(Clone, Copy, Debug)]
struct Last {
    place: Where,
    n_left: u64,
    arrives: bool,
}

impl Cord {
    /// Pulls it now.
    pub fn pull(&self) {
        self.pulled.cancel();
    }

    /// Has it pulled at the `nth` request from now of a kind, named as in faults; `arrives` says
    /// whether that one arrives still.
    pub fn pull_at(&self, place: &str, nth: u64, arrives: bool) -> Result<(), FaultError> {
        let last = Last { place: place.parse()?, n_left: nth, arrives };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        Ok(())
    }

    /// Waits until it is pulled.
    pub async fn pulled(&self) {
        self.pulled.cancelled().await;
    }

    /// Whether it is pulled.
    pub fn is_pulled(&self) -> bool {
        self.pulled.is_cancelled()
    }

    /// Counts a request, and says whether it arrives.
    pub(super) fn carries(&self, place: Option<Where>) -> bool {
        if self.is_pulled() {
            return false;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = last.as_mut() else { return true };
        if last.place != Where::Any && Some(last.place) != place {
            return true;
        }
        last.n_left = last.n_left.saturating_sub(1);
        if last.n_left != 0 {
            return true;
        }
        self.pull();
        last.arrives
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_carries_until_it_is_pulled() {
        let (create, list) = (Some(Where::Create), Some(Where::List));
        for arrives in [true, false] {
            let cord = Cord::default();
            cord.pull_at("create", 2, arrives).unwrap();
            assert!(cord.carries(create) && cord.carries(list) && !cord.is_pulled());
            assert_eq!(cord.carries(create), arrives);
            assert!(cord.is_pulled() && !cord.carries(list) && !cord.carries(None));
        }
        let cord = Cord::default();
        cord.pull_at("any", 1, true).unwrap();
        assert!(cord.carries(None) && !cord.carries(None));
        assert!(Cord::default().pull_at("nowhere", 1, true).is_err());
    }
}

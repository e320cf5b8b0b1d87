//! Cuts a client off from the simulator, as the end of its process would.
//!
//! Requests that arrived before are still processed.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::{FaultError, fault::RequestKind};

/// Once a client is cut off, none of its requests arrives and none is answered. Clones cut off
/// together.
#[derive(Clone, Debug, Default)]
pub struct Disconnect {
    cut: CancellationToken,
    trigger: Arc<Mutex<Option<Trigger>>>,
}

/// The request that cuts the client off.
#[derive(Clone, Copy, Debug)]
struct Trigger {
    kind: RequestKind,
    n_left: u64,
    arrives: bool,
}

impl Disconnect {
    /// Cuts the client off now.
    pub fn cut(&self) {
        self.cut.cancel();
    }

    /// Cuts the client off at the `nth` request from now of a kind, named as in faults. With
    /// `arrives`, that request still arrives.
    pub fn cut_at(&self, kind: &str, nth: u64, arrives: bool) -> Result<(), FaultError> {
        let trigger = Trigger { kind: kind.parse()?, n_left: nth, arrives };
        *self.trigger.lock().unwrap_or_else(PoisonError::into_inner) = Some(trigger);
        Ok(())
    }

    /// Waits until the client is cut off.
    pub async fn until_cut(&self) {
        self.cut.cancelled().await;
    }

    /// Whether the client is cut off.
    pub fn is_cut(&self) -> bool {
        self.cut.is_cancelled()
    }

    /// Counts a request, and returns whether it arrives.
    pub(super) fn lets_through(&self, kind: Option<RequestKind>) -> bool {
        if self.is_cut() {
            return false;
        }
        let mut trigger = self.trigger.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(trigger) = trigger.as_mut() else { return true };
        if trigger.kind != RequestKind::Any && Some(trigger.kind) != kind {
            return true;
        }
        trigger.n_left = trigger.n_left.saturating_sub(1);
        if trigger.n_left != 0 {
            return true;
        }
        self.cut();
        trigger.arrives
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_arrive_until_the_client_is_cut_off() {
        let (create, list) = (Some(RequestKind::Create), Some(RequestKind::List));
        for arrives in [true, false] {
            let disconnect = Disconnect::default();
            disconnect.cut_at("create", 2, arrives).unwrap();
            assert!(disconnect.lets_through(create) && disconnect.lets_through(list));
            assert!(!disconnect.is_cut());
            assert_eq!(disconnect.lets_through(create), arrives);
            assert!(disconnect.is_cut());
            assert!(!disconnect.lets_through(list) && !disconnect.lets_through(None));
        }
        let disconnect = Disconnect::default();
        disconnect.cut_at("any", 1, true).unwrap();
        assert!(disconnect.lets_through(None) && !disconnect.lets_through(None));
        assert!(Disconnect::default().cut_at("nowhere", 1, true).is_err());
    }
}

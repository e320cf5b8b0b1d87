//! Injected faults, and the requests that they act on.

use super::{Effect, Fault, Occurrence, RequestKind};

/// An injected fault, and how many requests it has counted.
#[derive(Debug)]
pub(crate) struct Armed {
    fault: Fault,
    n_requests: u64,
}

impl Armed {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault, n_requests: 0 }
    }

    /// Counts a request, and returns the effect on it, if there is one.
    pub(crate) fn effect_on(&mut self, kind: Option<RequestKind>) -> Option<Effect> {
        let Fault { kind: counted, occurrence, effect } = &self.fault;
        if *counted != RequestKind::Any && Some(*counted) != kind {
            return None;
        }
        self.n_requests += 1;
        let acts = match occurrence {
            Occurrence::From { first, last } => (*first..=*last).contains(&self.n_requests),
            Occurrence::Every(step) => self.n_requests.is_multiple_of(*step),
            Occurrence::All => true,
        };
        acts.then(|| effect.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affected(fault: &str, kinds: &[RequestKind]) -> Vec<usize> {
        let mut armed = Armed::new(fault.parse().unwrap());
        let hits = kinds.iter().map(|it| armed.effect_on(Some(*it)).is_some());
        hits.enumerate().filter(|(_, hit)| *hit).map(|(at, _)| at + 1).collect()
    }

    #[test]
    fn a_fault_counts_the_requests_of_its_kind() {
        let creates = [RequestKind::Create; 9];
        assert_eq!(affected("create=lost", &creates), [1]);
        assert_eq!(affected("create@3=lost", &creates), [3]);
        assert_eq!(affected("create@2-5=lost", &creates), [2, 3, 4, 5]);
        assert_eq!(affected("create@/4=lost", &creates), [4, 8]);
        assert_eq!(affected("create@*=lost", &creates).len(), 9);
        let mixed =
            [RequestKind::List, RequestKind::Create, RequestKind::List, RequestKind::Create];
        assert_eq!(affected("create@2=lost", &mixed), [4]);
        assert_eq!(affected("any@3=lost", &mixed), [3]);
        assert_eq!(affected("get@*=lost", &mixed), [0; 0]);
    }
}

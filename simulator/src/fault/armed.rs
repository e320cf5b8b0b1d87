//! Injected faults, and the requests that they have counted.

use super::{Effect, Fault, RequestKind};

#[derive(Debug, Default)]
pub(crate) struct Armed {
    faults: Vec<Counter>,
}

#[derive(Debug)]
struct Counter {
    fault: Fault,
    n_requests: u64,
}

impl Armed {
    pub(crate) fn add(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.extend(faults.into_iter().map(|fault| Counter { fault, n_requests: 0 }));
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// Counts a request, and returns the effects on it in the order of injection.
    pub(crate) fn effects_on(&mut self, kind: Option<RequestKind>) -> Vec<Effect> {
        let mut effects = Vec::new();
        for Counter { fault, n_requests } in &mut self.faults {
            if fault.kind == RequestKind::Any || Some(fault.kind) == kind {
                *n_requests += 1;
                if fault.occurrence.includes(*n_requests) {
                    effects.push(fault.effect.clone());
                }
            }
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affected(fault: &str, kinds: &[RequestKind]) -> Vec<usize> {
        let mut armed = Armed::default();
        armed.add([fault.parse().unwrap()]);
        let hits = kinds.iter().map(|it| !armed.effects_on(Some(*it)).is_empty());
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

//! The faults that are there, and the requests that they have counted.

use super::{Fault, What, Where};

/// Faults that wait for their requests.
#[derive(Debug, Default)]
pub(crate) struct Armed {
    faults: Vec<Counted>,
}

#[derive(Debug)]
struct Counted {
    fault: Fault,
    seen: u64,
}

impl Armed {
    pub(crate) fn arm(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.extend(faults.into_iter().map(|fault| Counted { fault, seen: 0 }));
    }

    pub(crate) fn disarm(&mut self) {
        self.faults.clear();
    }

    /// Counts a request, and says all that goes wrong with it, in the order of arming.
    pub(crate) fn strike(&mut self, place: Option<Where>) -> Vec<What> {
        let mut struck = Vec::new();
        for Counted { fault, seen } in &mut self.faults {
            if fault.place == Where::Any || Some(fault.place) == place {
                *seen += 1;
                if fault.which.holds(*seen) {
                    struck.push(fault.what.clone());
                }
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(fault: &str, places: &[Where]) -> Vec<usize> {
        let mut armed = Armed::default();
        armed.arm([fault.parse().unwrap()]);
        let hits = places.iter().map(|it| !armed.strike(Some(*it)).is_empty());
        hits.enumerate().filter(|(_, hit)| *hit).map(|(at, _)| at + 1).collect()
    }

    #[test]
    fn which_counts_the_requests_of_its_place() {
        let creates = [Where::Create; 9];
        assert_eq!(struck("create=lost", &creates), [1]);
        assert_eq!(struck("create@3=lost", &creates), [3]);
        assert_eq!(struck("create@2-5=lost", &creates), [2, 3, 4, 5]);
        assert_eq!(struck("create@/4=lost", &creates), [4, 8]);
        assert_eq!(struck("create@*=lost", &creates).len(), 9);
        let mixed = [Where::List, Where::Create, Where::List, Where::Create];
        assert_eq!(struck("create@2=lost", &mixed), [4]);
        assert_eq!(struck("any@3=lost", &mixed), [3]);
        assert_eq!(struck("get@*=lost", &mixed), [0; 0]);
    }
}

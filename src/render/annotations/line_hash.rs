//! The hash of a line, by which GitHub's code scanning recognises a result.
//!
//! It is the hash that the upload action computes for results without one, so that both ways of
//! uploading a document give the same result.

use std::{collections::BTreeMap, iter};

/// The number of UTF-16 units in a hash, from the start of the line.
const BLOCK: usize = 100;

const FACTOR: u64 = 37;

/// Marks the end of a text.
const END: u16 = u16::MAX;

/// Returns the hash of each line, and its number among the lines with the same hash.
pub(crate) fn line_hashes(text: &str) -> Vec<String> {
    let (units, starts) = squeezed(text);
    let mut counts = BTreeMap::<u64, usize>::new();
    let hashes = starts.into_iter().map(|start| {
        let behind = units.get(start..).unwrap_or_default().iter().copied();
        let block = behind.chain(iter::repeat(0)).take(BLOCK);
        let hash = block.fold(0_u64, |hash, it| hash.wrapping_mul(FACTOR).wrapping_add(it.into()));
        let count = counts.entry(hash).or_default();
        *count += 1;
        format!("{hash:x}:{count}")
    });
    hashes.collect()
}

/// Returns a text without blanks, with normalised line breaks and an end mark, and the starts of its
/// lines.
fn squeezed(text: &str) -> (Vec<u16>, Vec<usize>) {
    const LINE_FEED: u16 = b'\n' as u16;
    const RETURN: u16 = b'\r' as u16;
    let is_blank = |it: u16| it == u16::from(b' ') || it == u16::from(b'\t');
    let (mut units, mut starts) = (Vec::new(), Vec::new());
    let mut before = None;
    let mut begins = true;
    for unit in text.encode_utf16().chain([END]) {
        let is_second_half = before == Some(RETURN) && unit == LINE_FEED;
        before = Some(unit);
        if is_blank(unit) || is_second_half {
            continue;
        }
        if begins {
            starts.push(units.len());
        }
        let unit = if unit == RETURN { LINE_FEED } else { unit };
        begins = unit == LINE_FEED;
        units.push(unit);
    }
    (units, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_action_that_uploads() {
        let table: [(&str, &[&str]); 4] = [
            ("", &["c129715d7a2bc9a3:1"]),
            (
                " a\nb\n  \t\tc\n d",
                &[
                    "271789c17abda88f:1",
                    "54703d4cd895b18:1",
                    "180aee12dab6264:1",
                    "a23a3dc5e078b07b:1",
                ],
            ),
            (
                " hello; \t\r\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
                &[
                    "e9496ae3ebfced30:1",
                    "fb7c023a8b9ccb3f:1",
                    "ce8ba1a563dcdaca:1",
                    "e20e36e16fcb0cc8:1",
                    "b3edc88f2938467e:1",
                    "c8e28b0b4002a3a0:1",
                    "c129715d7a2bc9a3:1",
                ],
            ),
            (
                &"Lorem ipsum dolor sit amet.\n".repeat(10),
                &[
                    "a7f2ff13bc495cf2:1",
                    "a7f2ff13bc495cf2:2",
                    "a7f2ff13bc495cf2:3",
                    "a7f2ff13bc495cf2:4",
                    "a7f2ff13bc495cf2:5",
                    "a7f2ff13bc495cf2:6",
                    "a7f2ff1481e87703:1",
                    "a9cf91f7bbf1862b:1",
                    "55ec222b86bcae53:1",
                    "cc97dc7b1d7d8f7b:1",
                    "c129715d7a2bc9a3:1",
                ],
            ),
        ];
        for (text, want) in table {
            assert_eq!(line_hashes(text), want, "{text:?}");
        }
    }
}

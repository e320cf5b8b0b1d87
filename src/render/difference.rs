//! The differences of two lists, and of two long values.

use std::collections::BTreeSet;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// An element of one list or of both.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// `-` if only the old list has it at this place, `+` if only the new one does, a blank for
    /// both.
    pub(super) sign: char,
    pub(super) text: String,
    /// Whether the other list has the element at another place.
    pub(super) is_moved: bool,
}

/// Compares two lists, each without duplicates.
pub(super) fn difference(before: Vec<String>, after: Vec<String>) -> Vec<Line> {
    let [old, new] = [&before, &after].map(|it| it.iter().cloned().collect::<BTreeSet<_>>());
    // The cost of the comparison grows with every difference. Two long lists that have nothing in
    // common would take seconds, so only what both have is compared.
    let shared_before = before.iter().filter(|it| new.contains(*it)).collect::<Vec<_>>();
    let shared_after = after.iter().filter(|it| old.contains(*it)).collect::<Vec<_>>();
    let ops = capture_diff_slices(Algorithm::Myers, &shared_before, &shared_after);
    let equal = ops.iter().filter(|it| it.tag() == DiffTag::Equal);
    let equal = equal.flat_map(|it| shared_before.get(it.old_range()).unwrap_or_default());
    let stays = equal.map(|it| (*it).clone()).collect::<BTreeSet<_>>();

    let added = |text: String| Line { sign: '+', is_moved: old.contains(&text), text };
    let mut lines = Vec::new();
    let mut rest = after.into_iter().peekable();
    for text in before {
        if !stays.contains(&text) {
            lines.push(Line { sign: '-', is_moved: new.contains(&text), text });
            continue;
        }
        while let Some(it) = rest.next_if(|it| *it != text) {
            lines.push(added(it));
        }
        lines.extend(rest.next().map(|text| Line { sign: ' ', text, is_moved: false }));
    }
    lines.extend(rest.map(added));
    lines
}

/// A part of a value, and whether the other value has it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) is_changed: bool,
}

/// The parts of a value that becomes another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ChangedWords {
    pub(crate) before: Vec<Piece>,
    pub(crate) after: Vec<Piece>,
}

/// In a shorter value, a change is visible without a mark.
const LONG: usize = 20;

/// Returns which words change, or `None` if the values are short or have no word in common.
pub(crate) fn changed_words(before: &str, after: &str) -> Option<ChangedWords> {
    if before.chars().count().max(after.chars().count()) < LONG {
        return None;
    }
    let [old, new] = [before, after]
        .map(|it| it.split_inclusive(|it: char| !it.is_alphanumeric()).collect::<Vec<_>>());
    let mut words = ChangedWords { before: Vec::new(), after: Vec::new() };
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let is_changed = op.tag() != DiffTag::Equal;
        let piece = |text: Option<&[&str]>| {
            let text = text.unwrap_or_default().concat();
            (!text.is_empty()).then_some(Piece { text, is_changed })
        };
        words.before.extend(piece(old.get(op.old_range())));
        words.after.extend(piece(new.get(op.new_range())));
    }
    words.before.iter().any(|it| !it.is_changed).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(before: &[&str], after: &[&str]) -> Vec<String> {
        let [before, after] = [before, after].map(|it| it.iter().map(|it| (*it).to_owned()));
        let lines = difference(before.collect(), after.collect()).into_iter();
        let moved = |it: &Line| if it.is_moved { " moved" } else { "" };
        lines.map(|it| format!("{}{}{}", it.sign, it.text, moved(&it))).collect()
    }

    #[test]
    fn each_element_of_both_lists_is_shown_once() {
        assert_eq!(drawn(&["a", "b", "d"], &["a", "c", "d"]), [" a", "-b", "+c", " d"]);
        assert_eq!(
            drawn(&["ssh", "telnet"], &["telnet", "ssh"]),
            ["+telnet moved", " ssh", "-telnet moved"]
        );
        assert_eq!(drawn(&[], &["a"]), ["+a"]);
    }

    #[test]
    fn long_lists_without_a_common_element_are_compared_at_once() {
        let list = |from: u32| (from..from + 50_000).map(|it| it.to_string()).collect::<Vec<_>>();
        assert_eq!(difference(list(100_000), list(200_000)).len(), 100_000);
    }

    #[test]
    fn the_changed_words_of_a_long_value_are_found() {
        let words = changed_words("10.20.0.1-10.20.0.254", "10.20.0.1-10.20.9.254").unwrap();
        let changed = |of: &[Piece]| {
            let marked = |it: &Piece| {
                if it.is_changed { format!("<{}>", it.text) } else { it.text.clone() }
            };
            of.iter().map(marked).collect::<String>()
        };
        assert_eq!(changed(&words.before), "10.20.0.1-10.20.<0.>254");
        assert_eq!(changed(&words.after), "10.20.0.1-10.20.<9.>254");
        assert_eq!(changed_words("5s", "10s"), None);
        assert_eq!(changed_words("aaaaaaaaaaaaaaaaaaaaaaaa", "b"), None);
    }
}

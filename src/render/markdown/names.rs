//! The names of deleted and replaced discoveries, for a comment with room for little else.

use super::{
    changes::ACTIONS,
    inert::{SHORTEST, fence, label, shortened},
};
use crate::plan::{Action, Plan};

/// How names are written, from the most readable to the shortest.
#[derive(Clone, Copy, Debug)]
enum Way {
    Whole,
    /// A common prefix of consecutive names is written once.
    ByBeginning,
    /// Names longer than this many bytes are shortened.
    Shortened(usize),
}

const WAYS: [Way; 13] = [
    Way::Whole,
    Way::ByBeginning,
    Way::Shortened(240),
    Way::Shortened(120),
    Way::Shortened(80),
    Way::Shortened(60),
    Way::Shortened(40),
    Way::Shortened(30),
    Way::Shortened(24),
    Way::Shortened(20),
    Way::Shortened(16),
    Way::Shortened(13),
    Way::Shortened(SHORTEST),
];

/// Returns the names of deleted and replaced discoveries, shortened to fit, with a note. If they do
/// not fit, the note counts the missing ones.
pub(super) fn names(plan: &Plan, room: usize) -> String {
    let mut all = WAYS.into_iter().map(|it| lists(plan, it, usize::MAX));
    all.find(|it| it.len() <= room)
        .unwrap_or_else(|| lists(plan, Way::Shortened(SHORTEST), room.saturating_sub(MOST_AROUND)))
}

/// The most bytes that stand around the lines of names: titles, fences and what is said of them.
const MOST_AROUND: usize = 1_000;

/// Returns a list for each of the two actions, in at most this many bytes.
fn lists(plan: &Plan, way: Way, room: usize) -> String {
    let mut parts = Vec::new();
    let mut left = room;
    let mut n_missing = 0;
    for (action, what) in ACTIONS {
        if !matches!(action, Action::Delete | Action::Replace) {
            continue;
        }
        let changes = plan.changes.iter().filter(|it| it.action == action);
        let names = changes.map(|it| it.name.as_str()).collect::<Vec<_>>();
        if names.is_empty() {
            continue;
        }
        let lines = lines(&names, way);
        let n_lines = lines.len();
        let fits = |it: &String| {
            let is_room = it.len() < left;
            left -= if is_room { it.len() + 1 } else { left };
            is_room
        };
        let lines = lines.into_iter().take_while(fits).collect::<Vec<_>>();
        n_missing += n_lines - lines.len();
        parts.push(format!("**{} {what}:**", names.len()));
        if !lines.is_empty() {
            parts.push(fence("text", &lines.join("\n")));
        }
    }
    if let Some(note) = note(way) {
        parts.insert(0, note);
    }
    if n_missing != 0 {
        let warning = format!(
            "**{n_missing} deleted or replaced discoveries are not named here, because the comment \
             is too long. Do not approve the plan by this comment alone.**"
        );
        parts.insert(0, warning);
    }
    parts.join("\n\n")
}

fn note(way: Way) -> Option<String> {
    match way {
        Way::Whole => None,
        Way::ByBeginning => Some(
            "A common prefix of names is written once: each indented line continues the line above \
             that is not indented."
                .to_owned(),
        ),
        Way::Shortened(most) => Some(format!(
            "Names longer than {most} bytes are shortened: the 8 digits after the first `…` are the \
             start of the SHA-256 of the name."
        )),
    }
}

fn lines(names: &[&str], way: Way) -> Vec<String> {
    match way {
        Way::Whole => names.iter().map(|it| label(it).into_owned()).collect(),
        Way::Shortened(most) => names.iter().map(|it| shortened(it, most).into_owned()).collect(),
        Way::ByBeginning => {
            let groups =
                names.chunk_by(|a, b| beginning(a).is_some_and(|it| beginning(b) == Some(it)));
            groups.flat_map(group).collect()
        }
    }
}

fn group(names: &[&str]) -> Vec<String> {
    match names {
        [first, _, ..] => {
            let common = beginning(first).unwrap_or_default();
            let rests =
                names.iter().map(|it| format!(" {}", it.strip_prefix(common).unwrap_or(it)));
            std::iter::once(common.to_owned()).chain(rests).collect()
        }
        [] | [_] => names.iter().map(|it| label(it).into_owned()).collect(),
    }
}

/// Returns what comes before a name's last word, or before its number where it is one word. A name
/// that is not shown as it is has none, nor has one whose beginning would look like another line.
fn beginning(name: &str) -> Option<&str> {
    let before = name.trim_end_matches(char::is_alphanumeric);
    let before = if before.is_empty() {
        name.trim_end_matches(|it: char| it.is_ascii_digit())
    } else {
        before
    };
    let is_plain = label(name) == name && !before.is_empty() && before.len() < name.len();
    is_plain.then_some(before)
}

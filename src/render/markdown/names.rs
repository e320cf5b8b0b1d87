//! The names of deleted and replaced discoveries, for a comment with room for little else.

use super::{
    changes::ACTIONS,
    inert::{SHORTEST, fence, label, shortened},
};
use crate::plan::{Action, Plan};

/// How names are written, from the most readable to the shortest.
#[derive(Clone, Copy, Debug)]
enum Form {
    Whole,
    /// A common prefix of consecutive names is written once.
    ByBeginning,
    /// Names longer than this many bytes are shortened.
    Shortened(usize),
}

const FORMS: [Form; 13] = [
    Form::Whole,
    Form::ByBeginning,
    Form::Shortened(240),
    Form::Shortened(120),
    Form::Shortened(80),
    Form::Shortened(60),
    Form::Shortened(40),
    Form::Shortened(30),
    Form::Shortened(24),
    Form::Shortened(20),
    Form::Shortened(16),
    Form::Shortened(13),
    Form::Shortened(SHORTEST),
];

/// Returns the names of deleted and replaced discoveries, shortened to fit, with a note. If they do
/// not fit, the note counts the missing ones.
pub(super) fn names(plan: &Plan, room: usize) -> String {
    let mut all = FORMS.into_iter().map(|it| lists(plan, it, usize::MAX));
    all.find(|it| it.len() <= room)
        .unwrap_or_else(|| lists(plan, Form::Shortened(SHORTEST), room.saturating_sub(MOST_AROUND)))
}

/// The most bytes around the lines of names: titles, fences and notes.
const MOST_AROUND: usize = 1_000;

/// Returns a list for each of the two actions, in at most this many bytes.
fn lists(plan: &Plan, form: Form, room: usize) -> String {
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
        let lines = lines(&names, form);
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
    if let Some(note) = note(form) {
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

fn note(form: Form) -> Option<String> {
    match form {
        Form::Whole => None,
        Form::ByBeginning => Some(
            "A common prefix of names is written once: each indented line continues the line above \
             that is not indented."
                .to_owned(),
        ),
        Form::Shortened(most) => Some(format!(
            "Names longer than {most} bytes are shortened: the 8 digits after the first `…` are the \
             start of the SHA-256 of the name."
        )),
    }
}

fn lines(names: &[&str], form: Form) -> Vec<String> {
    match form {
        Form::Whole => names.iter().map(|it| label(it).into_owned()).collect(),
        Form::Shortened(most) => names.iter().map(|it| shortened(it, most).into_owned()).collect(),
        Form::ByBeginning => {
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

/// Returns the text before a name's last word, or before its number if it is one word. Returns `None`
/// for a name that has to be escaped, and where the text would look like another line.
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

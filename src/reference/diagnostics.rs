//! The pages on diagnostic codes.

use super::Block;
use crate::codes::{self, Code, Grade};

/// Returns a line for each code: name, severity, title.
pub(crate) fn code_list() -> String {
    let all = codes::all();
    let name_width = all.iter().map(|it| it.name.len()).max().unwrap_or_default();
    // The usual grade comes first.
    let grade = |it: &Code| it.grades.first().map_or("", |it| it.word());
    let grade_width = all.iter().map(|it| grade(it).len()).max().unwrap_or_default();
    let line = |it: &&Code| {
        format!("{:name_width$}  {:grade_width$}  {}\n", it.name, grade(it), it.title())
    };
    all.iter().map(line).collect()
}

/// Returns the page of a code.
pub(crate) fn code_page(code: &Code) -> Vec<Block> {
    let grades = code.grades.iter().map(|it| it.word()).collect::<Vec<_>>();
    let mut words = grades.clone();
    words.dedup();
    let mut page = vec![Block::heading(1, format!("{} ({})", code.name, words.join(" or ")))];
    page.push(Block::Text(capitalized(code.title()) + "."));
    page.extend(parts(code, 2));
    page
}

/// Returns one page with all codes, grouped by kind.
pub(crate) fn code_reference() -> Vec<Block> {
    let mut page = vec![Block::heading(1, "Diagnostic codes")];
    page.push(Block::Text(
        "Each error and warning of `trueup` has a code. `trueup explain CODE` prints its entry; \
         the last part of the code is enough. Codes are an interface and are never renamed."
            .to_owned(),
    ));
    let row = |it: &&Code| {
        let words = it.grades.iter().map(|it| it.word()).collect::<Vec<_>>();
        vec![
            format!("[`{}`](#{})", it.name, anchor(it.name)),
            words.join(", "),
            it.title().to_owned(),
        ]
    };
    let rows = codes::all().iter().map(row).collect();
    page.push(Block::Table(vec!["code", "severity", "what happened"], rows));
    for code in codes::all() {
        page.push(Block::heading(2, code.name));
        page.push(Block::Text(capitalized(code.title()) + "."));
        page.extend(parts(code, 3));
    }
    page
}

/// The anchor that Markdown renderers give to a heading.
pub(super) fn anchor(heading: &str) -> String {
    let text = heading.chars().filter(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | ' '));
    text.collect::<String>().to_lowercase().replace(' ', "-")
}

/// Returns the sections of a page, and between them the consequences of the code's grades.
fn parts(code: &Code, level: usize) -> Vec<Block> {
    let mut parts = Vec::new();
    for (heading, text) in code.sections() {
        if heading == "Example" {
            parts.push(Block::heading(level, "What was done"));
            parts.extend(code.grades.iter().map(|it| Block::Text(it.consequences().to_owned())));
            if code.is_gradable() {
                let short = code.short();
                parts.push(Block::Text(format!(
                    "A policy can turn the warning into a refusal, or silence it: \
                     `policy: {{rules: {{{short}: error}}}}`, or `off`."
                )));
            }
        }
        parts.push(Block::heading(level, heading));
        parts.extend(Block::of_section(text));
    }
    parts
}

/// Returns a text that begins with a capital letter.
pub(crate) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|it| it.to_uppercase().collect::<String>()).unwrap_or_default();
    first + chars.as_str()
}

impl Grade {
    /// Returns its severity as a word.
    fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Invalid | Self::Error | Self::Failure | Self::Outcome => "error",
            Self::Refusal => "refusal",
        }
    }

    /// Describes its consequences.
    fn consequences(self) -> &'static str {
        match self {
            Self::Warning => "As a warning, it stops nothing, and the exit code does not change.",
            Self::Invalid => {
                "An error in the files or on the command line ends the command before anything is \
                 sent to the controller. The exit code is 4."
            }
            Self::Error => {
                "As an error that only shows against the controller, it keeps `apply` from writing \
                 anything at all. The plan is shown without the discoveries with errors. The exit \
                 code is 1."
            }
            Self::Refusal => {
                "A refusal, by a limit or a protection, keeps `apply` from writing anything. The \
                 exit code is 5."
            }
            Self::Failure => {
                "The command ends. Its exit code names the kind of failure, and whether anything was \
                 changed: 4 is the command line or a file, 9 is a controller that could not be \
                 reached or refused the login. `trueup reference exit-codes` lists all exit codes."
            }
            Self::Outcome => {
                "As the outcome of a change, it is in the account, and `--annotations` reports it at \
                 the line of the change. The exit code is 1, 6, 7 or 8."
            }
        }
    }
}

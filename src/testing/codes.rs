//! What triggers each code, so that tests run it.

use crate::codes::{self, Grade};

/// A code, and the example of its page.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The whole code.
    pub code: &'static str,
    /// The exit codes on its page. The example has one of them.
    pub exits: Vec<u8>,
    /// Whether the example reports it as a warning.
    pub warns: bool,
    /// Whether the rules of a policy can turn it into a refusal.
    pub is_gradable: bool,
    /// The text of `discoveries.yaml`, if the page shows one.
    pub file: Option<String>,
    /// The command line after the program's name, if the page shows one.
    pub line: Option<String>,
}

/// Returns every code with its example.
pub fn explained() -> Vec<Explained> {
    codes::all().into_iter().map(of_code).collect()
}

fn of_code(code: &'static codes::Code) -> Explained {
    let fenced = |language: &str| {
        let (_, rest) = code.page.split_once(&format!("```{language}\n"))?;
        Some(rest.split_once("```")?.0.to_owned())
    };
    let exits = code.grades.iter().flat_map(|grade| match grade {
        Grade::Warning => vec![0],
        Grade::Error => vec![1],
        // A failure may be of any kind; its example is of the command line.
        Grade::Invalid | Grade::Failure => vec![4],
        Grade::Refusal => vec![5],
        Grade::Outcome => vec![1, 6, 7, 8],
    });
    Explained {
        code: code.name,
        exits: exits.collect(),
        // The example shows the usual grade, which is first.
        warns: code.grades.first() == Some(&Grade::Warning),
        is_gradable: code.is_gradable(),
        file: fenced("yaml"),
        line: fenced("sh").map(|it| it.trim().trim_start_matches("trueup ").to_owned()),
    }
}

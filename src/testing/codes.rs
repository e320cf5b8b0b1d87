//! What provokes each code, so that tests run it.

use crate::codes::{self, Example, ExampleSetup, Grade};

/// A code, and what provokes it.
#[derive(Clone, Debug)]
pub struct Provoked {
    /// The whole code.
    pub code: &'static str,
    /// The exit codes that its page promises, of which the example gives one.
    pub exits: Vec<u8>,
    /// Whether the example is to be told as a warning.
    pub warns: bool,
    /// Whether the rules of a policy can make a refusal of it.
    pub is_gradable: bool,
    /// What provokes it.
    pub by: By,
}

/// What provokes a code.
#[derive(Clone, Debug)]
pub enum By {
    /// `validate` of this file.
    Validate(Vec<u8>),
    /// This command line with this file, where the world has these discoveries.
    Plan {
        /// A list in JSON.
        discoveries: &'static str,
        /// The text of the file.
        file: &'static str,
        /// The command line behind the program's name.
        line: &'static str,
    },
    /// A test that is named where the examples are run.
    NamedTest,
}

/// Returns every code with its example.
pub fn provoked() -> Vec<Provoked> {
    let one = |it: &&'static codes::Code| {
        let by = match &it.example {
            Example::File(text) => By::Validate(text.as_bytes().to_vec()),
            Example::Made { said: _, file } => By::Validate(file()),
            Example::Plan(ExampleSetup { live: _, world, file, line }) => {
                By::Plan { discoveries: world, file, line }
            }
            Example::Described(_) | Example::Never(_) => By::NamedTest,
        };
        // The example shows the usual grade, which stands first.
        let warns = it.grades.first() == Some(&Grade::Warning);
        let exits = it.grades.iter().flat_map(|grade| match grade {
            Grade::Warning => vec![0],
            Grade::Error => vec![1],
            // A failure may be of any kind; its example is of the command line.
            Grade::Invalid | Grade::Failure => vec![4],
            Grade::Refusal => vec![5],
            Grade::Outcome => vec![1, 6, 7, 8],
        });
        let is_gradable = it.is_gradable();
        Provoked { code: it.name, exits: exits.collect(), warns, is_gradable, by }
    };
    codes::all().iter().map(one).collect()
}

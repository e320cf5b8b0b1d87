//! How a live discovery differs from the precondition of its change.

use std::fmt;

use crate::model::FieldValue;

/// How a live discovery differs from the state that the plan was made against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// What happened, briefly.
    pub(crate) what: String,
    /// The settings that differ.
    pub(crate) fields: Vec<MovedField>,
}

/// A field whose value has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MovedField {
    pub(crate) path: &'static str,
    pub(crate) planned_against: Option<FieldValue>,
    pub(crate) found: Option<FieldValue>,
    pub(crate) wanted: Option<FieldValue>,
}

impl Moved {
    /// Describes what happened, with the planned-against, found and wanted value of each field.
    pub(crate) fn in_full(&self) -> String {
        let fields = self.fields.iter().map(ToString::to_string);
        std::iter::once(self.what.clone()).chain(fields).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for MovedField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |it: &Option<FieldValue>| {
            it.as_ref().map_or_else(|| "not set".to_owned(), ToString::to_string)
        };
        let Self { path, planned_against, found, wanted } = self;
        let (planned, found, wanted) = (value(planned_against), value(found), value(wanted));
        write!(f, "{path}: planned against {planned}, found {found}, wanted {wanted}")
    }
}

/// Shows what happened and the paths of the fields, in one line.
impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        let paths = self.fields.iter().map(|it| it.path).collect::<Vec<_>>();
        if !paths.is_empty() {
            write!(f, " ({})", paths.join(", "))?;
        }
        Ok(())
    }
}

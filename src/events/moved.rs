//! How the live state departs from what a plan was made against.

use std::fmt;

use crate::model::FieldValue;

/// How a live discovery departs from what was planned against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// What happened, in a few words.
    pub(crate) what: String,
    /// Where the settings are others.
    pub(crate) fields: Vec<MovedField>,
}

/// A field that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MovedField {
    pub(crate) path: &'static str,
    pub(crate) planned_against: Option<FieldValue>,
    pub(crate) found: Option<FieldValue>,
    pub(crate) wanted: Option<FieldValue>,
}

/// Shows what happened, and the fields in one line.
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

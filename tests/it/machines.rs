//! Validation of machine-readable output against its schema, and detection of secrets in it.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

/// The password of the tests' controllers, which must not be printed or saved anywhere.
pub(crate) const PASSWORD: &str = "pass-word-of-the-fixtures";

/// Secrets: the password, its encoded form, the prefix of every token, and the mask that the
/// controller returns in place of a secret.
const SECRETS: [&str; 4] = [PASSWORD, "YWRtaW46cGFzcy13b3Jk", "eyJ", "NO!$DATA!$"];

/// Returns a secret that the text contains, if any.
pub(crate) fn leak(text: &str) -> Option<&'static str> {
    SECRETS.into_iter().find(|it| text.contains(it))
}

/// A machine-readable format.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format {
    Plan,
    Events,
    Journal,
    Report,
    Diagnostics,
    /// Its schema is in `tests/schemas`.
    Sarif,
}

impl Format {
    fn schema(self) -> &'static Validator {
        static PLAN: OnceLock<Validator> = OnceLock::new();
        static EVENTS: OnceLock<Validator> = OnceLock::new();
        static JOURNAL: OnceLock<Validator> = OnceLock::new();
        static REPORT: OnceLock<Validator> = OnceLock::new();
        static DIAGNOSTICS: OnceLock<Validator> = OnceLock::new();
        static SARIF: OnceLock<Validator> = OnceLock::new();
        let (cell, text) = match self {
            Self::Plan => (&PLAN, include_str!("../../schemas/plan.schema.json")),
            Self::Events => (&EVENTS, include_str!("../../schemas/events.schema.json")),
            Self::Journal => (&JOURNAL, include_str!("../../schemas/journal.schema.json")),
            Self::Report => (&REPORT, include_str!("../../schemas/report.schema.json")),
            Self::Diagnostics => {
                (&DIAGNOSTICS, include_str!("../../schemas/diagnostics.schema.json"))
            }
            Self::Sarif => (&SARIF, include_str!("../schemas/sarif-2.1.0.schema.json")),
        };
        cell.get_or_init(|| {
            // The standard's pattern for a member that is not written has an extra bracket.
            let text = text.replace("{2}]?$", "{2}?$");
            jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
        })
    }

    /// Parses a document, and validates it against its schema.
    pub(crate) fn checked(self, text: &str) -> Value {
        let document = serde_json::from_str(text).unwrap_or_else(|it| panic!("{it}: {text}"));
        let errors = self.schema().iter_errors(&document).map(|it| it.to_string());
        let errors = errors.collect::<Vec<_>>();
        assert!(errors.is_empty(), "{self:?}: {errors:#?} in {text}");
        document
    }
}

#[test]
fn a_leaked_secret_is_found() {
    assert_eq!(leak(&format!("the password is {PASSWORD}.")), Some(PASSWORD));
    assert!(leak("X-Auth-Token: eyJhbGciOi").is_some());
    assert!(leak("nothing to see").is_none());
}

#[test]
fn an_invalid_document_fails_its_schema() {
    let refused = |format: Format, text: &str| {
        !format.schema().is_valid(&serde_json::from_str(text).unwrap())
    };
    assert!(refused(Format::Plan, "{}"));
    assert!(refused(
        Format::Events,
        r#"{"format_version": "2.0", "seq": 1, "time": "", "event": "x"}"#
    ));
    assert!(refused(Format::Report, "[]"));
    assert!(refused(Format::Diagnostics, r#"{"valid": 1}"#));
    assert!(refused(Format::Sarif, r#"{"version": "2.1.0", "runs": [{}]}"#));
    assert!(refused(Format::Sarif, r#"{"version": "2.1.0", "runs": [], "more": 1}"#));
}

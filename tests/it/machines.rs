//! What machines read, checked wherever a test produces it: against its schema, and for secrets.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

/// The password of the tests' controllers: it must turn up nowhere.
pub(crate) const PASSWORD: &str = "pass-word-of-the-fixtures";

/// What else must turn up nowhere: the password as it is sent, the beginning of every token, and
/// what the controller shows in place of a secret.
const SECRETS: [&str; 4] = [PASSWORD, "YWRtaW46cGFzcy13b3Jk", "eyJ", "NO!$DATA!$"];

/// Returns a secret that a text holds.
pub(crate) fn leak(text: &str) -> Option<&'static str> {
    SECRETS.into_iter().find(|it| text.contains(it))
}

/// A format that machines read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format {
    Plan,
    Events,
    Journal,
    Report,
    Diagnostics,
    /// Of somebody else: see `tests/schemas`.
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
            // The standard has a bracket too many in the pattern of a member that we do not write.
            let text = text.replace("{2}]?$", "{2}?$");
            jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
        })
    }

    /// Parses a document, and holds it against its schema.
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

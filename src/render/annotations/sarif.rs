//! Diagnostics as a SARIF document, for code scanning.
//!
//! A diagnostic with a place is a result. One without is a notification of the invocation, because
//! consumers refuse results without a location. The document has no text of the files, because a
//! line may be confidential.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    annotation::{Annotation, Place},
    document::{
        ArtifactLocation, Configuration, Described, Descriptor, Driver, Finding, Invocation, Log,
        Message, Notification, PhysicalLocation, Position, Region, RuleReference, Run, Tool,
    },
    uri::uri,
};
use crate::{
    render::saved::{hexadecimal, json_text},
    source::Severity,
};

/// The schema that the document follows.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The name of the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// GitHub refuses a document with more results.
const MOST_RESULTS: usize = 25_000;

/// The maximum number of related locations of a result.
const MOST_RELATED: usize = 100;

/// The description of a code.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// What happened.
    pub(crate) title: String,
    /// What it means.
    pub(crate) meaning: String,
    /// The page, as text and as Markdown.
    pub(crate) text: String,
    pub(crate) markdown: String,
    pub(crate) usually: Severity,
}

/// The result of the command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// Whether it ran to its end, independent of the diagnostics.
    pub(crate) is_successful: bool,
    pub(crate) code: u8,
    pub(crate) name: &'static str,
}

/// Returns the document, which ends with a newline. `rule` returns the description of a code.
pub(crate) fn sarif_document(
    all: &[Annotation],
    ended: Ended,
    rule: impl Fn(&str) -> Option<Rule>,
) -> String {
    let mut sorted = all.iter().collect::<Vec<_>>();
    sorted.sort_by_key(|it| it.severity);
    // Sorted by name, so that the index of a rule does not depend on the order of diagnostics.
    let codes = sorted.iter().map(|it| it.code.as_str()).collect::<BTreeSet<_>>();
    let indexes = codes.iter().zip(0..).map(|(code, at)| (*code, at)).collect::<BTreeMap<_, _>>();
    let index = |it: &Annotation| indexes.get(it.code.as_str()).copied().unwrap_or_default();
    let (placed, unplaced): (Vec<_>, Vec<_>) =
        sorted.into_iter().partition(|it| !it.places.is_empty());
    let notification = |it: &Annotation| Notification {
        level: it.severity.word(),
        message: message(it),
        associated_rule: Some(RuleReference { id: it.code.clone(), index: index(it) }),
    };
    let mut notifications = unplaced.into_iter().map(notification).collect::<Vec<_>>();
    if let Some(n_more) = placed.len().checked_sub(MOST_RESULTS).filter(|it| *it != 0) {
        let text = format!("{n_more} more results are left out of this document.");
        let level = "warning";
        notifications.push(Notification { level, message: plain(text), associated_rule: None });
    }
    let mut seen = BTreeMap::new();
    let results = placed.into_iter().take(MOST_RESULTS);
    let results = results.filter_map(|it| finding(it, index(it), &mut seen)).collect();
    let invocation = Invocation {
        execution_successful: ended.is_successful,
        exit_code: ended.code,
        exit_code_description: ended.name,
        tool_execution_notifications: notifications,
    };
    let version = env!("CARGO_PKG_VERSION");
    let rules = codes.iter().map(|it| descriptor(it, rule(it))).collect();
    let driver = Driver { name: "trueup", version, semantic_version: version, rules };
    let root = Described { description: plain("The root of the repository.".to_owned()) };
    let run = Run {
        tool: Tool { driver },
        invocations: [invocation],
        original_uri_base_ids: BTreeMap::from([(ROOT, root)]),
        column_kind: "unicodeCodePoints",
        results,
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    json_text(&log)
}

fn descriptor(code: &str, rule: Option<Rule>) -> Descriptor {
    let mut descriptor = Descriptor {
        id: code.to_owned(),
        short_description: None,
        full_description: None,
        help: None,
        default_configuration: None,
    };
    if let Some(Rule { title, meaning, text, markdown, usually }) = rule {
        descriptor.short_description = Some(plain(title));
        descriptor.full_description = Some(plain(meaning));
        descriptor.help = Some(Message { text, markdown: Some(markdown) });
        descriptor.default_configuration = Some(Configuration { level: usually.word() });
    }
    descriptor
}

/// The number of each fingerprint, so that equal diagnostics get different ones.
type Seen = BTreeMap<String, usize>;

fn finding(annotation: &Annotation, index: usize, seen: &mut Seen) -> Option<Finding> {
    let (first, others) = annotation.places.split_first()?;
    let related = others.iter().take(MOST_RELATED).zip(1..);
    let related = related.map(|(place, id)| Position { id: Some(id), ..position(place) });
    let mut fingerprints = BTreeMap::from([("trueup/v1", fingerprint(annotation, first, seen))]);
    if let Some(hash) = &annotation.line_hash {
        fingerprints.insert("primaryLocationLineHash", hash.clone());
    }
    Some(Finding {
        rule_id: annotation.code.clone(),
        rule_index: index,
        level: annotation.severity.word(),
        message: message(annotation),
        locations: [position(first)],
        related_locations: related.collect(),
        partial_fingerprints: fingerprints,
    })
}

/// Returns a fingerprint that stays the same when the line moves: of the message and the file.
fn fingerprint(annotation: &Annotation, place: &Place, seen: &mut Seen) -> String {
    let parts = [annotation.code.as_str(), &place.file.path, &annotation.identity];
    let hash = hexadecimal(parts.join("\0").as_bytes());
    let count = seen.entry(hash.clone()).or_default();
    *count += 1;
    format!("{hash}:{count}")
}

fn position(place: &Place) -> Position {
    let Place { file, at, text } = place;
    let region = Region {
        start_line: at.line,
        start_column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
    };
    let artifact_location =
        ArtifactLocation { uri: uri(file), uri_base_id: file.is_in_repository.then_some(ROOT) };
    Position {
        id: None,
        physical_location: PhysicalLocation { artifact_location, region },
        message: text.as_deref().map(|it| plain(without_links(it))),
    }
}

/// Returns the message and the help as sentences. GitHub uses the first one as the title.
fn message(annotation: &Annotation) -> Message {
    let mut text = sentence(&annotation.message);
    if let Some(help) = &annotation.help {
        text += &[" Help: ", &sentence(help)].concat();
    }
    plain(without_links(&text))
}

fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '?', '!', '…']) { "" } else { "." };
    [text, end].concat()
}

/// Escapes links: SARIF renders `[text](place)` in any message as one.
fn without_links(text: &str) -> String {
    text.replace("](", "\\](")
}

fn plain(text: String) -> Message {
    Message { text, markdown: None }
}

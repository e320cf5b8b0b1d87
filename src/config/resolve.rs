//! Turns the maps of all files into the model: values, defaults, and rules between keys.
//!
//! Checks every key of a discovery. A discovery with a mistake is left out of the desired state, and
//! all of its mistakes are reported.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    policy::{self, PolicyMap},
    problems::{Problems, shown},
    raw,
    read::{Number, RequiredKey},
    settings::{self, Common, Effective},
    targets,
    values::{self, MOST_PATTERNS},
};
use crate::{
    codes,
    model::{Desired, DesiredDiscovery, Globs, Name, NameError, Sourced, State},
    source::{Diagnostic, Span, Spanned},
};

/// The longest name that another client of the API accepts.
const LONG_NAME: usize = 255;

/// The desired state while file after file is added to it.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    desired: Desired,
    patterns: Vec<String>,
    seen_patterns: BTreeSet<String>,
    /// Where each name was first given, over all files.
    names: BTreeMap<Name, Span>,
}

impl Resolver {
    /// Adds the contents of a file.
    pub(super) fn add(&mut self, file: &raw::File, problems: &mut Problems) {
        let raw::File { version, controller, manage, defaults, policy, discoveries } = file;
        check_version(version, problems);
        if let Some(Sourced { value, key: _, at }) = controller.given() {
            self.desired.controllers.push(Spanned::new(value.clone(), *at));
        }
        if let Some(Sourced { value: raw::Manage { names: RequiredKey(Some(names)) }, .. }) =
            manage.given()
        {
            for pattern in &names.value {
                self.add_pattern(pattern, problems);
            }
        }
        if let Some(given) = policy.given() {
            self.add_policy(given, problems);
        }
        let none = raw::Settings::default();
        let defaults = defaults.given().map_or(&none, |it| &it.value.settings);
        let defaults = settings::common(defaults, problems);
        for discovery in discoveries.given().into_iter().flat_map(|it| &it.value) {
            self.add_discovery(discovery, &defaults, problems);
        }
    }

    /// Returns the desired state of all files.
    pub(super) fn finish(self, problems: &mut Vec<Diagnostic>) -> Desired {
        let manage = match Globs::new(&self.patterns) {
            Ok(globs) => globs,
            // Each pattern compiles on its own, but together they can be too large.
            Err(error) => {
                let message = format!("cannot compile the patterns of `manage`: {error}");
                problems.push(Diagnostic::error(&codes::config::BAD_GLOB, message));
                Globs::default()
            }
        };
        Desired { manage, ..self.desired }
    }

    fn add_policy(&mut self, given: &Sourced<PolicyMap>, problems: &mut Problems) {
        let Sourced { value, key, at } = given;
        let value = policy::policy(value, problems);
        if let Some(first) = &self.desired.policy {
            problems.add(
                Diagnostic::error(&codes::config::DUPLICATE_POLICY, "`policy` is given twice")
                    .labelled(*key, "again here")
                    .labelled(first.key, "first given here")
                    .help("limits hold for all files together: keep them in one"),
            );
            return;
        }
        self.desired.policy = Some(Sourced { value, key: *key, at: *at });
    }

    fn add_pattern(&mut self, pattern: &Spanned<String>, problems: &mut Problems) {
        if self.patterns.len() == MOST_PATTERNS {
            let message = format!("`manage` has more than {MOST_PATTERNS} patterns");
            problems.add(Diagnostic::error(&codes::config::BAD_GLOB, message).at(pattern.span));
            return;
        }
        if values::is_pattern(pattern, problems) && self.seen_patterns.insert(pattern.value.clone())
        {
            self.patterns.push(pattern.value.clone());
        }
    }

    fn add_discovery(
        &mut self,
        discovery: &Spanned<raw::Discovery>,
        defaults: &Common,
        problems: &mut Problems,
    ) {
        let before = problems.len();
        let Spanned { value: raw, span } = discovery;
        let name = self.name(&raw.name, *span, problems);
        let state = raw.state.try_map(|it| Some(it.value.0));
        let target = targets::target(raw, *span, problems);
        let common = settings::common(&raw.settings, problems);
        let Effective { mut wanted, rerun, on_change } = common.over(defaults);
        if let Some(target) = target {
            wanted.insert(target);
        }
        let Some(name) = name else { return };
        let state = state.given().cloned();
        let it = DesiredDiscovery { name, span: *span, wanted, state, rerun, on_change };
        if it.state() == State::Absent {
            problems.drop_warnings_since(before);
        } else {
            targets::check_exclude(&it.wanted, problems);
        }
        if !problems.has_error_since(before) {
            self.desired.discoveries.push(it);
        }
    }

    /// Returns the name, if it is valid and unique.
    fn name(
        &mut self,
        name: &RequiredKey<String>,
        entry: Span,
        problems: &mut Problems,
    ) -> Option<Spanned<Name>> {
        let Sourced { value: text, key: _, at } = name.0.as_ref()?;
        let name = match text.parse::<Name>() {
            Ok(name) => name,
            Err(error) => {
                problems.add(bad_name(error, text).at(*at));
                return None;
            }
        };
        if LONG_NAME < text.chars().count() {
            let message = format!("the name is longer than {LONG_NAME} characters");
            let help = "the controller may reject it";
            problems
                .add(Diagnostic::warning(&codes::bounds::LONG_NAME, message).at(*at).help(help));
        }
        // A name from an anchor is written once and used twice: then the entries have the places.
        let is_inside = entry.source == at.source && entry.start <= at.start && at.end <= entry.end;
        let span = if is_inside { *at } else { entry };
        if let Some(first) = self.names.get(&name) {
            problems.add(
                Diagnostic::error(
                    &codes::config::DUPLICATE_NAME,
                    format!("the name {} is given twice", shown(text)),
                )
                .labelled(span, "again here")
                .labelled(*first, "first given here")
                .help("a name is the identity of a discovery: remove one, or give it another name"),
            );
            return None;
        }
        self.names.insert(name.clone(), span);
        Some(Spanned::new(name, span))
    }
}

pub(super) fn check_version(version: &RequiredKey<Number>, problems: &mut Problems) {
    if let Some(Sourced { value: Number(version), key: _, at }) = version.0
        && version != i128::from(raw::VERSION)
    {
        let message = format!("format version {version} is not supported");
        problems.add(
            Diagnostic::error(&codes::config::UNSUPPORTED_VERSION, message)
                .at(at)
                .help(format!("this program reads version {}", raw::VERSION)),
        );
    }
}

fn bad_name(error: NameError, text: &str) -> Diagnostic {
    let help = match error {
        NameError::Control if text.ends_with('\n') => {
            Some("`|` and `>` keep the line break: write the name on the line of its key")
        }
        NameError::Empty | NameError::Control => None,
        NameError::Blank => Some("remove the whitespace around the name"),
    };
    Diagnostic::error(&codes::config::BAD_NAME, error.to_string()).help_if(help)
}

//! The live discoveries, one per line, and as JSON.

use std::collections::BTreeSet;

use serde_json::json;

use crate::model::{
    Desired, Globs, Live, LiveDiscovery, Name, Target, Unreadable, printable, shown_json,
};

/// The live discoveries that are shown.
pub(crate) struct Status<'a> {
    live: &'a Live,
    lines: Vec<Line<'a>>,
}

impl<'a> Status<'a> {
    /// Selects discoveries; `desired` is what the files declare, if there are any.
    pub(crate) fn new(
        live: &'a Live,
        desired: Option<&Desired>,
        is_shown: impl Fn(&Name) -> bool,
    ) -> Self {
        let managed = Managed::new(desired);
        let shown = live.discoveries.iter().filter(|it| is_shown(&it.name));
        Self { live, lines: shown.map(|it| Line::of(it, &managed)).collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns a table, a line for each discovery.
    pub(crate) fn text(&self) -> String {
        let devices = |it: &Line<'_>| it.n_devices.map_or("-".to_owned(), |it| it.to_string());
        let rows = self.lines.iter().map(|it| {
            let name = it.discovery.name.to_string();
            [name, it.run.clone(), devices(it), it.managed.to_owned(), it.target(SHOWN_RANGES)]
        });
        let head = ["NAME", "RUN", "DEVICES", "MANAGED", "TARGET"].map(str::to_owned);
        let rows = std::iter::once(head).chain(rows).collect::<Vec<_>>();
        let widths = [0, 1, 2, 3].map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|it| it.chars().count()).max()
        });
        let mut text = String::new();
        for [name, run, devices, managed, target] in &rows {
            let [w0, w1, w2, w3] = widths.map(Option::unwrap_or_default);
            let line = format!("{name:w0$}  {run:w1$}  {devices:>w2$}  {managed:w3$}  {target}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Returns a JSON document.
    pub(crate) fn json(&self) -> String {
        let Self { live, lines } = self;
        let discoveries = lines.iter().map(|it| {
            json!({
                "name": it.discovery.name.as_str(),
                "id": it.discovery.id.0,
                "run": it.run,
                "devices": it.n_devices,
                "target": it.target(usize::MAX),
                "managed": it.managed,
            })
        });
        let document = json!({
            "format_version": "1.0",
            "controller": {"url": live.url, "release": live.release, "api": live.interface.to_string()},
            "discoveries": discoveries.collect::<Vec<_>>(),
        });
        shown_json(format!("{document:#}\n"))
    }
}

/// What the files manage.
struct Managed<'a> {
    names: BTreeSet<&'a Name>,
    globs: Option<&'a Globs>,
}

impl<'a> Managed<'a> {
    fn new(desired: Option<&'a Desired>) -> Self {
        let names = desired.into_iter().flat_map(|it| &it.discoveries).map(|it| &it.name.value);
        Self { names: names.collect(), globs: desired.map(|it| &it.manage) }
    }

    /// Returns what manages a discovery: a file, a glob, or nothing.
    fn by(&self, name: &Name) -> &'static str {
        if self.names.contains(name) {
            "file"
        } else if self.globs.is_some_and(|it| it.is_match(name)) {
            "glob"
        } else {
            "no"
        }
    }
}

/// A line about one discovery.
struct Line<'a> {
    discovery: &'a LiveDiscovery,
    run: String,
    n_devices: Option<u64>,
    target: Result<Option<&'a Target>, &'a Unreadable>,
    managed: &'static str,
}

impl<'a> Line<'a> {
    fn of(discovery: &'a LiveDiscovery, managed: &Managed<'_>) -> Self {
        let managed = managed.by(&discovery.name);
        match &discovery.read {
            Ok(read) => Self {
                discovery,
                run: read.run.to_string(),
                n_devices: read.n_devices,
                target: Ok(read.settings.target()),
                managed,
            },
            Err(why) => Self {
                discovery,
                run: "unknown".to_owned(),
                n_devices: None,
                target: Err(why),
                managed,
            },
        }
    }

    /// Returns the target in words, with at most `n_ranges` ranges.
    fn target(&self, n_ranges: usize) -> String {
        match self.target {
            Ok(target) => target.map(|it| target_text(it, n_ranges)).unwrap_or_default(),
            Err(why) => printable(&format!("(cannot be understood: {why})")),
        }
    }
}

/// How many ranges a line of text shows.
const SHOWN_RANGES: usize = 3;

fn target_text(target: &Target, n_ranges: usize) -> String {
    let hops = |hops: Option<u32>| hops.map(|it| format!(", {it} hops")).unwrap_or_default();
    match target {
        Target::Address(it) => format!("address {it}"),
        Target::Ranges(it) => {
            let shown = it.iter().take(n_ranges).map(ToString::to_string);
            let shown = shown.collect::<Vec<_>>().join(", ");
            match it.len().saturating_sub(n_ranges) {
                0 => format!("ranges {shown}"),
                n => format!("ranges {shown} and {n} more"),
            }
        }
        Target::Cidr(it) => format!("cidr {it}"),
        Target::Cdp(it) => format!("cdp {}{}", it.seed, hops(it.hops)),
        Target::Lldp(it) => format!("lldp {}{}", it.seed, hops(it.hops)),
    }
}

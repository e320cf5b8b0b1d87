//! When each operation was submitted, accepted and seen, as a chart and as a table.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{
    picture::patterns,
    words::{grouped, some},
};
use crate::{
    events::{Entry, Outcome, Report, StepProgress},
    model::printable,
    render::account::words,
};

/// With this many operations, a chart of their number over time is added.
const MANY: usize = 8;

/// The number of operations in one table.
const CHUNK: usize = 250;

/// The width of the charts, in user units.
const WIDTH: i64 = 1_000;

/// The maximum number of points of a line.
const POINTS: i64 = 250;

/// The height of the chart of all operations, in user units.
const HEIGHT: i64 = 200;

/// One write request and its task.
#[derive(Debug)]
pub(super) struct Operation<'a> {
    entry: &'a Entry,
    taken: &'a StepProgress,
    submitted_ms: i64,
    /// Whether the change failed at this operation.
    is_failed: bool,
}

/// The period of the operations, in milliseconds of the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) first_ms: i64,
    last_ms: i64,
    /// The right edge of the charts. An operation that never ended may go on beyond it, so that the
    /// others stay distinguishable.
    edge: i64,
}

/// Returns every operation, in the order in which they were submitted.
pub(super) fn operations(report: &Report) -> Vec<Operation<'_>> {
    let of = |entry| {
        let Entry { steps, outcome, .. }: &Entry = entry;
        let is_bad = matches!(outcome, Some(Outcome::Failed { .. } | Outcome::Conflict { .. }));
        steps.iter().filter_map(move |taken| {
            let is_failed = is_bad && taken.settled_ms.is_none();
            let submitted_ms = taken.submitted_ms?;
            Some(Operation { entry, taken, submitted_ms, is_failed })
        })
    };
    let mut operations = report.entries.iter().flat_map(of).collect::<Vec<_>>();
    operations.sort_by_key(|it| it.submitted_ms);
    operations
}

impl Operation<'_> {
    /// Returns the time of its last event.
    fn end_ms(&self) -> i64 {
        let StepProgress { accepted_ms, settled_ms, .. } = self.taken;
        let ended = self.entry.ended_ms.filter(|_| settled_ms.is_none());
        let all = [Some(self.submitted_ms), *accepted_ms, *settled_ms, ended];
        all.into_iter().flatten().max().unwrap_or(self.submitted_ms)
    }
}

impl Times {
    pub(super) fn of(operations: &[Operation<'_>]) -> Option<Self> {
        let first_ms = operations.iter().map(|it| it.submitted_ms).min()?;
        let last_ms = operations.iter().map(Operation::end_ms).max()?;
        let seen_ms = operations.iter().filter_map(|it| it.taken.settled_ms).max();
        let edge = match seen_ms.map(|it| it - first_ms) {
            Some(took) if 0 < took && took < (last_ms - first_ms) / 2 => first_ms + took * 5 / 4,
            Some(_) | None => last_ms,
        };
        Some(Self { first_ms, last_ms, edge })
    }

    /// Returns a note if an operation goes on beyond the edge.
    fn beyond(self) -> Option<String> {
        let (edge, last) = (self.since(self.edge), self.since(self.last_ms));
        (self.edge != self.last_ms).then(|| {
            format!("Drawn up to {edge}. Operations at the edge were waited for until {last}.")
        })
    }

    /// Returns its duration as text.
    pub(super) fn length(self) -> String {
        seconds(self.last_ms - self.first_ms)
    }

    /// Returns the time since the first write as text.
    pub(super) fn since(self, at_ms: i64) -> String {
        format!("+{}", seconds(at_ms - self.first_ms))
    }

    /// Returns the x coordinate of a moment.
    fn x(self, at_ms: i64) -> i64 {
        let all = (self.edge - self.first_ms).max(1);
        ((at_ms - self.first_ms).saturating_mul(WIDTH) / all).min(WIDTH)
    }
}

/// Returns a duration as text, the shorter the more precise.
fn seconds(ms: i64) -> String {
    let ms = ms.max(0);
    match ms {
        0..10_000 => format!("{}.{:02} s", ms / 1_000, ms % 1_000 / 10),
        10_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {:02} s", ms / 60_000, ms / 1_000 % 60),
        _ => format!("{} h {:02} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// Draws the operations and lists them.
pub(super) fn timeline(operations: &[Operation<'_>], times: Option<Times>) -> Markup {
    let Some(times) = times else { return html! {} };
    let chunks = operations.chunks(CHUNK).collect::<Vec<_>>();
    html! {
        (patterns())
        @if MANY <= operations.len() { (overview(operations, times)) }
        ul.legend {
            (key("sent", "submitted, not yet accepted"))
            (key("working", "accepted, not yet seen"))
            (key("lost", "failed, or not seen"))
        }
        @if let Some(beyond) = times.beyond() { p.note-below { (beyond) } }
        @for (at, chunk) in chunks.iter().enumerate() {
            @if chunks.len() == 1 { (table(chunk, at * CHUNK, times)) }
            @else {
                details.ranges {
                    summary {
                        "Operations " (grouped(at * CHUNK + 1)) " to "
                        (grouped(at * CHUNK + chunk.len()))
                        @if let Some(first) = chunk.first() { ", from " (times.since(first.submitted_ms)) }
                    }
                    (table(chunk, at * CHUNK, times))
                }
            }
        }
    }
}

fn key(class: &str, words: &str) -> Markup {
    html! {
        li {
            svg width="34" height="12" aria-hidden="true" { rect.(class) width="34" height="12" {} }
            span { (words) }
        }
    }
}

/// Draws the number of submitted, accepted and seen operations over time.
fn overview(operations: &[Operation<'_>], times: Times) -> Markup {
    let sorted = |of: &dyn Fn(&Operation<'_>) -> Option<i64>| {
        let mut all = operations.iter().filter_map(of).collect::<Vec<_>>();
        all.sort_unstable();
        all
    };
    let submitted = sorted(&|it| Some(it.submitted_ms));
    let accepted = sorted(&|it| it.taken.accepted_ms);
    let seen = sorted(&|it| it.taken.settled_ms);
    let failed = sorted(&|it| it.is_failed.then(|| it.end_ms()));
    let most = operations.len();
    let totals = format!(
        "{} submitted, {} accepted and {} seen within {}; {} failed.",
        grouped(submitted.len()),
        grouped(accepted.len()),
        grouped(seen.len()),
        times.length(),
        grouped(failed.len()),
    );
    let lines = [("submitted", &submitted), ("accepted", &accepted), ("seen", &seen)];
    html! {
        figure.overview {
            figcaption { p { (some(most, "operation", "operations")) " over time: " (totals) } }
            svg width="100%" height="200" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
                preserveAspectRatio="none" role="img" aria-label=(totals) {
                rect.track width=(WIDTH) height=(HEIGHT) {}
                @for (class, moments) in lines {
                    path.line.(class) d=(line(moments, most, times)) {}
                }
                @for at in &failed {
                    rect.mark x=(times.x(*at).min(WIDTH - 2)) y=(HEIGHT - 16) width="2" height="16" {}
                }
            }
            p.ends aria-hidden="true" { span { "+0 s" } span { (times.since(times.edge)) } }
            ul.legend {
                @for (class, moments) in lines {
                    li {
                        svg width="34" height="12" aria-hidden="true" {
                            path.line.(class) d="M0 6H34" {}
                        }
                        span { b { (grouped(moments.len())) } " " (class) }
                    }
                }
                @if !failed.is_empty() {
                    li {
                        svg width="34" height="12" aria-hidden="true" {
                            rect.mark x="16" width="2" height="12" {}
                        }
                        span { b { (grouped(failed.len())) } " failed" }
                    }
                }
            }
        }
    }
}

/// Returns the path of the number of these moments over time.
fn line(moments: &[i64], most: usize, times: Times) -> String {
    let mut path = format!("M0 {HEIGHT}");
    let all = i64::try_from(most).unwrap_or(i64::MAX).max(1);
    let mut last = (0, HEIGHT);
    for point in 0..=POINTS {
        let x = point * WIDTH / POINTS;
        let n = moments.partition_point(|it| times.x(*it) <= x);
        let y = HEIGHT - i64::try_from(n).unwrap_or(all).saturating_mul(HEIGHT) / all;
        if y != last.1 {
            write!(path, "H{x}V{y}").expect("invariant: a string takes everything");
            last = (x, y);
        }
    }
    if last.0 != WIDTH {
        write!(path, "H{WIDTH}").expect("invariant: a string takes everything");
    }
    path
}

/// Lists a chunk of operations; `n_before` precede it.
fn table(operations: &[Operation<'_>], n_before: usize, times: Times) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label={ "Operations from " (n_before + 1) " on" } {
            table.operations {
                thead {
                    tr {
                        th scope="col" { "Operation" }
                        th.time scope="col" { "Time" }
                        th.number scope="col" { "Submitted" }
                        th.number scope="col" { "Accepted" }
                        th.number scope="col" { "Seen" }
                    }
                }
                tbody { @for it in operations { (row(it, times)) } }
            }
        }
    }
}

fn row(operation: &Operation<'_>, times: Times) -> Markup {
    let Operation { entry, taken, submitted_ms, is_failed } = operation;
    let StepProgress { step, task: _, n_sent, accepted_ms, settled_ms, .. } = taken;
    let moment = |it: &Option<i64>| it.map_or_else(|| "–".to_owned(), |it| times.since(it));
    html! {
        tr.bad[*is_failed] {
            th scope="row" {
                span.word { (entry.name) } " " small { (step) @if 1 < *n_sent { ", sent " (n_sent) " times" } }
                @if *is_failed { p.came { (printable(&words(entry))) } }
            }
            td.time { (bar(operation, times)) }
            td.number { (times.since(*submitted_ms)) }
            td.number { (moment(accepted_ms)) }
            td.number { (moment(settled_ms)) }
        }
    }
}

/// Draws one operation.
fn bar(operation: &Operation<'_>, times: Times) -> Markup {
    let Operation { taken, submitted_ms, .. } = operation;
    let end = operation.end_ms();
    let accepted = taken.accepted_ms.unwrap_or(end).clamp(*submitted_ms, end);
    let (from, middle, to) = (times.x(*submitted_ms), times.x(accepted), times.x(end));
    let to = to.max(from + 4).min(WIDTH);
    let from = from.min(to - 4);
    let middle = middle.clamp(from, to);
    let class = if taken.settled_ms.is_some() { "working" } else { "lost" };
    let percent = |it: i64| format!("{}.{}%", it / 10, it % 10);
    html! {
        svg width="100%" height="12" aria-hidden="true" {
            @if from < middle {
                rect.sent x=(percent(from)) width=(percent(middle - from)) height="12" {}
            }
            @if middle < to {
                rect.(class) x=(percent(middle)) width=(percent(to - middle)) height="12" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_never_ended_does_not_squeeze_the_others() {
        let times = Times { first_ms: 1_000, last_ms: 61_000, edge: 6_000 };
        assert_eq!([1_000, 3_500, 6_000, 61_000].map(|it| times.x(it)), [0, 500, 1_000, 1_000]);
        let note = "Drawn up to +5.00 s. Operations at the edge were waited for until +1 min 00 s.";
        assert_eq!(times.beyond().unwrap(), note);
        assert!(Times { edge: 61_000, ..times }.beyond().is_none());
    }
}

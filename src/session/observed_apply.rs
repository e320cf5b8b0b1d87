//! Shows an apply to the observer of a use case.

use super::{
    environment::Clock,
    error::{Error, ErrorKind},
    observer::{Observer, Progress},
};
use crate::{
    events::{Event, Report, SinkError},
    plan::Change,
    recovery::{Follower, Notice, Severity},
    render::LogRecord,
};

/// Follows an apply for the observer of a use case.
pub(super) struct ObservedApply<'a> {
    pub(super) clock: Clock,
    pub(super) observer: &'a mut dyn Observer,
}

impl Follower for ObservedApply<'_> {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn event(
        &mut self,
        event: &Event,
        changes: &[Change],
        report: &Report,
    ) -> Result<(), SinkError> {
        let recorded = self.record(event, changes);
        self.observer.progress(Progress::Event { event, report });
        recorded
    }

    fn record(&mut self, event: &Event, changes: &[Change]) -> Result<(), SinkError> {
        self.observer.record(LogRecord::event(event, changes))
    }

    fn notice(&mut self, notice: Notice) {
        report_notice(&notice, self.observer);
    }
}

pub(super) fn report_notice(notice: &Notice, observer: &mut dyn Observer) {
    let text = notice.to_string();
    match notice.severity() {
        Severity::Note => observer.note(&text),
        Severity::Warning => observer.warn(&text),
        Severity::Error => {
            let help = "nothing more is sent; free some space, then run `trueup resume` on it";
            observer.error(&Error::new(ErrorKind::Failed, text).help(help));
        }
    }
}

//! What a person at a terminal sees: messages, drawn diagnostics, progress.

mod draw;

mod excerpt;

mod progress;

mod streams;

pub(super) use self::streams::Terminal;

#[cfg(feature = "testing")]
pub(crate) use self::draw::{Style, draw as drawn};

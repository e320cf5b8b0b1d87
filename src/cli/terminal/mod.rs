//! What a person at a terminal sees: messages, drawn diagnostics, progress.

mod draw;

mod excerpt;

pub(crate) mod output;

pub(crate) mod progress;

#[cfg(feature = "testing")]
pub(crate) use self::draw::{Style, draw as drawn};

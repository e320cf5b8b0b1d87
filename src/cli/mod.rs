//! The commands.

mod draw;

mod excerpt;

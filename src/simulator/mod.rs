//! The built-in controller.

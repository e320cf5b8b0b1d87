//! The HTTP of the controller, in its own words.

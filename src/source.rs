//! Places in the files, and every complaint about them.

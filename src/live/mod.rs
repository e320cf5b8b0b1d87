//! The border between the wire and the model.

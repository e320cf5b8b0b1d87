//! Paths as URIs.

use std::fmt::Write as _;

use super::annotation::Named;

/// Returns a file as a reference: from the root of the repository, or as a whole URI if it is in no
/// repository.
pub(super) fn uri(file: &Named) -> String {
    let mut uri = String::new();
    if file.path.starts_with('/') {
        uri += "file://";
    }
    for byte in file.path.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if is_plain {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").expect("invariant: a string takes everything");
        }
    }
    uri
}

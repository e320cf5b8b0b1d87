//! Plans, accounts and diagnostics as text.

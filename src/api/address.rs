//! The URL of a controller: scheme, host and port only.
//!
//! Rejects URLs that would expose credentials. Resolves no names.

use std::{fmt, net::IpAddr, str::FromStr};

use http::Uri;
use reqwest::Url;

/// The URL of a controller. Equal URLs lead to the same controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ControllerUrl {
    /// Normalized: lower case, without a default port.
    url: Url,
}

/// The problem of a controller's URL.
///
/// The URL itself is not printed, because it may have a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ControllerUrlError {
    #[error("the controller's URL must begin with `https://`, or with `http://` for this machine")]
    Scheme,
    #[error("the controller's URL is not valid")]
    Syntax,
    #[error("the controller's URL must not have a user or a password")]
    UserInfo,
    #[error("the controller's URL must end after host and port, without path, query or fragment")]
    Path,
    #[error("plain `http://` is for loopback addresses only, because it exposes the password")]
    PlainHttp,
}

impl ControllerUrl {
    /// Whether it is a loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost" || host.parse().is_ok_and(|it: IpAddr| it.to_canonical().is_loopback())
    }

    /// Whether both lead to the same controller: the same scheme, host and port.
    pub(crate) fn same_controller(&self, other: &Self) -> bool {
        self.url == other.url
    }

    /// Whether the connection is encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host without the brackets that a URL puts around an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        let host = self.url.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The full URI of a path on the controller.
    pub(crate) fn uri(&self, path: &str) -> Uri {
        let text = format!("{self}{path}");
        text.parse().expect("invariant: paths are made of checked parts")
    }
}

impl FromStr for ControllerUrl {
    type Err = ControllerUrlError;

    fn from_str(text: &str) -> Result<Self, ControllerUrlError> {
        let text = text.trim();
        // The URL standard would also take `https:host` and `https:\\host`.
        let (scheme, _) = text.split_once("://").ok_or(ControllerUrlError::Scheme)?;
        let is_http = scheme.eq_ignore_ascii_case("http");
        if !is_http && !scheme.eq_ignore_ascii_case("https") {
            return Err(ControllerUrlError::Scheme);
        }
        let url: Url = text.parse().map_err(|_| ControllerUrlError::Syntax)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ControllerUrlError::UserInfo);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(ControllerUrlError::Path);
        }
        let url = Self { url };
        if is_http && !url.is_loopback() {
            return Err(ControllerUrlError::PlainHttp);
        }
        Ok(url)
    }
}

impl fmt::Display for ControllerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, ControllerUrlError> {
        text.parse::<ControllerUrl>().map(|it| it.to_string())
    }

    #[test]
    fn a_url_is_a_scheme_a_host_and_perhaps_a_port() {
        let good = [
            ("https://catalyst.example.com", "https://catalyst.example.com"),
            ("https://Catalyst.Example.com:443/", "https://catalyst.example.com"),
            ("https://10.0.0.1:8443", "https://10.0.0.1:8443"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost", "http://localhost"),
            ("http://[::1]:80", "http://[::1]"),
        ];
        for (text, want) in good {
            assert_eq!(shown(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn a_url_that_would_leak_or_mislead_is_rejected() {
        let bad = [
            ("catalyst.example.com", ControllerUrlError::Scheme),
            ("ftp://catalyst.example.com", ControllerUrlError::Scheme),
            ("https:catalyst.example.com", ControllerUrlError::Scheme),
            ("https://", ControllerUrlError::Syntax),
            ("https://host:99999", ControllerUrlError::Syntax),
            ("https://admin@host", ControllerUrlError::UserInfo),
            ("https://admin:secret@host", ControllerUrlError::UserInfo),
            ("https://host/dna", ControllerUrlError::Path),
            ("https://host/?a=b", ControllerUrlError::Path),
            ("https://host/#a", ControllerUrlError::Path),
            ("http://catalyst.example.com", ControllerUrlError::PlainHttp),
            ("http://10.0.0.1", ControllerUrlError::PlainHttp),
            ("http://127.0.0.1.example.com", ControllerUrlError::PlainHttp),
            ("http://notlocalhost", ControllerUrlError::PlainHttp),
        ];
        for (text, want) in bad {
            assert_eq!(shown(text), Err(want), "{text}");
        }
    }

    #[test]
    fn equal_urls_can_be_spelled_differently() {
        let at = |text: &str| text.parse::<ControllerUrl>().unwrap();
        assert!(at("https://HOST").same_controller(&at("https://host:443/")));
        assert!(!at("https://host").same_controller(&at("https://host:8443")));
        assert!(!at("https://localhost").same_controller(&at("http://localhost")));
    }
}

//! The login, and the token that it is exchanged for.
//!
//! Neither is ever shown. The client sends the request.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderValue;

use super::response::json;

/// A secret. It has no `Display`, and `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret, for a request.
    pub(super) fn for_the_wire(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Secret(…)")
    }
}

/// A user name and a password.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    username: String,
    password: Secret,
}

impl Login {
    pub(crate) fn new(username: impl Into<String>, password: Secret) -> Self {
        Self { username: username.into(), password }
    }

    /// The `Authorization` header of a token request.
    pub(crate) fn header(&self) -> HeaderValue {
        let Self { username, password } = self;
        let encoded = BASE64_STANDARD.encode(format!("{username}:{}", password.for_the_wire()));
        secret(&format!("Basic {encoded}")).expect("invariant: base64 is plain ASCII")
    }
}

/// A token, valid for about an hour.
#[derive(Clone)]
pub(crate) struct Token(HeaderValue);

impl Token {
    /// Reads the response of the token endpoint; `None` without a token.
    pub(crate) fn from_answer(body: &[u8]) -> Option<Self> {
        let value = json(body).ok()?;
        let token = ["Token", "token"].iter().find_map(|key| value.get(key)?.as_str())?;
        if token.is_empty() { None } else { secret(token).map(Self) }
    }

    /// The `X-Auth-Token` header of every other request.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Token(…)")
    }
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_a_secret() {
        let login = Login::new("admin", Secret::new("swordfish"));
        let token = Token::from_answer(br#"{"Token":"eyJhbGciOi"}"#).unwrap();
        let shown = format!("{login:?} {token:?} {:?} {:?}", login.header(), token.header());
        for secret in ["swordfish", "eyJhbGciOi", "YWRtaW46c3dvcmRmaXNo"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert_eq!(login.header().to_str().unwrap(), "Basic YWRtaW46c3dvcmRmaXNo");
    }

    #[test]
    fn an_answer_without_a_token_gives_none() {
        for body in ["", "{}", r#"{"Token":""}"#, r#"{"Token":null}"#, "[]", r#"{"Token":"a\nb"}"#]
        {
            assert!(Token::from_answer(body.as_bytes()).is_none(), "{body}");
        }
    }
}

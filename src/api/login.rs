//! What opens the controller: a login, and the token that it is changed for.
//!
//! Neither is ever shown. Asks for nothing: the client does.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderValue;

use super::answer::json;

/// A user name and a password.
#[derive(Clone)]
pub(crate) struct Login {
    username: String,
    password: String,
}

impl Login {
    pub(crate) fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: password.into() }
    }

    /// The `Authorization` header of a token request.
    pub(crate) fn header(&self) -> HeaderValue {
        let encoded = BASE64_STANDARD.encode(format!("{}:{}", self.username, self.password));
        secret(&format!("Basic {encoded}")).expect("invariant: base64 is plain ASCII")
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, password: _ } = self;
        f.debug_struct("Login").field("username", username).finish_non_exhaustive()
    }
}

/// What the controller gives for a login, good for about an hour.
#[derive(Clone)]
pub(crate) struct Token(HeaderValue);

impl Token {
    /// Reads the answer of the token endpoint; nothing where it holds no token.
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
        let login = Login::new("admin", "swordfish");
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

//! Tokens: who gets one, and how long it is valid.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{Login, seed};

/// 60 minutes from its issue, however much it is used.
const LIFETIME: u64 = 60 * 60 * 1000;

#[derive(Debug)]
pub(super) struct Tokens {
    seed: u64,
    issued: u64,
    /// When each expires.
    expiry: BTreeMap<String, u64>,
}

impl Tokens {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, issued: 0, expiry: BTreeMap::new() }
    }

    /// A new token in the shape of the real ones: three parts, the second in plain text.
    pub(super) fn issue(&mut self, login: &Login, now: u64) -> String {
        self.issued += 1;
        let mut numbers = seed::numbers(self.seed, &["token", &self.issued.to_string()]);
        let expires = now + LIFETIME;
        let head = json!({"alg": "RS256", "typ": "JWT"});
        let claims = json!({
            "sub": seed::uuid(&mut numbers),
            "authSource": "internal",
            "tenantName": "TNT0",
            "roles": ["SUPER-ADMIN"],
            "tenantId": seed::TENANT,
            "exp": expires / 1000,
            "username": login.username,
        });
        let signature: String = (0..4).map(|_| seed::uuid(&mut numbers)).collect();
        let parts = [head.to_string(), claims.to_string(), signature];
        let token = parts.map(|it| base64(it.as_bytes(), URL_SAFE)).join(".");
        self.expiry.insert(token.clone(), expires);
        token
    }

    pub(super) fn is_valid(&self, token: &str, now: u64) -> bool {
        self.expiry.get(token).is_some_and(|expires| now < *expires)
    }

    pub(super) fn expire_all(&mut self) {
        self.expiry.clear();
    }
}

/// Whether an `Authorization` header has the name and the password.
pub(super) fn is_login(authorization: &str, login: &Login) -> bool {
    let Login { username, password } = login;
    let wanted = base64(format!("{username}:{password}").as_bytes(), STANDARD);
    authorization.split_once(' ').is_some_and(|(scheme, rest)| {
        // Some clients omit the padding.
        let given = rest.trim().trim_end_matches('=');
        scheme.eq_ignore_ascii_case("basic") && given == wanted
    })
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 without padding.
fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for sextet in 0..=chunk.len() {
            let index = bits >> (18 - 6 * sextet) & 0x3f;
            text.push(char::from(alphabet[index as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_in_the_standard() {
        let pairs = [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")];
        for (text, coded) in pairs {
            assert_eq!(base64(text.as_bytes(), STANDARD), coded);
        }
    }

    #[test]
    fn only_the_right_login_is_accepted() {
        let login = Login { username: "admin".to_owned(), password: "simulator".to_owned() };
        assert!(is_login("Basic YWRtaW46c2ltdWxhdG9y", &login));
        assert!(is_login("basic YWRtaW46c2ltdWxhdG9y", &login));
        assert!(!is_login("Basic YWRtaW46d3Jvbmc=", &login));
        assert!(!is_login("Bearer YWRtaW46c2ltdWxhdG9y", &login));
        assert!(!is_login("", &login));
    }

    #[test]
    fn a_token_is_valid_for_an_hour_and_no_longer() {
        let login = Login { username: "admin".to_owned(), password: "simulator".to_owned() };
        let mut tokens = Tokens::new(1);
        let token = tokens.issue(&login, 1_000);
        assert!(tokens.is_valid(&token, 1_000 + LIFETIME - 1));
        assert!(!tokens.is_valid(&token, 1_000 + LIFETIME));
        assert_ne!(tokens.issue(&login, 1_000), token);
        tokens.expire_all();
        assert!(!tokens.is_valid(&token, 1_000));
    }
}

//! The new world, and everything that looks random. All of it follows from the seed.

use serde_json::{Map, Value, json};

/// The tenant of the vendor's example.
pub(crate) const TENANT: &str = "5ae2347239dfc600df3bb7eb";

/// The mask that the controller shows instead of a secret.
pub(crate) const MASK: &str = "NO!$DATA!$";

/// The kinds of global credentials, named and ordered as by the controller.
pub(crate) const KINDS: [&str; 7] = [
    "cliCredential",
    "snmpV2cRead",
    "snmpV2cWrite",
    "snmpV3",
    "httpsRead",
    "httpsWrite",
    "netconfCredential",
];

/// Random numbers that are the same for the same seed and occasion.
pub(crate) fn numbers(seed: u64, occasion: &[&str]) -> fastrand::Rng {
    // FNV-1a, since it is the same on every machine and for every release.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
    for part in occasion {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    fastrand::Rng::with_seed(hash)
}

/// An identifier in the shape of a UUID.
pub(crate) fn uuid(numbers: &mut fastrand::Rng) -> String {
    // Version 4, variant 1.
    let bits = numbers.u128(..) & !(0xf << 76) & !(0b11 << 62) | (0x4 << 76) | (0b10 << 62);
    let group = |shift: u32| bits >> shift & 0xffff;
    let (first, last) = (bits >> 96, bits & 0xffff_ffff_ffff);
    format!("{first:08x}-{:04x}-{:04x}-{:04x}-{last:012x}", group(80), group(64), group(48))
}

/// The global credentials of a new world. Their ids are the same for every seed.
pub(crate) fn credentials() -> Map<String, Value> {
    let cli = |description, username| {
        credential(
            "cliCredential",
            description,
            json!({"username": username, "enablePassword": MASK, "password": MASK}),
        )
    };
    let http = |kind, description, username| {
        let own = json!({"username": username, "secure": true, "password": MASK, "port": 443});
        credential(kind, description, own)
    };
    let v3 = json!({
        "username": "monitor", "authPassword": MASK, "authType": "SHA", "privacyPassword": MASK,
        "privacyType": "AES128", "snmpMode": "AUTHPRIV",
    });
    let lists = [
        vec![cli("netops", "netops"), cli("legacy", "admin"), cli("legacy", "root")],
        vec![credential("snmpV2cRead", "public-read", json!({"readCommunity": MASK}))],
        vec![credential("snmpV2cWrite", "private-write", json!({"writeCommunity": MASK}))],
        vec![credential("snmpV3", "core", v3)],
        vec![http("httpsRead", "web-read", "web")],
        vec![http("httpsWrite", "web-write", "web")],
        vec![credential("netconfCredential", "netconf-830", json!({"netconfPort": "830"}))],
    ];
    KINDS.into_iter().map(str::to_owned).zip(lists.map(Value::Array)).collect()
}

fn credential(kind: &str, description: &str, mut own: Value) -> Value {
    let username = own["username"].as_str().unwrap_or_default();
    let id = uuid(&mut numbers(0, &["credential", kind, description, username]));
    own["description"] = json!(description);
    for (key, value) in identity(&id) {
        own[key] = value;
    }
    own
}

/// The members that global credentials of every kind have.
pub(crate) fn identity(id: &str) -> Map<String, Value> {
    let pairs = [
        ("comments", Value::Null),
        ("credentialType", Value::Null),
        ("instanceUuid", json!(id)),
        ("instanceTenantId", json!(TENANT)),
        ("id", json!(id)),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_identifiers_and_another_seed_gives_others() {
        let id = |seed, occasion| uuid(&mut numbers(seed, &[occasion]));
        assert_eq!(id(1, "a"), id(1, "a"));
        assert_ne!(id(1, "a"), id(1, "b"));
        assert_ne!(id(1, "a"), id(2, "a"));
        let shape: String = id(1, "a").chars().map(|c| if c == '-' { '-' } else { 'x' }).collect();
        assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    }

    #[test]
    fn a_new_world_has_the_nine_credentials() {
        let all = credentials();
        let described: Vec<String> = KINDS
            .iter()
            .flat_map(|kind| all[*kind].as_array().unwrap())
            .map(|it| {
                let username = it["username"].as_str().unwrap_or("-");
                format!("{}/{username}", it["description"].as_str().unwrap())
            })
            .collect();
        assert_eq!(
            described.join(" "),
            "netops/netops legacy/admin legacy/root public-read/- private-write/- core/monitor \
             web-read/web web-write/web netconf-830/-"
        );
    }
}

//! Whole files in; problems, or the desired state, out.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::{
    model::{
        AddressRange, CredentialKind, DesiredDiscovery, Grade, Neighbours, OnChange, Rerun,
        SettingKey, State, Target, TimeSpan,
    },
    source::{Severity, SourceMap},
};

/// Returns the value of a setting that the files give, as it is shown.
fn given(it: &DesiredDiscovery, path: &str) -> String {
    let fields = it.wanted.settings(BTreeMap::new()).fields();
    let field = fields.iter().find(|it| it.path == path);
    field.map(|it| it.value.to_string()).unwrap_or_default()
}

fn loaded(texts: &[&str]) -> Loaded {
    let mut sources = SourceMap::default();
    for (index, text) in texts.iter().enumerate() {
        sources.add(format!("{}.yaml", ["a", "b", "c"][index]), *text);
    }
    read(sources)
}

/// One problem a line: place, what is underlined there, code, message.
fn reported(loaded: &Loaded) -> String {
    let mut out = String::new();
    for it in &loaded.diagnostics {
        let warning = if it.severity == Severity::Warning { "warning " } else { "" };
        let code = it.code.strip_prefix("trueup::config::").unwrap();
        write!(out, "{warning}{code}: {}", it.message).unwrap();
        for label in &it.labels {
            let at = loaded.sources.locate(label.span);
            let text = &loaded.sources.source(label.span.source).text;
            let text = text.get(label.span.range()).unwrap().replace('\n', "⏎");
            write!(out, " | {}:{}:{} {text}", at.path, at.line, at.column).unwrap();
        }
        out.push('\n');
    }
    out
}

fn problems(text: &str) -> String {
    reported(&loaded(&[text]))
}

/// The problems about a file with these lines as its one discovery.
fn about(entry: &str) -> String {
    let entry = entry.replace('\n', "\n    ");
    problems(&format!("version: 1\ndiscoveries:\n  - name: x\n    {entry}\n"))
}

/// The discoveries of a file that is in order but for warnings.
fn desired(text: &str) -> Vec<DesiredDiscovery> {
    let loaded = loaded(&[text]);
    assert!(
        !loaded.diagnostics.iter().any(crate::source::Diagnostic::is_error),
        "{}",
        reported(&loaded)
    );
    loaded.desired.discoveries
}

fn only(entry: &str) -> DesiredDiscovery {
    let entry = entry.replace('\n', "\n    ");
    desired(&format!("version: 1\ndiscoveries:\n  - name: x\n    {entry}\n")).remove(0)
}

#[test]
fn twelve_mistakes_are_twelve_problems() {
    let text = r#"
version: 1
manage: {names: ["a["]}
defaults: {timout: 5s, retries: 9}
discoveries:
  - name: a
    address: 10.0.0.256
  - name: a
    cidr: 10.0.0.0/33
  - name: b
    ranges: [10.0.0.9-10.0.0.1, "10.0.0.1-::1"]
  - name: c
    timeout: soon
    state: [present]
    cdp: {hops: 3}
  - name: d
    address: 10.0.0.1
    cidr: 10.0.0.0/24
"#;
    assert_snapshot!(problems(text), @r#"
    bad_glob: `a[` is not a pattern: unclosed character class; missing ']' | a.yaml:3:18 "a["
    unknown_key: `defaults` has no key `timout` | a.yaml:4:12 timout
    out_of_range: `retries` must be from 0 to 3, found 9 | a.yaml:4:33 9
    bad_address: `10.0.0.256` is not an IP address | a.yaml:7:14 10.0.0.256
    duplicate_name: the name `a` is given twice | a.yaml:8:11 a | a.yaml:6:11 a
    bad_prefix: `10.0.0.0/33` is not a prefix | a.yaml:9:11 10.0.0.0/33
    reversed_range: `10.0.0.9-10.0.0.1` ends before it begins | a.yaml:11:14 10.0.0.9-10.0.0.1
    mixed_families: `10.0.0.1-::1` begins in one address family and ends in the other | a.yaml:11:33 "10.0.0.1-::1"
    bad_duration: `soon` is not a duration | a.yaml:13:14 soon
    wrong_type: `state`: expected `present`, `stopped` or `absent`, found a list | a.yaml:14:12 [present]
    missing_key: a neighbour discovery needs the key `seed` | a.yaml:15:11 hops
    which_target: the discovery has 2 targets | a.yaml:17:5 address | a.yaml:18:5 cidr
    "#);
}

#[test]
fn a_wrong_type_reports_what_is_expected_and_found() {
    assert_snapshot!(about("address: 10.0.0.1\nretries: three\ntimeout: 5\nprotocols: ssh\nstate: stoped\nrerun: {}\nexclude: {a: 1}\nmanagement_ip: true\nnetconf_port: 1.5"), @r"
    wrong_type: `retries`: expected a whole number, found the text `three` | a.yaml:5:14 three
    wrong_type: `timeout`: expected a duration, found the number `5` | a.yaml:6:14 5
    wrong_type: `protocols`: expected a list, found the text `ssh` | a.yaml:7:16 ssh
    wrong_type: `state`: expected `present`, `stopped` or `absent`, found the text `stoped` | a.yaml:8:12 stoped
    missing_key: `rerun` needs the key `older_than` | a.yaml:9:12 {}
    wrong_type: `exclude`: expected a list, found a map | a.yaml:10:14 {a: 1}
    wrong_type: `management_ip`: expected `default` or `loopback`, found `true` | a.yaml:11:20 true
    wrong_type: `netconf_port`: expected a whole number, found the number `1.5` | a.yaml:12:19 1.5
    ");
    assert_snapshot!(problems("version: 1\ndiscoveries: [1, null, {name: 12, cidr: ::/120}]"), @r"
    wrong_type: `discoveries`: expected a map, found the number `1` | a.yaml:2:15 1
    wrong_type: `discoveries`: expected a map, found nothing | a.yaml:2:18 null
    wrong_type: `name`: expected text, found the number `12` | a.yaml:2:31 12
    warning ipv6_unproven: it is not known whether the classic interface accepts IPv6 | a.yaml:2:41 ::/120
    ");
    assert_snapshot!(problems("version: '1'\ndiscoveries: {}"), @r"
    wrong_type: `version`: expected a whole number, found the text `1` | a.yaml:1:10 '1'
    wrong_type: `discoveries`: expected a list, found a map | a.yaml:2:14 {}
    ");
    assert_snapshot!(problems("version: 1\n1: x\n[a]: y\n"), @r"
    wrong_type: a key must be text, found the number `1` | a.yaml:2:1 1
    wrong_type: a key must be text, found a list | a.yaml:3:1 [a]
    ");
    assert_snapshot!(problems("just text"), @"wrong_type: expected a map, found the text `just text` | a.yaml:1:1 just text");
}

#[test]
fn one_mistake_is_one_problem() {
    for (text, code) in [
        ("adress: 10.0.0.1", "unknown_key"),
        ("address: [10.0.0.1]", "wrong_type"),
        ("cdp: {sed: 10.0.0.1}", "unknown_key"),
        ("cidr: 10.0.0.0/24\ncredentials: {cli: [{password: x}]}", "unknown_key"),
        ("cidr: 10.0.0.0/24\ncredentials: {cli: [{id: 5}]}", "wrong_type"),
        ("state: absnt", "wrong_type"),
        ("cidr: 10.0.0.0/24\nrerun: {older_then: 7d}", "unknown_key"),
    ] {
        let reported = about(text);
        assert!(
            reported.starts_with(&format!("{code}: ")) && reported.lines().count() == 1,
            "{reported}"
        );
    }
    assert_eq!(
        problems("version: 1\ndiscoveries: [{nam: x, cidr: 10.0.0.0/24}]").lines().count(),
        1
    );
}

#[test]
fn a_file_with_every_key_has_no_problem() {
    let text = "
version: 1
controller: https://catalyst.example.com # optional
manage:
  names: [\"branch-*\", \"hq-*\"]
defaults:
  protocols: [ssh]
  retries: 3
  timeout: 5s
  credentials:
    cli: [netops]
    snmp_v3: [{description: core, username: monitor}]
discoveries:
  - name: branch-berlin
    ranges: [10.10.0.1-10.10.0.254, 10.10.2.7]
    rerun: until_complete
  - name: hq-core
    cdp: {seed: 10.0.0.1, hops: 3}
    exclude: [10.0.9.0/24]
    management_ip: loopback
    netconf_port: 830
  - name: lab
    cidr: 10.20.0.0/22
    state: stopped
  - name: old-dc
    state: absent
";
    assert_eq!(problems(text), "");
    assert_eq!(desired(text).len(), 4);
}

#[test]
fn invalid_addresses() {
    for (text, code, underlined) in [
        ("address: 10.0.0", "bad_address", "10.0.0"),
        ("address: ::ffff:10.0.0.1", "bad_address", "::ffff:10.0.0.1"),
        ("address: '10.0.0.1 '", "bad_address", "'10.0.0.1 '"),
        ("address: 10.0.0.1-10.0.0.2", "bad_address", "10.0.0.1-10.0.0.2"),
        ("ranges: [10.0.0.1-9]", "bad_address", "10.0.0.1-9"),
        ("ranges: [10.0.0.0/24]", "bad_address", "10.0.0.0/24"),
        ("ranges: ['10.0.0.2 - 10.0.0.1']", "reversed_range", "'10.0.0.2 - 10.0.0.1'"),
        ("ranges: [10.0.0.2-2001:db8::1]", "mixed_families", "10.0.0.2-2001:db8::1"),
        ("ranges: []", "out_of_range", "[]"),
        ("cidr: 10.0.0.0", "bad_prefix", "10.0.0.0"),
        ("cidr: 10.0.0.0/33", "bad_prefix", "10.0.0.0/33"),
        ("cidr: 10.0.0/24", "bad_address", "10.0.0/24"),
        ("cidr: ::ffff:10.0.0.0/120", "bad_address", "::ffff:10.0.0.0/120"),
        ("cdp: {seed: x}", "bad_address", "x"),
        ("cdp: {seed: 10.0.0.1, hops: 0}", "out_of_range", "0"),
        ("lldp: {seed: 10.0.0.1, hops: 17}", "out_of_range", "17"),
        ("cidr: 10.0.0.0/24\nexclude: [10.0.0.1-10.0.0.2]", "bad_address", "10.0.0.1-10.0.0.2"),
        ("cidr: 10.0.0.0/24\nexclude: [10.0.0.1/40]", "bad_prefix", "10.0.0.1/40"),
    ] {
        let reported = about(text);
        assert!(reported.starts_with(&format!("{code}: ")), "{text}: {reported}");
        assert!(reported.ends_with(&format!(" {underlined}\n")), "{text}: {reported}");
        assert_eq!(reported.lines().count(), 1, "{text}: {reported}");
    }
}

#[test]
fn bounds_are_errors_on_both_sides() {
    for (accepted, refused) in [
        ("retries: 0", "retries: -1"),
        ("retries: 3", "retries: 4"),
        ("timeout: 1s", "timeout: 0s"),
        ("timeout: 5m", "timeout: 301s"),
        ("netconf_port: 1", "netconf_port: 0"),
        ("netconf_port: 65535", "netconf_port: 65536"),
        ("netconf_port: 830", "netconf_port: 99999999999999999999999999"),
        ("protocols: [telnet]", "protocols: []"),
    ] {
        assert_eq!(about(&format!("address: 10.0.0.1\n{accepted}")), "");
        let reported = about(&format!("address: 10.0.0.1\n{refused}"));
        assert!(reported.starts_with("out_of_range: "), "{refused}: {reported}");
    }
}

#[test]
fn durations_need_a_unit() {
    for refused in ["'5'", "5ms", "five", "''", "99999999999999999999w"] {
        let reported = about(&format!("address: 10.0.0.1\nrerun: {{older_than: {refused}}}"));
        assert!(reported.starts_with("bad_duration: "), "{refused}: {reported}");
    }
}

#[test]
fn a_credential_has_one_identity() {
    for refused in ["{}", "''", "{description: ''}", "{id: x, username: y}", "{username: null}"] {
        let reported = about(&format!("address: 10.0.0.1\ncredentials: {{cli: [{refused}]}}"));
        assert!(reported.starts_with("bad_credential: "), "{refused}: {reported}");
        assert!(reported.ends_with(&format!(" {refused}\n")), "{refused}: {reported}");
    }
    let it = only(
        "address: 10.0.0.1\ncredentials: {cli: [a, {username: u}, {description: d, username: null}, {id: i}]}",
    );
    let refs = &it.wanted.credentials[&CredentialKind::Cli].value;
    let shown = refs.iter().map(|it| it.value.to_string()).collect::<Vec<_>>();
    assert_eq!(shown, ["a", "username u", "d", "id i"]);
}

#[test]
fn names_are_checked() {
    let named = |name: &str| {
        problems(&format!("version: 1\ndiscoveries:\n  - {{name: {name}, address: 10.0.0.1}}\n"))
    };
    assert_eq!(named("'Zürich/1'"), "");
    for refused in ["''", "' a'", r#""a\tb""#, r#""a\n""#] {
        assert!(named(refused).starts_with("bad_name: "), "{refused}");
    }
    for refused in ["12", "true", "null", "1.5", "[a]"] {
        assert!(named(refused).starts_with("wrong_type: "), "{refused}");
    }
    assert!(named(&"x".repeat(256)).starts_with("warning long_name: "));
    assert_eq!(named(&"x".repeat(255)), "");
}

#[test]
fn a_discovery_has_one_target() {
    assert_snapshot!(about("retries: 1"), @"which_target: the discovery has no target | a.yaml:3:11 x");
    assert_snapshot!(about("address: 10.0.0.1\ncidr: 10.0.0.0/24\ncdp: {seed: 10.0.0.1}"), @"which_target: the discovery has 3 targets | a.yaml:4:5 address | a.yaml:5:5 cidr | a.yaml:6:5 cdp");
    assert_eq!(about("address: 10.0.0.1\ncidr: null"), "");
}

#[test]
fn the_other_keys_of_an_absent_discovery_are_checked_and_ignored() {
    assert_eq!(about("state: absent"), "");
    assert_eq!(about("state: absent\naddress: ::1\ncidr: 10.0.0.0/8\nexclude: [10.0.0.1]"), "");
    assert!(about("state: absent\naddress: 10.0.0").starts_with("bad_address: "));
    assert_eq!(only("state: absent").state(), State::Absent);
}

#[test]
fn warnings_are_not_errors() {
    let nine = (1..=9).map(|it| format!("10.0.0.{it}")).collect::<Vec<_>>().join(", ");
    let long = (10..=19).map(|it| format!("2001:db8:aaaa:{it}::1-2001:db8:aaaa:{it}::100")).take(8);
    let long = long.collect::<Vec<_>>().join(", ");
    for (text, code) in [
        ("ranges: [10.0.0.0-10.0.16.0]", "large_range"),
        ("cidr: 10.0.0.0/19", "prefix_size"),
        ("cidr: 10.0.0.0/32", "prefix_size"),
        (&format!("ranges: [{nine}]"), "too_many_ranges"),
        (&format!("ranges: [{long}]"), "long_address_list"),
        ("ranges: [10.0.0.1, 10.0.0.1-10.0.0.1]", "duplicate_range"),
        ("address: 10.0.0.1\ncredentials: {cli: [a, b, c, d, e, f]}", "many_credentials"),
        ("address: 10.0.0.1\nexclude: [10.0.0.2]", "exclude_may_be_ignored"),
        ("ranges: [10.0.0.1]\nexclude: [10.0.0.2]", "exclude_may_be_ignored"),
        ("address: 2001:db8::1", "ipv6_unproven"),
        ("cidr: 10.0.0.0/24\nexclude: [2001:db8::/64]", "ipv6_unproven"),
        ("address: 10.0.0.1\nprotocols: [ssh, ssh]", "duplicate_protocol"),
    ] {
        let reported = about(text);
        assert!(reported.starts_with(&format!("warning {code}: ")), "{text}: {reported}");
        only(text);
    }
    for silent in [
        "ranges: [10.0.0.0-10.0.15.255]",
        "cidr: 10.0.0.0/20",
        "cidr: 10.0.0.0/30",
        "address: 10.0.0.1\nexclude: []",
        "cdp: {seed: 10.0.0.1}\nexclude: [10.0.0.2]",
    ] {
        assert_eq!(about(silent), "", "{silent}");
    }
}

#[test]
fn a_syntax_error_is_one_problem_and_the_other_files_are_read() {
    let good = "version: 1\ndiscoveries: [{name: x, address: 10.0.0.1}]";
    let loaded = loaded(&["version: 1\n bad: 2\nworse: [", good, "version: 2\nmanage: 1\n"]);
    assert_snapshot!(reported(&loaded), @r"
    syntax: mapping values are not allowed in this context | a.yaml:2:5 :
    unsupported_version: format version 2 is not supported | c.yaml:1:10 2
    wrong_type: `manage`: expected a map, found the number `1` | c.yaml:2:9 1
    ");
    assert_eq!(loaded.desired.discoveries.len(), 1);
}

#[test]
fn syntax_errors_have_messages_of_our_own() {
    for (text, expected) in [
        ("a: 1\n---\nb: 2\n", "the file contains several documents"),
        ("version: 1\n---\n", "the file contains several documents"),
        ("---\n---\nversion: 1\n", "the file contains several documents"),
        ("a: *x\n", "there is no such anchor"),
        ("a: &x [*x]\n", "an anchor contains itself"),
        ("a: !secret b\n", "unknown tag"),
        ("<<: 3\n", "`<<` needs a map, or a list of maps"),
        ("a: \"b\n", "unclosed quote"),
    ] {
        let reported = problems(text);
        assert!(reported.starts_with(&format!("syntax: {expected}")), "{reported}");
        assert_eq!(reported.lines().count(), 1, "{reported}");
    }
}

#[test]
fn alias_bombs_and_deep_nesting_are_problems() {
    let list =
        |it: usize| format!("a{it}: &a{it} [{}]\n", vec![format!("*a{}", it - 1); 9].join(","));
    let bomb = (1..12).fold("a0: &a0 [x,x,x]\n".to_owned(), |bomb, it| bomb + &list(it));
    let deep = format!("a: {}", "[".repeat(100_000));
    let blocks = (0..500).fold(String::new(), |all, it| all + &" ".repeat(it) + "a:\n");
    let replayed =
        (1..40).fold(format!("a0: &a0 {}x{}\n", "[".repeat(50), "]".repeat(50)), |all, it| {
            all + &format!("a{it}: &a{it} {}*a{}{}\n", "[".repeat(50), it - 1, "]".repeat(50))
        });
    for text in [bomb, deep, blocks, replayed, "- ".repeat(50_000)] {
        let reported = problems(&text);
        assert!(
            reported.starts_with("syntax: too large, too deep, or too many aliases"),
            "{reported}"
        );
    }
}

#[test]
fn a_duplicate_key_shows_both_places() {
    assert_snapshot!(about("address: 10.0.0.1\nretries: 1\nretries: 2\nretries: 3"), @r"
    duplicate_key: `retries` is given twice | a.yaml:6:5 retries | a.yaml:5:5 retries
    duplicate_key: `retries` is given twice | a.yaml:7:5 retries | a.yaml:5:5 retries
    ");
}

#[test]
fn a_duplicate_name_in_two_files_shows_both_places() {
    let text = "version: 1\ndiscoveries: [{name: x, address: 10.0.0.1}]";
    assert_snapshot!(reported(&loaded(&[text, &format!("{text}\n")])), @"duplicate_name: the name `x` is given twice | b.yaml:2:22 x | a.yaml:2:22 x");
}

#[test]
fn a_mistake_in_an_anchor_is_reported_once_at_the_anchor() {
    let text = "
version: 1
defaults: {credentials: &c {cli: [{}]}}
discoveries:
  - {name: a, address: 10.0.0.1, credentials: *c}
  - {name: b, address: 10.0.0.2, credentials: *c}
";
    assert_snapshot!(problems(text), @"bad_credential: the credential has neither a description nor a username | a.yaml:3:35 {}");
}

#[test]
fn entries_that_share_an_anchor_have_their_own_places() {
    let text = "
version: 1
discoveries:
  - &a {name: a, address: 10.0.0.1}
  - *a
  - <<: *a
    retries: 1
";
    assert_snapshot!(problems(text), @r"
    duplicate_name: the name `a` is given twice | a.yaml:5:5 *a | a.yaml:4:15 a
    duplicate_name: the name `a` is given twice | a.yaml:6:5 <<: *a⏎    retries: 1 | a.yaml:4:15 a
    ");
}

#[test]
fn own_keys_override_merged_keys() {
    let it = desired(
        "
version: 1
defaults: &d {timeout: 5s, retries: 1}
discoveries:
  - <<: *d
    name: a
    address: 10.0.0.1
    retries: 2
",
    )
    .remove(0);
    assert_eq!((given(&it, "retries"), given(&it, "timeout")), ("2".to_owned(), "5s".to_owned()));
}

#[test]
fn null_removes_a_default_and_credentials_merge_by_kind() {
    let all = desired(
        "
version: 1
defaults:
  timeout: 5s
  on_change: replace
  credentials: {cli: [a], snmp_v3: [b]}
discoveries:
  - {name: a, address: 10.0.0.1}
  - {name: b, address: 10.0.0.1, timeout: null, credentials: {cli: [], netconf: [n]}}
  - {name: c, address: 10.0.0.1, on_change: ~, credentials: {snmp_v3: null}}
  - {name: d, address: 10.0.0.1, credentials: null}
",
    );
    let shown = |it: &DesiredDiscovery| {
        let kinds =
            it.wanted.credentials.iter().map(|(kind, it)| format!("{kind}={}", it.value.len()));
        let timeout = given(it, "timeout");
        let kinds = kinds.collect::<Vec<_>>().join(",");
        format!("{} {timeout} {:?} {kinds}", it.name.value, it.on_change())
    };
    assert_snapshot!(all.iter().map(shown).collect::<Vec<_>>().join("\n"), @r"
    a 5s Replace cli=1,snmp_v3=1
    b  Replace cli=0,snmp_v3=1,netconf=1
    c 5s Update cli=1
    d 5s Replace
    ");
}

#[test]
fn values_are_normalized() {
    let target = |entry: &str| only(entry).wanted.target().unwrap().value.clone();
    assert_eq!(target("cidr: 10.20.1.7/22"), target("cidr: 10.20.0.0/22"));
    assert_eq!(target("address: 2001:DB8::0001"), target("address: 2001:db8::1"));
    assert_eq!(
        target("ranges: [10.0.0.2, 10.0.0.1]"),
        target("ranges: ['10.0.0.1-10.0.0.1', 10.0.0.2]")
    );
    assert_eq!(target("cdp: {seed: 10.0.0.1}"), target("cdp: {seed: 10.0.0.1, hops: 16}"));
    let exclude = |it: &str| {
        let it = only(&format!("cidr: 10.0.0.0/24\nexclude: {it}"));
        it.wanted.exclude().unwrap().value.clone()
    };
    assert_eq!(exclude("[10.0.0.1/32, 10.0.9.7/24]"), exclude("[10.0.9.0/24, 10.0.0.1, 10.0.0.1]"));
    assert!(exclude("[]").is_empty());
    let it = only(
        "address: 10.0.0.1\nprotocols: [telnet, ssh]\ntimeout: 1m\nmanagement_ip: loopback\nrerun: {older_than: 7d}\non_change: replace\nstate: stopped",
    );
    let settings = ["protocols", "timeout", "management_ip"].map(|path| given(&it, path));
    assert_eq!(settings, ["[telnet, ssh]", "1m", "loopback"]);
    assert_eq!(it.rerun(), Rerun::OlderThan(TimeSpan::from_seconds(604_800)));
    assert_eq!((it.on_change(), it.state()), (OnChange::Replace, State::Stopped));
}

#[test]
fn places_are_exact() {
    let text = "version: 1\r\ndefaults:\r\n  timeout: 5s\r\ndiscoveries:\r\n  - # ä\r\n    name: \"x\"\r\n    ranges: &r [10.0.0.1, # c ]\r\n      10.0.0.2, ]\r\n  - { name: ö, cidr: 10.0.0.0/24, }\r\n  - name: |-\r\n      z\r\n    ranges: *r\r\n    credentials: {cli: [a,\r\n      b]}\r\n\r\n";
    let loaded = loaded(&[text]);
    assert_eq!(reported(&loaded), "");
    let of = |span: crate::source::Span| text.get(span.range()).unwrap().replace("\r\n", "⏎");
    let [first, second, third] = loaded.desired.discoveries.as_slice() else { panic!() };
    assert_snapshot!(of(first.span), @r#"name: "x"⏎    ranges: &r [10.0.0.1, # c ]⏎      10.0.0.2, ]"#);
    assert_snapshot!(of(second.span), @"name: ö, cidr: 10.0.0.0/24, }");
    assert_snapshot!(of(third.span), @"name: |-⏎      z⏎    ranges: *r⏎    credentials: {cli: [a,⏎      b]}");
    let target = first.wanted.target().unwrap();
    assert_eq!(
        (of(target.key), of(target.at)),
        ("ranges".into(), "[10.0.0.1, # c ]⏎      10.0.0.2, ]".into())
    );
    assert_eq!(of(first.wanted.place_of(SettingKey::Timeout).unwrap()), "timeout");
    assert_eq!(
        [of(first.name.span), of(second.name.span), of(third.name.span)],
        ["\"x\"", "ö", "z"]
    );
    let cli = &third.wanted.credentials[&CredentialKind::Cli];
    assert_eq!((of(cli.key), of(cli.value[1].span)), ("cli".into(), "b".into()));
}

#[test]
fn manage_is_a_union_and_controllers_are_collected() {
    let loaded = loaded(&[
        "version: 1\ncontroller: https://a.example\nmanage: {names: ['a-*', b]}\n",
        "version: 1\ncontroller: https://b.example\nmanage: {names: [b, c]}\ndiscoveries: []\n",
    ]);
    assert_eq!(reported(&loaded), "");
    assert_eq!(loaded.desired.manage.patterns(), ["a-*", "b", "c"]);
    let controllers = loaded.desired.controllers.iter().map(|it| it.value.as_str());
    assert_eq!(controllers.collect::<Vec<_>>(), ["https://a.example", "https://b.example"]);
}

#[test]
fn a_discovery_with_a_mistake_is_left_out_and_the_others_are_read() {
    let loaded =
        loaded(&["version: 1\ndiscoveries: [{name: a, cidr: x}, {name: b, cidr: 10.0.0.0/24}]"]);
    let names = loaded.desired.discoveries.iter().map(|it| it.name.value.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["b"]);
}

fn on_disk(files: &[(&str, &[u8])], paths: &[&str]) -> (String, Loaded) {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::io::Write::write_all(&mut fs::File::create(path).unwrap(), bytes).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("a.yaml", folder.path().join("link.yaml")).unwrap();
    let paths = paths.iter().map(|it| folder.path().join(it)).collect::<Vec<_>>();
    let loaded = load(&paths);
    let root = folder.path().join("").display().to_string();
    (reported(&loaded).replace(&root, ""), loaded)
}

fn read_names(loaded: &Loaded) -> Vec<&str> {
    loaded.sources.sources().iter().filter_map(|it| it.path.rsplit('/').next()).collect()
}

#[test]
fn a_folder_is_searched_in_order_without_links_and_hidden_names() {
    let files: &[(&str, &[u8])] = &[
        ("d/z.yml", b"version: 1"),
        ("d/b/c.yaml", b"version: 1"),
        ("d/.hidden.yaml", b"bad"),
        ("d/.git/x.yaml", b"bad"),
        ("d/notes.txt", b"bad"),
        ("a.yaml", b"version: 1"),
    ];
    let (reported, loaded) = on_disk(files, &[".", "d/z.yml", "link.yaml"]);
    assert_eq!(reported, "");
    assert_eq!(read_names(&loaded), ["a.yaml", "c.yaml", "z.yml"]);
}

#[test]
fn every_unreadable_file_is_reported() {
    let files: &[(&str, &[u8])] = &[
        ("a.yaml", b"# nothing\n"),
        ("e.yaml", b""),
        ("d/notes.txt", b""),
        ("latin.yaml", b"\xef\xbb\xbfversion: 1\n# Z\xfcrich\n"),
        ("bom.yaml", b"\xef\xbb\xbfversion: 2\r\n"),
    ];
    let (reported, _) =
        on_disk(files, &["none.yaml", "a.yaml", "e.yaml", "d", "latin.yaml", "no/ne", "bom.yaml"]);
    assert_snapshot!(reported, @r"
    no_files: cannot read `none.yaml`: there is no such file or folder
    no_files: `d` has no YAML file
    no_files: cannot read `no/ne`: there is no such file or folder
    no_files: `a.yaml` is empty
    no_files: `e.yaml` is empty
    syntax: the file is not UTF-8 text from here on | latin.yaml:2:4 �
    unsupported_version: format version 2 is not supported | bom.yaml:1:10 2
    ");
    assert_eq!(load(&[]).diagnostics.len(), 1);
}

/// A discovery as text, in its normal form.
fn written(it: &DesiredDiscovery) -> String {
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    let wanted = &it.wanted;
    let target = wanted.target().unwrap().value;
    let neighbours =
        |it: &Neighbours| format!("{{seed: {:?}, hops: {}}}", it.seed, it.hops.unwrap());
    let value = match target {
        Target::Address(it) => it.to_string(),
        Target::Ranges(it) => list(it.iter().map(AddressRange::to_string).collect()),
        Target::Cidr(it) => it.to_string(),
        Target::Cdp(it) | Target::Lldp(it) => neighbours(it),
    };
    let mut text =
        format!("- name: {:?}\n  {}: {value}\n", it.name.value.as_str(), target.kind().key());
    if let Some(it) = wanted.exclude() {
        let items = it.value.iter().map(|it| format!("\"{it}\"")).collect();
        writeln!(text, "  exclude: {}", list(items)).unwrap();
    }
    let timeout = given(it, "timeout");
    if !timeout.is_empty() {
        writeln!(text, "  timeout: {timeout}").unwrap();
    }
    if let Rerun::OlderThan(age) = it.rerun() {
        writeln!(text, "  rerun: {{older_than: {age}}}").unwrap();
    }
    text
}

fn addresses() -> impl Strategy<Value = String> {
    let v4 = any::<std::net::Ipv4Addr>().prop_map(|it| it.to_string());
    let v6 = any::<u128>().prop_map(|it| format!("2001:db8::{:x}", it & 0xffff_ffff >> 16));
    prop_oneof![4 => v4, 1 => v6]
}

fn prefixes() -> impl Strategy<Value = String> {
    (any::<std::net::Ipv4Addr>(), 0_u8..=32)
        .prop_map(|(address, length)| format!("{address}/{length}"))
}

fn targets() -> impl Strategy<Value = String> {
    let range = (any::<u32>(), 0_u32..9999).prop_map(|(first, more)| {
        let last = std::net::Ipv4Addr::from(first.saturating_add(more));
        format!("\"{} - {last}\"", std::net::Ipv4Addr::from(first))
    });
    let item = prop_oneof![range, addresses().prop_map(|it| format!("\"{it}\""))];
    prop_oneof![
        addresses().prop_map(|it| format!("address: \"{it}\"")),
        prop::collection::vec(item, 1..6).prop_map(|it| format!("ranges: [{}]", it.join(", "))),
        prefixes().prop_map(|it| format!("cidr: {it}")),
        (addresses(), 1..=16)
            .prop_map(|(seed, hops)| format!("cdp: {{seed: \"{seed}\", hops: {hops}}}")),
    ]
}

proptest! {
    #[test]
    fn what_is_written_back_reads_the_same(
        target in targets(),
        exclude in prop::collection::vec(prop_oneof![addresses(), prefixes()], 0..5),
        (timeout, age) in (1_u64..=300, any::<u32>()),
        name in "[a-zA-Z0-9äß\"\\\\'#:{}]([ -~ä]{0,9}[a-z])?",
    ) {
        let exclude = exclude.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ");
        let file = |entry: &str| desired(&format!("version: 1\ndiscoveries:\n{entry}")).remove(0);
        let first = file(&format!(
            "- name: {name:?}\n  {target}\n  exclude: [{exclude}]\n  timeout: {timeout}s\n  rerun: {{older_than: {age}s}}\n"
        ));
        let again = file(&written(&first));
        let settings = |it: &DesiredDiscovery| it.wanted.settings(BTreeMap::new());
        prop_assert_eq!(settings(&first), settings(&again));
        prop_assert_eq!(first.rerun(), again.rerun());
        prop_assert_eq!(&first.name.value, &again.name.value);
        prop_assert_eq!(written(&first), written(&again));
    }

    #[test]
    fn no_text_is_too_strange(text in "[ -~äö\n\t:\\[\\]{}&*!|>'\"%@`#-]{0,200}") {
        let loaded = loaded(&[&text, &format!("version: 1\ndiscoveries:\n  - name: a\n    cidr: {text}")]);
        reported(&loaded);
    }
}

#[test]
fn all_mistakes_in_limits_are_reported_at_once() {
    let text = r#"
version: 1
policy:
  max_new_adresses: 4096
  max_addresses_per_discovery: -1
  max_login_attempts: many
  max_delete: {percent: 101, cuont: 2}
  forbid_ranges: [10.0.0.0/33, 10.0.0.9-10.0.0.1, 10.0.0.0/8, 7]
  allow_only_within: 10.0.0.0/8
  allow_unbounded: ["a[", ""]
  overlap: eror
  protected_names: [[core]]
  rules: {large_rnge: error, bad_address: off, prefix_size: of, long_name: warn,
    "trueup::config::long_name": off, "trueup::config::similar_name": error}
discoveries: []
"#;
    assert_snapshot!(problems(text), @r#"
    unknown_key: `policy` has no key `max_new_adresses` | a.yaml:4:3 max_new_adresses
    out_of_range: `max_addresses_per_discovery` cannot be less than 0, found -1 | a.yaml:5:32 -1
    wrong_type: `max_login_attempts`: expected a whole number, found the text `many` | a.yaml:6:23 many
    out_of_range: `percent` must be from 0 to 100, found 101 | a.yaml:7:25 101
    unknown_key: `max_delete` has no key `cuont` | a.yaml:7:30 cuont
    bad_prefix: `10.0.0.0/33` is not a prefix | a.yaml:8:19 10.0.0.0/33
    reversed_range: `10.0.0.9-10.0.0.1` ends before it begins | a.yaml:8:32 10.0.0.9-10.0.0.1
    wrong_type: `forbid_ranges`: expected text, found the number `7` | a.yaml:8:63 7
    wrong_type: `allow_only_within`: expected a list, found the text `10.0.0.0/8` | a.yaml:9:22 10.0.0.0/8
    bad_glob: `a[` is not a pattern: unclosed character class; missing ']' | a.yaml:10:21 "a["
    bad_glob: an empty pattern matches no name | a.yaml:10:27 ""
    wrong_type: `overlap`: expected `off`, `warn` or `error`, found the text `eror` | a.yaml:11:12 eror
    wrong_type: `protected_names`: expected text, found a list | a.yaml:12:21 [core]
    unknown_key: `large_rnge` is not the code of a warning | a.yaml:13:11 large_rnge
    unknown_key: `bad_address` is not the code of a warning | a.yaml:13:30 bad_address
    wrong_type: `rules`: expected `off`, `warn` or `error`, found the text `of` | a.yaml:13:61 of
    duplicate_key: `long_name` is graded twice | a.yaml:14:5 "trueup::config::long_name" | a.yaml:13:65 long_name
    unknown_key: `trueup::config::similar_name` is not the code of a warning | a.yaml:14:39 "trueup::config::similar_name"
    "#);
    assert_snapshot!(about("cidr: 10.0.0.0/24\npolicy: {}"), @"
    unknown_key: a discovery has no key `policy` | a.yaml:5:5 policy
    ");
    assert_snapshot!(problems("version: 1\npolicy: {max_delete: {}, rules: []}"), @"
    missing_key: `max_delete` needs `count`, `percent` or both | a.yaml:2:22 {}
    wrong_type: `rules`: expected a map, found a list | a.yaml:2:33 []
    ");
}

#[test]
fn limits_are_in_one_file() {
    let one = "version: 1\npolicy: {overlap: warn}";
    assert_snapshot!(reported(&loaded(&[one, "version: 1\npolicy: null", one])), @"
    duplicate_policy: `policy` is given twice | c.yaml:2:1 policy | a.yaml:2:1 policy
    ");
}

#[test]
fn a_limit_with_many_digits_is_exact() {
    let most = |digits: &str| {
        let loaded = loaded(&[&format!("version: 1\npolicy: {{max_new_addresses: {digits}}}")]);
        assert_eq!(reported(&loaded), "", "{digits}");
        loaded.desired.policy.unwrap().value.max_new_addresses.unwrap().value.to_string()
    };
    let all_of_ipv6 = "340282366920938463463374607431768211456";
    for digits in ["0", "9007199254740993", "18446744073709551617", all_of_ipv6] {
        assert_eq!(most(digits), digits);
    }
    assert_eq!(most("1e3"), "1000");
    assert_snapshot!(problems("version: 1\npolicy: {max_delete: {count: 99999999999999999999}}"), @"
    out_of_range: `count` must be from 0 to 9223372036854775807, found 99999999999999999999 | a.yaml:2:30 99999999999999999999
    ");
}

#[test]
fn limits_are_read() {
    let text = "version: 1\npolicy: {max_new_addresses: 5, overlap: off, \
                forbid_ranges: [10.1.2.3/16, '::1', 10.0.0.1-10.0.0.2], \
                rules: {large_range: error, 'trueup::plan::similar_name': off, long_name: null}}";
    let loaded = loaded(&[text]);
    assert_eq!(reported(&loaded), "");
    let policy = loaded.desired.policy.unwrap().value;
    let forbidden = policy.forbid_ranges.unwrap().value;
    let forbidden = forbidden.iter().map(|it| it.value.to_string()).collect::<Vec<_>>();
    assert_eq!(forbidden, ["10.1.0.0-10.1.255.255", "::1", "10.0.0.1-10.0.0.2"]);
    let rules = policy.rules.iter().map(|(code, it)| (*code, it.value)).collect::<Vec<_>>();
    let expected =
        [("trueup::config::large_range", Grade::Error), ("trueup::plan::similar_name", Grade::Off)];
    assert_eq!(rules, expected);
    assert_eq!(policy.overlap.unwrap().value, Grade::Off);
    assert!(policy.max_delete.is_none());
}

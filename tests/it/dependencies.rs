//! The crates that this one is made of: where they are from, under which licences, and how many.
//!
//! Needs nothing but cargo. The rules are those of `.cargo/deny.toml`, which `.ci/advisories` reads
//! too; that one also asks for known vulnerabilities.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

use crate::shell::repository_file;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// At most so many crates are locked, and so many of them are in the program itself. Whoever adds
/// one raises the number, and so is asked whether it is worth it.
const MOST_LOCKED: usize = 325;
const MOST_SHIPPED: usize = 192;

/// What is locked for the program and its tests, and for the fuzzers.
const LOCK_FILES: [&str; 2] = ["Cargo.lock", "fuzz/Cargo.lock"];

/// A crate of a lock file.
#[derive(Debug, Default)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

fn locked(file: &str) -> Vec<Locked> {
    let mut all = Vec::new();
    for line in repository_file(file).lines() {
        if line == "[[package]]" {
            all.push(Locked::default());
        }
        let (Some(last), Some((key, value))) = (all.last_mut(), line.split_once(" = ")) else {
            continue;
        };
        let value = value.trim_matches('"').to_owned();
        match key {
            "name" => last.name = value,
            "version" => last.version = value,
            "source" => last.source = Some(value),
            "checksum" => last.checksum = Some(value),
            _ => (),
        }
    }
    assert!(100 < all.len(), "{file} was not understood");
    all
}

/// What cargo says of the crates that are compiled on this machine, for tests and for the program.
fn metadata() -> &'static Value {
    static METADATA: OnceLock<Value> = OnceLock::new();
    METADATA.get_or_init(|| {
        let version = Command::new("rustc").arg("-vV").output().unwrap();
        let version = String::from_utf8(version.stdout).unwrap();
        let host = version.lines().find_map(|it| it.strip_prefix("host: ")).unwrap();
        // Without the filter it would want crates that nobody has fetched for this machine.
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--locked", "--offline", "--format-version", "1"])
            .args(["--filter-platform", host])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    })
}

fn packages() -> &'static Vec<Value> {
    metadata()["packages"].as_array().unwrap()
}

/// The ids of the crates that are linked into the program or make it.
fn shipped() -> BTreeSet<&'static str> {
    let nodes = metadata()["resolve"]["nodes"].as_array().unwrap();
    let nodes: BTreeMap<&str, &Value> =
        nodes.iter().map(|it| (it["id"].as_str().unwrap(), it)).collect();
    let mut pending = vec![metadata()["resolve"]["root"].as_str().unwrap()];
    let mut found = BTreeSet::new();
    while let Some(id) = pending.pop() {
        if !found.insert(id) {
            continue;
        }
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|it| it["kind"] != "dev") {
                pending.push(dependency["pkg"].as_str().unwrap());
            }
        }
    }
    found
}

/// The texts of a list in `.cargo/deny.toml`, one a line.
fn rules(key: &str) -> Vec<String> {
    let text = repository_file(".cargo/deny.toml");
    let (_, list) = text.split_once(&format!("\n{key} = [\n")).unwrap();
    let (list, _) = list.split_once("\n]").unwrap();
    let lines = list.lines().map(str::trim).filter(|it| !it.starts_with('#'));
    lines.map(|it| it.trim_end_matches(',').to_owned()).collect()
}

fn allowed_licences() -> BTreeSet<String> {
    rules("allow").iter().map(|it| it.trim_matches('"').to_owned()).collect()
}

/// The crates that may be there in an older version too, `name@version`, each with a reason.
fn excused() -> BTreeSet<String> {
    let entries = rules("skip");
    let read = entries.iter().map(|it| {
        let texts = it.split('"').collect::<Vec<_>>();
        let [_, krate, between, reason, _] = texts[..] else { panic!("{it}") };
        assert!(between.contains("reason") && 3 < reason.split(' ').count(), "{it}");
        krate.to_owned()
    });
    read.collect()
}

/// Whether an expression of licences can be satisfied with those that are allowed.
fn is_satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().collect::<Vec<_>>();
    words.reverse();
    let is_satisfied = any_of(&mut words, allowed);
    assert!(words.is_empty(), "not understood: {expression}");
    is_satisfied
}

fn any_of(words: &mut Vec<&str>, allowed: &BTreeSet<String>) -> bool {
    let mut is_satisfied = all_of(words, allowed);
    while words.pop_if(|it| *it == "OR").is_some() {
        is_satisfied |= all_of(words, allowed);
    }
    is_satisfied
}

fn all_of(words: &mut Vec<&str>, allowed: &BTreeSet<String>) -> bool {
    let mut is_satisfied = one_of(words, allowed);
    while words.pop_if(|it| *it == "AND").is_some() {
        is_satisfied &= one_of(words, allowed);
    }
    is_satisfied
}

fn one_of(words: &mut Vec<&str>, allowed: &BTreeSet<String>) -> bool {
    let word = words.pop().unwrap();
    if word == "(" {
        let is_satisfied = any_of(words, allowed);
        assert_eq!(words.pop(), Some(")"));
        return is_satisfied;
    }
    if words.pop_if(|it| *it == "WITH").is_some() {
        let exception = words.pop().unwrap();
        return allowed.contains(&format!("{word} WITH {exception}"));
    }
    allowed.contains(word)
}

#[test]
fn expressions_of_licences_are_understood() {
    let allowed = ["MIT", "ISC", "Apache-2.0"].map(str::to_owned).into();
    let table = [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("GPL-3.0/MIT", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-3.0 AND MIT OR ISC", true),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("(GPL-3.0 OR MIT) AND BSD-3-Clause", false),
        ("Apache-2.0 WITH LLVM-exception", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
    ];
    for (expression, want) in table {
        assert_eq!(is_satisfied(expression, &allowed), want, "{expression}");
    }
}

#[test]
fn every_crate_is_from_crates_io_and_has_a_checksum() {
    for Locked { name, version, source, checksum } in LOCK_FILES.into_iter().flat_map(locked) {
        let what = format!("{name} {version}: {source:?}");
        if ["trueup", "trueup-simulator", "trueup-fuzz"].contains(&&*name) {
            assert_eq!((source, checksum), (None, None), "{what}");
            continue;
        }
        assert_eq!(source.as_deref(), Some(CRATES_IO), "{what}");
        let is_sum = |it: &String| it.len() == 64 && it.bytes().all(|it| it.is_ascii_hexdigit());
        assert!(checksum.as_ref().is_some_and(is_sum), "{what} has no checksum");
    }
}

#[test]
fn every_licence_is_allowed() {
    let allowed = allowed_licences();
    for package in packages() {
        let licence = package["license"].as_str();
        let licence = licence.unwrap_or_else(|| panic!("{} has no licence", package["name"]));
        let name = &package["name"];
        assert!(is_satisfied(licence, &allowed), "{name}: `{licence}` is not allowed");
    }
}

/// The crates that are there in an older version beside the newest, `name@version`.
fn twice(file: &str) -> BTreeSet<String> {
    let mut versions = BTreeMap::<String, Vec<String>>::new();
    for Locked { name, version, .. } in locked(file) {
        versions.entry(name).or_default().push(version);
    }
    let mut twice = BTreeSet::new();
    for (name, mut versions) in versions {
        let number =
            |it: &String| it.split('.').map(|it| it.parse().ok()).collect::<Vec<Option<u32>>>();
        versions.sort_by_key(number);
        let _newest = versions.pop();
        twice.extend(versions.iter().map(|it| format!("{name}@{it}")));
    }
    twice
}

#[test]
fn no_crate_is_there_twice_without_a_reason() {
    let [twice, twice_for_fuzzers] = LOCK_FILES.map(twice);
    assert_eq!(twice, excused(), "left: what is there; right: what .cargo/deny.toml excuses");
    let more = twice_for_fuzzers.difference(&twice).collect::<Vec<_>>();
    assert!(more.is_empty(), "the fuzzers have twice: {more:?}");
}

#[test]
fn what_is_fuzzed_is_made_of_the_crates_that_are_released() {
    let [released, fuzzed] = LOCK_FILES.map(locked);
    let checksums = released.iter().map(|it| ((&*it.name, &*it.version), &it.checksum));
    let checksums = checksums.collect::<BTreeMap<_, _>>();
    let differs = |it: &&Locked| checksums.get(&(&*it.name, &*it.version)) != Some(&&it.checksum);
    let names = fuzzed.iter().filter(differs).map(|it| &*it.name).collect::<Vec<_>>();
    // What a fuzzer is built with.
    assert_eq!(names, ["arbitrary", "jobserver", "libfuzzer-sys", "trueup-fuzz"]);
}

#[test]
fn every_dependency_says_which_versions_will_do() {
    let root = packages().iter().find(|it| it["name"] == "trueup").unwrap();
    let dependencies = root["dependencies"].as_array().unwrap();
    assert!(20 < dependencies.len());
    for dependency in dependencies {
        let requirement = dependency["req"].as_str().unwrap();
        let is_itself = dependency["name"] == "trueup" && dependency["kind"] == "dev";
        assert!(is_itself || requirement.starts_with('^'), "{dependency}");
    }
}

#[test]
fn the_number_of_crates_grows_only_on_purpose() {
    let (n_locked, n_shipped) = (locked("Cargo.lock").len(), shipped().len());
    println!("{n_locked} crates are locked, {n_shipped} are in the program");
    assert!(n_locked <= MOST_LOCKED, "{n_locked} crates are locked");
    assert!(n_shipped <= MOST_SHIPPED, "{n_shipped} crates are in the program");
    // So that a budget which is far too large is noticed as well.
    assert!(MOST_LOCKED < n_locked + 20 && MOST_SHIPPED < n_shipped + 20);
}

#[test]
fn no_test_is_shipped() {
    let shipped = shipped();
    let names = packages().iter().filter(|it| shipped.contains(it["id"].as_str().unwrap()));
    let names = names.map(|it| it["name"].as_str().unwrap()).collect::<BTreeSet<_>>();
    for name in ["proptest", "insta", "rcgen", "jsonschema", "comrak", "openssl", "native-tls"] {
        assert!(!names.contains(name), "{name} is in the program");
    }
    assert!(names.contains("rustls") && names.contains("trueup"));
}

/// The features with which the crates that this one names are compiled, by name.
fn features(edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--package", "trueup", "--locked", "--offline"]);
    cargo.args(["--depth", "1", "--prefix", "none"]);
    cargo.args(["--edges", edges, "--format", "{lib} {f}"]);
    let told = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let of = |line: &str| {
        let (name, features) = line.trim_end_matches(" (*)").split_once(' ')?;
        Some((name.to_owned(), features.split(',').map(str::to_owned).collect()))
    };
    told.lines().filter_map(of).collect()
}

#[test]
fn what_is_tested_is_compiled_as_what_is_released() {
    let (released, tested) = (features("normal"), features("normal,dev"));
    assert!(10 < released.len(), "{released:?}");
    let more = released.iter().flat_map(|(name, features)| {
        tested[name].difference(features).map(move |it| format!("{name}/{it}"))
    });
    // Test features, pointers that nothing here serializes, and the diffs of `insta`.
    let expected = [
        "serde/rc",
        "similar/default",
        "similar/inline",
        "similar/text",
        "tokio/test-util",
        "trueup/testing",
    ];
    assert_eq!(more.collect::<Vec<_>>(), expected);
}

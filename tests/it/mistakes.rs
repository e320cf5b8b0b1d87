//! Files with mistakes: all are reported at once, each with its location.

use std::net::TcpListener;

use crate::shell::{Shell, discoveries};

const TWELVE: &str = r#"version: 1
manage: {names: ["a["]}
defaults: {retries: 9, colour: red}
discoveries:
  - {name: a, address: 10.0.0.300}
  - {name: b, cidr: 10.0.0.0/40, timeout: 5x}
  - {name: c, ranges: [10.0.0.9-10.0.0.1, "::1-10.0.0.1"]}
  - {name: " d", address: 10.0.0.1}
  - {name: e, address: 10.0.0.1, cidr: 10.0.0.0/24}
  - {name: a, address: 10.0.0.1, credentials: {cli: [{}]}}
"#;

const CODES: [&str; 12] = [
    "bad_glob",
    "out_of_range",
    "unknown_key",
    "bad_address",
    "bad_prefix",
    "bad_duration",
    "reversed_range",
    "mixed_families",
    "bad_name",
    "which_target",
    "duplicate_name",
    "bad_credential",
];

/// A controller that must not receive a request.
fn controller() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[test]
fn twelve_mistakes_give_twelve_underlined_errors_and_no_request() {
    let (listener, url) = controller();
    let shell = Shell::new().with("CC_URL", url);
    shell.file("discoveries.yaml", TWELVE);
    for command in ["validate", "plan", "apply --auto-approve", "status"] {
        let ended = shell.expect(4, command);
        let errors = ended.err.split("Error: ").skip(1).collect::<Vec<_>>();
        assert_eq!(errors.len(), 12, "{command}: {}", ended.err);
        for (error, code) in errors.iter().zip(CODES) {
            assert!(error.contains(&format!("[trueup::config::{code}]")), "{error}");
            assert!(error.contains(",-[discoveries.yaml:"), "{error}");
            // A location of one character has a label instead of an underline.
            let is_underlined =
                |it: &str| it.trim_start().starts_with(": ") && it.contains(['^', '|']);
            assert!(error.lines().any(is_underlined), "{error}");
        }
        assert!(ended.out.is_empty() && ended.err.contains("12 errors in "), "{ended:#?}");
    }
    assert!(listener.accept().is_err(), "a connection was made");
}

#[test]
fn two_broken_files_and_a_duplicate_name_in_two_others_are_all_reported() {
    let shell = Shell::empty();
    shell.file("a.yaml", "version: 1\ndiscoveries: [\n");
    shell.file("b.yaml", "version: 1\n\tdiscoveries: []\n");
    shell.file("c.yaml", &discoveries(1));
    shell.file("d.yaml", &discoveries(1));
    let ended = shell.expect(4, "validate -f .");
    let of = |what: &str| ended.err.matches(what).count();
    assert_eq!((of("Error: "), of("::syntax]"), of("::duplicate_name]")), (3, 2, 1), "{ended:#?}");
    for file in ["a.yaml:", "b.yaml:", "c.yaml:", "d.yaml:"] {
        assert!(ended.err.contains(file), "{file}: {ended:#?}");
    }
}

#[test]
fn only_and_except_hide_no_mistake() {
    let shell = Shell::new();
    shell.file("discoveries.yaml", TWELVE);
    let ended = shell.expect(4, "plan --simulate --only e --except a");
    assert_eq!(ended.err.matches("Error: ").count(), 12, "{ended:#?}");
}

#[test]
fn validating_a_correct_file_prints_nothing_to_stdout() {
    let ended = Shell::new().expect(0, "validate");
    let expected = "1 file with 1 discovery: no errors.\n";
    assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", expected));
}

#[test]
fn a_warning_is_printed_and_does_not_change_the_exit_code() {
    let shell = Shell::new();
    shell.file("discoveries.yaml", "version: 1\ndiscoveries: [{name: x, cidr: 10.0.0.0/8}]\n");
    let ended = shell.expect(0, "validate");
    assert!(ended.err.starts_with("Warning: "), "{ended:#?}");
    assert!(ended.err.ends_with("1 file with 1 discovery: 1 warning.\n"), "{ended:#?}");
}

#[test]
fn json_diagnostics_give_every_location_as_numbers() {
    let shell = Shell::new();
    let duplicate = "version: 1\ndiscoveries:\n  - {name: ä, address: 10.0.0.1}\n  - {name: ä, \
                 address: 10.0.0.2}\n";
    shell.file("discoveries.yaml", duplicate);
    let ended = shell.expect(4, "validate --format json");
    insta::assert_snapshot!(ended.out, @r#"
    {
      "format_version": "1.0",
      "valid": false,
      "sources": [
        {
          "path": "discoveries.yaml",
          "sha256": "1f472088055fcb72f65a2e326f2422c378c22e7b76d15504e95109cb8511060b"
        }
      ],
      "diagnostics": [
        {
          "severity": "error",
          "code": "trueup::config::duplicate_name",
          "message": "the name `ä` is given twice",
          "help": "a name is the identity of a discovery: remove one, or give it another name",
          "source": {
            "file": "discoveries.yaml",
            "line": 4,
            "column": 12,
            "end_line": 4,
            "end_column": 13
          },
          "related": [
            {
              "file": "discoveries.yaml",
              "line": 3,
              "column": 12,
              "end_line": 3,
              "end_column": 13
            }
          ]
        }
      ]
    }
    "#);
    let fine = Shell::new().expect(0, "validate --format json");
    let report: serde_json::Value = serde_json::from_str(&fine.out).unwrap();
    assert_eq!(report["valid"], true);
}

#[test]
fn the_error_for_a_missing_file_names_its_path() {
    let ended = Shell::empty().expect(4, "validate");
    assert!(ended.err.contains("`discoveries.yaml`"), "{ended:#?}");
    assert!(ended.err.contains("--file PATH"), "{ended:#?}");
    let other = Shell::empty().expect(4, "validate -f elsewhere.yaml");
    assert!(!other.err.contains("--file PATH"), "{other:#?}");
}

#[test]
fn an_empty_file_is_an_error_and_an_empty_list_is_not() {
    let shell = Shell::empty();
    for (text, code) in [("", 4), ("# only words\n", 4), ("version: 1\ndiscoveries: []\n", 0)] {
        shell.file("discoveries.yaml", text);
        let ended = shell.expect(code, "plan --simulate");
        assert_eq!(ended.out.contains("No changes."), code == 0, "{ended:#?}");
    }
    std::fs::create_dir(shell.path("none")).unwrap();
    let ended = shell.expect(4, "validate -f none");
    assert!(ended.err.contains("no YAML file"), "{ended:#?}");
}

#[test]
fn a_utf_16_file_is_refused_with_the_advice_to_save_it_as_utf_8() {
    for mark in ["", "\u{feff}"] {
        let shell = Shell::empty();
        let text = format!("{mark}version: 1\ndiscoveries: []\n");
        let bytes = text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        std::fs::write(shell.path("discoveries.yaml"), bytes).unwrap();
        let ended = shell.expect(4, "validate");
        assert!(ended.err.contains("help: save it as UTF-8"), "{ended:#?}");
    }
}

#[test]
fn the_help_for_an_unknown_key_lists_the_known_ones() {
    let shell = Shell::empty();
    shell.file("policy.yaml", "version: 1\npolicy: {}\nsomething: else\n");
    shell.file("discoveries.yaml", "version: 1\n");
    let ended = shell.expect(4, "validate --policy policy.yaml");
    assert!(ended.err.contains("help: the keys are `version` and `policy`\n"), "{ended:#?}");
}

//! Files, plans and responses that are large, deeply nested, or written to mislead.
//!
//! Input that is too large is reported as such, in bounded memory. Text that a terminal or Markdown
//! would interpret, or that would be invisible, is shown escaped wherever it comes from.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use comrak::{
    Arena, Options as MarkdownOptions,
    nodes::{Node, NodeValue},
    parse_document,
};
use serde_json::{Value, json};
use trueup::{
    cli::Exit,
    testing::{is_harmless, sealed},
};
use trueup_simulator::{Options, World};

use crate::{
    bench::{Bench, Ran, options},
    machines::Format,
    shell::{Ended, Shell},
    story::yaml,
};

const MEGA: usize = 1 << 20;

/// How a process ended, and its peak memory in mebibytes.
struct Measured {
    ended: Ended,
    peak: usize,
}

/// Runs a command line to its end, and measures its memory.
fn measured(shell: &Shell, line: &str) -> Measured {
    let (out, err) = (shell.path("stdout"), shell.path("stderr"));
    let mut command = shell.command(line);
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    command.stdin(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    let status = loop {
        peak = peak.max(memory(&child));
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let text = |path| std::fs::read_to_string(path).unwrap();
    let ended = Ended { code: status.code(), out: text(out), err: text(err) };
    assert!(is_harmless(&ended.out) && is_harmless(&ended.err), "{line}");
    Measured { ended, peak }
}

/// Returns the peak memory of a process so far, in mebibytes; 0 once it has ended.
fn memory(child: &Child) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.unwrap_or_default();
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|it| it.split_whitespace().next()?.parse::<usize>().ok());
    kib.unwrap_or_default() / 1024
}

/// Expects that a file is refused with this message, in less than this many mebibytes.
fn expect_refused(name: &str, text: &str, words: &str, most: usize) {
    let shell = Shell::empty();
    shell.file("discoveries.yaml", text);
    let Measured { ended, peak } = measured(&shell, "validate");
    let start = ended.err.chars().take(2_000).collect::<String>();
    assert_eq!(ended.code, Some(4), "{name}: {start}");
    assert!(start.contains(words), "{name}: {start}");
    assert!(0 < peak && peak < most, "{name}: {peak} MiB");
}

const TOO_MUCH: &str = "too large, too deep, or too many aliases";

#[test]
fn a_file_of_100_megabytes_is_refused_without_being_read_to_its_end() {
    let shell = Shell::empty();
    let mut file = File::create(shell.path("discoveries.yaml")).unwrap();
    let line = "# a comment that is repeated until the file is far larger than allowed\n";
    file.write_all(line.repeat(100_000_000 / line.len()).as_bytes()).unwrap();
    let Measured { ended, peak } = measured(&shell, "validate");
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.err.contains("the files are larger than 64 MiB"), "{ended:?}");
    assert!(peak < 200, "{peak} MiB");
}

#[test]
fn a_file_of_one_long_string_or_only_blank_lines_takes_bounded_memory() {
    let text = format!("version: 1\nx: \"{}\"\n", "a".repeat(60 * MEGA));
    expect_refused("one text", &text, "no key `x`", 300);
    let lines = format!("version: 1\nx: 1\n{}", "\n".repeat(20 * MEGA));
    expect_refused("nothing but lines", &lines, "no key `x`", 300);
}

#[test]
fn deeply_nested_files_are_refused() {
    expect_refused("lists", &"[".repeat(60 * MEGA), TOO_MUCH, 300);
    expect_refused("maps", &"{a: ".repeat(MEGA), TOO_MUCH, 100);
    let indented = (0..2_000).map(|it| format!("{}a:", " ".repeat(it))).collect::<Vec<_>>();
    let indented = indented.join("\n");
    expect_refused("blocks", &indented, TOO_MUCH, 100);
    expect_refused("keys", &"? ".repeat(MEGA), TOO_MUCH, 100);
}

/// Anchors, each with nine aliases of the previous one.
fn bomb(of: impl Fn(&str) -> String) -> String {
    let mut text = "version: 1\ndefaults: &a0 {retries: 1, timeout: 5s}\n".to_owned();
    for it in 1..16 {
        let nine = vec![format!("*a{}", it - 1); 9].join(", ");
        writeln!(text, "x{it}: &a{it} {}", of(&nine)).unwrap();
    }
    text
}

#[test]
fn an_alias_bomb_is_refused() {
    expect_refused("aliases", &bomb(|nine| format!("[{nine}]")), TOO_MUCH, 500);
}

#[test]
fn a_merge_key_bomb_is_refused() {
    expect_refused("merges", &bomb(|nine| format!("{{<<: [{nine}]}}")), TOO_MUCH, 600);
}

#[test]
fn at_most_ten_thousand_errors_are_reported() {
    let keys = (0..60_000).map(|it| format!("k{it}: 1")).collect::<Vec<_>>().join("\n");
    let shell = Shell::empty();
    shell.file("discoveries.yaml", &format!("version: 1\n{keys}\n"));
    let Measured { ended, peak } = measured(&shell, "validate --format json");
    assert_eq!(ended.code, Some(4));
    let document = Format::Diagnostics.checked(&ended.out);
    let diagnostics = document["diagnostics"].as_array().unwrap();
    assert_eq!(diagnostics.len(), 10_001);
    let of = |code: &str| diagnostics.iter().filter(|it| it["code"] == code).collect::<Vec<_>>();
    assert_eq!(of("trueup::config::unknown_key").len(), 10_000);
    let [more] = of("trueup::config::too_many")[..] else { panic!("{}", diagnostics[0]) };
    assert_eq!(more["severity"], "error");
    assert!(more["help"].as_str().unwrap().starts_with("50000 are not shown"), "{more}");
    assert!(peak < 200, "{peak} MiB");
}

#[test]
fn thousands_of_warnings_do_not_hide_an_error() {
    let mut wide = "version: 1\ndiscoveries:\n".to_owned();
    for it in 0..10_050 {
        writeln!(wide, "  - {{name: n{it}, cidr: 10.0.0.0/8}}").unwrap();
    }
    let shell = Shell::empty();
    shell.file("discoveries.yaml", &wide);
    let ended = shell.expect(0, "validate");
    assert!(ended.err.contains("Warning: the files have more than"), "{}", &ended.err[..500]);
    shell.file("discoveries.yaml", &format!("{wide}  - {{name: bad, address: x}}\n"));
    let ended = shell.expect(4, "validate");
    assert!(ended.err.contains("Error: the files have more than"), "{}", &ended.err[..500]);
}

#[test]
fn too_many_patterns_are_refused() {
    let patterns = (0..12_000).map(|it| format!("a{it}*")).collect::<Vec<_>>();
    let text = format!("version: 1\nmanage: {{names: {}}}\ndiscoveries: []\n", json!(patterns));
    expect_refused("patterns", &text, "`manage` has more than 10000 patterns", 200);
}

#[test]
fn thousands_of_errors_on_one_line_take_no_longer_than_on_many_lines() {
    let took = |between: &str| {
        let bad = vec!["{name: ééééééé, address: x}"; 9_000].join(between);
        let shell = Shell::empty();
        shell.file("discoveries.yaml", &format!("version: 1\ndiscoveries: [{bad}]\n"));
        let began = Instant::now();
        let ended = shell.expect(4, "validate");
        assert!(ended.err.contains("duplicate_name") && ended.err.contains("bad_address"));
        began.elapsed()
    };
    let (lines, line) = (took(",\n "), took(", "));
    // Counting each column from the start of the line would take ten times as long.
    assert!(line < 2 * lines + Duration::from_secs(3), "{line:?}, and {lines:?} on lines");
}

#[test]
fn text_that_is_not_utf8_is_an_error_but_byte_order_marks_and_line_ends_are_not() {
    let shell = Shell::empty();
    let file = |bytes: &[u8]| std::fs::write(shell.path("discoveries.yaml"), bytes).unwrap();
    let fine: [&[u8]; 4] = [
        b"\xef\xbb\xbfversion: 1\ndiscoveries: []\n",
        b"version: 1\r\ndiscoveries:\r\n  - {name: a, address: 10.0.0.1}\r\n",
        b"version: 1\rdiscoveries: []\r",
        b"version: 1\ndiscoveries: []",
    ];
    for bytes in fine {
        file(bytes);
        let ended = shell.expect(0, "validate");
        assert!(ended.err.ends_with("no errors.\n"), "{}: {ended:?}", bytes.escape_ascii());
    }
    let broken: [(&[u8], &str); 6] = [
        (b"version: 1\ndiscoveries: [{name: Z\xfcrich}]\n", "not UTF-8 text from here on"),
        (b"\xff\xfev\0e\0r\0s\0i\0o\0n\0", "not UTF-8 text from here on"),
        (b"version: 1\n\0\n", "[trueup::config::"),
        (b"version: 1\n\"a\\0b\": 1\n", "a\\u0000b"),
        (b"version: 1\ndiscoveries: [{name: \"a\\0\", address: 10.0.0.1}]\n", "bad_name"),
        (b"\x1b[2Jversion: 1\n", "[trueup::config::"),
    ];
    for (bytes, words) in broken {
        file(bytes);
        let ended = shell.expect(4, "validate");
        assert!(ended.err.contains(words), "{}: {}", bytes.escape_ascii(), ended.err);
        assert!(is_harmless(&ended.err), "{:?}", ended.err);
    }
}

#[test]
fn large_or_deeply_nested_saved_plans_are_refused() {
    let shell = Shell::empty();
    let file = File::create(shell.path("plan.json")).unwrap();
    file.set_len(300 * MEGA as u64).unwrap();
    let Measured { ended, peak } = measured(&shell, "show plan.json");
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.err.contains("far larger than any plan") && peak < 100, "{peak}: {ended:?}");

    let with = |x: &str| format!("{{\"format_version\": \"1.0\", \"x\": {x}}}");
    let long = with(&json!("x".repeat(100 * MEGA)).to_string());
    let many = with(&format!("[{}0]", "0,".repeat(8 * MEGA)));
    for (text, words) in [
        (long, "its digest does not match"),
        ("[".repeat(100 * MEGA), "it is a list"),
        ("{\"a\":".repeat(MEGA), "not JSON, or incomplete"),
        (sealed(&format!("{{\"a\": {}", "[".repeat(MEGA))), "not JSON, or incomplete"),
        (many, "its digest does not match"),
    ] {
        shell.file("plan.json", &text);
        let Measured { ended, peak } = measured(&shell, "apply plan.json --simulate");
        assert_eq!(ended.code, Some(4), "{ended:?}");
        assert!(ended.err.contains(words), "{words}: {ended:?}");
        // The text is held twice: as read, and without its digest.
        assert!(peak < 300, "{words}: {peak} MiB");
    }
}

/// Starts a controller that accepts every login and answers every request with this body, until the
/// test ends.
fn controller(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let body = body.clone();
            std::thread::spawn(move || answer(&mut stream.unwrap(), &body));
        }
    });
    url
}

/// Answers one request. The client may disconnect before the end of a long response.
fn answer(stream: &mut TcpStream, body: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|it| 2 < it) {
        line.clear();
    }
    let body = if first.contains("auth/token") { "{\"Token\": \"abc\"}" } else { body };
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}", body.len());
    let whole = write!(stream, "{head}\r\n\r\n").and_then(|()| stream.write_all(body.as_bytes()));
    drop(whole);
}

#[test]
fn a_response_of_100_megabytes_is_abandoned_in_bounded_memory() {
    let text = format!("{{\"response\": \"{}\"}}", "x".repeat(100_000_000));
    let shell = Shell::new().with("CC_URL", controller(text));
    let Measured { ended, peak } = measured(&shell, "status");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("is longer than 67108864 bytes"), "{ended:?}");
    // Three responses are read concurrently.
    assert!(peak < 500, "{peak} MiB");
}

#[test]
fn a_response_with_millions_of_values_or_deep_nesting_is_refused() {
    let many = format!("{{\"response\": [{}0]}}", "0,".repeat(2 * MEGA));
    let deep = format!("{{\"response\": {}", "[".repeat(900_000));
    for (body, words) in [(many, "has more than 1000000 values"), (deep, "is not JSON")] {
        let shell = Shell::new().with("CC_URL", controller(body));
        let Measured { ended, peak } = measured(&shell, "status");
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains(words), "{ended:?}");
        assert!(peak < 100, "{words}: {peak} MiB");
    }
}

/// Names of discoveries as another user could give them, in the web interface or in a file.
const MISLEADING: [&str; 14] = [
    "a\u{1b}[31mred",
    "a\u{1b}]0;title\u{7}",
    "a\u{9b}2J",
    "a\r\nPlan: 0 to add, 0 to change, 0 to destroy.",
    "a\u{85}b\u{2028}c\u{2029}d\u{b}e\u{c}f",
    "a\u{202e}nimda",
    "a\u{2066}b\u{2069}\u{200f}\u{61c}",
    "a\u{200b}b\u{200d}c\u{feff}d\u{2060}e\u{ad}f",
    "a\u{e0041}\u{e0042}",
    "<img src=x onerror=alert(1)>",
    "</details><script>alert(1)</script><!--",
    "`a` | **b** [c](javascript:d) ![e](https://example.com/f.png) @team #1 ~~~",
    "```\n# a",
    "a\u{0}b",
];

fn discovery(id: usize, name: &str) -> Value {
    json!({
        "id": id.to_string(), "name": name, "discoveryType": "Single",
        "ipAddressList": format!("10.0.0.{id}"), "discoveryStatus": "Inactive",
        "discoveryCondition": "Complete", "globalCredentialIdList": ["evil"],
    })
}

/// A controller with misleading text in every field.
fn misled() -> Bench {
    let discoveries = (1..).zip(MISLEADING).map(|(id, name)| discovery(id, name));
    let world = json!({
        "discoveries": discoveries.collect::<Vec<_>>(),
        "credentials": {
            "cliCredential": [{"id": "evil", "description": MISLEADING[0],
                "username": MISLEADING[5]}, {"id": "n", "description": "netops",
                "username": "netops"}],
            "snmpV3": [{"id": "s", "description": MISLEADING[11], "username": MISLEADING[3]}],
        },
        "release": MISLEADING[4],
    });
    let options = Options { release: MISLEADING[4].to_owned(), ..Options::default() };
    Bench::with(options, World::from_json(&world.to_string()).unwrap())
}

/// Returns the names that can be declared: those without control characters.
fn declared() -> Vec<&'static str> {
    MISLEADING.into_iter().filter(|it| !it.chars().any(char::is_control)).collect()
}

/// Declares them all with another target, so that each changes.
fn misleading_files() -> String {
    let mut yaml = "version: 1\nmanage: {names: ['*']}\ndiscoveries:\n".to_owned();
    for name in declared() {
        writeln!(yaml, "- {{name: {}, cidr: 10.1.0.0/24}}", json!(name)).unwrap();
    }
    yaml += "- {name: new, address: 10.0.0.1, credentials: {cli: [netops]}}\n";
    yaml
}

fn expect_harmless(ran: &Ran) {
    for text in [&ran.out, &ran.err] {
        assert!(is_harmless(text), "{text:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_name_from_the_controller_is_escaped_for_the_terminal() {
    let bench = misled();
    bench.files(&misleading_files());
    for line in [
        "status",
        "status --format json",
        "plan --prune --allow-delete 99 --show all",
        "plan --prune --allow-delete 99 --format json",
        "plan --prune --allow-delete 99 --format markdown",
        "plan --prune --allow-delete 99 --format terraform-json --show all",
        "plan --prune --allow-delete 99 --format html --show all",
        "plan --prune --events -",
        "plan",
    ] {
        let ran = bench.run(line).await;
        assert!(matches!(ran.exit, Exit::Done | Exit::Refused), "{line}: {ran:#?}");
        expect_harmless(&ran);
        if line.ends_with('-') {
            // Split as any reader might, including at Unicode line separators.
            let is_split = |c: char| matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}');
            for it in ran.out.split(is_split).filter(|it| !it.is_empty()) {
                let _event = Format::Events.checked(it);
            }
        }
    }
    let status = bench.run("status --format json").await;
    let document: Value = serde_json::from_str(&status.out).unwrap();
    let listed = document["discoveries"].as_array().unwrap();
    let mut names = listed.iter().map(|it| it["name"].as_str().unwrap()).collect::<Vec<_>>();
    names.sort_unstable();
    let mut expected = MISLEADING.to_vec();
    expected.sort_unstable();
    assert_eq!(names, expected, "machines get the names themselves");
    let lines = bench.run("status").await.out.lines().count();
    assert_eq!(lines, 1 + MISLEADING.len(), "a name does not start a line");

    let line = "plan --prune --allow-delete 99 --format terraform-json";
    let document: Value = serde_json::from_str(&bench.run(line).await.out).unwrap();
    let changes = document["resource_changes"].as_array().unwrap();
    let names = changes.iter().map(|it| it["name"].as_str().unwrap()).collect::<Vec<_>>();
    assert!(MISLEADING.iter().all(|it| names.contains(it)), "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn misleading_names_add_no_element_to_an_html_page() {
    let bench = misled();
    bench.files(&misleading_files());
    let ran = bench.run("plan --prune --allow-delete 99 --format html --show all").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert_eq!(ran.out.matches("<script").count(), 1, "{}", ran.out);
    assert!(!ran.out.contains("<img"), "{}", ran.out);
    assert!(ran.out.contains("&lt;img src=x onerror=alert(1)&gt;"), "{}", ran.out);
}

#[tokio::test(start_paused = true)]
async fn misleading_names_are_escaped_in_diagnostics() {
    for words in MISLEADING {
        let bench = Bench::like(&[], &[]);
        let one = format!("- {{name: {}, address: 10.0.0.1}}\n", json!(words));
        bench.files(&format!("version: 1\ndiscoveries:\n{one}{one}"));
        for annotations in ["sarif", "github"] {
            let file = bench.path("discoveries.yaml");
            let args = ["validate", "--file", &file, "--annotations", annotations];
            let ran = bench.run_bare(&args).await;
            assert_eq!(ran.exit, Exit::Invalid, "{words:?}: {ran:#?}");
            expect_harmless(&ran);
            if annotations == "sarif" {
                let document: Value = serde_json::from_str(&ran.out).unwrap();
                let results = document["runs"][0]["results"].as_array().unwrap();
                assert!(!results.is_empty(), "{words:?}: {ran:#?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_apply_of_misleading_names_can_be_resumed() {
    let bench = misled();
    bench.files(&misleading_files());
    bench.run_and_kill("apply --auto-approve", Duration::from_millis(1_500)).await;
    let journals = bench.disk.texts();
    let (path, text) = journals.first_key_value().unwrap();
    assert!(text.contains("\"submitting\"") && is_harmless(text), "{text}");
    let ran = bench.run_bare(&["resume", path.to_str().unwrap(), "--simulate"]).await;
    expect_harmless(&ran);
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn names_with_invisible_characters_are_shown_as_json() {
    let bench = misled();
    bench.files(&misleading_files());
    let plan = bench.run("plan").await.out;
    for shown in [
        r#"  # "a\u202enimda" will be updated in-place"#,
        r#"  # "a\u2066b\u2069\u200f\u061c" will be updated in-place"#,
        r#"  # "a\u200bb\u200dc\ufeffd\u2060e\u00adf" will be updated in-place"#,
        r#"  # "a\udb40\udc41\udb40\udc42" will be updated in-place"#,
        "  # <img src=x onerror=alert(1)> will be updated in-place",
    ] {
        assert!(plan.lines().any(|it| it == shown), "{shown}: {plan}");
    }
}

#[tokio::test(start_paused = true)]
async fn misleading_names_add_no_markup_to_a_markdown_comment() {
    let bench = misled();
    bench.files(&misleading_files());
    let ran = bench.run("plan --prune --allow-delete 99 --format markdown --show all").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    expect_inert(&ran.out);
}

/// Expects that a comment has no HTML but that of the program, and no links or images.
fn expect_inert(markdown: &str) {
    let mut options = MarkdownOptions::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    let arena = Arena::new();
    for node in parse_document(&arena, markdown, &options).descendants() {
        let html = html_of(node);
        let ours = ["<details", "</details>", "<!-- trueup "];
        assert!(html.is_empty() || ours.iter().any(|it| html.starts_with(it)), "{html}");
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        let value = &node.data().value;
        let is_active =
            matches!(value, NodeValue::Link(_) | NodeValue::Image(_) | NodeValue::Strikethrough);
        assert!(!is_active, "{value:?}");
        if let NodeValue::Text(text) = value {
            assert!(!text.contains("@team") && !text.contains("#1"), "{text}");
        }
    }
}

fn html_of(node: Node<'_>) -> String {
    match &node.data().value {
        NodeValue::HtmlBlock(it) => it.literal.clone(),
        NodeValue::HtmlInline(it) => it.clone(),
        _ => String::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn misleading_failure_reasons_are_escaped() {
    for words in MISLEADING {
        let fault = format!("create=fail:{words}");
        let Ok(fault) = fault.parse() else { continue };
        let options = Options { faults: vec![fault], ..options(&[], &[]) };
        let bench = Bench::with(options, World::default());
        bench.files(&yaml("address: 10.0.0.1"));
        for format in ["text", "json"] {
            let ran = bench.run(&format!("apply --auto-approve --format {format}")).await;
            expect_harmless(&ran);
            if format == "text" {
                assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
                // The reason takes exactly one line, whatever it contains.
                let n_reasons = ran.out.lines().filter(|it| it.starts_with("  + a: ")).count();
                assert_eq!(n_reasons, 1, "{}", ran.out);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn misleading_values_that_cannot_be_parsed_are_escaped() {
    for words in MISLEADING {
        let odd = json!({"id": "1", "name": "a", "discoveryType": words});
        let world = json!({ "discoveries": [odd] }).to_string();
        let bench = Bench::with(options(&[], &[]), World::from_json(&world).unwrap());
        bench.files("version: 1\ndiscoveries: [{name: a, address: 10.0.0.1}]\n");
        for line in ["status", "status --format json", "plan", "plan --format markdown"] {
            expect_harmless(&bench.run(line).await);
        }
    }
}

#[test]
fn misleading_error_bodies_and_logs_are_escaped() {
    // Concurrently, because each waits between its attempts.
    std::thread::scope(|scope| {
        for words in MISLEADING {
            scope.spawn(move || expect_body_shown(words));
        }
    });
}

fn expect_body_shown(words: &str) {
    let bodies = [
        json!({"response": {"message": words}}).to_string(),
        json!({ "response": words }).to_string(),
        words.to_owned(),
    ];
    for body in bodies {
        let shell = Shell::new().with("CC_URL", controller(body)).with("TRUEUP_LOG", "trace");
        let ended = shell.expect(1, "status");
        assert!(is_harmless(&ended.err) && is_harmless(&ended.out), "{ended:?}");
        // The response is quoted, whatever it is.
        assert!(ended.err.contains("cannot be read: GET "), "{ended:?}");
    }
}

#[test]
fn misleading_command_line_arguments_are_escaped() {
    let shell = Shell::new();
    for words in MISLEADING.into_iter().filter(|it| !it.contains('\0')) {
        for args in [
            vec!["validate", "--file", words],
            vec!["show", words],
            vec!["apply", words],
            vec!["plan", "--simulate", "--only", words],
            vec!["plan", "--simulate", "--except", "[", "--only", words],
            vec!["plan", "--simulate", "--rerun", words],
            vec!["plan", "--simulate", "--out", words],
            vec!["plan", "--simulate", "--fault", words],
            vec!["plan", "--controller", words],
            vec!["status", "--ca-cert", words, "--controller", "https://x"],
            vec!["status", "--password-file", words, "--controller", "https://x"],
            vec!["plan", "--simulate", "--events", words],
            vec!["simulator", "--state", words, "--listen", words],
            vec![words],
            vec!["plan", words],
        ] {
            let output = shell.command("").args(&args).output().unwrap();
            for text in [&output.stdout, &output.stderr] {
                let text = String::from_utf8(text.clone()).unwrap();
                assert!(is_harmless(&text), "{args:?}: {text:?}");
            }
        }
    }
}

#[test]
fn misleading_values_in_a_saved_plan_are_escaped() {
    let shell = Shell::new();
    let _saved = shell.expect(0, "plan --simulate --out plan.json");
    let text = std::fs::read_to_string(shell.path("plan.json")).unwrap();
    for words in MISLEADING {
        let mut plan: Value = serde_json::from_str(&text).unwrap();
        plan["controller"]["release"] = json!(words);
        plan["controller"]["url"] = json!(words);
        plan["changes"][0]["name"] = json!(words);
        plan["changes"][0]["source"]["file"] = json!(words);
        plan["sources"][0]["path"] = json!(words);
        plan["unmanaged"] = json!([words]);
        plan["diagnostics"] = json!([{
            "severity": "warning", "code": words, "message": words, "help": words,
            "source": {"file": words, "line": 1, "column": 1},
        }]);
        plan["digest"] = json!("");
        for (key, value) in [("api", json!(words)), ("api", json!("classic"))] {
            plan["controller"][key] = value;
            shell.file("evil.json", &sealed(&format!("{plan:#}")));
            for line in [
                "show evil.json",
                "show evil.json --show all",
                "show evil.json --format markdown",
                "show evil.json --format json",
                "show evil.json --format terraform-json",
                "show evil.json --format html",
                "apply evil.json --simulate",
            ] {
                let ended = shell.run(line);
                assert!(is_harmless(&ended.out) && is_harmless(&ended.err), "{line}: {ended:?}");
                assert!(ended.code.is_some_and(|it| it < 10), "{line}: {ended:?}");
                if line.ends_with("markdown") {
                    expect_inert(&ended.out);
                }
            }
        }
        // Make sure that the plan was really shown, and not refused early.
        let ended = shell.expect(0, "show evil.json");
        assert_eq!(ended.out.lines().filter(|it| it.ends_with(" will be created")).count(), 1);
        let json = shell.expect(0, "show evil.json --format json").out;
        assert_eq!(Format::Plan.checked(&json)["changes"][0]["name"], words);
        let warning = ended.err.lines().filter(|it| it.starts_with("Warning: ")).count();
        assert_eq!(warning, 1, "{}", ended.err);
    }
}

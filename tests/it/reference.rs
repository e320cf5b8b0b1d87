//! The reference and the manual pages, which the program generates.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use trueup::{cli::Exit, testing::explained};

use crate::bench::Bench;

const PAGES: [&str; 4] = ["file-format", "command-line", "exit-codes", "diagnostic-codes"];

async fn page(name: &str) -> String {
    let ran = Bench::like(&[], &[]).run_bare(&["reference", name]).await;
    assert!(ran.exit == Exit::Done && ran.err.is_empty(), "{ran:#?}");
    ran.out
}

#[tokio::test(start_paused = true)]
async fn the_committed_reference_is_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    for name in PAGES {
        let path = folder.join(format!("{name}.md"));
        let text = page(name).await;
        // Accepts a page that was changed on purpose.
        if std::env::var_os("TRUEUP_BLESS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let path = path.display();
        assert!(committed == text, "run the tests once with TRUEUP_BLESS=1 and review {path}");
    }
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    assert_eq!(files.count(), PAGES.len(), "there is an obsolete page");
}

/// The anchors of the headings, as renderers of Markdown generate them.
fn anchors(text: &str) -> BTreeSet<String> {
    let arena = comrak::Arena::new();
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.header_id_prefix = Some(String::new());
    let root = comrak::parse_document(&arena, text, &options);
    let mut html = String::new();
    comrak::format_html(root, &options, &mut html).unwrap();
    let ids = html.split("id=\"").skip(1).map(|it| it.split('"').next().unwrap().to_owned());
    ids.collect()
}

fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).map(|it| it.split(')').next().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_link_has_a_target() {
    let mut pages = BTreeMap::new();
    for name in PAGES {
        pages.insert(format!("{name}.md"), page(name).await);
    }
    let mut n_links = 0;
    for (name, text) in &pages {
        for link in links(text) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { name } else { file };
            let target = pages.get(file).unwrap_or_else(|| panic!("{name}: {link}"));
            assert!(anchor.is_empty() || anchors(target).contains(anchor), "{name}: {link}");
            n_links += 1;
        }
    }
    assert!(60 < n_links, "next to no links");
}

#[tokio::test(start_paused = true)]
async fn the_reference_has_every_key_flag_and_code() {
    let codes = page("diagnostic-codes").await;
    for it in explained() {
        assert!(codes.contains(&format!("\n## {}\n", it.code)), "{}", it.code);
    }
    let files = page("file-format").await;
    let schema = include_str!("../../schemas/desired-state.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let definitions = schema["definitions"].as_object().unwrap().values();
    for map in definitions.chain([&schema]) {
        for key in map["properties"].as_object().into_iter().flatten().map(|(key, _)| key) {
            assert!(files.contains(&format!("\n| `{key}` | ")), "{key}");
        }
    }
    for row in [
        "| `retries` | a whole number from 0 to 3 |  | How often",
        "| `hops` | a whole number from 1 to 16 | `16` | ",
        "| `state` | `present`, `stopped`, `absent` | `present` | ",
        "| `name` | text | required | ",
        "| `cdp` | a map: [Neighbours](#neighbours) |  | ",
    ] {
        assert!(files.contains(row), "{row}\n{files}");
    }
    let commands = page("command-line").await;
    for row in [
        "| `--timeout <TIME>` | `30m` | How long the command may take in all |",
        "| `-f`, `--file <PATH>` | `discoveries.yaml` | ",
        "| `--simulate[=<WORLD>]` |  | ",
        "| `--wait <WHAT>` | `tasks` | ",
    ] {
        assert!(commands.contains(row), "{row}\n{commands}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_exit_code_of_the_readme_is_in_the_reference_and_in_the_manual() {
    let codes = page("exit-codes").await;
    let manual = Bench::like(&[], &[]).run_bare(&["man"]).await.out;
    let readme = crate::shell::repository_file("README.md");
    let (_, table) = readme.split_once("\n| exit | meaning |\n").unwrap();
    let rows = table.lines().take_while(|it| it.starts_with('|')).skip(1);
    let numbers = rows.map(|it| it.split('|').nth(1).unwrap().trim()).collect::<Vec<_>>();
    assert!(numbers.len() == 10, "{numbers:?}");
    for number in numbers {
        assert!(codes.contains(&format!("\n| `{number}` | ")), "{number}: {codes}");
        assert!(manual.contains(&format!(".TP\n\\fB{number}\\fR\n")), "{number}: {manual}");
    }
}

fn manual_pages(bench: &Bench) -> BTreeMap<String, String> {
    let files = fs::read_dir(bench.path("man")).unwrap().map(|it| it.unwrap().path());
    let name = |it: &Path| it.file_name().unwrap().to_str().unwrap().to_owned();
    files.map(|it| (name(&it), fs::read_to_string(it).unwrap())).collect()
}

async fn generated_pages() -> BTreeMap<String, String> {
    let bench = Bench::like(&[], &[]);
    let ran = bench.run_bare(&["man", "--out", &bench.path("man")]).await;
    assert!(ran.exit == Exit::Done && ran.out.is_empty(), "{ran:#?}");
    manual_pages(&bench)
}

/// The requests that a page may have: any other line with a period at its start is unescaped text.
const REQUESTS: [&str; 15] =
    ["TH", "SH", "SS", "PP", "TP", "IP", "RS", "RE", "nf", "fi", "br", "nh", "ad", "ie", "el"];

#[tokio::test(start_paused = true)]
async fn commands_files_and_codes_have_manual_pages() {
    let pages = generated_pages().await;
    for name in
        ["trueup.1", "trueup-plan.1", "trueup-explain.1", "trueup-files.5", "trueup-codes.7"]
    {
        assert!(pages.contains_key(name), "{name} is not among {:?}", pages.keys());
    }
    for (name, text) in &pages {
        assert!(text.contains("\n.TH trueup") && text.contains("\n.SH NAME\n"), "{name}");
        assert!(text.is_ascii(), "{name}");
        for line in text.lines().filter(|it| it.starts_with(['.', '\''])) {
            let request = line[1..].split(' ').next().unwrap();
            assert!(REQUESTS.contains(&request), "{name}: {line}");
        }
        let count = |it: &str| text.lines().filter(|line| *line == it).count();
        assert_eq!(count(".nf"), count(".fi"), "{name}");
    }
    let ran = Bench::like(&[], &[]).run_bare(&["man"]).await;
    assert_eq!(ran.out, pages["trueup.1"]);
}

#[tokio::test(start_paused = true)]
async fn groff_accepts_every_manual_page() {
    for (name, text) in generated_pages().await {
        let mut groff = Command::new("groff");
        groff.args(["-man", "-Tutf8", "-ww", "-z"]).stdin(Stdio::piped());
        let Ok(mut groff) = groff.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
            println!("there is no groff on this machine");
            return;
        };
        groff.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let ended = groff.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && stderr.is_empty(), "{name}: {stderr}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unwritable_folder_for_manual_pages_is_an_error() {
    let bench = Bench::like(&[], &[]);
    bench.file("taken", "a file");
    let ran = bench.run_bare(&["man", "--out", &bench.path("taken/man")]).await;
    assert!(
        ran.exit == Exit::Failed && ran.err.contains("cannot write the manual pages to"),
        "{ran:#?}"
    );
}

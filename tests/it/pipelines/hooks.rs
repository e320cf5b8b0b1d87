//! The pre-commit hook, editors, and the version of the program that all examples install.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::site::{POLICY, Site, discovery, example};
use crate::shell::repository_file;

/// Returns the hook from the manifest, and its entry in the example configuration.
fn hook() -> (Value, Value) {
    let manifest = repository_file(".pre-commit-hooks.yaml");
    let manifest = serde_saphyr::from_str::<Vec<Value>>(&manifest).unwrap();
    assert_eq!(manifest.len(), 2);
    assert_eq!(manifest[0]["entry"], manifest[1]["entry"]);
    let config = example("pre-commit/.pre-commit-config.yaml");
    let config = serde_saphyr::from_str::<Value>(&config).unwrap();
    let asked = config["repos"][0]["hooks"][0].clone();
    let found = manifest.into_iter().find(|it| it["id"] == asked["id"]).unwrap();
    // All files are checked together.
    assert_eq!(found["pass_filenames"], false);
    (found, asked)
}

#[test]
fn the_commit_hook_checks_all_files_together() {
    let (hook, asked) = hook();
    let args = asked["args"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    let line =
        format!("{} {}", hook["entry"].as_str().unwrap(), args.collect::<Vec<_>>().join(" "));
    let site = Site::new();
    let good = discovery("berlin", "10.1.0.0/24", 5);
    site.push("main", &[("policy.yaml", POLICY), ("discoveries/berlin.yaml", &good)]);
    let run = || site.run("bash", &line, &site.path("mine"), &[]);
    assert_eq!(run().code, Some(0));
    // Each file is valid, but the name is not unique across files.
    site.push("main", &[("discoveries/oslo.yaml", &good)]);
    let ended = run();
    assert!(ended.code == Some(4) && ended.err.contains("duplicate_name"), "{ended:#?}");
    let ran = site.ran();
    let wanted = ["validate", "-f", "discoveries", "--policy", "policy.yaml"];
    assert!(ran.len() == 2 && ran.iter().all(|it| *it == wanted), "{ran:?}");
}

/// Parses JSON with comment lines.
fn json_with_comments(text: &str) -> Value {
    let lines = text.lines().filter(|it| !it.trim_start().starts_with("//"));
    serde_json::from_str(&lines.collect::<Vec<_>>().join("\n")).unwrap()
}

#[test]
fn every_editor_uses_the_schema_that_the_program_prints() {
    let schema = "desired-state.schema.json";
    let command = format!("trueup schema desired-state > {schema}");
    for file in [".vscode/settings.json", ".nvim.lua", ".idea/jsonSchemas.xml"] {
        let text = example(&format!("editor/{file}"));
        let line = text.lines().find_map(|it| it.find("trueup schema ").map(|at| &it[at..]));
        assert_eq!(line, Some(command.as_str()), "{file}");
        assert_eq!(text.matches(schema).count(), 2, "{file}");
        assert!(text.contains("discoveries") && text.contains("policy.yaml"), "{file}");
    }
    assert!(
        example("README.md").contains(&format!("\n{command}\n")),
        "the guide has another command"
    );
    let site = Site::new();
    assert_eq!(site.run("bash", &command, &site.path("mine"), &[]).code, Some(0));
    let printed = fs::read_to_string(site.path("mine").join(schema)).unwrap();
    assert_eq!(printed, repository_file("schemas/desired-state.schema.json"));
    let settings = json_with_comments(&example("editor/.vscode/settings.json"));
    let files = ["discoveries/**/*.yaml", "discoveries/**/*.yml", "policy.yaml"];
    assert_eq!(settings, json!({"yaml.schemas": {(format!("./{schema}")): files}}));
    let extensions = json_with_comments(&example("editor/.vscode/extensions.json"));
    assert_eq!(extensions, json!({"recommendations": ["redhat.vscode-yaml"]}));
}

#[test]
fn every_example_installs_this_version_with_this_rust() {
    let version = env!("CARGO_PKG_VERSION");
    let rust = env!("CARGO_PKG_RUST_VERSION");
    for (file, wanted) in [
        (
            "github-actions/.github/actions/install-trueup/action.yml",
            vec![
                format!("key: trueup-v{version}-"),
                format!("--tag v{version} trueup"),
                format!("cargo +{rust} install"),
            ],
        ),
        ("gitlab/.gitlab-ci.yml", vec![format!("/trueup:{version} ")]),
        (
            "image/Dockerfile",
            vec![format!("--tag v{version} trueup"), format!("FROM rust:{rust}-")],
        ),
        ("pre-commit/.pre-commit-config.yaml", vec![format!("rev: v{version}")]),
    ] {
        let text = example(file);
        for words in wanted {
            assert!(text.contains(&words), "{file}: {words}");
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let found = entries.flat_map(|it| if it.is_dir() { files_below(&it) } else { vec![it] });
    found.collect()
}

#[test]
fn the_guide_links_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pipelines");
    let guide = example("README.md");
    let files = files_below(&folder);
    assert!(12 < files.len(), "the walk found next to nothing: {files:?}");
    for file in files.iter().filter(|it| !it.ends_with("README.md")) {
        let inside = file.strip_prefix(&folder).unwrap().to_str().unwrap();
        assert!(guide.contains(&format!("({inside})")), "{inside} has no link in the guide");
    }
    let links = guide.split("](").skip(1).map(|it| it.split(')').next().unwrap());
    for link in links.filter(|it| !it.starts_with("http")) {
        assert!(folder.join(link).exists(), "{link} does not exist");
    }
}

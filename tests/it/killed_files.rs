//! Journal files: permissions, locks, and files that already exist at their path.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    base::git_in,
    killed_signals::{expect_all_done, setup, start_until},
    shell::{Ended, Server, Shell, discoveries, ended, last_line},
    story::yaml,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A folder with an apply that was killed with one of four creates in flight; its journal is
/// `j.jsonl`.
fn interrupted_apply() -> (Shell, Server) {
    let (shell, server) = setup("--task-time 100ms");
    let line = "apply --auto-approve --max-pending 1 --journal j.jsonl";
    let (mut child, _err) = start_until(&shell, line, "create accepted");
    child.kill().unwrap();
    child.wait().unwrap();
    (shell, server)
}

/// Returns a text with one line changed.
fn with_line(text: &str, at: usize, act: impl Fn(&str) -> String) -> String {
    let lines = text.lines().enumerate();
    lines.map(|(n, it)| if n + 1 == at { act(it) } else { it.to_owned() } + "\n").collect()
}

fn writes(server: &Server) -> u64 {
    ["create", "edit", "run", "stop", "delete"].iter().map(|it| server.requests(it)).sum()
}

/// Expects that a command fails with this message, and writes nothing to the controller. Returns
/// its stderr.
fn expect_refused(
    shell: &Shell,
    server: &Server,
    (code, line): (i32, &str),
    words: &str,
) -> String {
    let n_before = writes(server);
    let ended = shell.expect(code, line);
    assert!(ended.err.contains(words), "{line}: no `{words}` in {ended:#?}");
    assert_eq!(writes(server), n_before, "{line}: {ended:#?}");
    ended.err
}

#[test]
fn a_journal_is_readable_by_its_owner_only_and_ignored_by_git() {
    let shell = Shell::new();
    let line = "apply --auto-approve --simulate=world.json --task-time 1ms";
    let mut command = Command::new("/bin/sh");
    let program = shell.command(line);
    command.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(program.get_program());
    command.args(program.get_args()).current_dir(shell.path(""));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(mode(&shell.path(".trueup")), 0o700);
    let journals = shell.journals();
    assert_eq!(journals.values().collect::<Vec<_>>(), ["finished"]);
    assert!(journals.keys().all(|it| mode(it) == 0o600), "{journals:?}");
    assert_eq!(fs::read_to_string(shell.path(".trueup/.gitignore")).unwrap(), "*\n");
    let git = |args: &[&str]| {
        let git = Command::new("git").args(args).current_dir(shell.path("")).output().unwrap();
        assert!(git.status.success(), "{git:?}");
        String::from_utf8(git.stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    let status = git(&["status", "--porcelain", "--untracked-files=all"]);
    assert_eq!(status, "?? discoveries.yaml\n?? world.json\n");

    // This also holds for the file of `--journal`.
    shell.file("discoveries.yaml", &discoveries(2));
    let _ended = shell.expect(0, &format!("{line} --journal j.jsonl"));
    assert_eq!(mode(&shell.path("j.jsonl")), 0o600);
}

#[test]
fn the_lock_of_a_journal_dies_with_its_process() {
    let (shell, server) = setup("--task-time 700ms");
    let (mut child, _err) =
        start_until(&shell, "apply --auto-approve --max-pending 1", "create accepted");
    let path = shell.open_journal().unwrap().display().to_string();
    let words = "cannot be used: another process is writing it\n  help: wait until";
    expect_refused(&shell, &server, (1, &format!("resume {path}")), words);
    child.kill().unwrap();
    child.wait().unwrap();
    let _resumed = shell.expect(0, &format!("resume {path}"));
    expect_all_done(&shell, &server);
}

#[test]
fn two_concurrent_applies_in_one_folder_create_each_discovery_once() {
    let (shell, server) = setup("--task-time 1500ms");
    let (first, err) = start_until(&shell, "apply --auto-approve", "create accepted");
    let path = shell.open_journal().unwrap();
    let second = shell.expect(0, "apply --auto-approve");
    let name = path.file_name().unwrap().to_str().unwrap();
    let words = format!("Another apply is at work, and writes `.trueup/{name}`; going on.");
    assert!(second.err.contains(&words), "{second:#?}");
    let first = ended(first, err);
    assert_eq!(first.code, Some(0), "{first:#?}");
    for ended in [&first, &second] {
        assert!(ended.out.contains("\nApply complete! "), "{ended:#?}");
    }
    let added = |it: &Ended| it.out.matches(": created\n").count();
    assert_eq!(added(&first) + added(&second), 4, "{first:#?} {second:#?}");
    assert_eq!(shell.journals().values().collect::<Vec<_>>(), ["finished", "finished"]);
    server.expect_careful();
    let plan = shell.expect(0, "plan --detailed-exitcode");
    assert!(plan.out.starts_with("No changes."), "{plan:#?}");
}

#[test]
fn an_existing_journal_is_settled_and_renamed() {
    let (shell, server) = interrupted_apply();
    let line = "apply --auto-approve --journal j.jsonl";
    let ended = shell.expect(0, line);
    let note = "An earlier apply was interrupted, with 1 operation in flight (j.jsonl). Checking";
    assert!(ended.err.contains(note), "{ended:#?}");
    assert_eq!(last_line(&shell.path("j.1.jsonl")), "taken_over");
    assert_eq!(last_line(&shell.path("j.jsonl")), "finished");
    expect_all_done(&shell, &server);

    // Finished journals are kept too, any number of them.
    for n in [2, 3] {
        let before = fs::read(shell.path("j.jsonl")).unwrap();
        let more = discoveries(4) + &format!("  - {{name: n-{n}, cidr: 10.9.{n}.0/24}}\n");
        shell.file("discoveries.yaml", &more);
        let _ended = shell.expect(0, line);
        assert_eq!(fs::read(shell.path(&format!("j.{n}.jsonl"))).unwrap(), before);
    }
    // An apply with nothing to do needs no journal, and renames none.
    let before = fs::read(shell.path("j.jsonl")).unwrap();
    shell.file("discoveries.yaml", &discoveries(4));
    let _ended = shell.expect(0, line);
    assert_eq!(fs::read(shell.path("j.jsonl")).unwrap(), before);
}

#[test]
fn a_file_that_is_not_a_journal_is_never_overwritten() {
    let (shell, server) = setup("--task-time 1ms");
    let world = "{\"event\":\"plan\"}\n";
    let foreign = ["a line\n", "no end", world, "\u{0}\u{1}\n", "{\"format_version\":\"2.0\"}\n"];
    for text in foreign {
        let path = shell.file("log.txt", text);
        let line = (1, "apply --auto-approve --journal log.txt");
        expect_refused(&shell, &server, line, "`log.txt` cannot be ");
        assert_eq!(fs::read_to_string(path).unwrap(), text);
    }
    fs::create_dir(shell.path("folder")).unwrap();
    let bad = ["folder", "nowhere/j.jsonl", "discoveries.yaml", "/proc/j.jsonl", "."];
    for path in bad {
        let line = format!("apply --auto-approve --journal {path}");
        let err = expect_refused(&shell, &server, (1, &line), "Error: the journal `");
        assert!(err.contains("nothing was sent"), "{err}");
    }
    // Root may write here nevertheless, so this is checked first.
    fs::set_permissions(shell.path("folder"), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(shell.path("folder/probe"), "").is_err() {
        let line = "apply --auto-approve --journal folder/j.jsonl";
        expect_refused(&shell, &server, (1, line), "cannot be written: Permission denied");
    }
    // An empty file is accepted, since `mktemp` creates one.
    shell.file("empty", "");
    let _ended = shell.expect(0, "apply --auto-approve --journal empty");
    assert_eq!(last_line(&shell.path("empty")), "finished");
    expect_all_done(&shell, &server);
}

#[test]
fn a_journal_corrupted_in_the_middle_stops_an_apply_and_a_resume() {
    let (shell, server) = interrupted_apply();
    let text = fs::read_to_string(shell.path("j.jsonl")).unwrap();
    fs::create_dir(shell.path(".trueup")).unwrap();
    fs::remove_file(shell.path("j.jsonl")).unwrap();
    let broken = [
        (with_line(&text, 2, |it| it.replace("apply_started", "apply_st")), "line 2 is invalid"),
        (with_line(&text, 3, |it| it[..it.len() / 2].to_owned()), "line 3 is invalid"),
        (with_line(&text, 1, |it| it.replace("10.0.1.0", "10.0.9.0")), "line 1 is invalid"),
        (with_line(&text, 1, |it| it.replacen("\"1.0\"", "\"2.0\"", 1)), "format version is 2.0"),
        (with_line(&text, 2, |_| "{\"a\":".repeat(1 << 20)), "line 2 is invalid"),
        (text.replace('\n', "\n\u{feff}"), "line 2 is invalid"),
    ];
    for (text, words) in &broken {
        shell.file(".trueup/j.jsonl", text);
        let err = expect_refused(&shell, &server, (1, "apply --auto-approve"), words);
        assert!(err.contains("the journal `.trueup/j.jsonl` cannot be read: "), "{err}");
        expect_refused(&shell, &server, (4, "resume .trueup/j.jsonl"), words);
        assert_eq!(&fs::read_to_string(shell.path(".trueup/j.jsonl")).unwrap(), text);
    }
    // An incomplete last line was never synced, so its operation was not sent.
    let line = text.lines().nth(2).unwrap();
    shell.file(".trueup/j.jsonl", &format!("{text}{}", &line[..100]));
    let _ended = shell.expect(0, "resume .trueup/j.jsonl");
    assert_eq!(last_line(&shell.path(".trueup/j.jsonl")), "finished");
    expect_all_done(&shell, &server);
}

#[test]
fn an_oversized_journal_stops_an_apply_and_a_resume() {
    let (shell, server) = setup("--task-time 100ms");
    fs::create_dir(shell.path(".trueup")).unwrap();
    let path = shell.path(".trueup/j.jsonl");
    fs::File::create(&path).unwrap().set_len((1 << 30) + 1).unwrap();
    let words = "it is larger than a journal can be";
    expect_refused(&shell, &server, (1, "apply --auto-approve"), words);
    expect_refused(&shell, &server, (4, "resume .trueup/j.jsonl"), words);
    assert_eq!(fs::metadata(&path).unwrap().len(), (1 << 30) + 1);
    // A plan is still possible, and reports that it ignores the journal.
    let plan = shell.expect(0, "plan");
    assert!(plan.err.contains("Warning: the journal") && plan.err.contains(words), "{plan:#?}");
}

#[test]
fn a_journal_rewritten_by_an_editor_is_read_or_refused() {
    let (shell, server) = interrupted_apply();
    let text = fs::read_to_string(shell.path("j.jsonl")).unwrap();
    for foreign in [format!("\u{feff}{text}"), with_line(&text, 1, nested)] {
        shell.file("j.jsonl", &foreign);
        expect_refused(&shell, &server, (4, "resume j.jsonl"), "it is not a journal: ");
        assert_eq!(fs::read_to_string(shell.path("j.jsonl")).unwrap(), foreign);
    }
    shell.file("j.jsonl", &text.replace('\n', "\r\n"));
    let _ended = shell.expect(0, "resume j.jsonl");
    assert_eq!(last_line(&shell.path("j.jsonl")), "finished");
    expect_all_done(&shell, &server);
}

/// Adds deeply nested lists to a first line.
fn nested(first: &str) -> String {
    first.replacen("\"plan\":{", &format!("\"plan\":{}{{", "[".repeat(1 << 20)), 1)
}

#[test]
fn a_journal_torn_in_its_first_line_belongs_to_an_apply_that_sent_nothing() {
    let (shell, server) = interrupted_apply();
    let text = fs::read_to_string(shell.path("j.jsonl")).unwrap();
    let _ended = shell.expect(0, "resume j.jsonl");
    fs::create_dir(shell.path(".trueup")).unwrap();
    shell.file(".trueup/torn.jsonl", &text[..300]);
    shell.file(".trueup/empty.jsonl", "");
    shell.file(".trueup/foreign.jsonl", "{\"a\": 1}\n");
    shell.file("discoveries.yaml", &discoveries(5));
    let ended = shell.expect(0, "apply --auto-approve");
    assert!(ended.out.contains("1 added"), "{ended:#?}");
    let words = "cut short in its first line, before anything was sent\n  help: there is nothing";
    expect_refused(&shell, &server, (4, "resume .trueup/torn.jsonl"), words);
    // It may be overwritten.
    shell.file("discoveries.yaml", &discoveries(6));
    let _ended = shell.expect(0, "apply --auto-approve --journal .trueup/torn.jsonl");
    assert_eq!(last_line(&shell.path(".trueup/torn.jsonl")), "finished");
    server.expect_careful();
}

#[test]
fn resume_explains_why_it_cannot_use_a_file() {
    let (shell, server) = interrupted_apply();
    let _ended = shell.expect(0, "plan --out plan.json --events events.jsonl");
    shell.file("empty", "");
    shell.file("text", "no journal\n");
    fs::create_dir(shell.path("folder")).unwrap();
    let name = "help: name a file that `trueup apply` wrote";
    for path in
        ["nothing", "plan.json", "events.jsonl", "empty", "text", "folder", "discoveries.yaml"]
    {
        let words = format!("Error: the journal `{path}` cannot be used: ");
        let err = expect_refused(&shell, &server, (4, &format!("resume {path}")), &words);
        assert!(err.contains(name), "{err}");
    }
    let line = "resume j.jsonl --controller http://127.0.0.1:9";
    expect_refused(&shell, &server, (5, line), "Error: the plan was made against http://127.");
    // The events would overwrite the journal.
    let before = fs::read(shell.path("j.jsonl")).unwrap();
    let words = "cannot be both the events and the journal";
    for events in ["j.jsonl", "./folder/../j.jsonl"] {
        let lines = ["resume j.jsonl", "apply --auto-approve --journal j.jsonl"];
        for line in lines.map(|it| format!("{it} --events {events}")) {
            expect_refused(&shell, &server, (4, &line), words);
            assert_eq!(fs::read(shell.path("j.jsonl")).unwrap(), before);
        }
    }
    let _ended = shell.expect(0, "resume j.jsonl");
    expect_all_done(&shell, &server);
    // A second resume does nothing, and sends no request.
    let n_before = server.requests("any");
    let ended = shell.expect(0, "resume j.jsonl");
    assert_eq!(ended.err, "Nothing left to do in j.jsonl.\n");
    assert_eq!(server.requests("any"), n_before);
}

/// A folder with an apply that was killed between the delete and create of a replace, and its
/// journal.
fn interrupted_replace() -> (Shell, Server, PathBuf) {
    let shell = Shell::new();
    let server = shell.simulator("--task-time 50ms --run-time 50ms");
    let shell = shell.with("CC_URL", server.url.clone());
    shell.file("discoveries.yaml", &yaml("cidr: 10.1.0.0/24"));
    let _applied = shell.expect(0, "apply --auto-approve --wait runs");
    shell.file("discoveries.yaml", &yaml("cidr: 10.2.0.0/24, on_change: replace"));
    server.inject("create=reset");
    let (mut child, _err) = start_until(&shell, "apply --auto-approve", "create in doubt");
    child.kill().unwrap();
    child.wait().unwrap();
    let journal = shell.open_journal().unwrap();
    (shell, server, journal)
}

#[test]
fn a_journal_of_another_controller_is_left_alone() {
    let (shell, server, journal) = interrupted_replace();
    let (before, n_before) = (fs::read(&journal).unwrap(), server.requests("any"));
    let other = shell.simulator("--task-time 50ms --run-time 50ms");
    let shell = shell.with("CC_URL", other.url.clone());
    for line in ["plan", "apply --auto-approve"] {
        let ended = shell.expect(0, line);
        assert!(ended.out.contains("# a will be created\n  # (new)"), "{line}: {ended:#?}");
        assert!(!ended.err.contains("earlier apply"), "{line}: {ended:#?}");
        assert_eq!(fs::read(&journal).unwrap(), before, "{line}");
    }
    assert_eq!(server.requests("any"), n_before);
    let shell = shell.with("CC_URL", server.url.clone());
    let ended = shell.expect(0, "apply --auto-approve");
    assert!(ended.out.contains("(replace_owed)"), "{ended:#?}");
    assert_eq!(shell.open_journal(), None);
    server.expect_careful();
}

#[test]
fn a_committed_journal_is_not_used() {
    let (shell, server, journal) = interrupted_replace();
    let name = journal.strip_prefix(shell.path("")).unwrap().display().to_string();
    let expect_both_refused = |name: &str| {
        let words = format!("Error: the journal `{name}` is in git");
        for line in ["plan", "apply --auto-approve"] {
            let err = expect_refused(&shell, &server, (4, line), &words);
            assert!(err.contains(&format!("git rm --cached {name}")), "{err}");
        }
    };
    git_in(&shell.path(""), "init --quiet .");
    git_in(&shell.path(""), &format!("add --force {name}"));
    expect_both_refused(&name);
    git_in(&shell.path(""), &format!("rm --quiet --cached {name}"));
    // A link to a committed file is refused too.
    fs::rename(&journal, shell.path("kept")).unwrap();
    git_in(&shell.path(""), "add kept");
    symlink("../kept", shell.path(".trueup/link.jsonl")).unwrap();
    expect_both_refused(".trueup/link.jsonl");
    git_in(&shell.path(""), "rm --quiet --cached kept");
    fs::remove_file(shell.path(".trueup/link.jsonl")).unwrap();
    fs::rename(shell.path("kept"), &journal).unwrap();
    // If git fails, the plan has a warning.
    fs::write(shell.path(".git/config"), "[").unwrap();
    let ended = shell.expect(0, "plan");
    assert!(
        ended
            .err
            .contains("Warning: it is not known whether the journal of an earlier apply is in git"),
        "{ended:#?}"
    );
    fs::remove_dir_all(shell.path(".git")).unwrap();
    let ended = shell.expect(0, "apply --auto-approve");
    assert!(ended.out.contains("(replace_owed)"), "{ended:#?}");
}

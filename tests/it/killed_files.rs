//! Journals as files: who may read them, who holds them, and what is in their way.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    base::git_in,
    killed_signals::{begun, expect_all_done, said},
    shell::{Ended, Server, Shell, discoveries, ended, last_line},
    story::yaml,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A folder with an apply that was killed with one of four creates under way: its journal is
/// `j.jsonl`.
fn cut_short() -> (Shell, Server) {
    let (shell, server) = begun("--task-time 100ms");
    let line = "apply --auto-approve --max-pending 1 --journal j.jsonl";
    let (mut child, _err) = said(&shell, line, "create accepted");
    child.kill().unwrap();
    child.wait().unwrap();
    (shell, server)
}

/// Writes a line of a text anew.
fn with_line(text: &str, at: usize, act: impl Fn(&str) -> String) -> String {
    let lines = text.lines().enumerate();
    lines.map(|(n, it)| if n + 1 == at { act(it) } else { it.to_owned() } + "\n").collect()
}

fn writes(server: &Server) -> u64 {
    ["create", "edit", "run", "stop", "delete"].iter().map(|it| server.requests(it)).sum()
}

/// Expects that a command fails with these words, and writes nothing to the controller. Returns
/// what it said.
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
fn a_journal_is_for_its_owner_only_and_not_for_git() {
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

    // The file of `--journal` too, wherever it is.
    shell.file("discoveries.yaml", &discoveries(2));
    let _ended = shell.expect(0, &format!("{line} --journal j.jsonl"));
    assert_eq!(mode(&shell.path("j.jsonl")), 0o600);
}

#[test]
fn the_lock_of_a_journal_dies_with_its_process() {
    let (shell, server) = begun("--task-time 700ms");
    let (mut child, _err) = said(&shell, "apply --auto-approve --max-pending 1", "create accepted");
    let path = shell.open_journal().unwrap().display().to_string();
    let words = "cannot be used: another process is writing it\n  help: wait until";
    expect_refused(&shell, &server, (1, &format!("resume {path}")), words);
    child.kill().unwrap();
    child.wait().unwrap();
    let _resumed = shell.expect(0, &format!("resume {path}"));
    expect_all_done(&shell, &server);
}

#[test]
fn two_applies_at_once_in_one_folder_say_so_and_make_one_set() {
    let (shell, server) = begun("--task-time 1500ms");
    let (first, err) = said(&shell, "apply --auto-approve", "create accepted");
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
fn a_journal_in_the_way_is_settled_and_put_aside() {
    let (shell, server) = cut_short();
    let line = "apply --auto-approve --journal j.jsonl";
    let ended = shell.expect(0, line);
    let said = "An earlier apply was interrupted, with 1 operation in flight (j.jsonl). Checking";
    assert!(ended.err.contains(said), "{ended:#?}");
    assert_eq!(last_line(&shell.path("j.1.jsonl")), "taken_over");
    assert_eq!(last_line(&shell.path("j.jsonl")), "finished");
    expect_all_done(&shell, &server);

    // A finished one is kept as well, and so is each of any number.
    for n in [2, 3] {
        let before = fs::read(shell.path("j.jsonl")).unwrap();
        let more = discoveries(4) + &format!("  - {{name: n-{n}, cidr: 10.9.{n}.0/24}}\n");
        shell.file("discoveries.yaml", &more);
        let _ended = shell.expect(0, line);
        assert_eq!(fs::read(shell.path(&format!("j.{n}.jsonl"))).unwrap(), before);
    }
    // Nothing to do needs no journal, and moves none.
    let before = fs::read(shell.path("j.jsonl")).unwrap();
    shell.file("discoveries.yaml", &discoveries(4));
    let _ended = shell.expect(0, line);
    assert_eq!(fs::read(shell.path("j.jsonl")).unwrap(), before);
}

#[test]
fn what_is_no_journal_is_in_the_way_and_stays_as_it_is() {
    let (shell, server) = begun("--task-time 1ms");
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
        let said = expect_refused(&shell, &server, (1, &line), "Error: the journal `");
        assert!(said.contains("nothing was sent"), "{said}");
    }
    // Whoever may do everything may write here as well.
    fs::set_permissions(shell.path("folder"), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(shell.path("folder/probe"), "").is_err() {
        let line = "apply --auto-approve --journal folder/j.jsonl";
        expect_refused(&shell, &server, (1, line), "cannot be written: Permission denied");
    }
    // An empty file is what `mktemp` makes.
    shell.file("empty", "");
    let _ended = shell.expect(0, "apply --auto-approve --journal empty");
    assert_eq!(last_line(&shell.path("empty")), "finished");
    expect_all_done(&shell, &server);
}

#[test]
fn a_journal_that_is_broken_in_the_middle_stops_an_apply_and_a_resume() {
    let (shell, server) = cut_short();
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
        let said = expect_refused(&shell, &server, (1, "apply --auto-approve"), words);
        assert!(said.contains("the journal `.trueup/j.jsonl` cannot be read: "), "{said}");
        expect_refused(&shell, &server, (4, "resume .trueup/j.jsonl"), words);
        assert_eq!(&fs::read_to_string(shell.path(".trueup/j.jsonl")).unwrap(), text);
    }
    // Half a line at the end was never on the disk, and nothing was done by it.
    let line = text.lines().nth(2).unwrap();
    shell.file(".trueup/j.jsonl", &format!("{text}{}", &line[..100]));
    let _ended = shell.expect(0, "resume .trueup/j.jsonl");
    assert_eq!(last_line(&shell.path(".trueup/j.jsonl")), "finished");
    expect_all_done(&shell, &server);
}

#[test]
fn a_journal_that_is_far_too_large_stops_an_apply_and_a_resume() {
    let (shell, server) = begun("--task-time 100ms");
    fs::create_dir(shell.path(".trueup")).unwrap();
    let path = shell.path(".trueup/j.jsonl");
    fs::File::create(&path).unwrap().set_len((1 << 30) + 1).unwrap();
    let words = "it is larger than a journal can be";
    expect_refused(&shell, &server, (1, "apply --auto-approve"), words);
    expect_refused(&shell, &server, (4, "resume .trueup/j.jsonl"), words);
    assert_eq!(fs::metadata(&path).unwrap().len(), (1 << 30) + 1);
    // A plan is made of what is there, and says what it does not know.
    let plan = shell.expect(0, "plan");
    assert!(plan.err.contains("Warning: the journal") && plan.err.contains(words), "{plan:#?}");
}

#[test]
fn a_journal_that_an_editor_has_written_anew_is_read_or_refused() {
    let (shell, server) = cut_short();
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

/// Puts lists in lists without number behind what a first line has.
fn nested(first: &str) -> String {
    first.replacen("\"plan\":{", &format!("\"plan\":{}{{", "[".repeat(1 << 20)), 1)
}

#[test]
fn a_journal_that_was_torn_in_its_first_line_is_of_an_apply_that_sent_nothing() {
    let (shell, server) = cut_short();
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
    // It makes way.
    shell.file("discoveries.yaml", &discoveries(6));
    let _ended = shell.expect(0, "apply --auto-approve --journal .trueup/torn.jsonl");
    assert_eq!(last_line(&shell.path(".trueup/torn.jsonl")), "finished");
    server.expect_careful();
}

#[test]
fn resume_says_what_is_wrong_with_what_it_is_given() {
    let (shell, server) = cut_short();
    let _ended = shell.expect(0, "plan --out plan.json --events events.jsonl");
    shell.file("empty", "");
    shell.file("text", "no journal\n");
    fs::create_dir(shell.path("folder")).unwrap();
    let name = "help: name a file that `trueup apply` wrote";
    for path in
        ["nothing", "plan.json", "events.jsonl", "empty", "text", "folder", "discoveries.yaml"]
    {
        let words = format!("Error: the journal `{path}` cannot be used: ");
        let said = expect_refused(&shell, &server, (4, &format!("resume {path}")), &words);
        assert!(said.contains(name), "{said}");
    }
    let line = "resume j.jsonl --controller http://127.0.0.1:9";
    expect_refused(&shell, &server, (5, line), "Error: the plan was made against http://127.");
    // Events would be written over it.
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
    // Twice is as good as once, and asks nobody.
    let n_before = server.requests("any");
    let ended = shell.expect(0, "resume j.jsonl");
    assert_eq!(ended.err, "Nothing left to do in j.jsonl.\n");
    assert_eq!(server.requests("any"), n_before);
}

/// A folder with an apply that was killed between the halves of a replace, and its journal.
fn halved() -> (Shell, Server, PathBuf) {
    let shell = Shell::new();
    let server = shell.simulator("--task-time 50ms --run-time 50ms");
    let shell = shell.with("CC_URL", server.url.clone());
    shell.file("discoveries.yaml", &yaml("cidr: 10.1.0.0/24"));
    let _applied = shell.expect(0, "apply --auto-approve --wait runs");
    shell.file("discoveries.yaml", &yaml("cidr: 10.2.0.0/24, on_change: replace"));
    server.inject("create=reset");
    let (mut child, _err) = said(&shell, "apply --auto-approve", "create in doubt");
    child.kill().unwrap();
    child.wait().unwrap();
    let journal = shell.open_journal().unwrap();
    (shell, server, journal)
}

#[test]
fn a_journal_of_another_controller_is_left_alone() {
    let (shell, server, journal) = halved();
    let (before, n_asked) = (fs::read(&journal).unwrap(), server.requests("any"));
    let other = shell.simulator("--task-time 50ms --run-time 50ms");
    let shell = shell.with("CC_URL", other.url.clone());
    for line in ["plan", "apply --auto-approve"] {
        let ended = shell.expect(0, line);
        assert!(ended.out.contains("# a will be created\n  # (new)"), "{line}: {ended:#?}");
        assert!(!ended.err.contains("earlier apply"), "{line}: {ended:#?}");
        assert_eq!(fs::read(&journal).unwrap(), before, "{line}");
    }
    assert_eq!(server.requests("any"), n_asked);
    let shell = shell.with("CC_URL", server.url.clone());
    let ended = shell.expect(0, "apply --auto-approve");
    assert!(ended.out.contains("(replace_owed)"), "{ended:#?}");
    assert_eq!(shell.open_journal(), None);
    server.expect_careful();
}

#[test]
fn a_journal_that_somebody_committed_is_not_used() {
    let (shell, server, journal) = halved();
    let name = journal.strip_prefix(shell.path("")).unwrap().display().to_string();
    let expect_both_refused = |name: &str| {
        let words = format!("Error: the journal `{name}` is in git");
        for line in ["plan", "apply --auto-approve"] {
            let said = expect_refused(&shell, &server, (4, line), &words);
            assert!(said.contains(&format!("git rm --cached {name}")), "{said}");
        }
    };
    git_in(&shell.path(""), "init --quiet .");
    git_in(&shell.path(""), &format!("add --force {name}"));
    expect_both_refused(&name);
    git_in(&shell.path(""), &format!("rm --quiet --cached {name}"));
    // Nor what leads to a file that is.
    fs::rename(&journal, shell.path("kept")).unwrap();
    git_in(&shell.path(""), "add kept");
    symlink("../kept", shell.path(".trueup/link.jsonl")).unwrap();
    expect_both_refused(".trueup/link.jsonl");
    git_in(&shell.path(""), "rm --quiet --cached kept");
    fs::remove_file(shell.path(".trueup/link.jsonl")).unwrap();
    fs::rename(shell.path("kept"), &journal).unwrap();
    // Where git cannot tell, whoever reads the plan is told.
    fs::write(shell.path(".git/config"), "[").unwrap();
    let ended = shell.expect(0, "plan");
    assert!(ended.err.contains("Warning: whether somebody committed the journal"), "{ended:#?}");
    fs::remove_dir_all(shell.path(".git")).unwrap();
    let ended = shell.expect(0, "apply --auto-approve");
    assert!(ended.out.contains("(replace_owed)"), "{ended:#?}");
}

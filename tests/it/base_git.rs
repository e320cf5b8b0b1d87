//! Plans that are compared with a commit, in clones, trees and repositories of every kind, and in
//! ones that mean harm.

use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    process::Command,
};

use trueup::cli::Exit;

use crate::{
    base::{HEAD, declared, git_in, origins},
    bench::Bench,
    shell::Shell,
};

#[tokio::test(start_paused = true)]
async fn a_shallow_clone_will_do_where_it_has_the_commit() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", "")]));
    bench.begun().await;
    for at in 0..3 {
        bench.commit(&format!("more{at}"));
    }
    bench.drift("a", 7).await;
    let place = tempfile::tempdir().unwrap();
    for (depth, is_enough) in [(1, false), (5, true)] {
        let name = format!("depth{depth}");
        let from = format!("file://{}", bench.dir().display());
        git_in(
            place.path(),
            &format!(
                "clone --quiet --depth {depth} --no-single-branch --branch topic {from} {name}"
            ),
        );
        let folder = place.path().join(name);
        let folder = folder.to_str().unwrap();
        let ran = bench
            .run_bare(&["plan", "--simulate", "--base", "origin/main", "--file", folder])
            .await;
        if is_enough {
            assert!(ran.out.contains("1 correction of drift."), "{ran:#?}");
        } else {
            assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
            let ways = ["git fetch --unshallow", "fetch-depth: 0"];
            assert!(ways.iter().all(|it| ran.err.contains(it)), "{}", ran.err);
        }
    }
    // The whole history, and none in common.
    bench.git("checkout --quiet --orphan other");
    bench.commit("other");
    let ran = bench.run("plan --base main").await;
    assert!(ran.exit == Exit::Invalid && ran.err.contains("have no commit in common"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_partial_clone_is_not_completed_behind_the_users_back() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", "")]));
    bench.begun().await;
    bench.files(&declared(&[("a", ", retries: 2")]));
    bench.commit("more");
    bench.git("config uploadpack.allowFilter true");
    let place = tempfile::tempdir().unwrap();
    let from = format!("file://{}", bench.dir().display());
    git_in(place.path(), &format!("clone --quiet --filter=blob:none --branch topic {from} part"));
    let folder = place.path().join("part");
    let args = ["plan", "--simulate", "--file", folder.to_str().unwrap(), "--base"];
    let ran = bench.run_bare(&[&args[..], &["origin/main"]].concat()).await;
    assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
    assert!(ran.err.contains("the clone is partial"), "{}", ran.err);
    let ran = bench.run_bare(&[&args[..], &["HEAD"]].concat()).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_checked_out_is_not_taken_for_removed() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", "")]));
    for folder in ["in", "out"] {
        fs::create_dir(bench.path(folder)).unwrap();
        let text = format!("{HEAD}  - {{name: {folder}, address: 10.0.1.1}}\n");
        bench.file(&format!("{folder}/x.yaml"), &text);
    }
    bench.begun().await;
    bench.git("sparse-checkout set in");
    let ran = bench.run("plan --base main").await;
    assert!(ran.err.contains("Not checked out, so ignored: out/x.yaml."), "{}", ran.err);
    assert!(!ran.err.contains("Uncommitted") && !ran.out.contains("Removed"), "{ran:#?}");
    // What is gone for another reason is gone.
    fs::remove_file(bench.path("in/x.yaml")).unwrap();
    let ran = bench.run("plan --base main").await;
    assert!(
        ran.err.contains("Uncommitted changes count as this branch: in/x.yaml."),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("Removed from the files by this branch"), "{}", ran.out);
}

#[tokio::test(start_paused = true)]
async fn links_are_compared_with_what_they_lead_to() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", "")]));
    std::os::unix::fs::symlink("discoveries.yaml", bench.path("link.yaml")).unwrap();
    bench.begun().await;
    bench.drift("a", 7).await;
    let link = bench.path("link.yaml");
    let args = ["plan", "--simulate", "--format", "json", "--base", "main", "--file", &link];
    assert_eq!(origins(&bench.run_bare(&args).await), "a update drift (timeout drift)");
    // And the whole of the repository by a link from elsewhere, which is in none.
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("folder");
    std::os::unix::fs::symlink(bench.dir(), &folder).unwrap();
    let inside = folder.join("discoveries.yaml");
    let args = ["plan", "--simulate", "--format", "json", "--base", "main", "--file"];
    let ran = bench.run_bare(&[&args[..], &[inside.to_str().unwrap()]].concat()).await;
    assert_eq!(origins(&ran), "a update drift (timeout drift)");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_no_commit_is_refused() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", "")]));
    bench.begun().await;
    let before = bench.requests("list");
    let tree = bench.git("rev-parse HEAD^{tree}");
    for bad in
        ["nosuch", "--all", "-h", "", "main..topic", "main topic", "^main", "\u{1b}[31m", &tree]
    {
        let base = format!("--base={bad}");
        let ran = bench.run_args(&["plan", &base]).await;
        assert_eq!(ran.exit, Exit::Invalid, "{bad}: {ran:#?}");
        assert!(ran.err.contains("git fetch origin main"), "{bad}: {}", ran.err);
        assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
    }
    let ran = bench.run("plan --drift keep").await;
    assert!(ran.exit == Exit::Invalid && ran.err.contains("--base"), "{ran:#?}");
    let ran = bench.run("plan --base main --drift sometimes").await;
    assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
    assert_eq!(bench.requests("list"), before, "a request was sent");
}

#[tokio::test(start_paused = true)]
async fn other_work_trees_submodules_and_odd_names_are_read() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", "")]));
    let odd = std::ffi::OsStr::from_bytes(b"odd-\xff name.yaml");
    let text = format!("{HEAD}  - {{name: odd, address: 10.0.1.1}}\n");
    fs::write(bench.dir().join(odd), text).unwrap();
    fs::create_dir(bench.path(".hidden")).unwrap();
    bench.file(".hidden/no.yaml", "[").file("no.txt", "[");
    bench.begun().await;
    bench.drift("odd", 7).await;
    let drift = "odd update drift (timeout drift)";
    assert_eq!(bench.origins("--base main").await, drift);
    let place = tempfile::tempdir().unwrap();
    let (tree, clone) = (place.path().join("tree"), place.path().join("clone"));
    bench.git(&format!("worktree add --quiet {} -b more", tree.display()));
    git_in(place.path(), "init --quiet --initial-branch main clone");
    let add = format!(
        "-c protocol.file.allow=always submodule --quiet add {} sub",
        bench.dir().display()
    );
    git_in(&clone, &add);
    fs::write(clone.join("x.yaml"), format!("{HEAD}  - {{name: x, address: 10.0.2.1}}\n")).unwrap();
    git_in(&clone, "add --all .");
    git_in(&clone, "commit --quiet -m all");
    let args = ["plan", "--simulate", "--format", "json", "--base", "HEAD", "--file"];
    for folder in [tree, clone.join("sub")] {
        let ran = bench.run_bare(&[&args[..], &[folder.to_str().unwrap()]].concat()).await;
        assert_eq!(origins(&ran), drift, "{ran:#?}");
    }
    let ran = bench.run_bare(&[&args[..], &[clone.to_str().unwrap()]].concat()).await;
    assert!(ran.err.contains("Submodules, which count as this branch as a whole: "), "{}", ran.err);
    assert!(origins(&ran).contains("odd update this_change (timeout this_change)"), "{ran:#?}");
}

#[test]
fn without_git_it_is_said_what_is_needed() {
    let shell = Shell::new().with("PATH", "/nonexistent:relative");
    let ended = shell.expect(4, "plan --simulate --base main");
    assert!(ended.err.contains("`git` is needed and is not on the"), "{ended:#?}");
    fs::create_dir(shell.path("bin")).unwrap();
    for (says, expected) in
        [("git version 1.8.3.1", "git 2.15 or later is needed"), ("nonsense", "was not understood")]
    {
        // What is open for writing, be it in a child of another test, cannot be run.
        let script = "printf '#!/bin/sh\\necho %s\\n' \"$0\" > bin/git; chmod 755 bin/git";
        let mut write = Command::new("/bin/sh");
        write.args(["-c", script, says]).current_dir(shell.path("."));
        assert!(write.status().unwrap().success());
        let path = shell.path("bin").to_str().unwrap().to_owned();
        let mut command = shell.command("plan --simulate --base main");
        let ended = command.env("PATH", path).output().unwrap();
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(4) && err.contains(expected), "{err}");
    }
}

/// Whoever writes a repository must not have anything run by planning in it.
#[tokio::test(start_paused = true)]
async fn nothing_that_a_repository_says_is_run() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", "")]));
    bench.begun().await;
    bench.drift("a", 7).await;
    let away = tempfile::tempdir().unwrap();
    let (trap, sprung) = (away.path().join("trap"), away.path().join("sprung"));
    fs::write(&trap, format!("#!/bin/sh\necho $0 $@ >> {}\ncat\n", sprung.display())).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    let trap = trap.display();
    bench.file(".gitattributes", "*.yaml filter=trap diff=trap\n");
    bench.git("mv discoveries.yaml moved.yaml");
    bench.commit("attributes");
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "diff.trap.command",
        "diff.trap.textconv",
        "filter.trap.clean",
        "filter.trap.smudge",
        "filter.trap.process",
        "pager.diff-index",
        "alias.ls-tree",
        "core.alternateRefsCommand",
    ] {
        bench.git(&format!("config {key} {trap}"));
    }
    for hook in ["post-index-change", "fsmonitor-watchman", "reference-transaction"] {
        let hook = bench.dir().join(".git/hooks").join(hook);
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::copy(away.path().join("trap"), hook).unwrap();
    }
    // What stands in for the base where it is let: then nothing would be drift.
    bench.git("config --unset core.fsmonitor");
    let other = declared(&[("a", ", timeout: 7s")]);
    bench.git("config --unset filter.trap.process");
    let blob = bench.git("rev-parse main:discoveries.yaml");
    fs::write(away.path().join("other.yaml"), other).unwrap();
    let other = away.path().join("other.yaml");
    let replacing = bench.git(&format!("hash-object --no-filters -w {}", other.display()));
    bench.git(&format!("replace {blob} {replacing}"));
    bench.git(&format!("config core.fsmonitor {trap}"));
    bench.git(&format!("config filter.trap.process {trap}"));
    drop(fs::remove_file(&sprung));
    // Its time is another than what the index has: whoever refreshes it reads the file.
    bench.file("moved.yaml", &declared(&[("a", "")]));
    assert_eq!(bench.origins("--base main").await, "a update drift (timeout drift)");
    assert_eq!(fs::read_to_string(&sprung).unwrap_or_default(), "");
    // They are traps: what a person would type here springs them.
    bench.git("status");
    assert_ne!(fs::read_to_string(&sprung).unwrap_or_default(), "");
    // A folder of the files that looks like a repository is none.
    let inner = bench.dir().join("inner");
    git_in(&bench.dir(), "init --quiet --bare inner");
    fs::write(inner.join("x.yaml"), declared(&[("x", "")])).unwrap();
    fs::write(
        inner.join("config"),
        format!(
            "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = {}\n",
            away.path().display()
        ),
    )
    .unwrap();
    let ran = bench
        .run_bare(&["plan", "--simulate", "--base", "main", "--file", inner.to_str().unwrap()])
        .await;
    assert!(ran.exit == Exit::Invalid && ran.err.contains("safe.bareRepository"), "{ran:#?}");
}

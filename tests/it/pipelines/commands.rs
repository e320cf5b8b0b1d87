//! Compares the commands in a file with those that were run.

use crate::usage::COMMANDS;

/// Characters of shell syntax or prose that may follow the last word of a command.
const CLOSING: [char; 4] = [';', ')', '"', '`'];

/// Returns the words after `trueup` of each command in a file, up to the next shell operator.
/// Comments are skipped, and continued lines joined.
fn commands(text: &str) -> Vec<Vec<String>> {
    let code = text.lines().filter(|it| {
        let it = it.trim_start();
        !["#", "//"].iter().any(|comment| it.starts_with(comment))
    });
    let code = code.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let mut found = Vec::new();
    for line in code.lines() {
        let words = line.split_whitespace().collect::<Vec<_>>();
        let mut at = 0;
        while let Some(n) = words.iter().skip(at).position(|it| *it == "trueup") {
            at += n + 1;
            let command = words.get(at).map(|it| it.trim_end_matches(CLOSING));
            if !command.is_some_and(|it| COMMANDS.contains(&it)) {
                continue;
            }
            let is_end = |it: &&&str| it.starts_with(['>', '|', ';', '&']) || it.starts_with("2>");
            let rest = words[at..].iter().take_while(|it| !is_end(it)).copied();
            let n_before = rest.clone().take_while(|it| !it.ends_with(';')).count();
            let rest = rest.take(n_before + 1);
            found.push(rest.map(|it| it.trim_end_matches(CLOSING).replace('"', "")).collect());
        }
    }
    found
}

/// Returns whether a recorded run matches this command; shell variables match anything.
fn matches(command: &[String], run: &[String]) -> bool {
    command.len() == run.len()
        && command.iter().zip(run).all(|(wanted, had)| match wanted.split_once('$') {
            Some((before, _)) => had.starts_with(before),
            None => wanted == had,
        })
}

/// Expects this many commands in a file, and that each of them was run.
pub(super) fn expect_all_run(text: &str, n: usize, ran: &[Vec<String>]) {
    let all = commands(text);
    assert_eq!(all.len(), n, "a command was added or is no longer found: {all:?}");
    for command in all {
        assert!(ran.iter().any(|it| matches(&command, it)), "{command:?} was not run: {ran:#?}");
    }
}

#[test]
fn commands_are_found_in_every_notation() {
    let text = "\
        # trueup apply\n\
        run: trueup validate -f discoveries\n\
        a; trueup plan -f x \\\n  --out \"$PLAN/plan.json\" >plan.md || status=$?\n\
        if x; then trueup show plan.json || true; fi\n\
        if x; then trueup status; fi\n\
        echo '<!-- trueup -->'\n";
    let found = commands(text).iter().map(|it| it.join(" ")).collect::<Vec<_>>();
    assert_eq!(
        found,
        ["validate -f discoveries", "plan -f x --out $PLAN/plan.json", "show plan.json", "status"]
    );
    let words = |it: &str| it.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert!(matches(&words("show $X/plan.json"), &words("show elsewhere/plan.json")));
    assert!(!matches(&words("show plan.json"), &words("show other.json")));
}

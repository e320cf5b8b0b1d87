//! Diagnostics of a plan with `--base`.

use super::Example::Described;

codes! { "trueup::plan::";

DRIFT "drift" [Refusal] {
    title: "the controller has drifted from the files",
    meaning: "With `--base REF --drift fail`, the controller differs from what the files asked for \
        before this branch: a user has changed, deleted, created or started a discovery there.",
    reason: "Applying the plan would undo that. With `--drift fail`, a person decides first.",
    example: Described("`trueup plan --base main --drift fail`, after a user changed `timeout` of a \
        discovery in the controller's web interface."),
    remedy: "Find out who made the change and why. Copy what should stay into the files. `--drift \
        revert` changes the rest back to the files; `--drift keep` leaves it alone.",
}

UNREADABLE_BASE "unreadable_base" [Warning, Refusal] {
    title: "the files of the base have errors",
    meaning: "The files at the merge base with the REF of `--base` are not valid. The message has \
        the commit and the first errors.",
    reason: "Without them, changes of the branch cannot be told apart from drift, so everything \
        counts as this branch. The plan itself is still correct. `--drift keep` and `--drift fail` \
        need the distinction, so with them the plan is refused.",
    example: Described("`trueup plan --base main` on the branch that repairs a file whose YAML was broken on \
        `main`."),
    remedy: "The current files are not the cause. Compare with a commit whose files are valid, or \
        omit `--drift` for this one change.",
}

}

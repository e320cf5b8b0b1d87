//! What a plan with `--base` complains of.

use super::Example::Told;

codes! { "trueup::plan::";

DRIFT "drift" [Refusal] {
    title: "the controller has moved away from the files",
    meaning: "With `--base REF --drift fail`, something on the controller is not what the files \
        asked for before this branch: somebody has changed, deleted, made or started it there.",
    reason: "To apply the plan would undo that. Whoever gives `--drift fail` wants a person to \
        decide first.",
    example: Told("`trueup plan --base main --drift fail`, after somebody changed `timeout` of a \
        discovery in the controller's web interface."),
    remedy: "Find out who changed it and why. Put into the files what is to stay; \
        `--drift revert` makes the rest what the files say, and `--drift keep` leaves it alone.",
}

UNREADABLE_BASE "unreadable_base" [Warning, Refusal] {
    title: "the files of the base have mistakes",
    meaning: "The files at the merge-base with the REF of `--base` cannot be read. The message has \
        the commit and the first mistakes.",
    reason: "What the branch changes cannot be told from drift, so everything counts as this \
        change. What is planned is right all the same. With `--drift keep` or `fail`, which rest \
        on the difference, the plan is refused.",
    example: Told("`trueup plan --base main` on the branch that mends a file whose YAML was broken \
        on `main`."),
    remedy: "The files of today are not to blame. Compare with a commit whose files are good, or \
        leave `--drift` out for this one change.",
}

}

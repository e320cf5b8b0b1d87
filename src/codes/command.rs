//! What is wrong where no file is to blame.

use super::{Example::Plan, ExampleSetup};

codes! { "trueup::";

COMMAND "command" [Failure] {
    title: "something failed that no file is to blame for",
    meaning: "The command line cannot be carried out, the controller could not be asked, or a file \
        of the program's own could not be read or written. Only machines see this code, in \
        `--events` and `--annotations`: a person reads the message without it.",
    reason: "It stands for every such message, so that machines have a code everywhere. What \
        happened is in the message, and how it ended in the exit code.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries: []\n",
        line: "plan --only branch-[",
    }),
    remedy: "Do what the help below the message says. Where the controller is to blame, \
        `TRUEUP_LOG=debug` shows each request and its answer.",
}

}

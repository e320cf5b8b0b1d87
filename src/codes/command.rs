//! Failures that no file caused.

use super::{Example::Plan, ExampleSetup};

codes! { "trueup::";

COMMAND "command" [Failure] {
    title: "a failure that no file caused",
    meaning: "The command line is not valid, the controller could not be read, or a file that \
        trueup writes or reads for itself failed. Only `--events` and `--annotations` show this \
        code; the terminal shows the message without it.",
    reason: "Machine-readable output has a code for every message, and this is the code for all of \
        these. The message says what happened, and the exit code how the command ended.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries: []\n",
        line: "plan --only branch-[",
    }),
    remedy: "Follow the help below the message. For problems with the controller, \
        `TRUEUP_LOG=debug` shows each request and its response.",
}

}

//! What a plan complains of because of the files, the command line, or both: credentials, names,
//! pruning, runs that are asked for.

use super::{
    Example::{Never, Plan},
    ExampleSetup,
};

codes! { "trueup::plan::";

CREDENTIAL_MISSING "credential_missing" [Error] {
    title: "the controller has no such credential",
    meaning: "No global credential of this kind on the controller has the description, the \
        username or the id that the file gives. Descriptions are compared exactly, letter case \
        included.",
    reason: "Without the credential the scan would find nothing, or try another login on every \
        address. Nothing is sent for a discovery whose credentials are not certain.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [netopz], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Take one from the list in the help. If it is not there, make it on the controller \
        first: global credentials are used, never made. Somebody may have renamed it, too.",
}

CREDENTIAL_AMBIGUOUS "credential_ambiguous" [Error] {
    title: "several credentials fit",
    meaning: "The description or the username alone fits more than one global credential of the \
        controller. The help lists them.",
    reason: "They are different logins. Which of them is tried on every address of a range is not \
        left to the order in which a controller lists them.",
    example: Plan(ExampleSetup {
        live: "two cli credentials with the description `legacy`",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [legacy], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Say which: `{description: legacy, username: admin}`, or `{id: ...}` where even both \
        together are not unique. An id is of one controller only.",
}

CREDENTIAL_OF_ANOTHER_KIND "credential_of_another_kind" [Error] {
    title: "the credential is of another kind",
    meaning: "The controller has a global credential of this description, but its kind is not the \
        one that it is listed under in the file.",
    reason: "A controller takes all kinds in one list, so it would not complain: the discovery \
        would be without the login that you meant to give it.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [core], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "List it under the kind that the help names, or name a credential of the kind that you \
        need here.",
}

CREDENTIAL_TWICE "credential_twice" [Warning] {
    title: "a credential is given twice",
    meaning: "Two entries of one kind lead to the same global credential of the controller: by its \
        description and by its username, say.",
    reason: "It is sent once and harms nothing; but perhaps one of the two was to be another \
        credential.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [netops, {username: netops}], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Remove one of them, or correct it. Both places are shown.",
}

NO_CLI_CREDENTIAL "no_cli_credential" [Error] {
    title: "a new discovery has no `cli` credential",
    meaning: "The plan would make the discovery, or replace it, and no `cli` credential is given \
        for it, neither in its own keys nor in `defaults`.",
    reason: "A controller needs a login for devices to make a discovery. To send it all the same \
        would fail in its task; in a replace, after the old discovery is deleted.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Give it one: `credentials: {cli: [DESCRIPTION]}`, at the discovery or in `defaults`. \
        `cli: []` or `credentials: null` at the discovery takes the default away: look for that.",
}

NO_SNMP_CREDENTIAL "no_snmp_credential" [Warning] {
    title: "a new discovery has no SNMP credential",
    meaning: "The plan would make the discovery, or replace it, with neither an `snmp_v3` nor an \
        SNMPv2c credential.",
    reason: "It is sent as it is. The controller may refuse it; if it does not, it cannot read \
        from devices what it reads by SNMP, and finds less.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [netops]}\n",
        line: "plan",
    }),
    remedy: "Give it `snmp_v3`, or `snmp_v2_read` where the devices have no SNMPv3, at the \
        discovery or in `defaults`.",
}

CREATE_STARTS_A_RUN "create_starts_a_run" [Warning] {
    title: "making the discovery starts a run of it",
    meaning: "The file says `rerun: never`, and the discovery is not on the controller, or is \
        replaced. On the classic interface one request makes a discovery and starts its first run.",
    reason: "`never` holds for runs of a discovery that is there. This first run cannot be \
        avoided, and you should know of it before you approve the plan.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    rerun: never\n    credentials: {cli: [netops], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "If the range may be scanned now, there is nothing to do. If not, do not apply yet: \
        leave the discovery out with `--except NAME`, or take it out of the files until it may.",
}

OTHER_CONTROLLER "other_controller" [Refusal] {
    title: "the files are for another controller",
    meaning: "The files say `controller:`, and `--controller` or `CC_URL` says another scheme, \
        host or port.",
    reason: "Applied to the wrong controller, files create all their discoveries there, and with \
        `--prune` delete others. Nothing was asked of either controller, and nobody was logged in.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ncontroller: https://catalyst.example.com\ndiscoveries: []\n",
        line: "plan --controller https://lab.example.com",
    }),
    remedy: "Look at what `CC_URL` is in this shell or pipeline. If the files really go to that \
        controller, change `controller:` in them: in a commit that somebody reviews.",
}

PRUNE_WITHOUT_NAMES "prune_without_names" [Invalid] {
    title: "`--prune` needs `manage.names`",
    meaning: "`--prune` was given, and no file says with `manage` which names it owns.",
    reason: "Without patterns, everything on the controller that these files do not name would be \
        fair game, the discoveries of other teams included.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan --prune",
    }),
    remedy: "Add `manage: {names: [\"branch-*\"]}` to a file, with patterns that fit your own \
        names and nobody else's. To delete a single discovery, declare it `state: absent`; that \
        needs no `--prune`.",
}

PRUNE_WITHOUT_DISCOVERIES "prune_without_discoveries" [Invalid] {
    title: "`--prune` needs a discovery in the files",
    meaning: "`--prune` was given, and the files declare no discovery at all.",
    reason: "All that `manage.names` covers would be deleted. That is much more likely a wrong \
        path or an empty checkout than a wish.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\nmanage: {names: [\"branch-*\"]}\ndiscoveries: []\n",
        line: "plan --prune",
    }),
    remedy: "Look at the paths of `--file`. If all of them are really to go, declare each of them \
        `state: absent`: the plan then names every one.",
}

RERUN_NOT_PRESENT "rerun_not_present" [Invalid] {
    title: "`--rerun` names what is not to be present",
    meaning: "The name behind `--rerun` is in no file, or the file gives it as `stopped` or \
        `absent`.",
    reason: "A run that the files do not want would be stopped again by the next apply, or scan a \
        range that no review has seen.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, state: stopped}\n",
        line: "plan --rerun lab",
    }),
    remedy: "Look at the spelling: names are compared exactly. To run a discovery that is stopped, \
        change its `state` to `present` and pass `--rerun` in the same go.",
}

RERUN_NARROWED_AWAY "rerun_narrowed_away" [Warning] {
    title: "`--rerun` names what is left out",
    meaning: "`--rerun` asks for a run of a discovery that `--only` or `--except` leaves out of \
        this plan.",
    reason: "The two contradict each other. The discovery is left out: it is not run.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan --rerun lab --except lab",
    }),
    remedy: "Widen `--only` or `--except`, or drop the `--rerun`.",
}

MATCHES_NOTHING "matches_nothing" [Warning] {
    title: "an `--only` matches nothing",
    meaning: "A pattern of `--only` matches no name of the files and none on the controller.",
    reason: "A plan narrowed to nothing says that there is nothing to do, which is easily read as \
        that all is well.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries: []\n",
        line: "plan --only brnach-*",
    }),
    remedy: "Look for a typo. Put the pattern in quotes, or the shell may replace it by the names \
        of files. `trueup status` lists the names that are on the controller.",
}

TOO_MANY_DELETIONS "too_many_deletions" [Refusal] {
    title: "`--prune` would delete too many",
    meaning: "`--prune` would delete more than 2 discoveries, and more than a fifth of those that \
        `manage.names` covers, or more than `--allow-delete` allows.",
    reason: "A wrong path, a half-done merge or a pattern that is too wide look just like this. \
        The plan is shown, so that you see which discoveries would go; `apply` refuses it.",
    example: Plan(ExampleSetup {
        live: "`branch-1`, `branch-2` and `branch-3`",
        world: r#"[{"id": "1", "name": "branch-1", "discoveryType": "CIDR", "ipAddressList": "10.1.0.0/24",
            "discoveryStatus": "Inactive", "discoveryCondition": "Complete"},
            {"id": "2", "name": "branch-2", "discoveryType": "CIDR", "ipAddressList": "10.2.0.0/24",
            "discoveryStatus": "Inactive", "discoveryCondition": "Complete"},
            {"id": "3", "name": "branch-3", "discoveryType": "CIDR", "ipAddressList": "10.3.0.0/24",
            "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]"#,
        file: "version: 1\nmanage: {names: [\"branch-*\"]}\ndiscoveries:\n  - {name: hq, state: absent}\n",
        line: "plan --prune",
    }),
    remedy: "Read which discoveries the plan destroys. If all of them are to go, say so: \
        `--allow-delete N`, with at least their number. If not, look at the paths of `--file` and \
        at the patterns of `manage`.",
}

IMMUTABLE_WHILE_STOPPED "immutable_while_stopped" [Error] {
    title: "it cannot be changed without a run",
    meaning: "The file says `state: stopped`, and a setting differs that the interface cannot \
        change in place: the discovery would have to be deleted and made again.",
    reason: "Making it again may start a run of it, which `stopped` forbids.",
    example: Never(
        "The classic interface has no setting that is known not to change in place, so no plan \
         of today complains of this.",
    ),
    remedy: "With `state: present` the discovery is replaced. Or leave the setting as the \
        controller has it, until a run is allowed.",
}

BUG "bug" [Error] {
    title: "the plan breaks a rule of the program's own",
    meaning: "Every finished plan is checked once more, by rules that are written apart from the \
        planner. This one breaks a rule, which the message names.",
    reason: "It is a mistake in `trueup`, not in your files. A plan that cannot be trusted is not \
        carried out: nothing was changed on the controller.",
    example: Never("If a file or a command line provokes it, that is the bug."),
    remedy: "Report it, please, with the message and, if you may share them, the files and the \
        output of `trueup plan --format json`. Until then, `--except NAME` plans without the \
        discovery that the message names.",
}

}

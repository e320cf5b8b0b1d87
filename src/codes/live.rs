//! What a plan complains of because of what it found on the controller.

use super::{Example::Plan, ExampleSetup};

/// A live discovery `lab` with these members besides, as the world of a setup.
macro_rules! lab {
    ($status:literal, $condition:literal $(, $more:literal)?) => {
        concat!(
            r#"[{"id": "7", "name": "lab", "discoveryType": "CIDR", "#,
            r#""ipAddressList": "10.20.0.0/24", "retryCount": 1, "discoveryStatus": ""#,
            $status, r#"", "discoveryCondition": ""#, $condition, "\"",
            $(", ", $more,)? "}]"
        )
    };
}

codes! { "trueup::plan::";

DUPLICATE_LIVE_NAME "duplicate_live_name" [Error] {
    title: "the controller has this name several times",
    meaning: "There are several live discoveries of a name that a file gives, or that `--prune` \
        would delete. The message has their ids.",
    reason: "The name is all that tells discoveries apart. Which of them the file means is not \
        known, so none of them is touched.",
    example: Plan(ExampleSetup {
        live: "two discoveries that are both called `lab`",
        world: r#"[{"id": "7", "name": "lab", "discoveryType": "CIDR", "ipAddressList": "10.20.0.0/24",
            "discoveryStatus": "Inactive", "discoveryCondition": "Complete"},
            {"id": "8", "name": "lab", "discoveryType": "CIDR", "ipAddressList": "10.30.0.0/24",
            "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]"#,
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan",
    }),
    remedy: "Delete all but one in the controller's web interface, and plan again. `trueup \
        status --only NAME` shows what each of them scans.",
}

UNREADABLE "unreadable" [Error, Warning] {
    title: "a live discovery cannot be understood",
    meaning: "The controller lists a discovery with something in it that the program does not \
        know, such as a type of target that is new. The message has the field and what stands in it.",
    reason: "What cannot be read cannot be compared, and is never taken for a deleted one. It is \
        an error where a file names the discovery, or `--prune` would delete it. Any other is left \
        alone: one warning lists them, and what they scan is not counted in the impact.",
    example: Plan(ExampleSetup {
        live: "`lab`, of a type that nobody has heard of",
        world: r#"[{"id": "7", "name": "lab", "discoveryType": "Carrier Pigeon",
            "ipAddressList": "10.20.0.0/24", "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]"#,
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan",
    }),
    remedy: "Look at the discovery on the controller. If it is broken there, delete it there, and \
        it is made anew. If the controller is newer than this program, look for a newer `trueup`. \
        `--except NAME` plans all others.",
}

OWN_CREDENTIALS "own_credentials" [Refusal] {
    title: "a discovery has credentials of its own",
    meaning: "The live discovery has a login or a community that belongs to it alone instead of a \
        global credential. Somebody typed it in when they made the discovery. The message has the \
        fields that show it.",
    reason: "Passwords cannot be read back from a controller, so an edit, which sends the whole \
        discovery, would lose them: the next run could log in to nothing. So such a discovery is \
        not edited. With `on_change: replace` you agree to lose them.",
    example: Plan(ExampleSetup {
        live: "`lab`, with a username of its own and `retries` of 1",
        world: lab!("Inactive", "Complete", r#""userNameList": "root""#),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, retries: 3}\n",
        line: "plan",
    }),
    remedy: "Make a global credential of the login on the controller, give it in `credentials`, \
        and set `on_change: replace` for this change: the discovery is deleted and made again \
        with it. Or make the change by hand in the web interface; the next plan then has nothing \
        to do.",
}

OWN_CREDENTIALS_LOST "own_credentials_lost" [Warning] {
    title: "a replace loses a discovery's own credentials",
    meaning: "The live discovery has a login or a community that belongs to it alone, and \
        `on_change: replace` deletes it and makes it again without them.",
    reason: "They cannot be read back, and so not be sent again. The runs after this log in with \
        the global credentials of the file only.",
    example: Plan(ExampleSetup {
        live: "`lab`, with a username of its own and `retries` of 1",
        world: lab!("Inactive", "Complete", r#""userNameList": "root""#),
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    retries: 3\n    on_change: replace\n    credentials: {cli: [netops], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "See that the global credentials of the file can log in to the same devices. If \
        somebody still knows the lost login, make a global credential of it on the controller.",
}

SECRETS_NOT_SENT "secrets_not_sent" [Warning] {
    title: "an edit leaves masked secrets out",
    meaning: "Beside its global credentials, the live discovery has a secret that the controller \
        shows only as a mask. The edit does not send it.",
    reason: "The mask sent back could be stored as the secret itself. Left out, the secret may be \
        kept or lost, depending on the controller; the global credentials are sent and stay.",
    example: Plan(ExampleSetup {
        live: "`lab`, with a global credential, an SNMP community of its own, and `retries` of 1",
        world: lab!("Inactive", "Complete", r#""snmpRoCommunity": "public",
            "globalCredentialIdList": ["00000000-0000-4000-8000-000000000001"]"#),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, retries: 3}\n",
        line: "plan",
    }),
    remedy: "After the apply, look at the run: does it still find the devices that used this \
        secret? To be independent of it, make a global credential of it and give that in \
        `credentials`.",
}

BEING_EDITED "being_edited" [Warning] {
    title: "somebody may be editing it",
    meaning: "The controller says `Edit` of the discovery: it may be open in somebody's web \
        interface at this moment.",
    reason: "There is no lock. What they save after this plan is applied overwrites what the plan \
        has set, and the other way round.",
    example: Plan(ExampleSetup {
        live: "`lab`, whose status is `Edit`",
        world: lab!("Edit", "Complete"),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan",
    }),
    remedy: "Ask who has it open, and plan again when they are done. If nobody has, go on: the \
        status can be left over from an edit that was given up.",
}

SIMILAR_NAME "similar_name" [Warning] {
    title: "a live name differs in case or blanks only",
    meaning: "The file gives a name that is not on the controller, and one is there that differs \
        from it only in letter case or blanks.",
    reason: "To a controller they are two discoveries, so the plan would make a second one that \
        scans the same range.",
    example: Plan(ExampleSetup {
        live: "`lab`",
        world: lab!("Inactive", "Complete"),
        file: "version: 1\ndiscoveries:\n  - {name: Lab, cidr: 10.20.0.0/24, state: stopped}\n",
        line: "plan",
    }),
    remedy: "If they are the same discovery, write the name as the controller has it. If it is to \
        be renamed, declare the old name `absent` in the same change. If they are two, there is \
        nothing to do.",
}

HOPS_NOT_REPORTED "hops_not_reported" [Warning] {
    title: "the controller does not say how many hops",
    meaning: "The file gives `hops` for `cdp` or `lldp`, and what the controller lists of the \
        discovery has no number of hops.",
    reason: "Whether the hops are as wanted cannot be told. They are not compared: to call that a \
        difference would edit and run the discovery on every apply.",
    example: Plan(ExampleSetup {
        live: "`lab`, by CDP from 10.0.0.1, without a number of hops",
        world: r#"[{"id": "7", "name": "lab", "discoveryType": "CDP", "ipAddressList": "10.0.0.1",
            "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]"#,
        file: "version: 1\ndiscoveries:\n  - {name: lab, cdp: {seed: 10.0.0.1, hops: 3}}\n",
        line: "plan",
    }),
    remedy: "Look at the hops in the controller's web interface. If they are wrong, change them \
        there, or set `on_change: replace` and change any setting: the hops are always sent when a \
        discovery is made.",
}

RUN_STATE_UNKNOWN "run_state_unknown" [Warning] {
    title: "whether it runs is not known",
    meaning: "The controller's status and condition of the discovery make a pair that the program \
        does not know. The message has both words.",
    reason: "A discovery that is running is never started again, so in doubt it is not run; one \
        that is to be `stopped` is not stopped.",
    example: Plan(ExampleSetup {
        live: "`lab`, in the condition `Pondering`",
        world: lab!("Inactive", "Pondering"),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, rerun: until_complete}\n",
        line: "plan",
    }),
    remedy: "Look at the discovery on the controller. If it does not run and should, run it with \
        `--rerun NAME`; if it runs and should not, stop it there.",
}

RUN_AGE_UNKNOWN "run_age_unknown" [Warning] {
    title: "when the last run ended is not known",
    meaning: "The file says `rerun: {older_than: ...}`, and the controller gives no time at which \
        a run of the discovery ended.",
    reason: "Without the time nobody can say whether the run is too old. The discovery is not run: \
        otherwise it would run on every apply.",
    example: Plan(ExampleSetup {
        live: "`lab`, whose last run failed before it had looked at any device",
        world: lab!("Inactive", "Failed"),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, rerun: {older_than: 7d}}\n",
        line: "plan",
    }),
    remedy: "Run it once with `--rerun NAME`; from then on there should be a time. If the runs \
        keep failing, look at the controller for the cause.",
}

ALREADY_RUNNING "already_running" [Warning] {
    title: "`--rerun` names one that is running",
    meaning: "`--rerun` asks for a run of a discovery that is running now.",
    reason: "A discovery that is running is never started again: what a controller makes of a \
        second start is not documented. Nothing is done to it.",
    example: Plan(ExampleSetup {
        live: "`lab`, which is running",
        world: lab!("Active", "In Progress"),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan --rerun lab",
    }),
    remedy: "Wait for the end of the run, which `trueup status` shows, and ask again. If the run \
        hangs, stop it on the controller first.",
}

}

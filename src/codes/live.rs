//! Diagnostics of a plan about the state of the controller.

use super::{Example::Plan, ExampleSetup};

/// The live discovery `lab` of an example, with additional members.
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
    title: "several live discoveries have this name",
    meaning: "Several live discoveries have a name that a file declares or that `--prune` would \
        delete. The message has their ids.",
    reason: "Only the name identifies a discovery. It is not clear which one the file means, so \
        none of them is changed.",
    example: Plan(ExampleSetup {
        live: "two discoveries that are both called `lab`",
        world: r#"[{"id": "7", "name": "lab", "discoveryType": "CIDR", "ipAddressList": "10.20.0.0/24",
            "discoveryStatus": "Inactive", "discoveryCondition": "Complete"},
            {"id": "8", "name": "lab", "discoveryType": "CIDR", "ipAddressList": "10.30.0.0/24",
            "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]"#,
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan",
    }),
    remedy: "Delete all but one in the controller's web interface, and plan again. `trueup status \
        --only NAME` shows what each of them scans.",
}

UNREADABLE "unreadable" [Error, Warning] {
    title: "a live discovery cannot be read",
    meaning: "The controller lists a discovery with a value that trueup does not know, such as a \
        new type of target. The message has the field and its value.",
    reason: "A discovery that cannot be read cannot be compared, and is never treated as deleted. \
        It is an error if a file declares the discovery or `--prune` would delete it. Others are \
        left alone: one warning lists them, and the impact does not count what they scan.",
    example: Plan(ExampleSetup {
        live: "`lab`, of an unknown type",
        world: r#"[{"id": "7", "name": "lab", "discoveryType": "Carrier Pigeon",
            "ipAddressList": "10.20.0.0/24", "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]"#,
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan",
    }),
    remedy: "Look at the discovery on the controller. If it is broken, delete it there, and the \
        next apply creates it again. If the controller is newer than trueup, look for a newer \
        `trueup`. `--except NAME` plans all other discoveries.",
}

OWN_CREDENTIALS "own_credentials" [Refusal] {
    title: "a discovery has its own credentials",
    meaning: "The live discovery has a login or a community of its own in place of a global \
        credential, entered when the discovery was created. The message has the fields that show \
        it.",
    reason: "Passwords cannot be read from the controller. An edit sends the whole discovery and \
        would lose them, and the next run could not log in to any device. So trueup does not edit \
        such a discovery. With `on_change: replace` you agree to lose them.",
    example: Plan(ExampleSetup {
        live: "`lab`, with its own username and `retries` of 1",
        world: lab!("Inactive", "Complete", r#""userNameList": "root""#),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, retries: 3}\n",
        line: "plan",
    }),
    remedy: "On the controller, create a global credential for the login. List it in \
        `credentials`, and set `on_change: replace` for this change: the discovery is deleted and \
        created again with it. Or make the change in the web interface; the next plan then finds \
        no difference.",
}

OWN_CREDENTIALS_LOST "own_credentials_lost" [Warning] {
    title: "a replace loses a discovery's own credentials",
    meaning: "The live discovery has a login or a community of its own, and `on_change: replace` \
        deletes the discovery and creates it again without them.",
    reason: "They cannot be read, so they cannot be sent again. Later runs log in only with the \
        global credentials of the file.",
    example: Plan(ExampleSetup {
        live: "`lab`, with its own username and `retries` of 1",
        world: lab!("Inactive", "Complete", r#""userNameList": "root""#),
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    retries: 3\n    on_change: replace\n    credentials: {cli: [netops], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Check that the global credentials of the file can log in to the same devices. If the \
        lost login is still known, create a global credential for it on the controller.",
}

SECRETS_NOT_SENT "secrets_not_sent" [Warning] {
    title: "an edit omits masked secrets",
    meaning: "Beside its global credentials, the live discovery has a secret that the controller \
        returns only as a mask. The edit does not send it.",
    reason: "If the mask were sent back, the controller could store it as the secret. Without it, \
        the controller may keep or lose the secret. The global credentials are sent and stay.",
    example: Plan(ExampleSetup {
        live: "`lab`, with a global credential, its own SNMP community, and `retries` of 1",
        world: lab!("Inactive", "Complete", r#""snmpRoCommunity": "public",
            "globalCredentialIdList": ["00000000-0000-4000-8000-000000000001"]"#),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, retries: 3}\n",
        line: "plan",
    }),
    remedy: "After the apply, check that the run still finds the devices that used this secret. To \
        remove the dependency, create a global credential for it and list that in `credentials`.",
}

BEING_EDITED "being_edited" [Warning] {
    title: "another user may be editing the discovery",
    meaning: "The controller reports the status `Edit`: a user may have the discovery open in the \
        web interface.",
    reason: "There is no lock. If the user saves after this plan is applied, that overwrites the \
        result of the plan, and the other way round.",
    example: Plan(ExampleSetup {
        live: "`lab`, whose status is `Edit`",
        world: lab!("Edit", "Complete"),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan",
    }),
    remedy: "Ask who has the discovery open, and plan again when they are done. If no user has, go \
        on: the status can be left over from an abandoned edit.",
}

SIMILAR_NAME "similar_name" [Warning] {
    title: "a live name differs only in case or spaces",
    meaning: "The name in the file does not exist on the controller, but one exists that differs \
        only in letter case or spaces.",
    reason: "They are two discoveries to the controller, so the plan would create a second one \
        that scans the same range.",
    example: Plan(ExampleSetup {
        live: "`lab`",
        world: lab!("Inactive", "Complete"),
        file: "version: 1\ndiscoveries:\n  - {name: Lab, cidr: 10.20.0.0/24, state: stopped}\n",
        line: "plan",
    }),
    remedy: "If both are the same discovery, write the name as the controller has it. To rename \
        it, declare the old name `absent` in the same change. If they are two discoveries, there \
        is nothing to do.",
}

HOPS_NOT_REPORTED "hops_not_reported" [Warning] {
    title: "the controller does not report the hops",
    meaning: "The file sets `hops` for `cdp` or `lldp`, and the controller does not return a \
        number of hops for the discovery.",
    reason: "It cannot be decided whether the hops are as wanted, so they are not compared. \
        Treating them as different would edit and run the discovery on every apply.",
    example: Plan(ExampleSetup {
        live: "`lab`, by CDP from 10.0.0.1, without a number of hops",
        world: r#"[{"id": "7", "name": "lab", "discoveryType": "CDP", "ipAddressList": "10.0.0.1",
            "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]"#,
        file: "version: 1\ndiscoveries:\n  - {name: lab, cdp: {seed: 10.0.0.1, hops: 3}}\n",
        line: "plan",
    }),
    remedy: "Check the hops in the controller's web interface. If they are wrong, change them \
        there, or set `on_change: replace` and change any setting: a create always sends the hops.",
}

RUN_STATE_UNKNOWN "run_state_unknown" [Warning] {
    title: "it is not known whether the discovery runs",
    meaning: "The controller returns a combination of status and condition that trueup does not \
        know. The message has both.",
    reason: "A running discovery must not be started again, so trueup does not run it. If it \
        should be `stopped`, trueup does not stop it.",
    example: Plan(ExampleSetup {
        live: "`lab`, in the condition `Pondering`",
        world: lab!("Inactive", "Pondering"),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, rerun: until_complete}\n",
        line: "plan",
    }),
    remedy: "Look at the discovery on the controller. If it should run and does not, run it with \
        `--rerun NAME`. If it runs and should not, stop it there.",
}

RUN_AGE_UNKNOWN "run_age_unknown" [Warning] {
    title: "the end of the last run is not known",
    meaning: "The file has `rerun: {older_than: ...}`, and the controller returns no end time for \
        a run of the discovery.",
    reason: "Without the time, the age of the run is not known. The discovery is not run, because \
        otherwise it would run on every apply.",
    example: Plan(ExampleSetup {
        live: "`lab`, whose last run failed before it reached any device",
        world: lab!("Inactive", "Failed"),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, rerun: {older_than: 7d}}\n",
        line: "plan",
    }),
    remedy: "Run it once with `--rerun NAME`; after that there should be a time. If the runs keep \
        failing, look for the cause on the controller.",
}

ALREADY_RUNNING "already_running" [Warning] {
    title: "`--rerun` names a running discovery",
    meaning: "`--rerun` asks for a run of a discovery that is running now.",
    reason: "trueup never starts a running discovery again, because the effect of a second start \
        is not documented. The discovery is left as it is.",
    example: Plan(ExampleSetup {
        live: "`lab`, which is running",
        world: lab!("Active", "In Progress"),
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan --rerun lab",
    }),
    remedy: "Wait until the run ends, which `trueup status` shows, and try again. If the run \
        hangs, stop it on the controller first.",
}

}

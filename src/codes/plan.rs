//! Diagnostics of a plan about the files and the command line: credentials, names, pruning,
//! requested runs.

use super::{
    Example::{Never, Plan},
    ExampleSetup,
};

codes! { "trueup::plan::";

CREDENTIAL_MISSING "credential_missing" [Error] {
    title: "the controller has no such credential",
    meaning: "The controller has no global credential of this kind with the description, username \
        or id in the file. Descriptions are compared exactly, including letter case.",
    reason: "Without the credential the scan would find nothing, or try another login on every \
        address. trueup sends nothing for a discovery whose credentials are not certain.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [netopz], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Choose one from the list in the help. If it is not there, create it on the controller \
        first: trueup uses global credentials and never creates them. Another user may also have \
        renamed it.",
}

CREDENTIAL_AMBIGUOUS "credential_ambiguous" [Error] {
    title: "several credentials match",
    meaning: "The description or the username matches more than one global credential of the \
        controller. The help lists them.",
    reason: "They are different logins, and the choice must not depend on the order in which the \
        controller lists them.",
    example: Plan(ExampleSetup {
        live: "two cli credentials with the description `legacy`",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [legacy], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Say which one: `{description: legacy, username: admin}`, or `{id: ...}` if both \
        together are not unique. An id is valid on one controller only.",
}

CREDENTIAL_OF_ANOTHER_KIND "credential_of_another_kind" [Error] {
    title: "the credential has another kind",
    meaning: "The controller has a global credential with this description, but of another kind \
        than the one it is listed under in the file.",
    reason: "The controller takes all kinds in one list and would not report an error: the \
        discovery would lack the login that you meant.",
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
    title: "a credential is listed twice",
    meaning: "Two entries of one kind identify the same global credential, for example by its \
        description and by its username.",
    reason: "The credential is sent once, so there is no harm, but you may have meant another \
        credential.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [netops, {username: netops}], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Remove one entry, or correct it. Both places are shown.",
}

NO_CLI_CREDENTIAL "no_cli_credential" [Error] {
    title: "a new discovery has no `cli` credential",
    meaning: "The plan would create or replace the discovery, and neither the discovery nor \
        `defaults` has a `cli` credential.",
    reason: "The controller needs a device login to create a discovery. Without one the task would \
        fail; in a replace, after the old discovery is deleted.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Add one: `credentials: {cli: [DESCRIPTION]}`, in the discovery or in `defaults`. \
        Check also for `cli: []` or `credentials: null` in the discovery, which removes the \
        default.",
}

NO_SNMP_CREDENTIAL "no_snmp_credential" [Warning] {
    title: "a new discovery has no SNMP credential",
    meaning: "The plan would create or replace the discovery with neither an `snmp_v3` nor an \
        SNMPv2c credential.",
    reason: "The discovery is sent unchanged. The controller may reject it; otherwise it cannot \
        read devices by SNMP and finds less.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [netops]}\n",
        line: "plan",
    }),
    remedy: "Add `snmp_v3`, or `snmp_v2_read` if the devices have no SNMPv3, in the discovery or \
        in `defaults`.",
}

CREATE_STARTS_A_RUN "create_starts_a_run" [Warning] {
    title: "creating the discovery starts a run",
    meaning: "The file has `rerun: never`, and the discovery does not exist on the controller or \
        is replaced. On the classic interface, one request creates a discovery and starts its \
        first run.",
    reason: "`never` applies to runs of an existing discovery. This first run cannot be avoided, \
        and you should know about it before you approve the plan.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    rerun: never\n    credentials: {cli: [netops], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "If the range may be scanned now, there is nothing to do. If not, do not apply yet: \
        exclude the discovery with `--except NAME`, or remove it from the files until then.",
}

OTHER_CONTROLLER "other_controller" [Refusal] {
    title: "the files are for another controller",
    meaning: "The files have `controller:`, and `--controller` or `CC_URL` has another scheme, \
        host or port.",
    reason: "Applied to the wrong controller, the files create all their discoveries there, and \
        with `--prune` delete others. No request was sent to either controller.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ncontroller: https://catalyst.example.com\ndiscoveries: []\n",
        line: "plan --controller https://lab.example.com",
    }),
    remedy: "Check `CC_URL` in this shell or pipeline. If the files are meant for that controller, \
        change `controller:` in a reviewed commit.",
}

PRUNE_WITHOUT_NAMES "prune_without_names" [Invalid] {
    title: "`--prune` needs `manage.names`",
    meaning: "`--prune` is given, and no file has `manage`, which says which names the files own.",
    reason: "Without patterns, every discovery that these files do not declare could be deleted, \
        including those of other teams.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan --prune",
    }),
    remedy: "Add `manage: {names: [\"branch-*\"]}` to a file, with patterns that match only your \
        own names. To delete a single discovery, declare it `state: absent`; that needs no \
        `--prune`.",
}

PRUNE_WITHOUT_DISCOVERIES "prune_without_discoveries" [Invalid] {
    title: "`--prune` needs a discovery in the files",
    meaning: "`--prune` is given, and the files declare no discovery.",
    reason: "All discoveries that `manage.names` covers would be deleted. A wrong path or an empty \
        checkout is a much more likely cause.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\nmanage: {names: [\"branch-*\"]}\ndiscoveries: []\n",
        line: "plan --prune",
    }),
    remedy: "Check the paths of `--file`. To delete all of them, declare each one `state: absent`: \
        the plan then names every one.",
}

RERUN_NOT_PRESENT "rerun_not_present" [Invalid] {
    title: "`--rerun` names one that is not `present`",
    meaning: "The name after `--rerun` is in no file, or the file declares it `stopped` or \
        `absent`.",
    reason: "The next apply would stop such a run again, or the run would scan a range that was \
        not reviewed.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, state: stopped}\n",
        line: "plan --rerun lab",
    }),
    remedy: "Check the spelling: names are compared exactly. To run a stopped discovery, change \
        its `state` to `present` and pass `--rerun` at the same time.",
}

RERUN_NARROWED_AWAY "rerun_narrowed_away" [Warning] {
    title: "`--rerun` names an excluded discovery",
    meaning: "`--rerun` asks for a run of a discovery that `--only` or `--except` excludes from \
        this plan.",
    reason: "The two flags contradict each other. The discovery is excluded, so it is not run.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n",
        line: "plan --rerun lab --except lab",
    }),
    remedy: "Change `--only` or `--except`, or remove the `--rerun`.",
}

MATCHES_NOTHING "matches_nothing" [Warning] {
    title: "a pattern of `--only` matches nothing",
    meaning: "A pattern of `--only` matches no name in the files and none on the controller.",
    reason: "A plan without any discovery reports that there is nothing to do, which is easily \
        mistaken for a good result.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\ndiscoveries: []\n",
        line: "plan --only brnach-*",
    }),
    remedy: "Check for a typo. Put the pattern in quotes, or the shell may replace it with file \
        names. `trueup status` lists the names on the controller.",
}

TOO_MANY_DELETIONS "too_many_deletions" [Refusal] {
    title: "`--prune` would delete too many",
    meaning: "`--prune` would delete more than 2 discoveries, and more than a fifth of those that \
        `manage.names` covers, or more than `--allow-delete` allows.",
    reason: "A wrong path, an unfinished merge or a pattern that is too wide has the same effect. \
        The plan shows which discoveries would be deleted; `apply` refuses it.",
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
    remedy: "Check the discoveries that the plan destroys. To delete all of them, pass \
        `--allow-delete N` with at least their number. Otherwise check the paths of `--file` and \
        the patterns of `manage`.",
}

IMMUTABLE_WHILE_STOPPED "immutable_while_stopped" [Error] {
    title: "a stopped discovery cannot be changed in place",
    meaning: "The file has `state: stopped`, and a changed setting cannot be edited in place: the \
        discovery would have to be deleted and created again.",
    reason: "Creating it again may start a run, which `stopped` forbids.",
    example: Never("On the classic interface every setting is edited in place, so no plan reports this \
        today."),
    remedy: "With `state: present` the discovery is replaced. Or keep the setting as the \
        controller has it until a run is allowed.",
}

BUG "bug" [Error] {
    title: "the plan breaks an internal rule",
    meaning: "Every finished plan is checked against rules that are written independently of the \
        planner. This plan breaks a rule, which the message names.",
    reason: "This is a bug in `trueup`, not in your files. trueup does not execute a plan that it \
        cannot trust: nothing was changed on the controller.",
    example: Never("If a file or a command line provokes it, that is the bug."),
    remedy: "Please report it with the message and, if you may share them, the files and the \
        output of `trueup plan --format json`. Until it is fixed, `--except NAME` plans without \
        the discovery that the message names.",
}

}

//! Refusals by the limits of a `policy` block.

use super::{
    Example::{File, Plan},
    ExampleSetup,
};

/// A live discovery `lab` of 10.20.0.0/24 whose run is complete.
const LAB: &str = r#"[{"id": "7", "name": "lab", "discoveryType": "CIDR",
    "ipAddressList": "10.20.0.0/24", "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]"#;

codes! { "trueup::policy::";

MAX_NEW_ADDRESSES "max_new_addresses" [Refusal] {
    title: "too many addresses not scanned before",
    meaning: "The runs that the plan starts scan addresses that no live discovery covers yet, and \
        their number is above `max_new_addresses` of the policy. The message points at the \
        discoveries that contribute most.",
    reason: "This limit catches a mistyped prefix: a /16 in place of a /24 scans 65,000 addresses \
        that may belong to others.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\npolicy: {max_new_addresses: 100}\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [netops], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Check the prefix or the ranges. If they are correct, split the work into several \
        changes, or ask the owner of the policy to raise the limit in a separate change.",
}

MAX_LOGIN_ATTEMPTS "max_login_attempts" [Refusal] {
    title: "too many logins in the worst case",
    meaning: "The count is addresses times credentials times attempts (`retries` plus one), for \
        all runs that the plan starts. It is above `max_login_attempts` of the policy.",
    reason: "Failed logins lock accounts. The count is the worst case, in which every address \
        responds and no login works.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\npolicy: {max_login_attempts: 1000}\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    retries: 3\n    credentials: {cli: [netops], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Scan fewer addresses at once, use fewer credentials, or lower `retries`.",
}

MAX_DELETE "max_delete" [Refusal] {
    title: "too many discoveries would be destroyed",
    meaning: "The plan deletes or replaces more discoveries than `max_delete` allows: more than \
        its `count`, more than its `percent` of the managed live discoveries, or, if it has both \
        keys, more than both.",
    reason: "A lost file or a wrong folder looks like a request to delete its discoveries. \
        `--allow-delete` does not lift this limit: it belongs to `--prune`, not to the policy.",
    example: Plan(ExampleSetup {
        live: "`lab`",
        world: LAB,
        file: "version: 1\npolicy: {max_delete: {count: 0}}\ndiscoveries:\n  - {name: lab, state: absent}\n",
        line: "plan",
    }),
    remedy: "Check every discovery that the plan marks as destroyed. If all are intended, split \
        the work into several changes, or ask for a higher limit in a separate change.",
}

PROTECTED_NAMES "protected_names" [Refusal] {
    title: "a protected discovery would be destroyed",
    meaning: "The plan deletes or replaces a discovery whose name matches a pattern of \
        `protected_names`.",
    reason: "The policy keeps the discovery whatever the files say: if it is declared `absent`, \
        missing from the files or renamed with `--prune`, has `on_change: replace`, or has a \
        changed setting that cannot be edited in place.",
    example: Plan(ExampleSetup {
        live: "`lab`",
        world: LAB,
        file: "version: 1\npolicy: {protected_names: [\"lab*\"]}\ndiscoveries:\n  - {name: lab, state: absent}\n",
        line: "plan",
    }),
    remedy: "Restore its entry, or remove `on_change: replace`. To delete it, first change the \
        pattern in a separate change.",
}

MAX_ADDRESSES_PER_DISCOVERY "max_addresses_per_discovery" [Refusal] {
    title: "a discovery has too many addresses",
    meaning: "After `exclude`, the discovery has more addresses than `max_addresses_per_discovery` \
        allows for one.",
    reason: "A large scan takes long, loads the controller, and shows mistakes late.",
    example: File("version: 1\npolicy: {max_addresses_per_discovery: 100}\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n"),
    remedy: "Split the discovery, exclude addresses with `exclude`, or check the prefix.",
}

FORBID_RANGES "forbid_ranges" [Refusal] {
    title: "a discovery scans forbidden addresses",
    meaning: "After `exclude`, the target of the discovery has addresses that `forbid_ranges` of \
        the policy forbids. The message has the exact ranges.",
    reason: "Some networks must not be scanned at all, because their devices cannot tolerate it or \
        belong to others.",
    example: File("version: 1\npolicy: {forbid_ranges: [10.20.0.128/25]}\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n"),
    remedy: "Scan less, or exclude the addresses with `exclude`, which the controller honors with \
        `cidr`, `cdp` and `lldp`.",
}

ALLOW_ONLY_WITHIN "allow_only_within" [Refusal] {
    title: "a discovery scans outside the allowed ranges",
    meaning: "After `exclude`, the target of the discovery has addresses outside \
        `allow_only_within` of the policy. The message has the exact ranges.",
    reason: "The policy lists the networks that may be scanned. A mistyped octet is outside them.",
    example: File("version: 1\npolicy: {allow_only_within: [10.0.0.0/8]}\ndiscoveries:\n  - {name: lab, cidr: 192.0.2.0/24}\n"),
    remedy: "Correct the target. If the network is new, ask for it to be added to the policy in a \
        separate change.",
}

ALLOW_UNBOUNDED "allow_unbounded" [Refusal] {
    title: "a neighbour discovery that is not allowed",
    meaning: "The discovery finds addresses by CDP or LLDP, and no pattern of `allow_unbounded` \
        matches its name.",
    reason: "A scan from neighbour to neighbour can reach devices that were never considered, and \
        its size cannot be counted in advance.",
    example: File("version: 1\npolicy: {allow_unbounded: [hq-core]}\ndiscoveries:\n  - {name: lab, cdp: {seed: 10.0.0.1, hops: 2}}\n"),
    remedy: "Scan `ranges` or a `cidr` instead, or have the name allowed in the policy.",
}

OVERLAP "overlap" [Refusal, Warning] {
    title: "two discoveries scan the same addresses",
    meaning: "Two discoveries of the files have addresses in common, or one of them has addresses \
        in common with an unmanaged live discovery. The message has the exact ranges. With \
        `overlap: warn` in the policy this is a warning, with `overlap: error` a refusal.",
    reason: "Both discoveries log in to the same devices with their own credentials, and the one \
        that ran last decides the settings of a device.",
    example: File("version: 1\npolicy: {overlap: error}\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n  - {name: annex, address: 10.20.0.7}\n"),
    remedy: "Let one of the two scan the addresses: give the other a smaller target, or exclude \
        them with `exclude`.",
}

}

//! What the limits of a `policy` block refuse.

use super::{
    Example::{File, Plan},
    ExampleSetup,
};

/// A live discovery `lab` of 10.20.0.0/24 that is over.
const LAB: &str = r#"[{"id": "7", "name": "lab", "discoveryType": "CIDR",
    "ipAddressList": "10.20.0.0/24", "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]"#;

codes! { "trueup::policy::";

MAX_NEW_ADDRESSES "max_new_addresses" [Refusal] {
    title: "too many addresses not scanned before",
    meaning: "The runs that the plan starts scan more addresses that no live discovery covers than \
        `max_new_addresses` of the policy allows. The discoveries with most of them are shown first.",
    reason: "A mistyped prefix is seen here: a /16 for a /24 is 65,000 addresses of somebody \
        else's network.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\npolicy: {max_new_addresses: 100}\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [netops], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Look at the prefix or the ranges. If all of it is meant, make it in several changes, \
        or have whoever owns the policy raise the limit in a change of its own.",
}

MAX_LOGIN_ATTEMPTS "max_login_attempts" [Refusal] {
    title: "too many logins in the worst case",
    meaning: "Each address, times each credential of the discovery, times one more than its \
        retries: over all runs that the plan starts this is more than `max_login_attempts` allows.",
    reason: "Logins that fail lock accounts. The count is the worst case, in which every address \
        answers and no login fits.",
    example: Plan(ExampleSetup {
        live: "",
        world: "[]",
        file: "version: 1\npolicy: {max_login_attempts: 1000}\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    retries: 3\n    credentials: {cli: [netops], snmp_v3: [core]}\n",
        line: "plan",
    }),
    remedy: "Scan less at once, give fewer credentials, or lower `retries`.",
}

MAX_DELETE "max_delete" [Refusal] {
    title: "too much would be destroyed",
    meaning: "The plan deletes or replaces more discoveries than `max_delete` allows: more than \
        its `count`, more than its `percent` of the live discoveries that the files own, or, where \
        it has both keys, more than both.",
    reason: "A file that got lost, or a wrong folder, looks like the wish to delete what was in \
        it. `--allow-delete` does not lift this limit: it is of the policy, not of `--prune`.",
    example: Plan(ExampleSetup {
        live: "`lab`",
        world: LAB,
        file: "version: 1\npolicy: {max_delete: {count: 0}}\ndiscoveries:\n  - {name: lab, state: absent}\n",
        line: "plan",
    }),
    remedy: "See whether all that is shown as destroyed is meant to be. If so, do it in several \
        changes, or have the limit raised in a change of its own.",
}

PROTECTED_NAMES "protected_names" [Refusal] {
    title: "a protected discovery would be destroyed",
    meaning: "The plan deletes or replaces a discovery whose name matches a pattern of \
        `protected_names`.",
    reason: "The policy says that it stays, whatever the files say: declared `absent`, gone from \
        the files or renamed with `--prune`, `on_change: replace`, or a setting that cannot be \
        changed in place.",
    example: Plan(ExampleSetup {
        live: "`lab`",
        world: LAB,
        file: "version: 1\npolicy: {protected_names: [\"lab*\"]}\ndiscoveries:\n  - {name: lab, state: absent}\n",
        line: "plan",
    }),
    remedy: "Bring its entry back, or take `on_change: replace` away. If it is to go, have the \
        pattern changed first, in a change of its own.",
}

MAX_ADDRESSES_PER_DISCOVERY "max_addresses_per_discovery" [Refusal] {
    title: "a discovery has too many addresses",
    meaning: "After `exclude`, the discovery has more addresses than the policy allows one to have.",
    reason: "A large scan takes long, loads the controller, and shows its mistakes late.",
    example: File("version: 1\npolicy: {max_addresses_per_discovery: 100}\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n"),
    remedy: "Make several discoveries of it, leave addresses out with `exclude`, or look whether \
        the prefix is right.",
}

FORBID_RANGES "forbid_ranges" [Refusal] {
    title: "a discovery scans forbidden addresses",
    meaning: "The target of the discovery, after `exclude`, has addresses that `forbid_ranges` of \
        the policy forbids. The message has the exact ranges.",
    reason: "Some networks must not be scanned at all: devices that do not stand it, or that are \
        not yours.",
    example: File("version: 1\npolicy: {forbid_ranges: [10.20.0.128/25]}\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n"),
    remedy: "Scan less, or leave the addresses out with `exclude` where the controller heeds it: \
        beside `cidr`, `cdp` and `lldp`.",
}

ALLOW_ONLY_WITHIN "allow_only_within" [Refusal] {
    title: "a discovery scans what is not allowed",
    meaning: "The target of the discovery, after `exclude`, has addresses outside of all that \
        `allow_only_within` lists. The message has the exact ranges.",
    reason: "The policy lists the networks that may be scanned. A mistyped octet leads out of them.",
    example: File("version: 1\npolicy: {allow_only_within: [10.0.0.0/8]}\ndiscoveries:\n  - {name: lab, cidr: 192.0.2.0/24}\n"),
    remedy: "Correct the target. If the network is new, have it added to the policy in a change of \
        its own.",
}

ALLOW_UNBOUNDED "allow_unbounded" [Refusal] {
    title: "a neighbour discovery that is not allowed",
    meaning: "The discovery finds its addresses by CDP or LLDP, and no pattern of \
        `allow_unbounded` matches its name.",
    reason: "From neighbour to neighbour a scan may reach devices that nobody thought of: what it \
        scans cannot be counted beforehand.",
    example: File("version: 1\npolicy: {allow_unbounded: [hq-core]}\ndiscoveries:\n  - {name: lab, cdp: {seed: 10.0.0.1, hops: 2}}\n"),
    remedy: "Scan `ranges` or a `cidr` instead, or have the name allowed in the policy.",
}

OVERLAP "overlap" [Refusal, Warning] {
    title: "two discoveries scan the same addresses",
    meaning: "Two discoveries of the files have addresses in common, or one of them with a live \
        one that no file gives. The message has the exact ranges. It is told where the policy says \
        `overlap: warn`, and refused with `overlap: error`.",
    reason: "Both log in to the same devices, each with its own credentials, and whose settings a \
        device ends up with depends on which came last.",
    example: File("version: 1\npolicy: {overlap: error}\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n  - {name: annex, address: 10.20.0.7}\n"),
    remedy: "Let one of the two scan them: give the other a smaller target, or leave them out with \
        `exclude`.",
}

}

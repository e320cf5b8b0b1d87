//! The warnings about files: what is allowed, and may not come to what you expect.

use super::Example::File;

codes! { "trueup::config::";

LARGE_RANGE "large_range" [Warning] {
    title: "a range has more than 4,096 addresses",
    meaning: "One range of a discovery covers more addresses than the controller's user guide has \
        for a range.",
    reason: "The guide's bound is not known to be enforced, so the range is sent as it is. Either \
        its task fails, or the scan runs long: each address is tried with each credential, and \
        again for each retry.",
    example: File("version: 1\ndiscoveries:\n  - {name: campus, ranges: [10.0.0.0-10.0.255.255]}\n"),
    remedy: "Look whether the range is meant: a wrong digit makes 256 times as many addresses. If \
        it is, make several discoveries of smaller ranges: the scan of each can be stopped and run \
        again on its own.",
}

PREFIX_SIZE "prefix_size" [Warning] {
    title: "a prefix is larger or smaller than usual",
    meaning: "The controller's user guide has prefixes from /20 to /30, and from /116 to /126 for \
        IPv6. This one is outside.",
    reason: "The prefix is sent as it is. Whether the controller takes it is not known; a prefix \
        that is far too large scans a network that may not be yours.",
    example: File("version: 1\ndiscoveries:\n  - {name: campus, cidr: 10.0.0.0/8}\n"),
    remedy: "Look at the length for a missing digit. For one address use `address`; for a larger \
        network make several discoveries with prefixes of /20 or smaller.",
}

TOO_MANY_RANGES "too_many_ranges" [Warning] {
    title: "a discovery has more than 8 ranges",
    meaning: "The controller's user guide has at most 8 ranges for one discovery. Ranges that are \
        given twice are counted once.",
    reason: "All of them are sent. Whether a controller refuses them, or drops some, is not known; \
        a range that it does not keep is noticed when the discovery is read back, and fails the \
        change.",
    example: File("version: 1\ndiscoveries:\n  - name: branches\n    ranges: [10.0.0.1, 10.0.1.1, 10.0.2.1, 10.0.3.1, 10.0.4.1,\n             10.0.5.1, 10.0.6.1, 10.0.7.1, 10.0.8.1]\n"),
    remedy: "Split the ranges over two discoveries, or put neighbouring ranges together.",
}

LONG_ADDRESS_LIST "long_address_list" [Warning] {
    title: "the list of addresses has over 255 characters",
    meaning: "Written one behind the other, as they are sent, the ranges of the discovery are \
        longer than 255 characters. Eight ranges of IPv4 always fit.",
    reason: "A client of the controller's vendor found its field to be so long. The list is sent \
        whole; a controller that cuts it would scan something else, so what was kept is read back \
        before a changed discovery is run.",
    example: File("version: 1\ndiscoveries:\n  - name: branches\n    ranges: [100.100.100.100-100.100.100.200, 100.100.101.100-100.100.101.200,\n             100.100.102.100-100.100.102.200, 100.100.103.100-100.100.103.200,\n             100.100.104.100-100.100.104.200, 100.100.105.100-100.100.105.200,\n             100.100.106.100-100.100.106.200, 100.100.107.100-100.100.107.200,\n             100.100.108.100-100.100.108.200]\n"),
    remedy: "Split the ranges over two discoveries, or write a prefix with `cidr`, which is short.",
}

LONG_NAME "long_name" [Warning] {
    title: "a name has more than 255 characters",
    meaning: "The name of the discovery is longer than clients of the controller allow.",
    reason: "What the controller does with a longer name is not known. One that it cuts would be \
        a stranger to the next plan, which would create the discovery once more.",
    example: File("version: 1\ndiscoveries:\n  - cidr: 10.20.0.0/24\n    name: 'a-name-that-goes-on-and-on-a-name-that-goes-on-and-on-a-name-that-goes-on-and-\n      on-a-name-that-goes-on-and-on-a-name-that-goes-on-and-on-a-name-that-goes-on-and-on-a-name\n      -that-goes-on-and-on-a-name-that-goes-on-and-on-a-name-that-goes-on-and-on-a-name-that-goes'\n"),
    remedy: "Give it a shorter name. If it is on the controller under the long one, declare that \
        one `absent` in the same change: a rename is a delete and a create.",
}

MANY_CREDENTIALS "many_credentials" [Warning] {
    title: "more than 5 credentials of one kind",
    meaning: "The controller's user guide has at most 5 global credentials of a kind for one \
        discovery.",
    reason: "All of them are sent. Each is tried on each address until one works: more credentials \
        mean more failed logins, and failed logins lock accounts.",
    example: File("version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [one, two, three, four, five, six]}\n"),
    remedy: "Keep those that the devices of this range really have. Split the discovery where \
        parts of the network have different logins.",
}

DUPLICATE_RANGE "duplicate_range" [Warning] {
    title: "a discovery has the same range twice",
    meaning: "Two entries of `ranges` are the same, though they may be written differently: \
        `10.0.0.1` and `10.0.0.1-10.0.0.1` are one.",
    reason: "It is sent once and harms nothing; but perhaps one of the two was to be another \
        range.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, ranges: [10.0.0.1, 10.0.0.1-10.0.0.1]}\n"),
    remedy: "Remove one of them, or correct it. Ranges that overlap without being equal are left \
        as they are.",
}

DUPLICATE_PROTOCOL "duplicate_protocol" [Warning] {
    title: "`protocols` has the same one twice",
    meaning: "A protocol stands twice in the order in which devices are logged in to. Only its \
        first place counts.",
    reason: "It is sent once and harms nothing; but perhaps the other protocol was meant.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, protocols: [ssh, ssh]}\n"),
    remedy: "Remove one of them, or write the other protocol: `[ssh, telnet]`.",
}

IPV6_UNPROVEN "ipv6_unproven" [Warning] {
    title: "IPv6 may not work on the classic interface",
    meaning: "The discovery has an IPv6 address. What the classic interface does with one is \
        documented nowhere.",
    reason: "It is sent as it is. If the controller refuses it, the task fails and the change with \
        it; if it keeps something else, that is noticed when the discovery is read back.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, address: \"2001:db8::1\"}\n"),
    remedy: "Try it with one harmless address first, and look at the run on the controller. There \
        is nothing to change in the file.",
}

EXCLUDE_MAY_BE_IGNORED "exclude_may_be_ignored" [Warning] {
    title: "`exclude` may be ignored beside this target",
    meaning: "The controller's filter of addresses is documented for `cidr`, `cdp` and `lldp`. \
        Here it stands beside `address` or `ranges`.",
    reason: "It is sent all the same. If the controller does not heed it, the addresses that you \
        wanted left alone are scanned. The plan counts them as scanned, to be safe.",
    example: File("version: 1\ndiscoveries:\n  - name: lab\n    ranges: [10.0.0.1-10.0.0.254]\n    exclude: [10.0.0.7]\n"),
    remedy: "Leave the addresses out by writing the ranges around them: `[10.0.0.1-10.0.0.6, \
        10.0.0.8-10.0.0.254]`. Or use `cidr`. An `exclude` that comes from `defaults` is taken \
        away by `exclude: null`.",
}

}

//! Warnings about files: values that are accepted and may not have the expected effect.

use super::Example::File;

codes! { "trueup::config::";

LARGE_RANGE "large_range" [Warning] {
    title: "a range has more than 4,096 addresses",
    meaning: "A range of the discovery has more addresses than the controller's user guide allows \
        for one range.",
    reason: "It is not known whether the controller enforces this limit, so the range is sent \
        unchanged. Either the task fails, or the scan takes long: the controller tries each \
        address with each credential, and again for each retry.",
    example: File("version: 1\ndiscoveries:\n  - {name: campus, ranges: [10.0.0.0-10.0.255.255]}\n"),
    remedy: "Check the range: one wrong digit makes it 256 times as large. If it is correct, split \
        it into several discoveries, whose scans can be stopped and run separately.",
}

PREFIX_SIZE "prefix_size" [Warning] {
    title: "a prefix is larger or smaller than usual",
    meaning: "The controller's user guide allows prefixes from /20 to /30, and from /116 to /126 \
        for IPv6. This prefix is outside these bounds.",
    reason: "The prefix is sent unchanged. It is not known whether the controller accepts it. A \
        prefix that is too large scans a network that may not be yours.",
    example: File("version: 1\ndiscoveries:\n  - {name: campus, cidr: 10.0.0.0/8}\n"),
    remedy: "Check the length for a missing digit. For one address use `address`. For a larger \
        network use several discoveries with prefixes of /20 or longer.",
}

TOO_MANY_RANGES "too_many_ranges" [Warning] {
    title: "a discovery has more than 8 ranges",
    meaning: "The controller's user guide allows at most 8 ranges for one discovery. Duplicate \
        ranges are counted once.",
    reason: "All ranges are sent. It is not known whether the controller rejects them or drops \
        some. The discovery is read back, and a dropped range fails the change.",
    example: File("version: 1\ndiscoveries:\n  - name: branches\n    ranges: [10.0.0.1, 10.0.1.1, 10.0.2.1, 10.0.3.1, 10.0.4.1,\n             10.0.5.1, 10.0.6.1, 10.0.7.1, 10.0.8.1]\n"),
    remedy: "Split the ranges into two discoveries, or merge adjacent ranges.",
}

LONG_ADDRESS_LIST "long_address_list" [Warning] {
    title: "the list of addresses has over 255 characters",
    meaning: "The request has all ranges of a discovery in one text, and here this text is longer \
        than 255 characters. Eight IPv4 ranges always fit.",
    reason: "Another client by the vendor reports that the controller's field has this length. The \
        list is sent unchanged. A controller that cuts it off would scan other addresses, so the \
        discovery is read back before it is run.",
    example: File("version: 1\ndiscoveries:\n  - name: branches\n    ranges: [100.100.100.100-100.100.100.200, 100.100.101.100-100.100.101.200,\n             100.100.102.100-100.100.102.200, 100.100.103.100-100.100.103.200,\n             100.100.104.100-100.100.104.200, 100.100.105.100-100.100.105.200,\n             100.100.106.100-100.100.106.200, 100.100.107.100-100.100.107.200,\n             100.100.108.100-100.100.108.200]\n"),
    remedy: "Split the ranges into two discoveries, or use `cidr` with a prefix, which is shorter.",
}

LONG_NAME "long_name" [Warning] {
    title: "a name has more than 255 characters",
    meaning: "The name of the discovery is longer than other clients of the controller allow.",
    reason: "It is not known what the controller does with a longer name. If it cuts the name off, \
        the next plan does not find the discovery and creates it again.",
    example: File("version: 1\ndiscoveries:\n  - cidr: 10.20.0.0/24\n    name: 'a-name-that-goes-on-and-on-a-name-that-goes-on-and-on-a-name-that-goes-on-and-\n      on-a-name-that-goes-on-and-on-a-name-that-goes-on-and-on-a-name-that-goes-on-and-on-a-name\n      -that-goes-on-and-on-a-name-that-goes-on-and-on-a-name-that-goes-on-and-on-a-name-that-goes'\n"),
    remedy: "Give the discovery a shorter name. If it exists on the controller under the long \
        name, declare that name `absent` in the same change: a rename is a delete and a create.",
}

MANY_CREDENTIALS "many_credentials" [Warning] {
    title: "more than 5 credentials of one kind",
    meaning: "The controller's user guide allows at most 5 global credentials of one kind for a \
        discovery.",
    reason: "All of them are sent. The controller tries each on each address until one works: more \
        credentials cause more failed logins, and failed logins lock accounts.",
    example: File("version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [one, two, three, four, five, six]}\n"),
    remedy: "Keep the credentials that the devices of this range use. Split the discovery if parts \
        of the network have different logins.",
}

DUPLICATE_RANGE "duplicate_range" [Warning] {
    title: "a discovery has the same range twice",
    meaning: "Two entries of `ranges` are equal, even if they are written differently: `10.0.0.1` \
        and `10.0.0.1-10.0.0.1` are the same range.",
    reason: "The range is sent once, so there is no harm, but you may have meant another range.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, ranges: [10.0.0.1, 10.0.0.1-10.0.0.1]}\n"),
    remedy: "Remove one entry, or correct it. Ranges that overlap without being equal are not \
        reported.",
}

DUPLICATE_PROTOCOL "duplicate_protocol" [Warning] {
    title: "`protocols` lists the same one twice",
    meaning: "A protocol is listed twice in the order of logins. Only its first position counts.",
    reason: "The protocol is sent once, so there is no harm, but you may have meant the other \
        protocol.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, protocols: [ssh, ssh]}\n"),
    remedy: "Remove one entry, or write the other protocol: `[ssh, telnet]`.",
}

IPV6_UNPROVEN "ipv6_unproven" [Warning] {
    title: "IPv6 may not work on the classic interface",
    meaning: "The discovery has an IPv6 address. How the classic interface handles IPv6 is not \
        documented.",
    reason: "The address is sent unchanged. If the controller rejects it, the task and the change \
        fail. If the controller stores another value, the change fails when the discovery is read \
        back.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, address: \"2001:db8::1\"}\n"),
    remedy: "Try one harmless address first, and check its run on the controller. The file needs \
        no change.",
}

EXCLUDE_MAY_BE_IGNORED "exclude_may_be_ignored" [Warning] {
    title: "`exclude` may be ignored with this target",
    meaning: "The controller documents its address filter for `cidr`, `cdp` and `lldp`. Here \
        `exclude` is used with `address` or `ranges`.",
    reason: "The filter is sent anyway. If the controller ignores it, the excluded addresses are \
        scanned. To be safe, the plan counts them as scanned.",
    example: File("version: 1\ndiscoveries:\n  - name: lab\n    ranges: [10.0.0.1-10.0.0.254]\n    exclude: [10.0.0.7]\n"),
    remedy: "Write the ranges so that they leave the addresses out: `[10.0.0.1-10.0.0.6, \
        10.0.0.8-10.0.0.254]`. Or use `cidr`. To remove an `exclude` from `defaults`, set \
        `exclude: null`.",
}

}

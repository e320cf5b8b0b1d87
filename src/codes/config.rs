//! The mistakes in files: `validate` finds all of them, without a controller.

use super::Example::{File, Made, Told};

codes! { "trueup::config::";

SYNTAX "syntax" [Invalid] {
    title: "the file is not YAML that can be read",
    meaning: "The text breaks a rule of YAML: a bracket that is never closed, a tab in the \
        indentation, an unknown anchor or tag, several documents in one file, bytes that are not \
        UTF-8. Or it goes beyond a limit: 32 levels of depth, four million values, or aliases that \
        blow the file up when they are followed.",
    reason: "From the first such place on, nobody can say what was meant. So this file is read no \
        further and shows one mistake; the other files are read to their end.",
    example: File("version: 1\ndiscoveries: [\n"),
    remedy: "Look at the place that is underlined, and at the line above it: a missing bracket or \
        quote is noticed later than where it belongs. Give each document a file of its own, indent \
        with blanks, save as UTF-8. An editor that knows the schema shows such mistakes while you \
        type: see `trueup schema desired-state`.",
}

UNKNOWN_KEY "unknown_key" [Invalid] {
    title: "a map has a key that does not exist",
    meaning: "The key that is underlined is none of this format, at least not in this place.",
    reason: "A misspelt key that was passed over silently would leave a setting unmanaged that you \
        believe to be managed: a scan could go out without its `exclude`.",
    example: File("version: 1\ndiscoveries:\n  - name: branch-berlin\n    cidr: 10.20.0.0/22\n    timout: 5s\n"),
    remedy: "Take the key that the help proposes, or one from the list that it gives. Keys are in \
        lower case, with `_` between their words. `name`, `state` and the targets cannot stand in \
        `defaults`.",
}

WRONG_TYPE "wrong_type" [Invalid] {
    title: "a value is of another type",
    meaning: "There is a number where a text belongs, a text where a list belongs, a word that is \
        none of the words of this key, or a key that is no text.",
    reason: "YAML guesses types from the looks of a value. The program does not guess back: `5` \
        could be five seconds or five minutes.",
    example: File("version: 1\ndiscoveries:\n  - name: branch-berlin\n    ranges: 10.10.0.1-10.10.0.254\n"),
    remedy: "Write what the message expects. A list is `[a, b]`, or a line with a dash for each \
        item; a name that looks like a number goes into quotes; a duration has a unit.",
}

MISSING_KEY "missing_key" [Invalid] {
    title: "a key that is always needed is not there",
    meaning: "A map lacks a key without which it means nothing: `version` at the top of a file, \
        `name` of a discovery, `seed` of `cdp` and `lldp`, `names` of `manage`, `older_than` of a \
        `rerun` by age.",
    reason: "There is no sensible default for any of them. Without `version`, for one, a later \
        format could be misread as this one.",
    example: File("version: 1\ndiscoveries:\n  - cidr: 10.20.0.0/22\n"),
    remedy: "Add the key at the place that is underlined. Every file of a folder begins with \
        `version: 1`, not only the first.",
}

DUPLICATE_KEY "duplicate_key" [Invalid] {
    title: "a map has the same key twice",
    meaning: "The same key stands twice in one map. Both places are shown.",
    reason: "YAML forbids it, and many readers of YAML take the last one silently. Which of the \
        two you look at when you review the file is chance.",
    example: File("version: 1\ndiscoveries:\n  - name: branch-berlin\n    cidr: 10.20.0.0/22\n    retries: 3\n    retries: 1\n"),
    remedy: "Remove one of the two. It is often left over from a merge of two branches.",
}

DUPLICATE_NAME "duplicate_name" [Invalid] {
    title: "two discoveries have the same name",
    meaning: "Two entries, in one file or in two, give the same name. Names are compared exactly, \
        over all files that are read together.",
    reason: "The name is the identity of a discovery: a controller has it once. Two entries would \
        overwrite each other on every apply.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n  - {name: lab, cidr: 10.30.0.0/24}\n"),
    remedy: "Remove one of them, or give it another name. If one is to be deleted, one entry with \
        `state: absent` is enough. Look at the `--file` flags, too: an old copy of a file in the \
        same folder is read as well.",
}

BAD_NAME "bad_name" [Invalid] {
    title: "a discovery cannot have this name",
    meaning: "The name is empty, begins or ends with a blank, or holds a control character such as \
        a line break.",
    reason: "Such names look like others on the screen and in a plan, and what a controller makes \
        of them when it stores them is not known. A name that comes back changed would be a \
        stranger to the next plan.",
    example: File("version: 1\ndiscoveries:\n  - {name: \" lab\", cidr: 10.20.0.0/24}\n"),
    remedy: "Write the name without blanks at its ends, on one line beside its key. `|` and `>` \
        of YAML keep a line break at the end of a text.",
}

BAD_ADDRESS "bad_address" [Invalid] {
    title: "a text is not an IP address",
    meaning: "Where an address belongs there is something else: a number above 255, a missing \
        part, a host name, leading zeros, or an IPv4 address that is wrapped in IPv6.",
    reason: "What a controller would make of it is not known, and a scan of a wrong address \
        cannot be taken back. Host names are not looked up: the answer may be another one tomorrow.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, address: 10.0.0.300}\n"),
    remedy: "Write the address in full. A prefix belongs in `cidr`, a range in `ranges`; `exclude` \
        takes addresses and prefixes. Instead of `::ffff:10.0.0.1` write `10.0.0.1`.",
}

BAD_PREFIX "bad_prefix" [Invalid] {
    title: "a text is not a prefix",
    meaning: "Where a prefix belongs, such as `10.20.0.0/22`, the length is missing, is no number, \
        or is more than 32 for IPv4 and 128 for IPv6.",
    reason: "The length decides how many addresses are scanned, so it is never guessed.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/40}\n"),
    remedy: "Write an address, a slash, and the length as a number: not as a mask such as \
        `255.255.252.0`. One address is `address`, not `cidr`.",
}

REVERSED_RANGE "reversed_range" [Invalid] {
    title: "a range ends before it begins",
    meaning: "The second address of the range is lower than the first.",
    reason: "It may be a slip of the pen in either address, so turning the range round could scan \
        what you never meant.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, ranges: [10.0.0.9-10.0.0.1]}\n"),
    remedy: "Look at both addresses. If only their order is wrong, write the range as the help has \
        it.",
}

MIXED_FAMILIES "mixed_families" [Invalid] {
    title: "a range is half IPv4 and half IPv6",
    meaning: "One end of the range is an IPv4 address and the other an IPv6 address.",
    reason: "There is nothing between the two: no set of addresses could be meant.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, ranges: [\"10.0.0.1-2001:db8::9\"]}\n"),
    remedy: "Write a range for each family, IPv4 and IPv6 apart.",
}

WHICH_TARGET "which_target" [Invalid] {
    title: "a discovery has no target, or several",
    meaning: "A discovery scans exactly one of `address`, `ranges`, `cidr`, `cdp` and `lldp`. This \
        one has none of them, or more than one. Only where `state` is `absent` none is needed.",
    reason: "A controller knows one type of target for each discovery. Which of two was meant \
        decides what is scanned.",
    example: File("version: 1\ndiscoveries:\n  - name: lab\n    address: 10.0.0.1\n    cidr: 10.20.0.0/24\n"),
    remedy: "Keep one target. Several ranges and single addresses go into one `ranges`; to scan a \
        prefix and a range, make two discoveries.",
}

OUT_OF_RANGE "out_of_range" [Invalid] {
    title: "a value is outside its bounds",
    meaning: "The value is lower or higher than this key allows, or a list is empty that needs an \
        item. `retries` goes from 0 to 3, `timeout` from `1s` to `300s`, `hops` from 1 to 16, \
        `netconf_port` from 1 to 65535.",
    reason: "These bounds are documented for the controller. A value beyond them fails later, in \
        a task, or is changed silently and differs in every plan from then on.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, retries: 9}\n"),
    remedy: "Take a value within the bounds that the message gives. To leave a setting as it is on \
        the controller, leave the key out: absent means not managed.",
}

BAD_DURATION "bad_duration" [Invalid] {
    title: "a text is not a duration",
    meaning: "A duration is a whole number and one unit: `s`, `m`, `h`, `d` or `w`. This is \
        something else.",
    reason: "A bare `5` is empty about its unit, and between `5s` and `5m` a scan of a large \
        prefix differs by hours.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, timeout: 5x}\n"),
    remedy: "Write it like `5s`, `2m` or `7d`. Instead of a fraction take the smaller unit: `90s`, \
        not `1.5m`.",
}

BAD_GLOB "bad_glob" [Invalid] {
    title: "a text is not a pattern of names",
    meaning: "A pattern in `manage.names` is empty or cannot be understood, such as one with a \
        bracket that is never closed. Or there are more than 10,000 patterns.",
    reason: "`manage` says which names `--prune` may delete. A pattern that means something else \
        than you think deletes something else than you think.",
    example: File("version: 1\nmanage: {names: [\"branch-[\"]}\ndiscoveries: []\n"),
    remedy: "In a pattern, `*` stands for any characters, `?` for one, `[ab]` for one of these, \
        and `{a,b}` for one of these texts. Put a pattern in quotes.",
}

BAD_CREDENTIAL "bad_credential" [Invalid] {
    title: "an entry does not say which credential",
    meaning: "An entry of `credentials` names no global credential: it is empty, or it has an `id` \
        and something else besides.",
    reason: "Which login is tried on every address of a range is nothing to be guessed.",
    example: File("version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [{}]}\n"),
    remedy: "Write the description of the global credential, `{description, username}` where the \
        description alone is not unique, or `{id}` by itself. A password never belongs here.",
}

BAD_CONTROLLER "bad_controller" [Invalid] {
    title: "`controller` cannot be used",
    meaning: "`controller` is not a URL that can be asked: it has no scheme or host, or has a user, \
        a password or a path in it, or is plain `http://` to somewhere else than this machine. Or \
        two files name different controllers.",
    reason: "The login goes to where this points. And files for two controllers, planned together, \
        would be true of neither.",
    example: File("version: 1\ncontroller: catalyst.example.com\ndiscoveries: []\n"),
    remedy: "Write scheme and host, such as `https://catalyst.example.com`, and the port if it is \
        not the usual one. Plan the files of each controller on their own, with `--file`.",
}

DUPLICATE_POLICY "duplicate_policy" [Invalid] {
    title: "`policy` is given in two files",
    meaning: "More than one of the files has a `policy` block. Both places are shown.",
    reason: "Limits hold for all files together. Which of two would hold must not depend on the \
        order of the files.",
    example: Told("`trueup validate -f a.yaml -f b.yaml`, where both files have `policy:` at the \
        top."),
    remedy: "Keep all limits in one file. Or keep them outside of these files, and give that file \
        with `--policy`.",
}

UNSUPPORTED_VERSION "unsupported_version" [Invalid] {
    title: "the format's version is not known",
    meaning: "The file says another `version` than 1, the only one that this program reads.",
    reason: "A later format may give a key another meaning. To read it by the old rules could \
        change what nobody wanted changed.",
    example: File("version: 2\ndiscoveries: []\n"),
    remedy: "Write `version: 1`, or use a `trueup` that knows the version of the file. The \
        version is that of the format: it does not count your own changes.",
}

NO_FILES "no_files" [Invalid] {
    title: "there is nothing to read",
    meaning: "A file or folder is not there or may not be read, a folder has no YAML file, a file \
        says nothing, a link leads out of its folder, or all files together have more than 64 MiB.",
    reason: "Nothing to read is not the same as nothing wanted. A wrong path or a failed checkout \
        in a pipeline would otherwise look like an empty repository.",
    example: File("# every line is a comment\n"),
    remedy: "Look at the path: without `--file`, `discoveries.yaml` of the current folder is read. \
        A folder is searched for `.yaml` and `.yml`, without names that begin with a dot and \
        without following links. If no discovery is wanted, say so: `discoveries: []`.",
}

TOO_MANY "too_many" [Invalid, Warning] {
    title: "more complaints than are shown",
    meaning: "There are more than 10,000 complaints about the files. The first ones are shown, the \
        others are counted.",
    reason: "Nobody reads so many, and they are most likely one mistake many times, or the wrong \
        files.",
    example: Made {
        said: "A file with 10,001 discoveries, each of them `{name: N, address: 300}`.",
        file: || {
            let entry = |it: u32| format!("  - {{name: n{it}, address: \"300\"}}\n");
            let entries = (0..10_001).map(entry).collect::<String>();
            format!("version: 1\ndiscoveries:\n{entries}").into_bytes()
        },
    },
    remedy: "Mend what is shown first, and look again. If these are not your files, look at the \
        paths of `--file`. If a script writes the files, look at the script.",
}

}

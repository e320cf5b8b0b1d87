//! Errors in files: `validate` finds all of them, without a controller.

use super::Example::{Described, File, Made};

codes! { "trueup::config::";

SYNTAX "syntax" [Invalid] {
    title: "the file is not valid YAML",
    meaning: "The text breaks a rule of YAML: a bracket that is not closed, a tab in the \
        indentation, an unknown anchor or tag, several documents in one file, bytes that are not \
        UTF-8. Or it exceeds a limit: 32 levels of nesting, four million values, or too many \
        expanded aliases.",
    reason: "The meaning of the text after the first such error is not certain, so trueup reports \
        one error and stops reading this file. Other files are read to the end.",
    example: File("version: 1\ndiscoveries: [\n"),
    remedy: "Check the underlined place and the line above it: a missing bracket or quote is often \
        reported later than its place. Put each document in its own file, indent with spaces, and \
        save as UTF-8. An editor that knows the schema shows such errors while you type: see \
        `trueup schema desired-state`.",
}

UNKNOWN_KEY "unknown_key" [Invalid] {
    title: "a map has an unknown key",
    meaning: "The format has no such key, at least not in this place.",
    reason: "If a misspelt key were ignored, a setting that you believe to be managed would not \
        be: a scan could start without its `exclude`.",
    example: File("version: 1\ndiscoveries:\n  - name: branch-berlin\n    cidr: 10.20.0.0/22\n    timout: 5s\n"),
    remedy: "Use the key that the help suggests, or one from its list. Keys are in lower case with \
        `_` between words. `name`, `state` and the targets cannot be in `defaults`.",
}

WRONG_TYPE "wrong_type" [Invalid] {
    title: "a value has the wrong type",
    meaning: "There is a number in place of text, text in place of a list, a word that this key \
        does not accept, or a key that is not text.",
    reason: "YAML guesses types from the form of a value. trueup does not guess: `5` could be five \
        seconds or five minutes.",
    example: File("version: 1\ndiscoveries:\n  - name: branch-berlin\n    ranges: 10.10.0.1-10.10.0.254\n"),
    remedy: "Write the value that the message expects. A list is `[a, b]`, or one line with a dash \
        for each item. Put a name that looks like a number in quotes. A duration needs a unit.",
}

MISSING_KEY "missing_key" [Invalid] {
    title: "a required key is missing",
    meaning: "A map lacks a required key: `version` at the top of a file, `name` of a discovery, \
        `seed` of `cdp` and `lldp`, `names` of `manage`, `older_than` of a `rerun` by age.",
    reason: "None of them has a sensible default. Without `version`, for example, a later format \
        could be misread as this one.",
    example: File("version: 1\ndiscoveries:\n  - cidr: 10.20.0.0/22\n"),
    remedy: "Add the key at the underlined place. Every file of a folder begins with `version: 1`, \
        not only the first.",
}

DUPLICATE_KEY "duplicate_key" [Invalid] {
    title: "a map has the same key twice",
    meaning: "One map has the same key twice. Both places are shown.",
    reason: "YAML forbids it, and many YAML readers silently use the last value, so a review may \
        look at the wrong one.",
    example: File("version: 1\ndiscoveries:\n  - name: branch-berlin\n    cidr: 10.20.0.0/22\n    retries: 3\n    retries: 1\n"),
    remedy: "Remove one of the two. It is often left over from a merge of two branches.",
}

DUPLICATE_NAME "duplicate_name" [Invalid] {
    title: "two discoveries have the same name",
    meaning: "Two entries, in the same file or in different files, have the same name. Names are \
        compared exactly, across all files that are read together.",
    reason: "The name identifies a discovery on the controller. Two entries would overwrite each \
        other on every apply.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24}\n  - {name: lab, cidr: 10.30.0.0/24}\n"),
    remedy: "Remove one entry, or rename it. To delete a discovery, one entry with `state: absent` \
        is enough. Also check the `--file` flags: an old copy of a file in the same folder is read \
        too.",
}

BAD_NAME "bad_name" [Invalid] {
    title: "the name of a discovery is not valid",
    meaning: "The name is empty, begins or ends with a space, or has a control character such as a \
        line break.",
    reason: "Such names look like others on the screen and in a plan, and it is not known how the \
        controller stores them. If it changes the name, the next plan does not find the discovery.",
    example: File("version: 1\ndiscoveries:\n  - {name: \" lab\", cidr: 10.20.0.0/24}\n"),
    remedy: "Write the name without spaces at its ends, on one line after its key. YAML's `|` and \
        `>` keep a line break at the end of a text.",
}

BAD_ADDRESS "bad_address" [Invalid] {
    title: "a text is not an IP address",
    meaning: "The value is not an IP address: it has a number above 255, a missing part, a host \
        name, leading zeros, or an IPv4 address embedded in IPv6.",
    reason: "It is not known what the controller would do with it, and a scan of a wrong address \
        cannot be undone. Host names are not resolved, because the result can change.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, address: 10.0.0.300}\n"),
    remedy: "Write the full address. Use `cidr` for a prefix and `ranges` for a range; `exclude` \
        takes addresses and prefixes. Write `10.0.0.1` in place of `::ffff:10.0.0.1`.",
}

BAD_PREFIX "bad_prefix" [Invalid] {
    title: "a text is not a prefix",
    meaning: "The value is not a prefix such as `10.20.0.0/22`: the length is missing, is not a \
        number, or is above 32 for IPv4 or 128 for IPv6.",
    reason: "The length decides how many addresses are scanned, so it is never guessed.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/40}\n"),
    remedy: "Write an address, a slash, and the length as a number, not as a mask such as \
        `255.255.252.0`. For one address use `address`, not `cidr`.",
}

REVERSED_RANGE "reversed_range" [Invalid] {
    title: "a range ends before it begins",
    meaning: "The second address of the range is lower than the first.",
    reason: "Either address may be mistyped, so swapping them could scan addresses that you did \
        not mean.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, ranges: [10.0.0.9-10.0.0.1]}\n"),
    remedy: "Check both addresses. If only the order is wrong, write the range as the help shows \
        it.",
}

MIXED_FAMILIES "mixed_families" [Invalid] {
    title: "a range mixes IPv4 and IPv6",
    meaning: "One end of the range is an IPv4 address and the other is an IPv6 address.",
    reason: "There are no addresses between the two, so such a range has no meaning.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, ranges: [\"10.0.0.1-2001:db8::9\"]}\n"),
    remedy: "Write one range for IPv4 and one for IPv6.",
}

WHICH_TARGET "which_target" [Invalid] {
    title: "a discovery has no target, or several",
    meaning: "A discovery scans exactly one of `address`, `ranges`, `cidr`, `cdp` and `lldp`. This \
        discovery has none of them, or more than one. Only with `state: absent` no target is \
        needed.",
    reason: "The controller has one type of target for each discovery, and the choice decides what \
        is scanned.",
    example: File("version: 1\ndiscoveries:\n  - name: lab\n    address: 10.0.0.1\n    cidr: 10.20.0.0/24\n"),
    remedy: "Keep one target. Put several ranges and addresses into one `ranges`. To scan a prefix \
        and a range, use two discoveries.",
}

OUT_OF_RANGE "out_of_range" [Invalid] {
    title: "a value is outside its bounds",
    meaning: "The value is lower or higher than this key allows, or a list that needs an item is \
        empty. `retries` is from 0 to 3, `timeout` from `1s` to `300s`, `hops` from 1 to 16, \
        `netconf_port` from 1 to 65535.",
    reason: "These bounds are documented for the controller. A value outside them fails later in a \
        task, or is changed silently and then differs in every plan.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, retries: 9}\n"),
    remedy: "Use a value within the bounds in the message. To keep the controller's value, remove \
        the key: a key that is not set is not managed.",
}

BAD_DURATION "bad_duration" [Invalid] {
    title: "a text is not a duration",
    meaning: "A duration is a whole number with one unit: `s`, `m`, `h`, `d` or `w`.",
    reason: "A bare `5` has no unit, and for a large prefix the difference between `5s` and `5m` \
        is hours of scanning.",
    example: File("version: 1\ndiscoveries:\n  - {name: lab, cidr: 10.20.0.0/24, timeout: 5x}\n"),
    remedy: "Write the duration as in `5s`, `2m` or `7d`. In place of a fraction use a smaller \
        unit: `90s`, not `1.5m`.",
}

BAD_GLOB "bad_glob" [Invalid] {
    title: "a name pattern is not valid",
    meaning: "A pattern in `manage.names` is empty or malformed, such as one with a bracket that \
        is not closed. Or there are more than 10,000 patterns.",
    reason: "`manage` says which names `--prune` may delete, so a misunderstood pattern deletes \
        the wrong discoveries.",
    example: File("version: 1\nmanage: {names: [\"branch-[\"]}\ndiscoveries: []\n"),
    remedy: "In a pattern, `*` matches any characters, `?` one character, `[ab]` one of these \
        characters, and `{a,b}` one of these texts. Put patterns in quotes.",
}

BAD_CREDENTIAL "bad_credential" [Invalid] {
    title: "an entry does not identify a credential",
    meaning: "An entry of `credentials` does not identify a global credential: it is empty, or it \
        has another key beside `id`.",
    reason: "The controller tries the credential on every address of a range, so it is never \
        guessed.",
    example: File("version: 1\ndiscoveries:\n  - name: lab\n    cidr: 10.20.0.0/24\n    credentials: {cli: [{}]}\n"),
    remedy: "Write the description of the global credential, `{description, username}` if the \
        description alone is not unique, or `{id}` alone. Never put a password here.",
}

BAD_CONTROLLER "bad_controller" [Invalid] {
    title: "`controller` is not valid",
    meaning: "The URL has no scheme or host, has a user, a password or a path, or uses plain \
        `http://` for a host other than this machine. Or two files name different controllers.",
    reason: "trueup sends the login to this URL. A plan for the files of two controllers would be \
        wrong for both.",
    example: File("version: 1\ncontroller: catalyst.example.com\ndiscoveries: []\n"),
    remedy: "Write scheme and host, such as `https://catalyst.example.com`, and the port if it is \
        not the default. Plan the files of each controller separately with `--file`.",
}

DUPLICATE_POLICY "duplicate_policy" [Invalid] {
    title: "two files have a `policy`",
    meaning: "More than one file has a `policy` block. Both places are shown.",
    reason: "Limits apply to all files together. The order of files must not decide which policy \
        applies.",
    example: Described("`trueup validate -f a.yaml -f b.yaml`, if both files have `policy:` at the top."),
    remedy: "Keep all limits in one file. Or keep them in a file outside the desired state, and \
        pass it with `--policy`.",
}

UNSUPPORTED_VERSION "unsupported_version" [Invalid] {
    title: "the version of the format is not supported",
    meaning: "The file has a `version` other than 1, the only one that this program reads.",
    reason: "A later format can give a key another meaning. Reading it by the old rules could make \
        unwanted changes.",
    example: File("version: 2\ndiscoveries: []\n"),
    remedy: "Write `version: 1`, or use a `trueup` that supports the version of the file. It is \
        the version of the format; it does not count your changes.",
}

NO_FILES "no_files" [Invalid] {
    title: "there is nothing to read",
    meaning: "A file or folder does not exist or is not readable, a folder has no YAML file, a \
        file is empty, a link leads out of its folder, or all files together have more than 64 \
        MiB.",
    reason: "Missing files are not the same as an empty desired state. Otherwise a wrong path or a \
        failed checkout in a pipeline would look like an empty repository.",
    example: File("# every line is a comment\n"),
    remedy: "Check the path: without `--file`, trueup reads `discoveries.yaml` of the current \
        folder. In a folder it reads `.yaml` and `.yml` files, ignores names that begin with a \
        dot, and follows no links. If you want no discoveries, write `discoveries: []`.",
}

TOO_MANY "too_many" [Invalid, Warning] {
    title: "more diagnostics than are shown",
    meaning: "The files have more than 10,000 errors and warnings. The first ones are shown, the \
        others are counted.",
    reason: "Such a number is most likely one mistake repeated many times, or the wrong files.",
    example: Made {
        said: "A file with 10,001 discoveries, each of them `{name: N, address: 300}`.",
        file: || {
            let entry = |it: u32| format!("  - {{name: n{it}, address: \"300\"}}\n");
            let entries = (0..10_001).map(entry).collect::<String>();
            format!("version: 1\ndiscoveries:\n{entries}").into_bytes()
        },
    },
    remedy: "Correct what is shown first, and run the command again. If these are not your files, \
        check the paths of `--file`. If a script generates the files, check the script.",
}

}

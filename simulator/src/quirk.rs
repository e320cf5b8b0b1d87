//! Quirks: what is not known about the real controller, as named switches.
//!
//! Only names, values and defaults are here. Each quirk is implemented where it acts.

use std::{fmt, str::FromStr, time::Duration};

/// One quirk, as help shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuirkChoice {
    /// The name, left of `=`.
    pub name: &'static str,
    /// The values, the default first. A quirk that is a duration has the one value `DURATION`.
    pub values: &'static [&'static str],
    /// The value unless another is set.
    pub default: &'static str,
    /// What it decides, in one line.
    pub meaning: &'static str,
}

/// A quirk and its value, written `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuirkSetting {
    quirk: &'static QuirkChoice,
    value: QuirkValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum QuirkValue {
    /// Its place among the values of the quirk.
    Word(usize),
    Wait(Duration),
}

/// A setting that is not `NAME=VALUE`, or has an unknown name or value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuirkError {
    /// There is no `=`.
    #[error("`{0}` is not a quirk: write `NAME=VALUE`; the quirks are\n{list}", list = names())]
    Form(String),
    /// No quirk has the name.
    #[error("there is no quirk `{0}`; the quirks are\n{list}", list = names())]
    Name(String),
    /// The quirk does not have the value.
    #[error("`{value}` is not a value of the quirk `{name}`: write one of {list}", list = values.join(", "))]
    Value {
        /// The quirk.
        name: &'static str,
        /// The invalid value.
        value: String,
        /// The valid values.
        values: &'static [&'static str],
    },
    /// The quirk is a duration and the value is not.
    #[error(
        "`{value}` is not a duration for the quirk `{name}`: write a whole number and `ms`, `s`, `m` or `h`"
    )]
    Duration {
        /// The quirk.
        name: &'static str,
        /// The invalid value.
        value: String,
    },
}

/// The values of a quirk that is a duration.
const DURATION: &[&str] = &["DURATION"];

macro_rules! quirks {
    (
        words { $( $field:ident: $Type:ident = $First:ident $first:literal
           $(| $Variant:ident $word:literal)*, $meaning:literal; )+ }
        durations { $( $wait:ident, $wait_meaning:literal; )+ }
    ) => {
        $(
            #[doc = $meaning]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub(crate) enum $Type {
                #[default]
                $First,
                $($Variant,)*
            }

            impl $Type {
                const ALL: &[Self] = &[Self::$First $(, Self::$Variant)*];
            }
        )+

        /// The value of every quirk.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Quirks {
            $( #[doc = $meaning] pub(crate) $field: $Type, )+
            $( #[doc = $wait_meaning] pub(crate) $wait: Duration, )+
        }

        impl Quirks {
            /// Every quirk.
            pub const ALL: &[QuirkChoice] = &[
                $( QuirkChoice {
                    name: stringify!($field),
                    values: &[$first $(, $word)*],
                    default: $first,
                    meaning: $meaning,
                }, )+
                $( QuirkChoice {
                    name: stringify!($wait),
                    values: DURATION,
                    default: "0s",
                    meaning: $wait_meaning,
                }, )+
            ];

            /// Sets one quirk.
            pub fn set(&mut self, setting: QuirkSetting) {
                match (setting.quirk.name, setting.value) {
                    $( (stringify!($field), QuirkValue::Word(at)) => self.$field = $Type::ALL[at], )+
                    $( (stringify!($wait), QuirkValue::Wait(wait)) => self.$wait = wait, )+
                    _ => (),
                }
            }
        }
    };
}

quirks! {
    words {
        put_persists: PutPersists = Edit "edit" | Always "always" | Never "never",
            "which PUT stores the settings in its body";
        put_missing_keys: PutMissingKeys = Keep "keep" | Clear "clear",
            "what an edit does to a setting that its body does not have";
        put_progress: PutProgress = Id "id" | Text "text",
            "the final progress of the task of a PUT";
        edit_runs: EditRuns = No "no" | Yes "yes",
            "whether an edit starts a run by itself";
        edit_status: EditStatus = Inactive "inactive" | Edit "edit",
            "the status of a discovery after an edit";
        edit_when_running: EditWhenRunning = Fails "fails" | Done "done",
            "what an edit of a running discovery does";
        run_when_running: RunWhenRunning = Ignored "ignored" | Restarts "restarts" | Fails "fails",
            "what a run of a running discovery does";
        running_condition: RunningCondition = InProgress "in_progress" | Queued "queued",
            "the condition of a running discovery";
        run_ends: RunEnds = Complete "complete" | Aborted "aborted" | Failed "failed" | Odd "odd",
            "the condition after a run; odd is an undocumented one";
        devices: Devices = Found "found" | None "none",
            "whether a run finds any device";
        stop_condition: StopCondition =
            Aborted "aborted" | Complete "complete" | Failed "failed" | YetToStart "yet_to_start",
            "the condition after a stop";
        stop_when_stopped: StopWhenStopped = Done "done" | Fails "fails",
            "what a stop of a discovery that is not running does";
        delete_running: DeleteRunning = Stops "stops" | Fails "fails",
            "what a delete of a running discovery does";
        task_end: TaskEnd = Created "created" | RunEnded "run_ended",
            "when the task of a create or run gets its endTime";
        task_id_in: TaskIdIn = Progress "progress" | Data "data" | Both "both",
            "where the task of a create has the id";
        task_data: TaskData = Bare "bare" | Number "number" | Text "text",
            "an id in data: bare, or JSON text with discoveryId as a number or as text";
        task_url: TaskUrl = Guide "guide" | Rooted "rooted" | Api "api",
            "the url of a 202: dna/intent/…, /dna/intent/… or /api/…";
        task_version: TaskVersion = LastUpdate "last_update" | EndTime "end_time",
            "what the version of an ended task equals";
        task_order: TaskOrder = Newest "newest" | Oldest "oldest",
            "which task is first in a list without a requested order";
        task_filters: TaskFilters = Obeyed "obeyed" | Ignored "ignored",
            "whether the filters and the order of task lists work";
        task_status: TaskStatus = Upper "upper" | Lower "lower",
            "the spelling of SUCCESS, FAILURE and PENDING";
        task_updated: TaskUpdated = LastUpdate "last_update" | UpdatedTime "updated_time",
            "the name of the last update of a v2 task";
        tasks_v1: TasksV1 =
            Served "served" | Gone404 "404" | Gone405 "405" | Gone410 "410" | Gone501 "501",
            "the answer of every path of v1 tasks";
        tasks_v2: TasksV2 = Served "served" | Gone404 "404",
            "the answer of every path of v2 tasks";
        error_words: ErrorWords =
            Both "both" | Reason "reason" | Code "code" | Progress "progress" | Tree "tree"
                | None "none",
            "where a failed task has the reason: failureReason, errorCode, progress, in a child that \
             only its tree shows, or nowhere";
        missing_id: MissingId = Gone404 "404" | Bad400 "400" | Error500 "500",
            "the answer to an id that does not exist";
        missing_write: MissingWrite = Refused "refused" | TaskFails "task_fails",
            "whether a write to such an id is refused, or accepted and its task fails";
        bad_values: BadValues = Refused "400" | TaskFails "task_fails",
            "whether a bad value is refused, or accepted and its task fails";
        unknown_credential: UnknownCredential = Fails "fails" | Accepted "accepted",
            "what a write with a global credential that does not exist does";
        deleted_credential: DeletedCredential = Kept "kept" | Dropped "dropped",
            "whether discoveries keep the id of a global credential that is deleted";
        list_order: ListOrder = Newest "newest" | Oldest "oldest" | Shuffled "shuffled",
            "the order of the list of discoveries";
        number_spelling: NumberSpelling = Number "number" | Text "text",
            "whether counts and the numbers of a discovery are numbers or text";
        null_style: NullStyle = Absent "absent" | Null "null",
            "whether a documented key without a value is absent or null";
        secrets: Secrets = Masked "masked" | Absent "absent",
            "whether a discovery's secrets are read as a mask or not at all";
        community_spelling: CommunitySpelling = Both "both" | Post "post" | Get "get",
            "which spelling of the communities a create accepts: snmpROCommunity, snmpRoCommunity";
        get_names_in_post: GetNamesInPost = Ignored "ignored" | Honoured "honoured",
            "what a create does with timeOut and retryCount";
        snmp_version: SnmpVersion = Optional "optional" | Required "required",
            "whether a create without snmpVersion is refused";
        defaults: Defaults = Filled "filled" | Absent "absent",
            "whether reads show defaults for settings that the create did not have";
        type_spelling: TypeSpelling = Title "title" | Upper "upper" | Lower "lower",
            "how a discoveryType is read back";
        multi_range: MultiRange = Range "range" | Kept "kept",
            "what Multi Range is read back as";
        none_method: NoneMethod = Kept "kept" | Absent "absent",
            "how preferredMgmtIPMethod None is read back";
        default_hops: DefaultHops = Kept "kept" | Absent "absent",
            "how a level of 16 is read back";
        address_order: AddressOrder = Kept "kept" | Reversed "reversed",
            "the order in which several ranges are read back";
        credential_order: CredentialOrder = Kept "kept" | Reversed "reversed",
            "the order in which globalCredentialIdList is read back";
        ipv6: Ipv6 = Accept "accept" | Fail "fail",
            "what the task of a write with IPv6 addresses does";
        limits: Limits = None "none" | Documented "documented",
            "whether the limits of the user guides are enforced";
        job_times: JobTimes = Text "text" | Number "number",
            "whether the times of a job are text or numbers";
        jobs_kept: JobsKept = All "all" | Last "last",
            "whether a discovery has the jobs of all its runs or only of the last";
        empty_kinds: EmptyKinds = List "list" | Absent "absent" | Null "null",
            "how a kind without global credentials is read";
        role: Role = Admin "admin" | Observer "observer" | None "none",
            "what the user can do: all, read, or nothing";
        retry_after: RetryAfter = Seconds "seconds" | Date "date" | Absent "absent",
            "the form of Retry-After, if there is one";
    }
    durations {
        visible_after, "how long after its task a new discovery is not yet listed";
        name_release, "how long the name of a deleted discovery cannot be used again";
        end_late, "how long after its last progress a task gets its endTime";
    }
}

impl FromStr for QuirkSetting {
    type Err = QuirkError;

    fn from_str(text: &str) -> Result<Self, QuirkError> {
        let (name, value) = text.split_once('=').ok_or_else(|| QuirkError::Form(text.into()))?;
        let quirk = Quirks::ALL.iter().find(|it| it.name == name);
        let quirk = quirk.ok_or_else(|| QuirkError::Name(name.to_owned()))?;
        let &QuirkChoice { name, values, .. } = quirk;
        let read = if values == DURATION {
            duration(value).map(QuirkValue::Wait)
        } else {
            values.iter().position(|it| *it == value).map(QuirkValue::Word)
        };
        let value = read.ok_or_else(|| match value.to_owned() {
            value if values == DURATION => QuirkError::Duration { name, value },
            value => QuirkError::Value { name, value, values },
        })?;
        Ok(Self { quirk, value })
    }
}

impl fmt::Display for QuirkSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let QuirkChoice { name, values, .. } = self.quirk;
        match self.value {
            QuirkValue::Word(at) => write!(f, "{name}={}", values[at]),
            QuirkValue::Wait(wait) => write!(f, "{name}={}ms", wait.as_millis()),
        }
    }
}

fn names() -> String {
    let each = Quirks::ALL.iter().map(|it| format!("  {}={}", it.name, it.values.join("|")));
    each.collect::<Vec<_>>().join("\n")
}

fn duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_every_quirk_round_trips() {
        for choice in Quirks::ALL {
            for value in choice.values.iter().filter(|it| **it != "DURATION") {
                let text = format!("{}={value}", choice.name);
                assert_eq!(text.parse::<QuirkSetting>().unwrap().to_string(), text);
            }
        }
    }

    #[test]
    fn the_defaults_are_the_first_values() {
        let mut quirks = Quirks::default();
        for choice in Quirks::ALL.iter().filter(|it| it.values != ["DURATION"]) {
            assert_eq!(choice.default, choice.values[0]);
            quirks.set(format!("{}={}", choice.name, choice.default).parse().unwrap());
        }
        assert_eq!(quirks, Quirks::default());
    }

    #[test]
    fn a_duration_sets_its_own_quirk() {
        let mut quirks = Quirks::default();
        quirks.set("visible_after=1500ms".parse().unwrap());
        quirks.set("name_release=8s".parse().unwrap());
        assert_eq!(quirks.visible_after, Duration::from_millis(1500));
        assert_eq!(quirks.name_release, Duration::from_secs(8));
        assert_eq!(quirks.end_late, Duration::ZERO);
    }

    #[test]
    fn an_error_lists_the_quirks() {
        let message = |text: &str| text.parse::<QuirkSetting>().unwrap_err().to_string();
        assert!(message("nope=1").contains("put_persists=edit|always|never"));
        assert!(message("ipv6").contains("NAME=VALUE"));
        assert!(message("ipv6=maybe").contains("accept, fail"));
        assert!(message("visible_after=soon").contains("`ms`, `s`"));
    }
}

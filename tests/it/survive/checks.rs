//! What has to hold of everything that was played.
//!
//! Looks at the world, at what the controller was sent and at what the commands told. Knows how
//! nothing is done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::time::sleep;
use trueup::cli::Exit;

use super::{
    journals::Journals,
    play::{Played, Told},
    schedule::Way,
};
use crate::{
    bench::Ran,
    generate::Case,
    properties::{
        ALL_OVER, Shown, array, begin, changes, departures_of, expect_nothing_left, line, world,
    },
    wanted::{n_runs, named, trespasses, wanted, without_run},
};

/// The same apply, with nothing in its way.
pub(crate) struct Undisturbed {
    pub(crate) ran: Ran,
    /// The world when all was over.
    pub(crate) after: Value,
    /// The bodies of the creates, by name.
    pub(crate) creates: BTreeMap<String, Value>,
}

impl Undisturbed {
    pub(crate) async fn of(case: &Case, is_lean: bool) -> Self {
        let mut bench = begin(case);
        bench.is_lean = is_lean;
        let ran = bench.run(&line(&format!("apply --auto-approve {}", case.flags), case)).await;
        sleep(ALL_OVER).await;
        let log = bench.simulator.request_log();
        let creates =
            log.iter().filter_map(|it| Write::read(it)).filter_map(|it| match it.target {
                Target::Name(name) => Some((name, it.body)),
                Target::Id(_) => None,
            });
        Self { ran, after: world(&bench), creates: creates.collect() }
    }
}

/// Checks everything.
pub(crate) async fn expect_survived(played: &Played, undisturbed: &Undisturbed) {
    expect_good_manners(played);
    expect_nothing_outside_the_plans(played, undisturbed);
    for (nth, told) in played.told.iter().enumerate() {
        expect_tokens_to_last(played, told);
        expect_moved_left_alone(played, told);
        expect_truthful(played, told);
        // What a killed one had sent may arrive later.
        let follows_a_kill = nth != 0 && played.told[nth - 1].exit.is_none();
        if !follows_a_kill {
            expect_nothing_taken_on(played, told);
        }
    }
    expect_no_false_alarm(played);
    expect_recorded(played);
    expect_runs(played, undisturbed);
    expect_ended(played, undisturbed).await;
}

/// A write as the controller's log has it.
struct Write {
    step: &'static str,
    target: Target,
    body: Value,
}

enum Target {
    Name(String),
    Id(String),
}

impl Write {
    /// Reads a line of the log; `None` where it is no write to a discovery.
    fn read(request: &str) -> Option<Self> {
        let (method, rest) = request.split_once(' ')?;
        let (path, body) = rest.split_once(' ').unwrap_or((rest, "null"));
        let tail = path.split_once("/v1/discovery")?.1;
        let body = serde_json::from_str::<Value>(body).unwrap();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let (step, target) = match method {
            "POST" => ("create", Target::Name(text("name"))),
            "PUT" => {
                let step = match &*text("discoveryStatus") {
                    "Active" => "run",
                    "Inactive" => "stop",
                    _ => "edit",
                };
                (step, Target::Id(text("id")))
            }
            "DELETE" => ("delete", Target::Id(tail.trim_start_matches('/').to_owned())),
            _ => return None,
        };
        Some(Self { step, target, body })
    }
}

/// Nothing was done that a careful client never does, but for what somebody else's doing explains.
fn expect_good_manners(played: &Played) {
    let schedule = &played.schedule;
    let mut violations = played.bench.simulator.violations();
    violations.retain(|name, n| {
        let is_raced = match name.as_str() {
            "duplicate_create" => schedule.has_other("other-create"),
            "write_to_missing_id" => schedule.has_other("other-delete"),
            "noop_edit" | "needless_replace" => schedule.has_other("other-"),
            // Whoever comes next was not told to wait: only the first process is held to that.
            "early_retry" => true,
            _ => false,
        };
        let is_crowded = schedule.second.is_some()
            && !matches!(&**name, "unknown_field" | "masked_secret" | "field_in_run_or_stop");
        *n != 0 && !is_raced && !is_crowded
    });
    let log = played.bench.simulator.request_log().join("\n");
    assert!(violations.is_empty(), "{violations:?}\n{log}");
    // A plan that is to be saved, and fails, is a process before it.
    let is_planned_before = schedule.lives.first().is_some_and(|it| it.way == Way::Saved);
    let is_first =
        |it: &&Told| it.way == Way::Apply && schedule.second.is_none() && !is_planned_before;
    let first = played.told.first().filter(is_first);
    assert_eq!(first.map_or(0, |it| it.n_early), 0, "early requests\n{log}");
}

/// A request whose token is refused is sent once more with a new one, and then given up.
fn expect_tokens_to_last(played: &Played, told: &Told) {
    let Played { schedule, .. } = played;
    let strikes_logins = |it: &String| it.starts_with("token") || it.starts_with("any");
    let may_fail = schedule.restart.is_some() || schedule.faults.iter().any(strikes_logins);
    if may_fail || told.is_crowded {
        return;
    }
    let is_login = |it: &str| it.ends_with("/auth/token");
    for five in told.requests.windows(5) {
        let [first, request, second, again, third] = five else { unreachable!() };
        let is_loop = [first, second, third].iter().all(|it| is_login(it)) && request == again;
        assert!(!is_loop, "a new token again and again for {request}: {told:?}");
    }
}

/// What another user has changed since a plan was saved is not edited by its apply.
fn expect_moved_left_alone(played: &Played, told: &Told) {
    let Some(moved) = told.moved.as_ref().filter(|_| !told.is_crowded) else { return };
    let names = played.bench.simulator.names();
    for request in &told.requests {
        let Some(Write { step: "edit", target: Target::Id(id), .. }) = Write::read(request) else {
            continue;
        };
        assert_ne!(names.get(&id), Some(moved), "it was changed after the plan: {request}");
    }
}

/// The changes of every plan that these printed, by name.
fn planned<'a>(told: impl IntoIterator<Item = &'a Told>) -> BTreeMap<String, Vec<Shown>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for told in told {
        for (name, shown) in changes(&told.out) {
            all.entry(name).or_default().push(shown);
        }
    }
    all
}

/// Each write is a step of a plan that was printed, about that discovery, and with its settings.
fn expect_nothing_outside_the_plans(played: &Played, undisturbed: &Undisturbed) {
    let planned = planned(&played.told);
    let (raced, halved) = (played.schedule.raced(), halved(played));
    let names = played.bench.simulator.names();
    for request in played.bench.simulator.request_log() {
        let Some(Write { step, target, body }) = Write::read(&request) else { continue };
        let name = match target {
            Target::Name(name) => name,
            Target::Id(id) => names.get(&id).cloned().unwrap_or_else(|| {
                panic!("nobody knows the id of {request}");
            }),
        };
        let shown = planned.get(&name).map(Vec::as_slice).unwrap_or_default();
        assert!(shown.iter().any(|it| it.has_step(step)), "in no plan: {request}");
        let expected = undisturbed.creates.get(&name).filter(|_| step == "create");
        let is_free = raced.contains(&name) || halved.contains(&name);
        if let Some(expected) = expected.filter(|_| !is_free) {
            assert_eq!(&body, expected, "not as planned: {request} {:#?}", played.told);
        }
    }
    if raced.is_empty() {
        let mut wrong = trespasses(&played.schedule.case.files, &played.before, &played.after);
        wrong.retain(|it| !halved.iter().any(|name| it.starts_with(&format!("`{name}`:"))));
        assert_eq!(wrong, [""; 0], "{:#?}", played.told);
    }
}

/// An exit code says what is so, and so does an account.
fn expect_truthful(played: &Played, told: &Told) {
    let Played { schedule, .. } = played;
    let raced = schedule.raced();
    if !told.is_crowded {
        expect_account(&schedule.case, &told.out, &told.world, &raced);
    }
    let Some(exit) = told.exit else { return };
    let last = told.out.lines().last().unwrap_or_default();
    let open = last.rsplit_once(", ").filter(|(_, it)| it.ends_with("still running."));
    let n_open = open.and_then(|(_, it)| it.split(' ').next()).and_then(|it| it.parse().ok());
    let n_open = n_open.unwrap_or(0_u64);
    if exit == Exit::Pending {
        assert!(n_open != 0 || told.err.contains("at once"), "{told:#?}");
    } else {
        assert_eq!(n_open, 0, "{told:#?}");
    }
    if exit == Exit::Done && !told.is_crowded && !told.had_nothing_left() {
        let wrong = departures_of(&schedule.case, &told.world, &raced);
        assert!(wrong.is_empty(), "{wrong:#?} {told:#?}");
    }
}

/// A section of an account: of each name what came of it, in a word or so.
fn account<'a>(out: &'a str, title: &str) -> Vec<(String, &'a str)> {
    // An apply gives the account of an earlier one before its own.
    let own = out.rsplit_once("\nPlan: ").map_or(out, |(_, own)| own);
    let mut is_in = false;
    let of = own.lines().filter_map(|line| {
        if !line.starts_with(' ') {
            is_in = line.starts_with(title);
        }
        let (_, rest) = line.strip_prefix("  ").filter(|_| is_in)?.split_once(' ')?;
        let (name, came) = rest.rsplit_once(": ").filter(|_| !line.starts_with("   "))?;
        let name = serde_json::from_str::<String>(name).unwrap_or_else(|_| name.to_owned());
        Some((name, came))
    });
    of.collect()
}

/// What an account says is done is so, but for these names.
pub(super) fn expect_account(case: &Case, out: &str, world: &Value, left_out: &[String]) {
    let wrong = departures_of(case, world, left_out);
    for (name, came) in [account(out, "Done:"), account(out, "Converged ")].concat() {
        if left_out.contains(&name) {
            continue;
        }
        let of_it = wrong.iter().find(|it| it.starts_with(&format!("`{name}`")));
        assert_eq!(of_it, None, "`{name}` is not {came}: {out}");
        let n = named(world, &name).len();
        match came {
            "destroyed" => assert_eq!(n, 0, "`{name}` is not {came}: {out}"),
            "created" | "updated" | "replaced" | "restarted" | "stopped" => {
                assert_eq!(n, 1, "`{name}` is not {came}: {out}");
            }
            _ => assert_eq!(came, "already as wanted", "{out}"),
        }
    }
}

/// Where an exit code says that nothing was changed, no write was taken on. What was, and then
/// undone by somebody else or never done, has failed too.
fn expect_nothing_taken_on(played: &Played, told: &Told) {
    let schedule = &played.schedule;
    let lies = schedule.case.is_hard() || schedule.faults.iter().any(|it| it.contains("=lie"));
    let says_so = [Exit::Failed, Exit::Invalid, Exit::Refused, Exit::Stale, Exit::Unreachable];
    let is_told = told.exit.is_some_and(|it| says_so.contains(&it));
    if is_told && !lies && !told.is_crowded && schedule.raced().is_empty() {
        assert_eq!(told.n_taken_on, 0, "{told:#?} {:#?}", told.requests);
    }
}

/// Nothing is called gone that nobody took away.
fn expect_no_false_alarm(played: &Played) {
    let is_alone = played.schedule.raced().is_empty() && played.schedule.second.is_none();
    for told in played.told.iter().filter(|_| is_alone) {
        let told_gone = ["it is gone", "it is no longer there", "another user created"];
        let said = told_gone.iter().find(|it| told.out.contains(**it) || told.err.contains(**it));
        assert_eq!(said, None, "nobody did that: {told:?}");
    }
}

/// The journals agree with what the controller saw.
fn expect_recorded(played: &Played) {
    let Played { schedule, .. } = played;
    let names = played.bench.simulator.names();
    // What is turned away at the door is sent again under the same line.
    let at_the_door = ["expire", "429", "503"];
    let is_turned_away = schedule.restart.is_some()
        || schedule.faults.iter().any(|it| at_the_door.iter().any(|what| it.contains(what)));
    for told in played.told.iter().filter(|it| !it.is_crowded) {
        let [before, after] = [0, 1].map(|it| told.journals[it].submitted());
        let mut sent = BTreeMap::<_, u64>::new();
        for request in &told.requests {
            let Some(Write { step, target, .. }) = Write::read(request) else { continue };
            let name = match target {
                Target::Name(name) => name,
                Target::Id(id) => names[&id].clone(),
            };
            *sent.entry((name, step.to_owned())).or_default() += 1;
        }
        for (of, n_sent) in sent {
            let n_of = |all: &BTreeMap<_, u64>| all.get(&of).copied().unwrap_or_default();
            let n_told = n_of(&after) - n_of(&before);
            let n_sent = if is_turned_away { n_sent.min(1) } else { n_sent };
            assert!(n_sent <= n_told, "{of:?} in journals {n_told} times of {n_sent}: {told:?}");
        }
    }
    let mut texts = played.bench.disk.texts();
    let ours = Journals::read(&texts);
    let second = played.second.disk.texts().into_iter();
    texts.extend(second.map(|(path, text)| (path.join("of-the-second"), text)));
    let all = Journals::read(&texts);
    let ids = array(&played.after["tasks"]).iter().map(|it| it["id"].as_str().unwrap().to_owned());
    let ids = ids.collect::<BTreeSet<_>>();
    let accepted = all.tasks();
    let made_up = accepted.difference(&ids).collect::<Vec<_>>();
    assert!(made_up.is_empty(), "the controller has no such tasks: {made_up:?}");
    let n_unknown = ids.difference(&accepted).count();
    assert!(
        n_unknown <= all.n_unanswered(),
        "tasks that no journal has: {:#} {texts:#?}",
        played.after["tasks"]
    );
    let last = played.told.last().unwrap();
    if last.exit == Some(Exit::Done) && !last.says_what_is_open() {
        assert_eq!(ours.n_unsettled(), 0, "{:#?} {texts:#?}", played.told);
    }
}

/// No run was started that no plan has, and none twice for one.
fn expect_runs(played: &Played, undisturbed: &Undisturbed) {
    // A resume has the plan of an apply.
    let applies = played.told.iter().filter(|it| it.way != Way::Resume);
    let planned = planned(applies);
    let Played { schedule, before, after, .. } = played;
    let raced = schedule.raced();
    // Whoever is told that a change failed, or was left open, knows that it may not have run.
    let is_told = |it: &Told| {
        let last = it.out.lines().last().unwrap_or_default();
        last.starts_with("Apply incomplete.")
            && !last.ends_with(" 0 failed, 0 not tried, 0 still running.")
            || it.says_what_is_open()
    };
    let owes_none = played.told.last().is_some_and(|it| it.exit == Some(Exit::Done))
        && undisturbed.ran.exit == Exit::Done
        && raced.is_empty()
        && schedule.second.is_none()
        && !played.told.iter().any(is_told);
    for name in wanted(&schedule.case.files).into_keys().filter(|it| !raced.contains(it)) {
        let n_new = n_new_runs(before, after, &name);
        let is_owed = n_new == 0 && n_new_runs(before, &undisturbed.after, &name) != 0;
        assert!(!owes_none || !is_owed, "`{name}` never ran: {:#?}", played.told);
        let shown = planned.get(&name).map(Vec::as_slice).unwrap_or_default();
        let n_wanted = shown.iter().filter(|it| it.runs()).count();
        // An edit's own run that is over before it is looked for goes unseen.
        let n_edits = shown.iter().filter(|it| it.has_step("edit")).count();
        let most = n_wanted + if schedule.case.has("edit_runs=yes") { n_edits } else { 0 };
        assert!(n_new <= most, "`{name}` ran {n_new} times of {most}: {:#?}", played.told);
    }
}

/// How many runs of a name there were meanwhile.
fn n_new_runs(before: &Value, after: &Value, name: &str) -> usize {
    let ids = |world| named(world, name).iter().map(|it| it["id"].to_string()).collect();
    let (had, has): (Vec<_>, Vec<_>) = (ids(before), ids(after));
    let n_before = if had == has { n_runs(before, name) } else { 0 };
    n_runs(after, name).saturating_sub(n_before)
}

/// In the end all is as without any of it, and nothing is left to do.
async fn expect_ended(played: &Played, undisturbed: &Undisturbed) {
    let Played { schedule, bench, before, after, .. } = played;
    let case = &schedule.case;
    let last = played.told.last().unwrap();
    let raced = schedule.raced();
    let exit = last.exit.unwrap();
    // What somebody has deleted may need more to be made than the files give.
    let cannot_be_made =
        schedule.has_other("other-delete") && last.out.contains("This plan cannot be applied");
    if undisturbed.ran.exit != Exit::Done || case.is_hard() || cannot_be_made {
        // What keeps it from being done was said; what a plan refuses, nobody wrote.
        let is_refused = matches!(undisturbed.ran.exit, Exit::Invalid | Exit::Refused);
        if is_refused && raced.is_empty() {
            assert_eq!(
                (exit, settings_but_for(before, &raced)),
                (undisturbed.ran.exit, settings_but_for(after, &raced))
            );
        }
        if exit != Exit::Done {
            return;
        }
    } else {
        assert_eq!(exit, Exit::Done, "{:#?}", played.told);
        let free = raced.iter().cloned().chain(halved(played)).collect::<Vec<_>>();
        let was = settings_but_for(&undisturbed.after, &free);
        assert_eq!(settings_but_for(after, &free), was, "{:#?}", played.told);
    }
    // What somebody else has done meanwhile settles a write in doubt, too.
    let is_alone = raced.is_empty() && schedule.second.is_none();
    let n_forgotten = if is_alone { n_unworked(&last.world) } else { 0 };
    assert_eq!(n_forgotten, 0, "accepted, and forgotten: {:#?}", played.told);
    expect_nothing_left(bench, case).await;
}

/// The names that one apply replaces while another, which plans between the halves, makes them of
/// the files alone: it cannot know what else they had.
fn halved(played: &Played) -> Vec<String> {
    if played.schedule.second.is_none() {
        return Vec::new();
    }
    let planned = planned(&played.told);
    let is_in = |all: &[Shown], what: &str| all.iter().any(|it| it.what == what);
    let halved = planned.iter().filter(|(_, it)| is_in(it, "replaced") && is_in(it, "created"));
    halved.map(|(name, _)| name.clone()).collect()
}

/// The settings of the discoveries whose names are not left out, in one order.
pub(super) fn settings_but_for(world: &Value, left_out: &[String]) -> Vec<String> {
    let left_out = left_out.iter().map(String::as_str).collect::<BTreeSet<_>>();
    let all = array(&world["discoveries"]).iter();
    let all = all.filter(|it| !left_out.contains(it["name"].as_str().unwrap()));
    let mut texts = all.map(|it| without_run(it).to_string()).collect::<Vec<_>>();
    texts.sort();
    texts
}

/// How many tasks were taken on whose work is still to be done.
fn n_unworked(world: &Value) -> usize {
    let is_left = |it: &&Value| {
        let work = &it["simulator"]["left"]["work"];
        !work.is_null() && !matches!(work["fate"].as_str(), Some("stuck"))
    };
    array(&world["tasks"]).iter().filter(is_left).count()
}

//! The invariants that every played schedule must satisfy.
//!
//! Checks the world, the requests and the output of the commands, and knows nothing about how the
//! program works.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::time::sleep;
use trueup::cli::Exit;

use super::{
    journals::Journals,
    play::{CommandRecord, Played},
    schedule::CommandKind,
};
use crate::{
    bench::Ran,
    generate::Case,
    properties::{
        ALL_OVER, Shown, array, begin, changes, departures_of, expect_nothing_left, line, world,
    },
    wanted::{n_runs, named, trespasses, wanted, without_run},
};

/// The same apply without faults, kills or other users.
pub(crate) struct Undisturbed {
    pub(crate) ran: Ran,
    /// The world after every task and run has ended.
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

pub(crate) async fn expect_survived(played: &Played, undisturbed: &Undisturbed) {
    expect_no_violations(played);
    expect_nothing_outside_the_plans(played, undisturbed);
    for (nth, command) in played.commands.iter().enumerate() {
        expect_no_login_loop(played, command);
        expect_moved_not_edited(played, command);
        expect_truthful(played, command);
        // Requests of a killed command may arrive during the next one.
        let follows_a_kill = nth != 0 && played.commands[nth - 1].exit.is_none();
        if !follows_a_kill {
            expect_nothing_accepted(played, command);
        }
    }
    expect_no_false_alarm(played);
    expect_journals_match(played);
    expect_runs(played, undisturbed);
    expect_converged(played, undisturbed).await;
}

/// A write in the log of the controller.
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
    /// Parses a line of the log; `None` unless it is a write to a discovery.
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

/// The controller counted no violation except those that another user explains.
fn expect_no_violations(played: &Played) {
    let schedule = &played.schedule;
    let mut violations = played.bench.simulator.violations();
    violations.retain(|name, n| {
        let is_raced = match name.as_str() {
            "duplicate_create" => schedule.has_other("other-create"),
            "write_to_missing_id" => schedule.has_other("other-delete"),
            "noop_edit" | "needless_replace" => schedule.has_other("other-"),
            // A later process does not know the `Retry-After` that an earlier one received.
            "early_retry" => true,
            _ => false,
        };
        let is_concurrent = schedule.second.is_some()
            && !matches!(&**name, "unknown_field" | "masked_secret" | "field_in_run_or_stop");
        *n != 0 && !is_raced && !is_concurrent
    });
    let log = played.bench.simulator.request_log().join("\n");
    assert!(violations.is_empty(), "{violations:?}\n{log}");
    // A plan to be saved that fails is an earlier process.
    let is_planned_before =
        schedule.processes.first().is_some_and(|it| it.kind == CommandKind::Saved);
    let is_first = |it: &&CommandRecord| {
        it.kind == CommandKind::Apply && schedule.second.is_none() && !is_planned_before
    };
    let first = played.commands.first().filter(is_first);
    assert_eq!(first.map_or(0, |it| it.n_early), 0, "early requests\n{log}");
}

/// A request whose token is rejected is retried once with a new one, and then fails.
fn expect_no_login_loop(played: &Played, command: &CommandRecord) {
    let Played { schedule, .. } = played;
    let hits_logins = |it: &String| it.starts_with("token") || it.starts_with("any");
    let may_fail = schedule.restart.is_some() || schedule.faults.iter().any(hits_logins);
    if may_fail || command.is_concurrent {
        return;
    }
    let is_login = |it: &str| it.ends_with("/auth/token");
    for five in command.requests.windows(5) {
        let [first, request, second, again, third] = five else { unreachable!() };
        let is_loop = [first, second, third].iter().all(|it| is_login(it)) && request == again;
        assert!(!is_loop, "repeated logins for {request}: {command:?}");
    }
}

/// A discovery that another user changed after the plan was saved is not edited by its apply.
fn expect_moved_not_edited(played: &Played, command: &CommandRecord) {
    let Some(moved) = command.moved.as_ref().filter(|_| !command.is_concurrent) else { return };
    let names = played.bench.simulator.names();
    for request in &command.requests {
        let Some(Write { step: "edit", target: Target::Id(id), .. }) = Write::read(request) else {
            continue;
        };
        assert_ne!(
            names.get(&id),
            Some(moved),
            "edited although changed after the plan: {request}"
        );
    }
}

/// The changes of all plans that these commands printed, by name.
fn planned<'a>(
    commands: impl IntoIterator<Item = &'a CommandRecord>,
) -> BTreeMap<String, Vec<Shown>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for command in commands {
        for (name, shown) in changes(&command.out) {
            all.entry(name).or_default().push(shown);
        }
    }
    all
}

/// Each write is a step of a printed plan for the same discovery, and has the planned settings.
fn expect_nothing_outside_the_plans(played: &Played, undisturbed: &Undisturbed) {
    let planned = planned(&played.commands);
    let (raced, recreated_from_files) = (played.schedule.raced(), recreated_from_files(played));
    let names = played.bench.simulator.names();
    for request in played.bench.simulator.request_log() {
        let Some(Write { step, target, body }) = Write::read(&request) else { continue };
        let name = match target {
            Target::Name(name) => name,
            Target::Id(id) => names.get(&id).cloned().unwrap_or_else(|| {
                panic!("unknown id in {request}");
            }),
        };
        let shown = planned.get(&name).map(Vec::as_slice).unwrap_or_default();
        assert!(shown.iter().any(|it| it.has_step(step)), "not in any plan: {request}");
        let expected = undisturbed.creates.get(&name).filter(|_| step == "create");
        let is_free = raced.contains(&name) || recreated_from_files.contains(&name);
        if let Some(expected) = expected.filter(|_| !is_free) {
            assert_eq!(&body, expected, "not as planned: {request} {:#?}", played.commands);
        }
    }
    if raced.is_empty() {
        let mut wrong = trespasses(&played.schedule.case.files, &played.before, &played.after);
        wrong.retain(|it| {
            !recreated_from_files.iter().any(|name| it.starts_with(&format!("`{name}`:")))
        });
        assert_eq!(wrong, [""; 0], "{:#?}", played.commands);
    }
}

/// Expects that the exit code and the account are true.
fn expect_truthful(played: &Played, command: &CommandRecord) {
    let Played { schedule, .. } = played;
    let raced = schedule.raced();
    if !command.is_concurrent {
        expect_account(&schedule.case, &command.out, &command.world, &raced);
    }
    let Some(exit) = command.exit else { return };
    let last = command.out.lines().last().unwrap_or_default();
    let open = last.rsplit_once(", ").filter(|(_, it)| it.ends_with("still running."));
    let n_open = open.and_then(|(_, it)| it.split(' ').next()).and_then(|it| it.parse().ok());
    let n_open = n_open.unwrap_or(0_u64);
    if exit == Exit::Pending {
        assert!(n_open != 0 || command.err.contains("at once"), "{command:#?}");
    } else {
        assert_eq!(n_open, 0, "{command:#?}");
    }
    if exit == Exit::Done && !command.is_concurrent && !command.had_nothing_left() {
        let wrong = departures_of(&schedule.case, &command.world, &raced);
        assert!(wrong.is_empty(), "{wrong:#?} {command:#?}");
    }
}

/// Returns the names in a section of an account, each with its outcome.
fn account<'a>(out: &'a str, title: &str) -> Vec<(String, &'a str)> {
    // The account of an earlier apply is printed before the plan.
    let own = out.rsplit_once("\nPlan: ").map_or(out, |(_, own)| own);
    let mut is_in = false;
    let of = own.lines().filter_map(|line| {
        if !line.starts_with(' ') {
            is_in = line.starts_with(title);
        }
        let (_, rest) = line.strip_prefix("  ").filter(|_| is_in)?.split_once(' ')?;
        let (name, outcome) = rest.rsplit_once(": ").filter(|_| !line.starts_with("   "))?;
        let name = serde_json::from_str::<String>(name).unwrap_or_else(|_| name.to_owned());
        Some((name, outcome))
    });
    of.collect()
}

/// Checks every change that an account reports as done, except for these names.
pub(super) fn expect_account(case: &Case, out: &str, world: &Value, left_out: &[String]) {
    let wrong = departures_of(case, world, left_out);
    for (name, outcome) in [account(out, "Done:"), account(out, "Converged ")].concat() {
        if left_out.contains(&name) {
            continue;
        }
        let of_it = wrong.iter().find(|it| it.starts_with(&format!("`{name}`")));
        assert_eq!(of_it, None, "`{name}` is not {outcome}: {out}");
        let n = named(world, &name).len();
        match outcome {
            "destroyed" => assert_eq!(n, 0, "`{name}` is not {outcome}: {out}"),
            "created" | "updated" | "replaced" | "restarted" | "stopped" => {
                assert_eq!(n, 1, "`{name}` is not {outcome}: {out}");
            }
            _ => assert_eq!(outcome, "already as wanted", "{out}"),
        }
    }
}

/// If the exit code says that nothing was changed, the controller accepted no write. It cannot be
/// checked if the controller lies or another user interferes: an accepted write may fail then.
fn expect_nothing_accepted(played: &Played, command: &CommandRecord) {
    let schedule = &played.schedule;
    let lies = schedule.case.is_hard() || schedule.faults.iter().any(|it| it.contains("=lie"));
    let says_so = [Exit::Failed, Exit::Invalid, Exit::Refused, Exit::Stale, Exit::Unreachable];
    let is_reported = command.exit.is_some_and(|it| says_so.contains(&it));
    if is_reported && !lies && !command.is_concurrent && schedule.raced().is_empty() {
        assert_eq!(command.n_accepted, 0, "{command:#?} {:#?}", command.requests);
    }
}

/// No discovery is reported as gone or taken unless another user was there.
fn expect_no_false_alarm(played: &Played) {
    let is_alone = played.schedule.raced().is_empty() && played.schedule.second.is_none();
    for command in played.commands.iter().filter(|_| is_alone) {
        let alarms = ["it is gone", "it is no longer there", "another user created"];
        let alarm =
            alarms.iter().find(|it| command.out.contains(**it) || command.err.contains(**it));
        assert_eq!(alarm, None, "reported, but it did not happen: {command:?}");
    }
}

/// The journals match the requests and tasks of the controller.
fn expect_journals_match(played: &Played) {
    let Played { schedule, .. } = played;
    let names = played.bench.simulator.names();
    // A request that is rejected before it is processed is sent again under the same line.
    let rejections = ["expire", "429", "503"];
    let may_be_rejected = schedule.restart.is_some()
        || schedule.faults.iter().any(|it| rejections.iter().any(|what| it.contains(what)));
    for command in played.commands.iter().filter(|it| !it.is_concurrent) {
        let [before, after] = [0, 1].map(|it| command.journals[it].submitted());
        let mut sent = BTreeMap::<_, u64>::new();
        for request in &command.requests {
            let Some(Write { step, target, .. }) = Write::read(request) else { continue };
            let name = match target {
                Target::Name(name) => name,
                Target::Id(id) => names[&id].clone(),
            };
            *sent.entry((name, step.to_owned())).or_default() += 1;
        }
        for (of, n_sent) in sent {
            let count = |all: &BTreeMap<_, u64>| all.get(&of).copied().unwrap_or_default();
            let n_recorded = count(&after) - count(&before);
            let n_sent = if may_be_rejected { n_sent.min(1) } else { n_sent };
            assert!(
                n_sent <= n_recorded,
                "{of:?} in journals {n_recorded} times of {n_sent}: {command:?}"
            );
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
    let unknown = accepted.difference(&ids).collect::<Vec<_>>();
    assert!(unknown.is_empty(), "the controller does not have these tasks: {unknown:?}");
    let n_unrecorded = ids.difference(&accepted).count();
    assert!(
        n_unrecorded <= all.n_unanswered(),
        "tasks missing from the journals: {:#} {texts:#?}",
        played.after["tasks"]
    );
    let last = played.commands.last().unwrap();
    if last.exit == Some(Exit::Done) && !last.reports_open_operations() {
        assert_eq!(ours.n_unsettled(), 0, "{:#?} {texts:#?}", played.commands);
    }
}

/// Every run was planned, and was started once.
fn expect_runs(played: &Played, undisturbed: &Undisturbed) {
    // A resume prints the plan of an earlier apply again.
    let applies = played.commands.iter().filter(|it| it.kind != CommandKind::Resume);
    let planned = planned(applies);
    let Played { schedule, before, after, .. } = played;
    let raced = schedule.raced();
    // A run may be missing if its change was reported as failed or still running.
    let is_reported = |it: &CommandRecord| {
        let last = it.out.lines().last().unwrap_or_default();
        last.starts_with("Apply incomplete.")
            && !last.ends_with(" 0 failed, 0 not tried, 0 still running.")
            || it.reports_open_operations()
    };
    let expects_all_runs = played.commands.last().is_some_and(|it| it.exit == Some(Exit::Done))
        && undisturbed.ran.exit == Exit::Done
        && raced.is_empty()
        && schedule.second.is_none()
        && !played.commands.iter().any(is_reported);
    for name in wanted(&schedule.case.files).into_keys().filter(|it| !raced.contains(it)) {
        let n_new = n_new_runs(before, after, &name);
        let is_missing = n_new == 0 && n_new_runs(before, &undisturbed.after, &name) != 0;
        assert!(!expects_all_runs || !is_missing, "`{name}` never ran: {:#?}", played.commands);
        let shown = planned.get(&name).map(Vec::as_slice).unwrap_or_default();
        let n_wanted = shown.iter().filter(|it| it.runs()).count();
        // A run started by the edit itself may end before it is observed.
        let n_edits = shown.iter().filter(|it| it.has_step("edit")).count();
        let most = n_wanted + if schedule.case.has("edit_runs=yes") { n_edits } else { 0 };
        assert!(
            n_new <= most,
            "`{name}` ran {n_new} times, at most {most} were planned: {:#?}",
            played.commands
        );
    }
}

/// Counts the runs of a name between two worlds.
fn n_new_runs(before: &Value, after: &Value, name: &str) -> usize {
    let ids = |world| named(world, name).iter().map(|it| it["id"].to_string()).collect();
    let (had, has): (Vec<_>, Vec<_>) = (ids(before), ids(after));
    let n_before = if had == has { n_runs(before, name) } else { 0 };
    n_runs(after, name).saturating_sub(n_before)
}

/// The final world equals that of the undisturbed apply, and nothing is left to do.
async fn expect_converged(played: &Played, undisturbed: &Undisturbed) {
    let Played { schedule, bench, before, after, .. } = played;
    let case = &schedule.case;
    let last = played.commands.last().unwrap();
    let raced = schedule.raced();
    let exit = last.exit.unwrap();
    // The files may lack settings needed to recreate a discovery that another user deleted.
    let cannot_be_made =
        schedule.has_other("other-delete") && last.out.contains("This plan cannot be applied");
    if undisturbed.ran.exit != Exit::Done || case.is_hard() || cannot_be_made {
        // A plan that is refused writes nothing, with or without faults.
        let is_refused = matches!(undisturbed.ran.exit, Exit::Invalid | Exit::Refused);
        if is_refused && raced.is_empty() {
            assert_eq!(
                (exit, settings_except(before, &raced)),
                (undisturbed.ran.exit, settings_except(after, &raced))
            );
        }
        if exit != Exit::Done {
            return;
        }
    } else {
        assert_eq!(exit, Exit::Done, "{:#?}", played.commands);
        let free = raced.iter().cloned().chain(recreated_from_files(played)).collect::<Vec<_>>();
        let was = settings_except(&undisturbed.after, &free);
        assert_eq!(settings_except(after, &free), was, "{:#?}", played.commands);
    }
    // A change by another user also settles a write in doubt.
    let is_alone = raced.is_empty() && schedule.second.is_none();
    let n_unfinished = if is_alone { n_unfinished_tasks(&last.world) } else { 0 };
    assert_eq!(n_unfinished, 0, "accepted tasks are still unfinished: {:#?}", played.commands);
    expect_nothing_left(bench, case).await;
}

/// The names that one apply replaced while another, planning between delete and create, created
/// them from the files alone: it cannot know the other settings.
fn recreated_from_files(played: &Played) -> Vec<String> {
    if played.schedule.second.is_none() {
        return Vec::new();
    }
    let planned = planned(&played.commands);
    let is_in = |all: &[Shown], what: &str| all.iter().any(|it| it.what == what);
    let recreated_from_files =
        planned.iter().filter(|(_, it)| is_in(it, "replaced") && is_in(it, "created"));
    recreated_from_files.map(|(name, _)| name.clone()).collect()
}

/// Returns the settings of all discoveries except these, sorted.
pub(super) fn settings_except(world: &Value, left_out: &[String]) -> Vec<String> {
    let left_out = left_out.iter().map(String::as_str).collect::<BTreeSet<_>>();
    let all = array(&world["discoveries"]).iter();
    let all = all.filter(|it| !left_out.contains(it["name"].as_str().unwrap()));
    let mut texts = all.map(|it| without_run(it).to_string()).collect::<Vec<_>>();
    texts.sort();
    texts
}

/// Counts the accepted tasks that have not done their work yet.
fn n_unfinished_tasks(world: &Value) -> usize {
    let is_left = |it: &&Value| {
        let work = &it["simulator"]["left"]["work"];
        !work.is_null() && !matches!(work["fate"].as_str(), Some("stuck"))
    };
    array(&world["tasks"]).iter().filter(is_left).count()
}

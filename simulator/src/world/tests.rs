//! The state machine without HTTP: times, runs, quirks, files.

use serde_json::{Value, json};

use super::{operation::Operation, *};
use crate::{
    Quirks,
    fault::{UserAction, WriteOutcome},
};

/// A world, its rules, and a clock that tests move.
struct Lab {
    world: World,
    rules: Rules,
    now: u64,
}

const START: u64 = 1_000_000;

impl Lab {
    fn new(quirks: &[&str]) -> Self {
        Self::of(World::default(), quirks)
    }

    fn of(world: World, quirks: &[&str]) -> Self {
        let mut set = Quirks::default();
        for it in quirks {
            set.set(it.parse().unwrap());
        }
        let rules = Rules { seed: 1, task_time: 1_000, run_time: 10_000, quirks: set };
        let now = START.max(world.now);
        let mut lab = Self { world, rules, now };
        lab.world.adopt_runs(At { now, rules: &lab.rules });
        lab
    }

    fn wait(&mut self, millis: u64) {
        self.now += millis;
        self.world.advance(self.now, &self.rules);
    }

    fn ask<R>(&mut self, ask: impl FnOnce(&mut World, At<'_>) -> R) -> R {
        ask(&mut self.world, At { now: self.now, rules: &self.rules })
    }

    fn found(&mut self, ask: impl FnOnce(&World, At<'_>) -> Result<Value, Refusal>) -> Value {
        self.ask(|world, at| ask(world, at)).unwrap()
    }

    /// Sends a write, which must be accepted, and returns its task.
    fn write(
        &mut self,
        ask: impl FnOnce(&mut World, At<'_>) -> Result<Operation, Refusal>,
    ) -> String {
        self.treated(&Treatment::default(), ask)
    }

    fn treated(
        &mut self,
        treatment: &Treatment,
        ask: impl FnOnce(&mut World, At<'_>) -> Result<Operation, Refusal>,
    ) -> String {
        self.ask(|world, at| {
            let operation = ask(world, at).unwrap();
            world.accept(operation, treatment, at)
        })
    }

    fn create(&mut self, name: &str) -> String {
        self.create_with(name, &json!({}))
    }

    fn create_with(&mut self, name: &str, more: &Value) -> String {
        let mut body = json!({
            "name": name, "discoveryType": "Range", "ipAddressList": "10.0.0.1-10.0.0.9",
            "snmpVersion": "v2",
        });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        self.write(|world, at| world.create(&body, at))
    }

    fn put(&mut self, id: &str, status: &str, more: &Value) -> String {
        let body = put_body(id, status, more);
        self.write(|world, at| world.put(&body, at))
    }

    fn delete(&mut self, id: &str) -> String {
        self.write(|world, at| world.delete(id, at))
    }

    fn task(&mut self, id: &str) -> Value {
        self.found(|world, at| world.task(Form::V1, id, at))
    }

    /// How a task ended.
    fn end(&mut self, task: &str) -> String {
        let task = self.task(task);
        match (&task["isError"], task.get("endTime")) {
            (_, None) => format!("open: {}", task["progress"].as_str().unwrap()),
            (Value::Bool(true), _) => format!("failed: {}", task["failureReason"]),
            _ => format!("done: {}", task["progress"].as_str().unwrap()),
        }
    }

    fn one(&mut self, id: &str) -> Value {
        self.found(|world, at| world.one(id, at))
    }

    fn state(&mut self, id: &str) -> String {
        let one = self.one(id);
        let word = |key: &str| one[key].as_str().unwrap().to_owned();
        format!("{} {}", word("discoveryStatus"), word("discoveryCondition"))
    }

    fn ids(&mut self) -> Vec<String> {
        let list = self.found(|world, at| world.page(Page { start: 1, count: 500 }, at));
        list.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    }

    fn jobs(&mut self, id: &str) -> Vec<Value> {
        let jobs = self.found(|world, at| world.jobs_of(id, &Query::default(), at));
        jobs.as_array().unwrap().clone()
    }

    /// The violations that are not zero.
    fn violations(&self) -> Vec<String> {
        let all = self.world.violations();
        assert_eq!(all.len(), 10);
        all.into_iter().filter(|(_, n)| *n != 0).map(|(it, n)| format!("{it} {n}")).collect()
    }
}

fn put_body(id: &str, status: &str, more: &Value) -> Value {
    let mut body = json!({"id": id, "discoveryStatus": status});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// A lab with the discovery 1, complete.
fn lab_with_one(quirks: &[&str]) -> Lab {
    let mut lab = Lab::new(quirks);
    lab.create("one");
    lab.wait(11_000);
    lab
}

#[test]
fn a_create_is_a_run_that_ends_complete_with_devices_and_jobs() {
    let mut lab = Lab::new(&[]);
    let task = lab.create("one");
    lab.wait(999);
    assert_eq!(lab.ids(), [""; 0]);
    assert_eq!(lab.end(&task), "open: Inventory service initiating discovery.");
    lab.wait(1);
    assert_eq!((lab.end(&task).as_str(), lab.ids()), ("done: 1", vec!["1".to_owned()]));
    assert_eq!(lab.state("1"), "Active In Progress");
    assert_eq!(lab.one("1").get("deviceIds"), None);
    assert!(lab.jobs("1").iter().all(|it| it.get("endTime").is_none()));
    lab.wait(9_999);
    assert_eq!(lab.state("1"), "Active In Progress");
    lab.wait(1);
    assert_eq!(lab.state("1"), "Inactive Complete");
    let one = lab.one("1");
    let ids = one["deviceIds"].as_str().unwrap().split(',').count();
    assert_eq!(one["numDevices"], ids);
    let jobs = lab.jobs("1");
    assert_eq!(jobs.len(), ids);
    let times = (START + 1_000).to_string();
    assert_eq!((&jobs[0]["startTime"], &jobs[0]["taskId"]), (&json!(times), &json!(task)));
    assert_eq!(jobs[0]["endTime"], (START + 11_000).to_string());
    let devices = lab.found(|world, at| world.devices("1", &Query::default(), at));
    assert_eq!(devices.as_array().unwrap().len(), ids);
    assert_eq!(lab.found(|world, at| world.summary("1", &Query::default(), at)), ids);
}

#[test]
fn two_creates_of_a_name_in_flight_make_one_discovery() {
    let mut lab = Lab::new(&[]);
    let (first, second) = (lab.create("one"), lab.create("one"));
    lab.wait(1_000);
    assert_eq!(lab.end(&first), "done: 1");
    assert_eq!(lab.end(&second), "failed: \"Discovery name is duplicate\"");
    assert_eq!(lab.ids(), ["1"]);
}

#[test]
fn a_stop_aborts_and_a_run_starts_again_under_the_same_id() {
    let mut lab = Lab::new(&[]);
    lab.create("one");
    lab.wait(1_000);
    lab.put("1", "Inactive", &json!({}));
    lab.wait(1_000);
    assert_eq!(lab.state("1"), "Inactive Aborted");
    lab.wait(60_000);
    assert_eq!(lab.state("1"), "Inactive Aborted");
    let task = lab.put("1", "Active", &json!({}));
    lab.wait(1_000);
    assert_eq!(
        (lab.end(&task).as_str(), lab.state("1").as_str()),
        ("done: 1", "Active In Progress")
    );
    lab.wait(10_000);
    assert_eq!(lab.state("1"), "Inactive Complete");
    // The jobs of the latest run come first.
    assert_eq!(lab.jobs("1")[0]["taskId"], task);
    assert_eq!(lab.violations(), [""; 0]);
}

#[test]
fn events_happen_in_the_order_of_time_however_far_it_jumps() {
    let mut lab = Lab::new(&[]);
    lab.create("one");
    lab.wait(10_500);
    // The run ends at 11 s, before this stop is carried out.
    lab.put("1", "Inactive", &json!({}));
    lab.wait(60_000);
    assert_eq!(lab.state("1"), "Inactive Complete");
}

#[test]
fn an_edit_changes_the_settings_and_nothing_else() {
    let mut lab = lab_with_one(&[]);
    let before = lab.one("1");
    let task = lab.put("1", "Edit", &json!({"timeOut": 9, "ipFilterList": "10.0.0.2"}));
    lab.wait(1_000);
    assert_eq!(lab.end(&task), "done: 1");
    let mut wanted = before;
    wanted["timeOut"] = json!(9);
    wanted["ipFilterList"] = json!("10.0.0.2");
    assert_eq!(lab.one("1"), wanted);
    assert_eq!(lab.violations(), [""; 0]);
}

#[test]
fn put_persists_decides_which_put_stores_settings() {
    let kept = |quirk: &str, status: &str| {
        let mut lab = lab_with_one(&[quirk]);
        lab.put("1", status, &json!({"timeOut": 9}));
        lab.wait(1_000);
        lab.one("1")["timeOut"] == 9
    };
    assert!(kept("put_persists=edit", "Edit") && !kept("put_persists=edit", "Active"));
    assert!(kept("put_persists=always", "Edit") && kept("put_persists=always", "Inactive"));
    assert!(!kept("put_persists=never", "Edit") && !kept("put_persists=never", "Active"));
}

#[test]
fn put_missing_keys_decides_about_absent_settings() {
    let rest = |quirk: &str| {
        let mut lab = lab_with_one(&[quirk]);
        lab.put("1", "Edit", &json!({"timeOut": 9}));
        lab.wait(1_000);
        let one = lab.one("1");
        (one["name"].clone(), one.get("retryCount").is_some(), one["numDevices"] != 0)
    };
    assert_eq!(rest("put_missing_keys=keep"), (json!("one"), true, true));
    assert_eq!(rest("put_missing_keys=clear"), (json!("one"), false, true));
}

#[test]
fn the_quirks_of_edit_run_and_stop_change_what_they_do() {
    let after = |quirk: &str, status: &str, wait: u64| {
        let mut lab = Lab::new(&[quirk]);
        lab.create("one");
        lab.wait(1_000 + wait);
        let task = lab.put("1", status, &json!({}));
        lab.wait(1_000);
        format!("{} {}", lab.end(&task).split(':').next().unwrap(), lab.state("1"))
    };
    let (running, over) = (1_000, 20_000);
    assert_eq!(after("edit_runs=yes", "Edit", over), "done Active In Progress");
    assert_eq!(after("edit_runs=no", "Edit", over), "done Inactive Complete");
    assert_eq!(after("edit_status=edit", "Edit", over), "done Edit Complete");
    assert_eq!(after("edit_when_running=fails", "Edit", running), "failed Active In Progress");
    assert_eq!(after("edit_when_running=done", "Edit", running), "done Active In Progress");
    assert_eq!(after("run_when_running=ignored", "Active", running), "done Active In Progress");
    assert_eq!(after("run_when_running=fails", "Active", running), "failed Active In Progress");
    assert_eq!(after("running_condition=queued", "Active", over), "done Active Queued");
    assert_eq!(after("stop_condition=failed", "Inactive", running), "done Inactive Failed");
    assert_eq!(
        after("stop_condition=yet_to_start", "Inactive", running),
        "done Inactive Yet to Start"
    );
    assert_eq!(after("stop_when_stopped=done", "Inactive", over), "done Inactive Complete");
    assert_eq!(after("stop_when_stopped=fails", "Inactive", over), "failed Inactive Complete");
}

#[test]
fn run_when_running_can_start_over() {
    let mut lab = Lab::new(&["run_when_running=restarts"]);
    lab.create("one");
    lab.wait(6_000);
    lab.put("1", "Active", &json!({}));
    lab.wait(6_000);
    assert_eq!(lab.state("1"), "Active In Progress");
    lab.wait(5_000);
    assert_eq!(lab.state("1"), "Inactive Complete");
}

#[test]
fn quirks_decide_how_a_run_ends() {
    let end = |quirk: &str| lab_with_one(&[quirk]).state("1");
    assert_eq!(end("run_ends=aborted"), "Inactive Aborted");
    assert_eq!(end("run_ends=failed"), "Inactive Failed");
    assert_eq!(end("run_ends=odd"), "Inactive Partially Collected");
    let mut lab = lab_with_one(&["devices=none"]);
    let one = lab.one("1");
    assert_eq!((&one["numDevices"], one.get("deviceIds")), (&json!(0), None));
    assert!(lab.jobs("1")[0].get("endTime").is_some());
    let mut lab = lab_with_one(&["job_times=number"]);
    assert_eq!(lab.jobs("1")[0]["endTime"], START + 11_000);
    let runs = |quirk: &str| {
        let mut lab = lab_with_one(&[quirk]);
        lab.put("1", "Active", &json!({}));
        lab.wait(11_000);
        let jobs = lab.jobs("1");
        jobs.iter().filter(|it| it["taskId"] != jobs[0]["taskId"]).count()
    };
    assert!(runs("jobs_kept=all") != 0 && runs("jobs_kept=last") == 0);
}

#[test]
fn a_delete_stops_the_run_and_releases_the_name() {
    let mut lab = Lab::new(&[]);
    lab.create("one");
    lab.wait(1_000);
    let task = lab.delete("1");
    lab.wait(1_000);
    assert_eq!(lab.end(&task), "done: Discovery deleted successfully.");
    let again = lab.create("one");
    lab.wait(1_000);
    assert_eq!((lab.end(&again).as_str(), lab.ids()), ("done: 2", vec!["2".to_owned()]));
}

#[test]
fn delete_running_can_fail() {
    let mut lab = Lab::new(&["delete_running=fails"]);
    lab.create("one");
    lab.wait(1_000);
    let task = lab.delete("1");
    lab.wait(1_000);
    assert!(lab.end(&task).starts_with("failed"));
    lab.wait(10_000);
    let task = lab.delete("1");
    lab.wait(1_000);
    assert!(lab.end(&task).starts_with("done"));
}

#[test]
fn a_name_that_is_not_released_is_a_duplicate() {
    let mut lab = lab_with_one(&["name_release=8s"]);
    lab.delete("1");
    lab.wait(1_000);
    let early = lab.create_with("one", &json!({"timeout": 9}));
    lab.wait(7_999);
    assert_eq!(lab.end(&early), "failed: \"Discovery name is duplicate\"");
    let late = lab.create_with("one", &json!({"timeout": 9}));
    lab.wait(1_000);
    assert_eq!(lab.end(&late), "done: 2");
    assert_eq!(lab.violations(), [""; 0]);
}

#[test]
fn a_new_discovery_can_be_listed_later_than_its_task_ends() {
    let mut lab = Lab::new(&["visible_after=1500ms"]);
    let task = lab.create("one");
    lab.wait(2_499);
    assert_eq!((lab.end(&task).as_str(), lab.ids().len()), ("done: 1", 0));
    assert_eq!(lab.found(|world, at| Ok(world.count(at))), 0);
    assert!(lab.ask(|world, at| world.one("1", at)).is_err());
    lab.wait(1);
    assert_eq!(lab.ids(), ["1"]);
}

#[test]
fn the_task_quirks_change_what_a_task_says() {
    let shown = |quirks: &[&str]| {
        let mut lab = Lab::new(quirks);
        let task = lab.create("one");
        lab.wait(1_000);
        lab.task(&task)
    };
    let data = |form: &str| shown(&["task_id_in=data", &format!("task_data={form}")]);
    assert_eq!(data("bare")["data"], "1");
    assert_eq!(data("number")["data"], "{\"discoveryId\":1}");
    assert_eq!(data("text")["data"], "{\"discoveryId\":\"1\"}");
    assert_eq!(data("bare")["progress"], "Inventory service initiating discovery.");
    let both = shown(&["task_id_in=both"]);
    assert_eq!((&both["data"], &both["progress"]), (&json!("1"), &json!("1")));
    let late = shown(&["end_late=4s"]);
    assert_eq!((&late["progress"], late.get("endTime")), (&json!("1"), None));
    let mut lab = Lab::new(&["end_late=4s", "task_version=end_time"]);
    let task = lab.create("one");
    lab.wait(5_000);
    let task = lab.task(&task);
    assert_eq!(
        (&task["endTime"], &task["version"]),
        (&json!(START + 5_000), &json!(START + 5_000))
    );
    assert_eq!(task["lastUpdate"], START + 1_000);
}

#[test]
fn a_task_can_end_with_its_run_however_that_ends() {
    let mut lab = Lab::new(&["task_end=run_ended"]);
    let task = lab.create("one");
    lab.wait(10_999);
    assert_eq!(lab.end(&task), "open: 1");
    lab.wait(1);
    assert_eq!(lab.end(&task), "done: 1");
    let task = lab.put("1", "Active", &json!({}));
    lab.wait(1_000);
    assert_eq!(lab.end(&task), "open: 1");
    lab.delete("1");
    lab.wait(1_000);
    assert_eq!(lab.end(&task), "done: 1");
}

#[test]
fn a_quirk_decides_where_a_failed_task_has_the_reason() {
    let keys = |quirk: &str| {
        let mut lab = Lab::new(&[quirk]);
        lab.create("one");
        let task = lab.create("one");
        lab.wait(1_000);
        let task = lab.task(&task);
        let says = |key: &str| task[key] == "Discovery name is duplicate";
        (task["isError"].clone(), says("errorCode"), says("failureReason"), says("progress"))
    };
    assert_eq!(keys("error_words=both"), (json!(true), true, true, false));
    assert_eq!(keys("error_words=reason"), (json!(true), false, true, false));
    assert_eq!(keys("error_words=code"), (json!(true), true, false, false));
    assert_eq!(keys("error_words=progress"), (json!(true), false, false, true));
    assert_eq!(keys("error_words=none"), (json!(true), false, false, false));
}

#[test]
fn a_fault_decides_the_outcome_of_a_write() {
    let ended = |outcome: WriteOutcome| {
        let mut lab = Lab::new(&[]);
        let body = json!({"name": "one", "discoveryType": "Single", "ipAddressList": "10.0.0.1"});
        let treatment = Treatment { outcome, task_hidden_for: 0 };
        let task = lab.treated(&treatment, |world, at| world.create(&body, at));
        lab.wait(60_000);
        (lab.end(&task), lab.ids().len())
    };
    let open = "open: Inventory service initiating discovery.".to_owned();
    assert_eq!(ended(WriteOutcome::Done), ("done: 1".to_owned(), 1));
    assert_eq!(ended(WriteOutcome::Stuck), (open.clone(), 0));
    assert_eq!(ended(WriteOutcome::StuckDone), (open, 1));
    assert_eq!(ended(WriteOutcome::Fails("no".to_owned())), ("failed: \"no\"".to_owned(), 0));
    assert_eq!(ended(WriteOutcome::Lie), ("done: 1".to_owned(), 0));
}

#[test]
fn a_late_task_cannot_be_found_by_id_or_list() {
    let mut lab = Lab::new(&[]);
    let body = json!({"name": "one", "discoveryType": "Single", "ipAddressList": "10.0.0.1"});
    let treatment = Treatment { outcome: WriteOutcome::Done, task_hidden_for: 2_000 };
    let task = lab.treated(&treatment, |world, at| world.create(&body, at));
    lab.wait(1_999);
    let query = Query::default();
    assert!(lab.ask(|world, at| world.task(Form::V1, &task, at)).is_err());
    assert!(lab.ask(|world, at| world.task(Form::V2, &task, at)).is_err());
    assert_eq!(lab.found(|world, at| world.tasks(Form::V1, &query, at)), json!([]));
    lab.wait(1);
    assert_eq!(lab.end(&task), "done: 1");
}

#[test]
fn quirks_decide_the_answer_to_a_missing_id() {
    let status = |quirk: &str| {
        let mut lab = Lab::new(&[quirk]);
        let get = lab.ask(|world, at| world.one("7", at).map(Answer::Found));
        let delete = lab.ask(|world, at| world.delete("7", at).map(Answer::Write));
        let body = put_body("7", "Active", &json!({}));
        let put = lab.ask(|world, at| world.put(&body, at).map(Answer::Write));
        [get, delete, put].map(|it| match it {
            Err(refusal) => refusal.status,
            Ok(Answer::Write(_)) => 202,
            Ok(Answer::Found(_)) => 200,
        })
    };
    assert_eq!(status("missing_id=404"), [404, 404, 404]);
    assert_eq!(status("missing_id=400"), [400, 400, 400]);
    assert_eq!(status("missing_id=500"), [500, 500, 500]);
    assert_eq!(status("missing_write=task_fails"), [404, 202, 202]);
    let mut lab = Lab::new(&["missing_write=task_fails"]);
    let task = lab.delete("7");
    lab.wait(1_000);
    assert_eq!(lab.end(&task), "failed: \"Discovery with id 7 does not exist\"");
}

#[test]
fn bad_values_are_refused_at_once_or_fail_in_the_task() {
    let body = json!({"name": "n", "discoveryType": "Weird", "ipAddressList": "10.0.0.1"});
    let create = |world: &mut World, at: At<'_>| world.create(&body, at);
    assert!(Lab::new(&[]).ask(create).is_err());
    let mut lab = Lab::new(&["bad_values=task_fails"]);
    let task = lab.write(create);
    lab.wait(1_000);
    assert_eq!(lab.end(&task), "failed: \"discoveryType Weird is not known\"");
}

#[test]
fn checks_against_the_world_fail_in_the_task() {
    let end = |quirk: &str, more: &Value| {
        let mut lab = Lab::new(&[quirk]);
        let task = lab.create_with("n", more);
        lab.wait(1_000);
        lab.end(&task).split(':').next().unwrap().to_owned()
    };
    let gone = json!({"globalCredentialIdList": ["gone"]});
    assert_eq!(end("unknown_credential=fails", &gone), "failed");
    assert_eq!(end("unknown_credential=accepted", &gone), "done");
    let v6 = json!({"ipAddressList": "2001:db8::1-2001:db8::2"});
    assert_eq!(end("ipv6=accept", &v6), "done");
    assert_eq!(end("ipv6=fail", &v6), "failed");
}

#[test]
fn a_quirk_decides_the_order_of_the_list() {
    let ids = |quirk: &str| {
        let mut lab = Lab::new(&[quirk]);
        (1..=5).for_each(|it| drop(lab.create(&format!("d{it}"))));
        lab.wait(1_000);
        lab.ids().join("")
    };
    assert_eq!(ids("list_order=newest"), "54321");
    assert_eq!(ids("list_order=oldest"), "12345");
    let shuffled = ids("list_order=shuffled");
    assert_eq!(shuffled, ids("list_order=shuffled"));
    assert!(!["12345", "54321"].contains(&shuffled.as_str()), "{shuffled}");
}

#[test]
fn pages_count_from_one_and_shift_after_a_delete() {
    let mut lab = Lab::new(&["list_order=oldest"]);
    (1..=5).for_each(|it| drop(lab.create(&format!("d{it}"))));
    lab.wait(1_000);
    let page = |lab: &mut Lab, start, count| {
        let page = lab.found(|world, at| world.page(Page { start, count }, at));
        page.as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect::<String>()
    };
    assert_eq!(page(&mut lab, 1, 2), "12");
    lab.ask(|world, at| {
        world.act_as_other_user(UserAction::Delete, "d1", at);
        world.count(at)
    });
    assert_eq!(page(&mut lab, 3, 2), "45");
    assert_eq!(page(&mut lab, 9, 2), "");
    for (start, count) in [(0, 1), (1, 0), (1, 501)] {
        assert!(lab.ask(|world, at| world.page(Page { start, count }, at)).is_err());
    }
}

#[test]
fn each_violation_is_counted() {
    let counted = |act: &dyn Fn(&mut Lab)| {
        let mut lab = lab_with_one(&[]);
        act(&mut lab);
        lab.violations().join(", ")
    };
    assert_eq!(counted(&|lab| drop(lab.create("one"))), "duplicate_create 1");
    let odd = json!({"timeOut": 3, "retryCount": 1});
    assert_eq!(counted(&|lab| drop(lab.create_with("two", &odd))), "unknown_field 2");
    assert_eq!(
        counted(&|lab| drop(lab.put("1", "Edit", &json!({"timeout": 9, "timeOut": 9})))),
        "unknown_field 1"
    );
    let missing = |lab: &mut Lab| {
        lab.ask(|world, at| world.delete("9", at)).unwrap_err();
    };
    assert_eq!(counted(&missing), "write_to_missing_id 1");
    assert_eq!(
        counted(&|lab| drop(lab.put(
            "1",
            "Edit",
            &json!({"passwordList": "NO!$DATA!$", "timeOut": 9})
        ))),
        "masked_secret 1"
    );
    assert_eq!(
        counted(&|lab| drop(lab.put("1", "Active", &json!({"name": "one"})))),
        "field_in_run_or_stop 1"
    );
    assert_eq!(
        counted(&|lab| drop(lab.put("1", "Edit", &json!({"name": "one", "timeOut": 5})))),
        "noop_edit 1"
    );
    assert_eq!(counted(&|lab| drop([lab.delete("1"), lab.delete("1")])), "double_delete 1");
    let again = |lab: &mut Lab| {
        lab.delete("1");
        lab.wait(2_000);
        lab.ask(|world, at| world.delete("1", at)).unwrap_err();
        lab.create("one");
    };
    assert_eq!(counted(&again), "double_delete 1, needless_replace 1");
    let replaced = |lab: &mut Lab| {
        lab.delete("1");
        lab.wait(2_000);
        lab.create_with("one", &json!({"timeout": 9}));
    };
    assert_eq!(counted(&replaced), "");
    let all = |lab: &mut Lab| {
        lab.write(|world, at| Ok(world.delete_range(Page { start: 1, count: 5 }, at)));
        lab.write(|world, _| Ok(world.delete_all()));
    };
    assert_eq!(counted(&all), "delete_all 2");
}

#[test]
fn a_range_or_all_can_be_deleted() {
    let mut lab = Lab::new(&["list_order=oldest"]);
    (1..=5).for_each(|it| drop(lab.create(&format!("d{it}"))));
    lab.wait(1_000);
    lab.write(|world, at| Ok(world.delete_range(Page { start: 2, count: 2 }, at)));
    lab.wait(1_000);
    assert_eq!(lab.ids(), ["1", "4", "5"]);
    lab.write(|world, _| Ok(world.delete_all()));
    lab.wait(1_000);
    assert_eq!(lab.ids(), [""; 0]);
}

#[test]
fn another_user_acts_at_once() {
    let mut lab = lab_with_one(&[]);
    let mut act = |other, name: &str| {
        lab.ask(|world, at| {
            world.act_as_other_user(other, name, at);
            world.count(at)
        });
        lab.ids().join(" ")
    };
    assert_eq!(act(UserAction::Create, "two"), "2 1");
    assert_eq!(act(UserAction::Create, "two"), "2 1");
    assert_eq!(act(UserAction::Edit, "one"), "2 1");
    assert_eq!(act(UserAction::Run, "one"), "2 1");
    assert_eq!(act(UserAction::Delete, "two"), "1");
    assert_eq!(lab.one("1")["timeOut"], 6);
    assert_eq!(lab.state("1"), "Active In Progress");
}

#[test]
fn a_saved_world_continues() {
    let mut lab = Lab::new(&["name_release=8s", "task_end=run_ended"]);
    let done = lab.create("one");
    lab.wait(2_000);
    let open = lab.create("two");
    lab.wait(500);
    let text = lab.world.to_json();
    let saved: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&saved["next_id"], saved["discoveries"].as_array().unwrap().len()), (&json!(2), 1));
    let mut lab = Lab::of(World::from_json(&text).unwrap(), &["task_end=run_ended"]);
    assert_eq!(lab.world.to_json(), text);
    lab.wait(500);
    assert_eq!((lab.end(&open).as_str(), lab.ids().join(" ").as_str()), ("open: 2", "2 1"));
    lab.wait(8_000);
    assert_eq!(
        (lab.end(&done).as_str(), lab.state("1").as_str()),
        ("done: 1", "Inactive Complete")
    );
    assert_eq!(lab.state("2"), "Active In Progress");
    assert_ne!(lab.create("three"), done);
}

#[test]
fn an_odd_world_is_served_and_saved_unchanged() {
    let odd = json!([
        {"id": "7", "name": "a", "discoveryType": "Weird", "timeOut": [], "zz": {"y": null},
            "share": 1.524_880_671_459_999_9e38},
        {"name": "no id"}, "nonsense", null, {"id": 9, "name": 5},
    ]);
    let text = json!({"discoveries": odd}).to_string();
    let mut lab = Lab::of(World::from_json(&text).unwrap(), &["list_order=oldest"]);
    lab.wait(60_000);
    assert_eq!(lab.found(|world, at| world.page(Page { start: 1, count: 500 }, at)), odd);
    let saved: Value = serde_json::from_str(&lab.world.to_json()).unwrap();
    assert_eq!((&saved["discoveries"], &saved["next_id"]), (&odd, &json!(10)));
    lab.put("7", "Edit", &json!({"retryCount": 2}));
    lab.wait(1_000);
    let one = lab.one("7");
    assert_eq!(
        (&one["retryCount"], &one["zz"], &one["timeOut"]),
        (&json!(2), &odd[0]["zz"], &json!([]))
    );
    lab.delete("7");
    lab.wait(1_000);
    assert_eq!(lab.found(|world, at| Ok(world.count(at))), 4);
}

#[test]
fn a_running_discovery_of_a_world_file_ends() {
    let text = json!({"discoveries": [{"id": "3", "name": "a", "ipAddressList": "10.0.0.1",
        "discoveryStatus": "Active", "discoveryCondition": "In Progress"}]});
    let mut lab = Lab::of(World::from_json(&text.to_string()).unwrap(), &[]);
    lab.wait(9_999);
    assert_eq!(lab.state("3"), "Active In Progress");
    lab.wait(1);
    assert_eq!(lab.state("3"), "Inactive Complete");
    lab.create("b");
    lab.wait(1_000);
    assert_eq!(lab.ids(), ["4", "3"]);
}

#[test]
fn an_invalid_world_is_refused_with_a_reason() {
    let message = |text: &str| World::from_json(text).unwrap_err().to_string();
    assert_eq!(message("nope"), "the world is not JSON");
    assert_eq!(message("[]"), "`the top` of the world is not an object");
    assert_eq!(message(r#"{"discoveries": {}}"#), "`discoveries` of the world is not a list");
    assert_eq!(message(r#"{"next_id": -1}"#), "`next_id` of the world is not a whole number");
    assert!(message(r#"{"discovery": []}"#).contains("no member `discovery`; it has discoveries"));
}

#[test]
fn credentials_are_added_changed_and_deleted() {
    let mut lab = Lab::new(&["deleted_credential=dropped"]);
    let body = json!({"cliCredential": [{"description": "new", "username": "u", "password": "p"}]});
    let task = lab.write(|world, at| world.add_credentials(&body, false, at));
    lab.wait(1_000);
    assert_eq!(lab.end(&task), "done: Global Credential addition performed.");
    let added = lab.found(|world, at| Ok(world.credentials(at)))["cliCredential"][3].clone();
    assert_eq!((&added["password"], &added["instanceUuid"]), (&json!("NO!$DATA!$"), &added["id"]));
    let id = added["id"].as_str().unwrap();
    assert_eq!(lab.found(|world, at| world.sub_type_of(id, at)), "CLI");
    let body = json!({"cliCredential": {"id": id, "username": "v", "password": "NO!$DATA!$"}});
    lab.write(|world, at| world.change_credentials(&body, at));
    lab.create_with("one", &json!({"globalCredentialIdList": [id]}));
    lab.wait(1_000);
    assert_eq!(
        lab.found(|world, at| Ok(world.credentials(at)))["cliCredential"][3]["username"],
        "v"
    );
    lab.write(|world, at| world.assign_credential(id, at));
    lab.write(|world, at| world.delete_credential(id, at));
    lab.wait(1_000);
    assert_eq!(lab.one("1")["globalCredentialIdList"], json!([]));
    let v1 = Query(vec![("credentialSubType".to_owned(), "CLI".to_owned())]);
    assert_eq!(lab.found(|world, _| world.credentials_of(&v1)).as_array().unwrap().len(), 3);
    assert_eq!(lab.violations(), [""; 0]);
}

#[test]
fn a_quirk_decides_how_a_kind_without_credentials_is_read() {
    let read = |quirk: &str| {
        let world = World::from_json(r#"{"credentials": {"snmpV3": []}}"#).unwrap();
        Lab::of(world, &[quirk]).found(|world, at| Ok(world.credentials(at)))
    };
    assert_eq!(read("empty_kinds=list")["cliCredential"], json!([]));
    assert_eq!(read("empty_kinds=absent"), json!({}));
    assert_eq!(read("empty_kinds=null")["snmpV3"], Value::Null);
}

#[test]
fn both_task_interfaces_filter_sort_and_page() {
    let mut lab = Lab::new(&[]);
    lab.create("one");
    lab.wait(100);
    lab.create("one");
    lab.wait(100);
    lab.create("two");
    lab.wait(850);
    let mut old = |text: &str| {
        let query = query(text);
        let list = lab.found(|world, at| world.tasks(Form::V1, &query, at));
        let list = list.as_array().unwrap().clone();
        list.iter().map(|it| it["progress"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let open = "Inventory service initiating discovery.";
    assert_eq!(old(""), [open, open, "1"]);
    assert_eq!(old("order=asc"), ["1", open, open]);
    assert_eq!(old("sortBy=progress&order=dsc"), [open, open, "1"]);
    assert_eq!(old("offset=3&limit=1"), ["1"]);
    assert_eq!(old("progress=1"), ["1"]);
    assert_eq!(old(&format!("startTime={}", START + 200)), [open]);
    assert_eq!(old(&format!("endTime={}", START + 1_000)), ["1"]);
    lab.wait(1_000);
    let mut new = |text: &str| {
        let query = query(text);
        let list = lab.found(|world, at| world.tasks(Form::V2, &query, at));
        list.as_array()
            .unwrap()
            .iter()
            .map(|it| it["status"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(new(""), ["SUCCESS", "FAILURE", "SUCCESS"]);
    assert_eq!(new("status=failure"), ["FAILURE"]);
    let count = lab.found(|world, at| world.task_count(Form::V2, &query("status=SUCCESS"), at));
    assert_eq!(count, 2);
}

#[test]
fn the_list_quirks_change_order_and_words() {
    let list = |quirk: &str, text: &str| {
        let mut lab = Lab::new(&[quirk]);
        lab.create("one");
        lab.wait(1_000);
        lab.create("two");
        let query = query(text);
        let old = lab.found(|world, at| world.tasks(Form::V1, &query, at));
        let new = lab.found(|world, at| world.tasks(Form::V2, &query, at));
        (old, new)
    };
    assert_eq!(list("task_order=oldest", "").0[0]["progress"], "1");
    assert_eq!(list("task_filters=obeyed", "isError=true").0, json!([]));
    assert_eq!(list("task_filters=ignored", "isError=true").0.as_array().unwrap().len(), 2);
    assert_eq!(list("task_status=lower", "").1[0]["status"], "pending");
    assert!(list("task_updated=updated_time", "").1[0].get("updatedTime").is_some());
    let task = &list("task_updated=last_update", "").1[1];
    let keys: Vec<&str> = task.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["endTime", "lastUpdate", "status", "rootId", "startTime", "resultLocation", "id"]
    );
}

fn query(text: &str) -> Query {
    let pairs = text.split('&').filter_map(|it| it.split_once('='));
    Query(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

//! Plays a schedule: processes one after the other, somebody else beside them, and at last a
//! command that nothing goes wrong with.
//!
//! Judges nothing: what happened is handed on to be checked.

use std::{cell::RefCell, collections::BTreeSet, fmt, future::pending, time::Duration};

use serde_json::Value;
use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::{Disconnect, Simulator};

use super::{
    journals::Journals,
    schedule::{End, Life, Point, Schedule, Way},
    tally::Tally,
};
use crate::{
    bench::{Bench, Ran},
    properties::{ALL_OVER, array, begin, line, put_files, world},
};

/// How many commands there may be in the end until one is done.
const MOST_CLOSING: usize = 3;

/// Everything that happened.
pub(crate) struct Played {
    pub(crate) schedule: Schedule,
    pub(crate) bench: Bench,
    /// Of whoever applied at the same time.
    pub(crate) second: Bench,
    /// The world before, and when all was over.
    pub(crate) before: Value,
    pub(crate) after: Value,
    pub(crate) told: Vec<Told>,
    pub(crate) tally: Tally,
}

/// What a command told.
pub(crate) struct Told {
    pub(crate) way: Way,
    /// `None` where it was killed.
    pub(crate) exit: Option<Exit>,
    pub(crate) out: String,
    pub(crate) err: String,
    /// What the controller was sent meanwhile.
    pub(crate) requests: Vec<String>,
    /// The journals before it and after it, without what the power took.
    pub(crate) journals: [Journals; 2],
    /// The world right then.
    pub(crate) world: Value,
    /// How many requests had come before they may by then.
    pub(crate) n_early: u64,
    /// How many writes the controller took on meanwhile whose tasks did not fail by then.
    pub(crate) n_taken_on: usize,
    /// Whose settings another user changed between the plan that it carries out and its start.
    pub(crate) moved: Option<String>,
    /// Whether another apply was under way then.
    pub(crate) is_crowded: bool,
}

impl Told {
    /// Whether it says that a write of an earlier apply has not ended.
    pub(crate) fn says_what_is_open(&self) -> bool {
        self.err.contains("operations of an earlier apply are still open")
    }

    /// Whether it was a resume of a journal that left nothing to do: it says nothing of the files.
    pub(crate) fn had_nothing_left(&self) -> bool {
        self.way == Way::Resume && self.err.starts_with("Nothing left to do in ")
    }
}

/// What somebody would see of it.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { way, exit, out, err, .. } = self;
        write!(f, "\n--- {way:?}, {exit:?}\n{out}{err}")
    }
}

/// Plays it all.
pub(crate) async fn play(schedule: Schedule, is_lean: bool) -> Played {
    let mut bench = begin(&schedule.case);
    bench.is_lean = is_lean;
    let before = world(&bench);
    let player = Player {
        schedule: &schedule,
        simulator: bench.simulator.clone(),
        told: RefCell::default(),
        tally: RefCell::default(),
        n_applying: RefCell::new(0),
        n_begun: RefCell::new(0),
        moved: RefCell::default(),
    };
    let second = bench.beside();
    put_files(&second, &schedule.case);
    tokio::join!(
        player.live(&mut bench),
        player.somebody_acts(),
        player.apply_beside(&second),
        player.restart_the_controller(),
    );
    player.close(&bench).await;
    sleep(ALL_OVER).await;
    let after = world(&bench);
    let mut tally = player.tally.into_inner();
    tally.n_seeds = 1;
    tally.quirks = schedule.case.quirks.iter().map(|it| (it.clone(), 1)).collect();
    tally.note_world(&bench.simulator);
    let told = player.told.into_inner();
    Played { schedule, bench, second, before, after, told, tally }
}

struct Player<'a> {
    schedule: &'a Schedule,
    simulator: Simulator,
    told: RefCell<Vec<Told>>,
    tally: RefCell<Tally>,
    n_applying: RefCell<u32>,
    n_begun: RefCell<u32>,
    moved: RefCell<Option<String>>,
}

impl Player<'_> {
    async fn live(&self, bench: &mut Bench) {
        bench.simulator.inject(&self.schedule.faults.join("\n")).unwrap();
        for life in &self.schedule.lives {
            self.one_life(bench, life).await;
            sleep(Duration::from_millis(life.pause)).await;
        }
        bench.interrupts.clear();
    }

    async fn one_life(&self, bench: &mut Bench, life: &Life) {
        bench.interrupts.clear();
        let disconnect = Disconnect::default();
        let mut survives = 0;
        match &life.end {
            End::ByItself => (),
            End::CtrlC(moments) => {
                bench.interrupts = moments.iter().map(|it| Duration::from_millis(*it)).collect();
            }
            End::Kill(point, n_bytes) => {
                survives = *n_bytes;
                match point {
                    Point::At(_) => (),
                    Point::Request { place, nth, arrives } => {
                        disconnect.cut_at(place, *nth, *arrives).unwrap();
                    }
                    Point::Disk(moment) => bench.disk.die_at(*moment, disconnect.clone()),
                }
            }
        }
        let killed = async {
            match life.end {
                End::Kill(Point::At(ms), _) => {
                    sleep(Duration::from_millis(ms)).await;
                    disconnect.cut();
                }
                _ => disconnect.until_cut().await,
            }
        };
        let ended = self.command(bench, life.way, (&disconnect, killed), survives).await;
        // A later life does not die of what an earlier one missed.
        bench.disk.lose_power(survives);
        let Some(ended) = ended else { return };
        let mut tally = self.tally.borrow_mut();
        match (&life.end, ended.exit) {
            (End::Kill(point, _), None) => {
                tally.note_kill(*point, ended.n_unsynced, survives);
            }
            (End::CtrlC(_), Some(_)) => {
                let told = self.told.borrow();
                let told = told.last().unwrap();
                if told.err.contains("second interrupt") {
                    tally.note("Ctrl-C twice");
                } else if told.out.contains("interrupted") || told.err.contains("interrupted") {
                    tally.note("Ctrl-C");
                }
            }
            _ => (),
        }
    }

    /// Runs a command; with the power goes what was not synced, but for so many bytes. Returns
    /// `None` where there was nothing to run.
    async fn command(
        &self,
        bench: &Bench,
        way: Way,
        (disconnect, killed): (&Disconnect, impl Future<Output = ()>),
        survives: usize,
    ) -> Option<Ended> {
        let (way, args) = self.args(bench, way).await?;
        let moved = self.moved.take();
        let args = args.iter().map(String::as_str).collect::<Vec<_>>();
        let simulator = bench.simulator.with_disconnect(disconnect.clone());
        let before = Journals::read(&bench.disk.texts());
        let n_requests = self.simulator.request_log().len();
        let had = tasks(&world(bench));
        let n_begun = *self.n_begun.borrow();
        let mut is_crowded = *self.n_applying.borrow() != 0;
        *self.n_begun.borrow_mut() += 1;
        *self.n_applying.borrow_mut() += 1;
        let ended = bench.run_until(&args, Some(simulator), killed).await;
        *self.n_applying.borrow_mut() -= 1;
        let n_unsynced = bench.disk.unsynced().len();
        if ended.is_err() {
            bench.disk.lose_power(survives);
        }
        let journals = [before, Journals::read(&bench.disk.texts())];
        let requests = self.simulator.request_log().split_off(n_requests);
        let exit = ended.as_ref().ok().map(|it| it.exit);
        let (out, err) = match ended {
            Ok(Ran { out, err, .. }) => (out, err),
            Err(killed) => (killed.out, killed.err),
        };
        self.tally.borrow_mut().note_command(way, exit, &err);
        let world = world(bench);
        is_crowded |= *self.n_begun.borrow() != n_begun + 1;
        let n_early = bench.violations("early_retry");
        let n_taken_on = tasks(&world).difference(&had).count();
        let told = Told {
            way,
            exit,
            out,
            err,
            requests,
            journals,
            world,
            n_early,
            n_taken_on,
            moved,
            is_crowded,
        };
        self.told.borrow_mut().push(told);
        Some(Ended { exit, n_unsynced })
    }

    /// Returns the command line of a way, and which way it is where that one cannot be gone.
    async fn args(&self, bench: &Bench, way: Way) -> Option<(Way, Vec<String>)> {
        let case = &self.schedule.case;
        let flags = format!("--auto-approve --timeout 5m {}", case.flags);
        let apply = format!("{} --simulate --file {}", line("apply", case), bench.path(""));
        let text = match way {
            Way::Apply => format!("{apply} {flags}"),
            Way::Resume => match bench.disk.newest() {
                Some(journal) => format!("resume {} --simulate --timeout 5m", journal.display()),
                None => return Some((Way::Apply, words(&format!("{apply} {flags}")))),
            },
            Way::Saved => {
                let path = bench.path("plan.json");
                if !std::path::Path::new(&path).exists() {
                    let planned = bench.run(&format!("{} --out {path}", line("plan", case))).await;
                    if planned.exit != Exit::Done {
                        return None;
                    }
                    if let Some(name) = &self.schedule.moved {
                        self.simulator.inject(&format!("any=other-edit:{name}")).unwrap();
                        *self.moved.borrow_mut() = Some(name.clone());
                    }
                }
                format!("apply {path} --simulate {flags}")
            }
        };
        Some((way, words(&text)))
    }

    async fn somebody_acts(&self) {
        let mut others = self.schedule.others.clone();
        others.sort();
        let mut now = 0;
        for (at, what) in others {
            sleep(Duration::from_millis(at - now)).await;
            now = at;
            self.simulator.inject(&format!("any={what}")).unwrap();
            self.tally.borrow_mut().note("somebody else at a time of their own");
        }
    }

    async fn apply_beside(&self, bench: &Bench) {
        let Some(at) = self.schedule.second else { return };
        sleep(Duration::from_millis(at)).await;
        self.command(bench, Way::Apply, (&Disconnect::default(), pending()), 0).await;
        self.tally.borrow_mut().note("a second apply at the same time");
    }

    async fn restart_the_controller(&self) {
        let Some((at, n_away)) = self.schedule.restart else { return };
        sleep(Duration::from_millis(at)).await;
        self.simulator.restart().unwrap();
        if n_away != 0 {
            self.simulator.inject(&format!("any@1-{n_away}=reset")).unwrap();
        }
        self.tally.borrow_mut().note("the controller restarted");
    }

    /// Ends what was left, with nothing in the way.
    async fn close(&self, bench: &Bench) {
        self.simulator.clear_faults();
        for nth in 0..MOST_CLOSING {
            let way = if nth == 0 { self.schedule.close } else { Way::Apply };
            let ended = self.command(bench, way, (&Disconnect::default(), pending()), 0).await;
            let is_done = ended.is_some_and(|it| it.exit == Some(Exit::Done));
            // A resume does not look for the journals of others.
            // A resume has an earlier plan, which may leave nothing to do.
            let is_of_now = way == Way::Apply
                || self.schedule.raced().is_empty()
                    && !self.told.borrow().last().is_some_and(Told::had_nothing_left);
            let is_known = self.told.borrow().last().is_some_and(Told::says_what_is_open);
            let n_unsettled = Journals::read(&bench.disk.texts()).n_unsettled();
            if is_done && is_of_now && (n_unsettled == 0 || is_known) {
                return;
            }
        }
    }
}

/// How a command ended.
struct Ended {
    /// `None` where it was killed.
    exit: Option<Exit>,
    /// How many bytes of journals were not synced then.
    n_unsynced: usize,
}

/// The tasks that have not failed, be they at their end or not.
fn tasks(world: &Value) -> BTreeSet<String> {
    let all = array(&world["tasks"]).iter().filter(|it| it["isError"] != true);
    all.map(|it| it["id"].to_string()).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

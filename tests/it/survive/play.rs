//! Plays a schedule: one process after the other, other users at the same time, and finally a
//! command without faults.
//!
//! Only records what happened; the checks are elsewhere.

use std::{cell::RefCell, collections::BTreeSet, fmt, future::pending, time::Duration};

use serde_json::Value;
use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::{Disconnect, Simulator};

use super::{
    journals::Journals,
    schedule::{CommandKind, End, Point, Process, Schedule},
    tally::Tally,
};
use crate::{
    bench::{Bench, Ran},
    properties::{ALL_OVER, array, begin, line, put_files, world},
};

/// The final commands may be this many until one succeeds.
const MOST_CLOSING: usize = 3;

/// Everything that happened.
pub(crate) struct Played {
    pub(crate) schedule: Schedule,
    pub(crate) bench: Bench,
    /// The folder of the concurrent apply.
    pub(crate) second: Bench,
    pub(crate) before: Value,
    /// The world after every task and run has ended.
    pub(crate) after: Value,
    pub(crate) commands: Vec<CommandRecord>,
    pub(crate) tally: Tally,
}

/// A command and everything that was observed of it.
pub(crate) struct CommandRecord {
    pub(crate) kind: CommandKind,
    /// `None` if it was killed.
    pub(crate) exit: Option<Exit>,
    pub(crate) out: String,
    pub(crate) err: String,
    /// The requests that the controller received meanwhile.
    pub(crate) requests: Vec<String>,
    /// The journals before and after it, without lines lost to a power failure.
    pub(crate) journals: [Journals; 2],
    /// The world when it ended.
    pub(crate) world: Value,
    /// The early requests up to then.
    pub(crate) n_early: u64,
    /// The writes accepted meanwhile whose tasks had not failed by then.
    pub(crate) n_accepted: usize,
    /// The discovery that another user edited between the saved plan and this apply of it.
    pub(crate) moved: Option<String>,
    /// Whether another apply was running at the same time.
    pub(crate) is_concurrent: bool,
}

impl CommandRecord {
    /// Whether it reports that an operation of an earlier apply is still open.
    pub(crate) fn reports_open_operations(&self) -> bool {
        self.err.contains("operations of an earlier apply are still open")
    }

    /// Whether it was a resume with nothing left to do, which does not compare the files.
    pub(crate) fn had_nothing_left(&self) -> bool {
        self.kind == CommandKind::Resume && self.err.starts_with("Nothing left to do in ")
    }
}

/// Shows what a user would see.
impl fmt::Debug for CommandRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, exit, out, err, .. } = self;
        write!(f, "\n--- {kind:?}, {exit:?}\n{out}{err}")
    }
}

pub(crate) async fn play(schedule: Schedule, is_lean: bool) -> Played {
    let mut bench = begin(&schedule.case);
    bench.is_lean = is_lean;
    let before = world(&bench);
    let player = Player {
        schedule: &schedule,
        simulator: bench.simulator.clone(),
        commands: RefCell::default(),
        tally: RefCell::default(),
        n_applying: RefCell::new(0),
        n_begun: RefCell::new(0),
        moved: RefCell::default(),
    };
    let second = bench.beside();
    put_files(&second, &schedule.case);
    tokio::join!(
        player.run_processes(&mut bench),
        player.act_as_other_user(),
        player.apply_concurrently(&second),
        player.restart_the_controller(),
    );
    player.close(&bench).await;
    sleep(ALL_OVER).await;
    let after = world(&bench);
    let mut tally = player.tally.into_inner();
    tally.n_seeds = 1;
    tally.quirks = schedule.case.quirks.iter().map(|it| (it.clone(), 1)).collect();
    tally.note_world(&bench.simulator);
    let commands = player.commands.into_inner();
    Played { schedule, bench, second, before, after, commands, tally }
}

struct Player<'a> {
    schedule: &'a Schedule,
    simulator: Simulator,
    commands: RefCell<Vec<CommandRecord>>,
    tally: RefCell<Tally>,
    n_applying: RefCell<u32>,
    n_begun: RefCell<u32>,
    moved: RefCell<Option<String>>,
}

impl Player<'_> {
    async fn run_processes(&self, bench: &mut Bench) {
        bench.simulator.inject(&self.schedule.faults.join("\n")).unwrap();
        for process in &self.schedule.processes {
            self.run_process(bench, process).await;
            sleep(Duration::from_millis(process.pause)).await;
        }
        bench.interrupts.clear();
    }

    async fn run_process(&self, bench: &mut Bench, process: &Process) {
        bench.interrupts.clear();
        let disconnect = Disconnect::default();
        let mut survives = 0;
        match &process.end {
            End::Normally => (),
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
            match process.end {
                End::Kill(Point::At(ms), _) => {
                    sleep(Duration::from_millis(ms)).await;
                    disconnect.cut();
                }
                _ => disconnect.until_cut().await,
            }
        };
        let ended = self.command(bench, process.kind, (&disconnect, killed), survives).await;
        // Cancels a kill that was not reached, so that it does not hit a later process.
        bench.disk.lose_power(survives);
        let Some(ended) = ended else { return };
        let mut tally = self.tally.borrow_mut();
        match (&process.end, ended.exit) {
            (End::Kill(point, _), None) => {
                tally.note_kill(*point, ended.n_unsynced, survives);
            }
            (End::CtrlC(_), Some(_)) => {
                let commands = self.commands.borrow();
                let command = commands.last().unwrap();
                if command.err.contains("second interrupt") {
                    tally.note("Ctrl-C twice");
                } else if command.out.contains("interrupted") || command.err.contains("interrupted")
                {
                    tally.note("Ctrl-C");
                }
            }
            _ => (),
        }
    }

    /// Runs a command. If it is killed, all but `survives` bytes of the unsynced journal are lost.
    /// Returns `None` if there was nothing to run.
    async fn command(
        &self,
        bench: &Bench,
        kind: CommandKind,
        (disconnect, killed): (&Disconnect, impl Future<Output = ()>),
        survives: usize,
    ) -> Option<Ended> {
        let (kind, args) = self.args(bench, kind).await?;
        let moved = self.moved.take();
        let args = args.iter().map(String::as_str).collect::<Vec<_>>();
        let simulator = bench.simulator.with_disconnect(disconnect.clone());
        let before = Journals::read(&bench.disk.texts());
        let n_requests = self.simulator.request_log().len();
        let tasks_before = tasks(&world(bench));
        let n_begun = *self.n_begun.borrow();
        let mut is_concurrent = *self.n_applying.borrow() != 0;
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
        self.tally.borrow_mut().note_command(kind, exit, &err);
        let world = world(bench);
        is_concurrent |= *self.n_begun.borrow() != n_begun + 1;
        let n_early = bench.violations("early_retry");
        let n_accepted = tasks(&world).difference(&tasks_before).count();
        let record = CommandRecord {
            kind,
            exit,
            out,
            err,
            requests,
            journals,
            world,
            n_early,
            n_accepted,
            moved,
            is_concurrent,
        };
        self.commands.borrow_mut().push(record);
        Some(Ended { exit, n_unsynced })
    }

    /// Returns the command line, and the kind of command if another one replaces it.
    async fn args(&self, bench: &Bench, kind: CommandKind) -> Option<(CommandKind, Vec<String>)> {
        let case = &self.schedule.case;
        let flags = format!("--auto-approve --timeout 5m {}", case.flags);
        let apply = format!("{} --simulate --file {}", line("apply", case), bench.path(""));
        let text = match kind {
            CommandKind::Apply => format!("{apply} {flags}"),
            CommandKind::Resume => match bench.disk.newest() {
                Some(journal) => format!("resume {} --simulate --timeout 5m", journal.display()),
                None => return Some((CommandKind::Apply, words(&format!("{apply} {flags}")))),
            },
            CommandKind::Saved => {
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
        Some((kind, words(&text)))
    }

    async fn act_as_other_user(&self) {
        let mut others = self.schedule.other_users.clone();
        others.sort();
        let mut now = 0;
        for (at, what) in others {
            sleep(Duration::from_millis(at - now)).await;
            now = at;
            self.simulator.inject(&format!("any={what}")).unwrap();
            self.tally.borrow_mut().note("another user at a random time");
        }
    }

    async fn apply_concurrently(&self, bench: &Bench) {
        let Some(at) = self.schedule.second else { return };
        sleep(Duration::from_millis(at)).await;
        self.command(bench, CommandKind::Apply, (&Disconnect::default(), pending()), 0).await;
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

    /// Runs final commands without faults until nothing is left to do.
    async fn close(&self, bench: &Bench) {
        self.simulator.clear_faults();
        for nth in 0..MOST_CLOSING {
            let kind = if nth == 0 { self.schedule.close } else { CommandKind::Apply };
            let ended = self.command(bench, kind, (&Disconnect::default(), pending()), 0).await;
            let is_done = ended.is_some_and(|it| it.exit == Some(Exit::Done));
            // A resume ignores other journals, and its older plan may leave nothing to do.
            let is_up_to_date = kind == CommandKind::Apply
                || self.schedule.raced().is_empty()
                    && !self.commands.borrow().last().is_some_and(CommandRecord::had_nothing_left);
            let is_reported =
                self.commands.borrow().last().is_some_and(CommandRecord::reports_open_operations);
            let n_unsettled = Journals::read(&bench.disk.texts()).n_unsettled();
            if is_done && is_up_to_date && (n_unsettled == 0 || is_reported) {
                return;
            }
        }
    }
}

/// How a command ended.
struct Ended {
    /// `None` if it was killed.
    exit: Option<Exit>,
    /// The bytes of journals that were not synced.
    n_unsynced: usize,
}

/// The tasks that have not failed, whether they have ended or not.
fn tasks(world: &Value) -> BTreeSet<String> {
    let all = array(&world["tasks"]).iter().filter(|it| it["isError"] != true);
    all.map(|it| it["id"].to_string()).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

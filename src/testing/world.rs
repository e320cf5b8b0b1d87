//! A world of the built-in controller, and commands that read it.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    controller::run,
    printed::{expect_json, expect_line, expect_shown},
};
use crate::cli::{self, Exit, Host, Interrupts, RealDisk};
use trueup_simulator::{Options, Simulator, World};

/// Reads a world; writes it and reads it again, which must change nothing; and prints its
/// discoveries in all formats.
pub fn read_world(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let world = match World::from_json(text) {
        Ok(world) => world,
        Err(error) => return expect_line(&crate::model::printable(&error.to_string()), bytes),
    };
    let written = world.to_json();
    let again = World::from_json(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(again.to_json(), written);
    for line in ["status --simulate", "status --simulate --format json"] {
        let world = World::from_json(&written).unwrap_or_else(|error| panic!("{error}"));
        let (exit, out, err) = ran(line, world);
        assert!(matches!(exit, Exit::Done | Exit::Failed), "{exit:?}: {err}");
        expect_shown(&err, bytes);
        expect_shown(&out, bytes);
        if exit == Exit::Done && line.ends_with("json") {
            expect_json(&out);
        }
    }
}

fn ran(line: &str, world: World) -> (Exit, String, String) {
    let (out, err) = (Shared::default(), Shared::default());
    let options = Options { latency: Duration::ZERO, ..Options::default() };
    let mut host = Host {
        out: Box::new(out.clone()),
        err: Box::new(err.clone()),
        ask: None,
        env: std::collections::BTreeMap::new(),
        now_ms: super::planned::NOW_MS,
        out_is_terminal: false,
        err_is_terminal: false,
        width: 100,
        interrupts: Interrupts::After(Vec::new()),
        simulator: Some(Simulator::new(options, world)),
        journals: Arc::new(RealDisk),
        asks_git: false,
    };
    let args = std::iter::once("trueup").chain(line.split_whitespace());
    let exit = run(cli::run(args, &mut host));
    (exit, out.text(), err.text())
}

/// A stream that can be read afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

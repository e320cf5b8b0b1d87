//! Runs properties on cases generated from seeds. A failing case is shrunk, and printed with the
//! command that repeats it.

use std::{
    cell::Cell,
    env,
    ops::Range,
    panic::{set_hook, take_hook},
    sync::{
        Once,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};
use tokio::runtime;

/// The time limit for shrinking a failing case, in milliseconds.
const SHRINK_MS: u32 = 60_000;

/// The seeds to run: this many, unless the environment overrides the first one or the number.
pub(crate) fn seeds(n_seeds: u64) -> Range<u64> {
    let number = |name: &str| env::var(name).ok().map(|it| it.parse::<u64>().unwrap());
    let first = number("TRUEUP_SEED").unwrap_or(0);
    let many = if env::var_os("TRUEUP_SEED").is_some() { 1 } else { n_seeds };
    first..first + number("PROPTEST_CASES").unwrap_or(many)
}

/// Tests a property on this many cases, and shrinks the first that fails.
pub(crate) fn check<S: Strategy>(n_cases: u64, strategy: S, property: impl AsyncFn(S::Value)) {
    for seed in seeds(n_cases) {
        if let Err(words) = try_seed(seed, &strategy, &property) {
            panic!("{words}");
        }
    }
}

/// Runs seeds on all processors and stops at the first failure; returns the failure of the smallest
/// seed.
pub(crate) fn on_all_processors(
    seeds: Range<u64>,
    attempt: impl Fn(u64) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let (next, end) = (AtomicU64::new(seeds.start), seeds.end);
    let stop = AtomicU64::new(end);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if stop.load(Ordering::Relaxed) <= seed {
                return None;
            }
            if let Err(words) = attempt(seed) {
                stop.fetch_min(seed, Ordering::Relaxed);
                return Some((seed, words));
            }
        }
    };
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    // Each thread has the name of the test, which is printed for a failing seed.
    let named = || thread::Builder::new().name(test_name());
    let failed = thread::scope(|scope| {
        let threads = (0..n_threads).map(|_| named().spawn_scoped(scope, work).unwrap());
        let threads = threads.collect::<Vec<_>>();
        threads.into_iter().filter_map(|it| it.join().unwrap()).min()
    });
    failed.map_or(Ok(()), |(_, words)| Err(words))
}

/// Tests a property on the case of one seed, and shrinks the case if it fails.
pub(crate) fn try_seed<S: Strategy>(
    seed: u64,
    strategy: &S,
    property: &impl AsyncFn(S::Value),
) -> Result<(), String> {
    let mut runner = runner(seed);
    let tree = strategy.new_tree(&mut runner).unwrap();
    let tried = |case| {
        on_paused_clock(property(case));
        Ok(())
    };
    let outcome = quietly(|| runner.run_one(tree, tried));
    match outcome {
        Ok(_) => Ok(()),
        Err(TestError::Fail(why, case)) => {
            let test = test_name();
            let again = format!("TRUEUP_SEED={seed} cargo test --test it -- --exact {test}");
            Err(format!("seed {seed} fails; to run it alone: {again}\n{why}\n{case:?}"))
        }
        Err(TestError::Abort(why)) => Err(format!("seed {seed}: {why}")),
    }
}

/// The name of the running test, from its thread.
fn test_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    // `PROPTEST_MAX_SHRINK_ITERS=0` shows a case as it was found.
    let usual = Config::default();
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: usual.max_shrink_iters.min(1500),
        max_shrink_time: SHRINK_MS,
        ..usual
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

thread_local! {
    /// Whether panics of this thread are caught and reported by `try_seed`.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs work without printing its panics, which are caught.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                usual(panic);
            }
        }));
    });
    let before = IS_QUIET.replace(true);
    let done = work();
    IS_QUIET.set(before);
    done
}

fn on_paused_clock(work: impl Future<Output = ()>) {
    let mut paused = runtime::Builder::new_current_thread();
    paused.enable_time().start_paused(true).build().unwrap().block_on(work);
}

#[test]
fn a_failing_seed_is_shrunk_and_prints_the_command_that_repeats_it() {
    let strategy = prop::collection::vec(0_u32..1_000, 0..9);
    let property = async |all: Vec<u32>| {
        let large = all.iter().find(|it| 17 <= **it);
        assert_eq!(large, None, "too large");
    };
    let words = on_all_processors(0..50, |seed| try_seed(seed, &strategy, &property)).unwrap_err();
    let (first, rest) = words.split_once('\n').unwrap();
    let seed = first.split(' ').nth(1).unwrap();
    let name = "seeds::a_failing_seed_is_shrunk_and_prints_the_command_that_repeats_it";
    let again = format!("TRUEUP_SEED={seed} cargo test --test it -- --exact {name}");
    assert_eq!(first, format!("seed {seed} fails; to run it alone: {again}"));
    assert!(rest.contains("too large") && rest.ends_with("\n[17]"), "{words}");
    let seed = seed.parse().unwrap();
    assert!(try_seed(seed, &strategy, &property).unwrap_err().ends_with("\n[17]"));
}

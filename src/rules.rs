//! The rules that keep an apply safe, by name, so that a test can break one and show that breaking
//! it is noticed.
//!
//! Without the feature `testing`, which no release has, every rule is kept and nothing here is
//! left of it in the program. Says nothing of how a rule is kept: that is where it is asked for.

/// A rule that the simulation of `tests/it` has to notice the breaking of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "testing"), expect(unreachable_pub, reason = "tests reach it"))]
pub enum Rule {
    /// A write in doubt is looked for before it is sent again.
    LookBeforeSendingAgain,
    /// What is written to the journal is on the disk before the request leaves.
    SyncBeforeSending,
    /// An object that cannot be read is not a deleted one.
    UnreadableIsNotGone,
    /// A step is done when its effect is seen, whatever its task says.
    DoneMeansSeen,
    /// An edit is read back before its run.
    ReadBackBeforeRunning,
    /// A masked secret is never sent.
    MaskIsNotSent,
}

/// Whether a rule is kept.
#[cfg(not(feature = "testing"))]
pub(crate) const fn is_kept(_: Rule) -> bool {
    true
}

/// Whether a rule is kept: all are but the one that a test has broken on this thread.
#[cfg(feature = "testing")]
pub(crate) fn is_kept(rule: Rule) -> bool {
    BROKEN.get() != Some(rule)
}

#[cfg(feature = "testing")]
thread_local! {
    static BROKEN: std::cell::Cell<Option<Rule>> = const { std::cell::Cell::new(None) };
}

/// Does something on this thread with a rule broken.
#[cfg(feature = "testing")]
pub fn with_broken<T>(rule: Rule, work: impl FnOnce() -> T) -> T {
    let before = BROKEN.replace(Some(rule));
    let done = work();
    BROKEN.set(before);
    done
}

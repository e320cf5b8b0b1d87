//! Tasks of writes, and how both interfaces show them.

mod task;

mod lifecycle;

mod reads;

pub(super) use self::task::{NextStep, Task};

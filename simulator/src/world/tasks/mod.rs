//! Tasks of writes, and how both interfaces show them.

mod task;

mod lifecycle;

mod reads;

pub(crate) use self::reads::Form;
pub(super) use self::task::{NextStep, Task};

//! Tasks: what a write is until it is done, and what both interfaces say of it.

mod task;

mod life;

mod reads;

pub(super) use self::task::{Left, Task};

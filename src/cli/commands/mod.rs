//! The commands, one file each: the arguments, and what is done with them.

pub(crate) mod validate;

pub(crate) mod plan;

pub(crate) mod apply;

pub(crate) mod resume;

pub(crate) mod show;

pub(crate) mod status;

pub(crate) mod simulator;

pub(crate) mod explain;

pub(crate) mod manual;

pub(crate) mod print;

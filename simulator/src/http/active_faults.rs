//! All faults that act on one request, put together.

use crate::{
    fault::{AnswerFault, Effect, Rejection, UserAction},
    world::Treatment,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ActiveFaults {
    /// What other users do right before, each with the name of a discovery.
    pub(super) other_users: Vec<(UserAction, String)>,
    pub(super) expires_tokens: bool,
    pub(super) treatment: Treatment,
    /// How much later the answer comes, in milliseconds.
    pub(super) slow: u64,
    /// Keeps the request from being processed. The first counts.
    pub(super) rejection: Option<Rejection>,
    /// Takes the place of the answer. The first counts.
    pub(super) answer_fault: Option<AnswerFault>,
}

impl ActiveFaults {
    pub(super) fn new(effects: Vec<Effect>) -> Self {
        let mut faults = Self::default();
        for effect in effects {
            match effect {
                Effect::Reject(rejection) => {
                    faults.rejection.get_or_insert(rejection);
                }
                Effect::Answer(fault) => {
                    faults.answer_fault.get_or_insert(fault);
                }
                Effect::Slow(millis) => faults.slow = faults.slow.saturating_add(millis),
                Effect::ExpireTokens => faults.expires_tokens = true,
                Effect::Write(outcome) => faults.treatment.outcome = outcome,
                Effect::LateTask(millis) => faults.treatment.task_hidden_for = millis,
                Effect::OtherUser(action, name) => faults.other_users.push((action, name)),
            }
        }
        faults
    }
}

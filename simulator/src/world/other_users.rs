//! What other users do to discoveries: at once, without a task.

use serde_json::json;

use super::{
    fields::number,
    state::{At, World},
};
use crate::{fault::UserAction, seed::KINDS};

/// The longest documented timeout.
const LONGEST_TIMEOUT: i64 = 300;

impl World {
    /// Does nothing if there is no discovery to act on, or it exists already.
    pub(crate) fn act_as_other_user(&mut self, action: UserAction, name: &str, at: At<'_>) {
        let index = self.discoveries.iter().position(|it| it.name() == Some(name));
        match (action, index) {
            (UserAction::Create, None) => {
                let first = self.of_kind(KINDS[0]).and_then(|list| list.first());
                let settings = json!({
                    "name": name,
                    "discoveryType": "Range",
                    "ipAddressList": "192.0.2.1-192.0.2.10",
                    "protocolOrder": "ssh",
                    "timeOut": 5,
                    "retryCount": 3,
                    "globalCredentialIdList": first.map(|it| &it["id"]).into_iter().collect::<Vec<_>>(),
                    "preferredMgmtIPMethod": "None",
                });
                let index = self.add(settings.as_object().cloned().unwrap_or_default(), at);
                self.discoveries[index].set_state("Inactive", "Complete");
            }
            // Every discovery can have a timeout.
            (UserAction::Edit, Some(index)) => {
                let discovery = &mut self.discoveries[index];
                let before = discovery.shown.get("timeOut").and_then(number).unwrap_or(5);
                let after = if before < LONGEST_TIMEOUT { before + 1 } else { 1 };
                discovery.set("timeOut", after);
            }
            (UserAction::Delete, Some(index)) => self.remove_discovery(index, false, at),
            (UserAction::Run, Some(index)) => {
                self.next_task += 1;
                let task_id = format!("somebody-else-{}", self.next_task);
                self.start_run(index, &task_id, at);
            }
            (UserAction::Create, Some(_))
            | (UserAction::Edit | UserAction::Delete | UserAction::Run, None) => (),
        }
    }
}

//! What other users do to discoveries: at once, without a task.

use serde_json::json;

use super::{
    fields::number,
    state::{At, World},
};
use crate::fault::UserAction;

/// The longest documented timeout.
const LONGEST_TIMEOUT: i64 = 300;

impl World {
    /// Does nothing if there is no discovery to act on, or it exists already.
    pub(crate) fn act_as_other_user(&mut self, action: UserAction, name: &str, at: At<'_>) {
        let index = self.discoveries.iter().position(|it| it.name() == Some(name));
        match (action, index) {
            (UserAction::Create, None) => self.create_as_other_user(name, at),
            (UserAction::Edit, Some(index)) => self.edit_as_other_user(index),
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

    fn create_as_other_user(&mut self, name: &str, at: At<'_>) {
        let settings = json!({
            "name": name,
            "discoveryType": "Range",
            "ipAddressList": "192.0.2.1-192.0.2.10",
            "protocolOrder": "ssh",
            "timeOut": 5,
            "retryCount": 3,
            "globalCredentialIdList": self.first_cli_credential(),
            "preferredMgmtIPMethod": "None",
        });
        let index = self.add(settings.as_object().cloned().unwrap_or_default(), at);
        self.discoveries[index].set_state("Inactive", "Complete");
    }

    /// Changes the timeout, which every discovery can have.
    fn edit_as_other_user(&mut self, index: usize) {
        let discovery = &mut self.discoveries[index];
        let before = discovery.shown.get("timeOut").and_then(number).unwrap_or(5);
        let after = if before < LONGEST_TIMEOUT { before + 1 } else { 1 };
        discovery.set("timeOut", json!(after));
    }
}

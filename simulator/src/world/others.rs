//! What somebody else does to the discoveries: at once, without a task.

use serde_json::json;

use super::{
    fields::number,
    state::{At, World},
};
use crate::fault::UserAction;

/// The longest timeout that is documented.
const LONGEST_TIMEOUT: i64 = 300;

impl World {
    /// Lets somebody else act on a name. Where there is nothing to act on, nothing happens.
    pub(crate) fn act_as_other_user(&mut self, other: UserAction, name: &str, at: At<'_>) {
        let index = self.discoveries.iter().position(|it| it.name() == Some(name));
        match (other, index) {
            (UserAction::Create, None) => self.somebody_creates(name, at),
            (UserAction::Edit, Some(index)) => self.somebody_edits(index),
            (UserAction::Delete, Some(index)) => self.take_away(index, false, at),
            (UserAction::Run, Some(index)) => {
                self.next_task += 1;
                let task_id = format!("somebody-else-{}", self.next_task);
                self.start_run(index, &task_id, at);
            }
            (UserAction::Create, Some(_))
            | (UserAction::Edit | UserAction::Delete | UserAction::Run, None) => (),
        }
    }

    fn somebody_creates(&mut self, name: &str, at: At<'_>) {
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
    fn somebody_edits(&mut self, index: usize) {
        let discovery = &mut self.discoveries[index];
        let before = discovery.shown.get("timeOut").and_then(number).unwrap_or(5);
        let after = if before < LONGEST_TIMEOUT { before + 1 } else { 1 };
        discovery.set("timeOut", json!(after));
    }
}

//! What is wrong, or may surprise, about a change that has been decided on.
//!
//! Changes no decision: an error keeps the change out of the plan, a warning does not.

use super::{
    declared::{DiscoveryPlanner, ResolvedSettings},
    messages,
    steps::AfterChange,
    types::Action,
};
use crate::model::{CredentialKind, Hops, OnChange, OwnCredentials, Readable, Settings, Target};

/// What the controller takes where it is told no number of hops (controller-facts.md#hops).
const DEFAULT_HOPS: Hops = 16;

/// Looks at the settings with which a discovery is made, be it anew.
pub(super) fn of_new(
    planner: &mut DiscoveryPlanner<'_>,
    resolved: &ResolvedSettings,
    after: &Settings,
) {
    use CredentialKind::{Cli, SnmpV2Read, SnmpV2Write, SnmpV3};

    // A kind that is given and does not resolve has been complained of already.
    let has =
        |kind| after.credentials().any(|it| it.kind == kind) || resolved.unresolved.contains(&kind);
    if !has(Cli) {
        planner.complain(messages::no_cli_credential(planner.it));
    }
    if ![SnmpV2Read, SnmpV2Write, SnmpV3].into_iter().any(has) {
        planner.complain(messages::no_snmp_credential(planner.it));
    }
    let interface = planner.inputs.interface();
    if interface.create_is_a_run() && planner.after_change() == AfterChange::Rest {
        planner.complain(messages::create_starts_a_run(planner.it, interface));
    }
}

/// Looks at hops that are wanted and cannot be compared.
pub(super) fn of_hops(planner: &mut DiscoveryPlanner<'_>, live: &Settings) {
    use Target::{Cdp, Lldp};

    let (Some(given), Some(have)) = (planner.it.wanted.target(), live.target()) else {
        return;
    };
    let ((Cdp(want), Cdp(have)) | (Lldp(want), Lldp(have))) = (given.value, have) else {
        return;
    };
    if have.hops.is_none() && want.hops.is_some_and(|it| it != DEFAULT_HOPS) {
        planner.complain(messages::hops_not_reported(planner.it, given.at));
    }
}

/// Looks at secrets that cannot be read and so not be sent back.
pub(super) fn of_secrets(planner: &mut DiscoveryPlanner<'_>, live: &Readable, action: Action) {
    let is_consented = action == Action::Replace && planner.it.on_change() == OnChange::Replace;
    match &live.own_credentials {
        OwnCredentials::None => (),
        OwnCredentials::Masked(fields) => {
            if action == Action::Update {
                planner.complain(messages::secrets_not_sent(planner.it, fields));
            }
        }
        OwnCredentials::Own(fields) if is_consented => {
            planner.complain(messages::own_credentials_lost(planner.it, fields));
        }
        OwnCredentials::Own(fields) => {
            let complaint = messages::own_credentials(planner.it, fields);
            planner.complaints.refuse(planner.name(), complaint);
        }
    }
}

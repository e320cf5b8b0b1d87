//! Checks a change that has been decided on.
//!
//! An error keeps the change out of the plan, a warning does not.

use super::{
    declared::{DiscoveryPlanner, ResolvedSettings},
    messages,
    steps::AfterChange,
    types::Action,
};
use crate::model::{CredentialKind, Hops, OnChange, OwnCredentials, Readable, Settings, Target};

/// The controller's default number of hops (controller-facts.md#hops).
const DEFAULT_HOPS: Hops = 16;

/// Checks the settings of a create.
pub(super) fn check_create(
    planner: &mut DiscoveryPlanner<'_>,
    resolved: &ResolvedSettings,
    after: &Settings,
) {
    use CredentialKind::{Cli, SnmpV2Read, SnmpV2Write, SnmpV3};

    // An unresolved kind was already reported.
    let has =
        |kind| after.credentials().any(|it| it.kind == kind) || resolved.unresolved.contains(&kind);
    if !has(Cli) {
        planner.report(messages::no_cli_credential(planner.it));
    }
    if ![SnmpV2Read, SnmpV2Write, SnmpV3].into_iter().any(has) {
        planner.report(messages::no_snmp_credential(planner.it));
    }
    let interface = planner.inputs.interface();
    if interface.create_is_a_run() && planner.after_change() == AfterChange::Rest {
        planner.report(messages::create_starts_a_run(planner.it, interface));
    }
}

/// Checks for wanted hops that cannot be compared.
pub(super) fn check_hops(planner: &mut DiscoveryPlanner<'_>, live: &Settings) {
    use Target::{Cdp, Lldp};

    let (Some(given), Some(have)) = (planner.it.wanted.target(), live.target()) else {
        return;
    };
    let ((Cdp(want), Cdp(have)) | (Lldp(want), Lldp(have))) = (given.value, have) else {
        return;
    };
    if have.hops.is_none() && want.hops.is_some_and(|it| it != DEFAULT_HOPS) {
        planner.report(messages::hops_not_reported(planner.it, given.at));
    }
}

/// Checks for secrets that cannot be read and so cannot be sent back.
pub(super) fn check_secrets(planner: &mut DiscoveryPlanner<'_>, live: &Readable, action: Action) {
    let is_consented = action == Action::Replace && planner.it.on_change() == OnChange::Replace;
    match &live.own_credentials {
        OwnCredentials::None => (),
        OwnCredentials::Masked(fields) => {
            if action == Action::Update {
                planner.report(messages::secrets_not_sent(planner.it, fields));
            }
        }
        OwnCredentials::Own(fields) if is_consented => {
            planner.report(messages::own_credentials_lost(planner.it, fields));
        }
        OwnCredentials::Own(fields) => {
            let diagnostic = messages::own_credentials(planner.it, fields);
            planner.diagnostics.refuse(planner.name(), diagnostic);
        }
    }
}

//! What is wrong, or may surprise, about a change that has been decided on.
//!
//! Changes no decision: an error keeps the change out of the plan, a warning does not.

use super::{
    complaints,
    declared::{Case, Wish},
    steps::Afterwards,
    types::Action,
};
use crate::model::{CredentialKind, Hops, OnChange, OwnCredentials, Readable, Settings, Target};

/// What the controller takes where it is told no number of hops (facts, section 2.2).
const DEFAULT_HOPS: Hops = 16;

/// Looks at the settings with which a discovery is made, be it anew.
pub(super) fn of_new(case: &mut Case<'_>, wish: &Wish, after: &Settings) {
    use CredentialKind::{Cli, SnmpV2Read, SnmpV2Write, SnmpV3};

    // A kind that is given and does not resolve has been complained of already.
    let has =
        |kind| after.credentials().any(|it| it.kind == kind) || wish.unresolved.contains(&kind);
    if !has(Cli) {
        case.complain(complaints::no_cli_credential(case.it));
    }
    if ![SnmpV2Read, SnmpV2Write, SnmpV3].into_iter().any(has) {
        case.complain(complaints::no_snmp_credential(case.it));
    }
    let interface = case.scene.interface();
    if interface.create_is_a_run() && case.afterwards() == Afterwards::Rest {
        case.complain(complaints::create_starts_a_run(case.it, interface));
    }
}

/// Looks at hops that are wanted and cannot be compared.
pub(super) fn of_hops(case: &mut Case<'_>, live: &Settings) {
    use Target::{Cdp, Lldp};

    let (Some(given), Some(have)) = (case.it.wanted.target(), live.target()) else {
        return;
    };
    let ((Cdp(want), Cdp(have)) | (Lldp(want), Lldp(have))) = (given.value, have) else {
        return;
    };
    if have.hops.is_none() && want.hops.is_some_and(|it| it != DEFAULT_HOPS) {
        case.complain(complaints::hops_not_reported(case.it, given.at));
    }
}

/// Looks at secrets that cannot be read and so not be sent back.
pub(super) fn of_secrets(case: &mut Case<'_>, live: &Readable, action: Action) {
    let is_consented = action == Action::Replace && case.it.on_change() == OnChange::Replace;
    match &live.own_credentials {
        OwnCredentials::None => (),
        OwnCredentials::Masked(fields) => {
            if action == Action::Update {
                case.complain(complaints::secrets_not_sent(case.it, fields));
            }
        }
        OwnCredentials::Own(fields) if is_consented => {
            case.complain(complaints::own_credentials_lost(case.it, fields));
        }
        OwnCredentials::Own(fields) => {
            let complaint = complaints::own_credentials(case.it, fields);
            case.complaints.refuse(case.name(), complaint);
        }
    }
}

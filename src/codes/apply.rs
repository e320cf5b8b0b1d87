//! Outcomes of executed changes that differ from the plan.
//!
//! The terminal shows them in the summary; these codes are for machine-readable output.

use super::Example::Described;

codes! { "trueup::apply::";

FAILED "failed" [Outcome] {
    title: "a change failed",
    meaning: "The controller rejected a step of the change, its task failed, or it reported \
        success and no read showed the effect. The message quotes the controller, if it gave a \
        reason.",
    reason: "The discovery is not as the files say. If a replace deleted it and could not create \
        it again, it is gone, and the message says so.",
    example: Described("`trueup apply --annotations github`, while the controller fails the task of a \
        create, as with `--simulate --fault create=fail:TEXT`."),
    remedy: "Fix the cause that the controller names, then plan and apply again: completed changes \
        are not repeated.",
}

CONFLICT "conflict" [Outcome] {
    title: "another user created this name",
    meaning: "Before the create was sent, the controller already had a discovery of this name with \
        settings that differ from the files.",
    reason: "A discovery of another user is never overwritten unless a reviewed plan shows it.",
    example: Described("`trueup apply --annotations github`, while another user creates a discovery of the \
        same name, as with `--simulate --fault create=other-create:NAME`."),
    remedy: "Plan again: the new plan shows the differences.",
}

STALE "stale" [Outcome] {
    title: "the discovery changed after the plan",
    meaning: "Before the first request of the change, the live discovery matched neither the state \
        that was planned against nor the wanted state. The message lists each field: planned \
        against, found, wanted.",
    reason: "The reviewed plan describes a change from another state.",
    example: Described("`trueup apply plan.json --annotations github`, after another user changed the \
        discovery in the controller's web interface."),
    remedy: "Plan again, review the new plan, and apply it.",
}

PENDING "pending" [Outcome] {
    title: "an operation has not finished",
    meaning: "The controller accepted a write of this change, or may have accepted it. When the \
        apply stopped, its task had not finished or its effect was not visible yet. The apply \
        stopped because of Ctrl-C, its `--timeout`, or another reason that the summary names.",
    reason: "The controller may still execute the write after the pipeline has ended.",
    example: Described("`trueup apply --annotations github --timeout 1m`, while the controller's task takes \
        longer, as with `--simulate --task-time 5m`."),
    remedy: "Run `trueup resume JOURNAL` to continue. A new `trueup apply` also reads the outcome \
        first.",
}

UNKNOWN "unknown" [Outcome] {
    title: "the outcome of a change is unknown",
    meaning: "A write was sent, no usable response arrived, and reading the controller could not \
        show whether it took effect.",
    reason: "Sending it again could execute it twice, so it was not sent again.",
    example: Described("`trueup apply --annotations github`, while a response gets lost and the controller \
        stays unreachable until the end."),
    remedy: "Look at the discovery on the controller, or plan again.",
}

NOT_TRIED "not_tried" [Outcome] {
    title: "changes were not attempted",
    meaning: "The apply stopped before these changes; the message says why. No request was sent \
        for them. One diagnostic without a line counts them all.",
    reason: "Do not take these changes for completed.",
    example: Described("`trueup apply --annotations github`, with Ctrl-C before the last of many changes."),
    remedy: "Run `trueup resume JOURNAL` to continue, or plan and apply again.",
}

}

//! What came of a change that was carried out and is not as it was planned.
//!
//! People read it in the account; with these codes it is told to machines.

use super::Example::Told;

codes! { "trueup::apply::";

FAILED "failed" [Outcome] {
    title: "a change failed",
    meaning: "The controller did not take a step of the change on, its task failed, or it reported \
        success and no read showed the effect. The message has the controller's own words, where \
        it gave any.",
    reason: "The discovery is not as the files say. Where a replace deleted it and could not make \
        it again, it is gone, and the message says so.",
    example: Told("`trueup apply --annotations github`, while the controller fails the task of a \
        create, as `--simulate --fault create=fail:TEXT` lets it do."),
    remedy: "Do something about what the controller says, then plan and apply again: what is done \
        is not done twice.",
}

CONFLICT "conflict" [Outcome] {
    title: "somebody else made a discovery of that name",
    meaning: "When it came to the create, the controller already had a discovery of this name, with \
        other settings than the files give.",
    reason: "Nothing of somebody else's is overwritten that no plan has shown.",
    example: Told("`trueup apply --annotations github`, while somebody makes a discovery of the \
        same name, as `--simulate --fault create=other-create:NAME` does."),
    remedy: "Plan again: the plan shows what has to be changed of it.",
}

STALE "stale" [Outcome] {
    title: "the discovery moved since the plan",
    meaning: "Before anything was sent for it, the live discovery was neither as it was planned \
        against nor as the files want it. The message has each field: planned against, found, \
        wanted.",
    reason: "Whoever reviewed the plan reviewed a change from another state.",
    example: Told("`trueup apply plan.json --annotations github`, after somebody changed the \
        discovery in the controller's web interface."),
    remedy: "Plan again, review that, and apply it.",
}

PENDING "pending" [Outcome] {
    title: "an operation has not ended",
    meaning: "A write of this change was taken on, or may have been, and its task had not ended or \
        its effect had not shown when the apply stopped: by Ctrl-C, at its `--timeout`, or for \
        another reason that the account has.",
    reason: "The controller may still carry it out, after the pipeline is over.",
    example: Told("`trueup apply --annotations github --timeout 1m`, while the controller's task \
        takes longer, as `--simulate --task-time 5m` lets it do."),
    remedy: "`trueup resume JOURNAL` carries on with it; a new `trueup apply` settles it by reading \
        first.",
}

UNKNOWN "unknown" [Outcome] {
    title: "nobody knows what came of a change",
    meaning: "A write was sent, no usable answer came, and reading could not decide whether it \
        took effect.",
    reason: "To send it again could do it twice, so it was not.",
    example: Told("`trueup apply --annotations github`, while an answer gets lost and the \
        controller is not reached any more until the end."),
    remedy: "Look at the discovery on the controller, or plan again.",
}

NOT_TRIED "not_tried" [Outcome] {
    title: "changes were not tried",
    meaning: "The apply stopped before it came to these changes, and the message says why. Nothing \
        was sent for them. They are counted, in one complaint for all of them, which is at no line.",
    reason: "They are not to be taken for done.",
    example: Told("`trueup apply --annotations github`, and Ctrl-C before it comes to the last of \
        many changes."),
    remedy: "`trueup resume JOURNAL` carries on with them, or plan and apply again.",
}

}

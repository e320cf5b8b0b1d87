//! Desired state and live state to a plan, pure.

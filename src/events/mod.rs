//! What happens while a plan is carried out.

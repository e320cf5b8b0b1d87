//! The example policy in Rego, evaluated as conftest does on plans in Terraform's JSON format.

use regorus::{Engine, Value};
use trueup::cli::Exit;

use crate::{
    bench::Bench,
    shell::repository_file,
    story::{many, yaml},
};

const POLICY: &str = "examples/policies/discoveries.rego";

/// Plans the current files, and returns the denials of the policy.
async fn denied(bench: &Bench) -> Vec<String> {
    let ran = bench.run("plan --format terraform-json").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    denied_in(&ran.out)
}

/// Returns the denials, which must be the same in Rego v0 and in Rego v1.
fn denied_in(plan: &str) -> Vec<String> {
    let [v1, v0] = [false, true].map(|is_v0| denied_by(is_v0, plan));
    assert_eq!(v1, v0);
    v1
}

fn denied_by(is_v0: bool, plan: &str) -> Vec<String> {
    let mut engine = Engine::new();
    engine.set_rego_v0(is_v0);
    engine.add_policy(POLICY.to_owned(), repository_file(POLICY)).unwrap();
    engine.set_input_json(plan).unwrap();
    let denied = engine.eval_rule("data.main.deny".to_owned()).unwrap();
    let Value::Set(denied) = denied else { panic!("{denied:?}") };
    denied.iter().map(|it| it.as_string().unwrap().to_string()).collect()
}

async fn with(discoveries: &[(&str, &str)]) -> Bench {
    let bench = Bench::like(&[], &[]);
    bench.files(&many(discoveries));
    let _applied = bench.expect_applied().await;
    bench
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_deletes_a_protected_discovery_is_denied() {
    let before = [("hq-core", "cidr: 10.1.0.0/24"), ("core-1", "cidr: 10.2.0.0/24")];
    let bench = with(&before).await;
    let replaced = "cidr: 10.3.0.0/24, on_change: replace";
    bench.files(&many(&[("hq-core", "state: absent"), ("core-1", replaced)]));
    assert_eq!(
        denied(&bench).await,
        [
            "core-1 is protected, and would be deleted (replace_requested)",
            "hq-core is protected, and would be deleted (declared_absent)",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_edits_a_protected_discovery_or_deletes_another_passes() {
    let bench = with(&[("hq-core", "cidr: 10.1.0.0/24"), ("lab", "cidr: 10.2.0.0/24")]).await;
    let edited = "cidr: 10.1.0.0/24, timeout: 9s";
    bench.files(&many(&[("hq-core", edited), ("lab", "state: absent")]));
    assert_eq!(denied(&bench).await, [""; 0]);
    let _applied = bench.expect_applied().await;
    assert_eq!(denied(&bench).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn new_addresses_are_counted() {
    let bench = Bench::like(&[], &[]);
    bench.files(&yaml("cidr: 10.0.0.0/19"));
    assert_eq!(denied(&bench).await, ["8192 new addresses are more than 4096"]);
    // Counts that a JSON number cannot represent exactly are strings.
    bench.files(&yaml("cidr: '2001:db8::/64'"));
    let denied = denied(&bench).await;
    let [message] = &denied[..] else { panic!("{denied:?}") };
    assert!(message.ends_with("new addresses are more than 4096"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_with_errors_is_printed_and_denied() {
    let bench = Bench::like(&[], &[]);
    bench.files("version: 1\ndiscoveries: [{name: a, cidr: 10.0.0.0/24}]\n");
    let ran = bench.run("plan --format terraform-json").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert_eq!(denied_in(&ran.out), ["the plan has errors"]);
}

//! Another user of the controller, who sends requests by hand as from its user interface.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};
use tower::ServiceExt as _;
use trueup_simulator::Simulator;

/// Sends a request with its own token, and waits until its task has ended.
pub(crate) async fn send_as_other_user(
    simulator: &Simulator,
    method: Method,
    path: &str,
    body: Value,
) -> Value {
    let login = Request::post("http://sim/dna/system/api/v1/auth/token")
        .header("authorization", "Basic YWRtaW46cGFzcy13b3JkLW9mLXRoZS1maXh0dXJlcw==")
        .header("content-type", "application/json");
    let token = send(simulator, login.body(Bytes::new()).unwrap()).await;
    let token = token["Token"].as_str().unwrap().to_owned();
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder().method(method).uri(format!("http://sim/api/{path}"));
    let request = request.header("x-auth-token", token).header("content-type", "application/json");
    let answer = send(simulator, request.body(body).unwrap()).await;
    sleep(Duration::from_secs(2)).await;
    answer
}

async fn send(simulator: &Simulator, request: Request<Bytes>) -> Value {
    let answer = simulator.service().oneshot(request).await.unwrap();
    serde_json::from_slice(answer.body()).unwrap_or_else(|_| json!(null))
}

/// Reads a discovery, changes it, and writes it back.
pub(crate) async fn edit_as_other_user(
    simulator: &Simulator,
    id: &str,
    change: impl FnOnce(&mut Value),
) {
    let path = format!("v1/discovery/{id}");
    let mut object =
        send_as_other_user(simulator, Method::GET, &path, Value::Null).await["response"].take();
    change(&mut object);
    object["discoveryStatus"] = json!("Edit");
    send_as_other_user(simulator, Method::PUT, "v1/discovery", object).await;
}

pub(crate) async fn delete_as_other_user(simulator: &Simulator, id: &str) {
    let path = format!("v1/discovery/{id}");
    send_as_other_user(simulator, Method::DELETE, &path, Value::Null).await;
}

/// Creates a discovery of one prefix, with the credentials that the files of the tests declare.
pub(crate) async fn create_as_other_user(simulator: &Simulator, name: &str, prefix: &str) {
    let credentials =
        send_as_other_user(simulator, Method::GET, "v2/global-credential", Value::Null).await;
    let kinds = &credentials["response"];
    let ids = [&kinds["cliCredential"][0]["id"], &kinds["snmpV3"][0]["id"]];
    let body = json!({
        "name": name,
        "discoveryType": "CIDR",
        "ipAddressList": prefix,
        "snmpVersion": "v3",
        "globalCredentialIdList": ids,
    });
    send_as_other_user(simulator, Method::POST, "v1/discovery", body).await;
}

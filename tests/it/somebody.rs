//! Somebody else at the controller: requests by hand, as from its user interface.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};
use tower::ServiceExt as _;
use trueup_simulator::Simulator;

/// Sends a request with a token of its own, and waits until its task has ended.
pub(crate) async fn somebody(
    simulator: &Simulator,
    method: Method,
    path: &str,
    body: Value,
) -> Value {
    let login = Request::post("http://sim/dna/system/api/v1/auth/token")
        .header("authorization", "Basic YWRtaW46cGFzcy13b3JkLW9mLXRoZS1maXh0dXJlcw==")
        .header("content-type", "application/json");
    let token = sent(simulator, login.body(Bytes::new()).unwrap()).await;
    let token = token["Token"].as_str().unwrap().to_owned();
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder().method(method).uri(format!("http://sim/api/{path}"));
    let request = request.header("x-auth-token", token).header("content-type", "application/json");
    let answer = sent(simulator, request.body(body).unwrap()).await;
    sleep(Duration::from_secs(2)).await;
    answer
}

async fn sent(simulator: &Simulator, request: Request<Bytes>) -> Value {
    let answer = simulator.service().oneshot(request).await.unwrap();
    serde_json::from_slice(answer.body()).unwrap_or_else(|_| json!(null))
}

/// Puts a discovery's object back with something changed.
pub(crate) async fn edits(simulator: &Simulator, id: &str, change: impl FnOnce(&mut Value)) {
    let path = format!("v1/discovery/{id}");
    let mut object = somebody(simulator, Method::GET, &path, Value::Null).await["response"].take();
    change(&mut object);
    object["discoveryStatus"] = json!("Edit");
    somebody(simulator, Method::PUT, "v1/discovery", object).await;
}

/// Deletes a discovery.
pub(crate) async fn deletes(simulator: &Simulator, id: &str) {
    somebody(simulator, Method::DELETE, &format!("v1/discovery/{id}"), Value::Null).await;
}

/// Makes a discovery of one prefix, with the credentials that the tests' files give.
pub(crate) async fn makes(simulator: &Simulator, name: &str, prefix: &str) {
    let known = somebody(simulator, Method::GET, "v2/global-credential", Value::Null).await;
    let ids = [&known["response"]["cliCredential"][0]["id"], &known["response"]["snmpV3"][0]["id"]];
    let body = json!({
        "name": name,
        "discoveryType": "CIDR",
        "ipAddressList": prefix,
        "snmpVersion": "v3",
        "globalCredentialIdList": ids,
    });
    somebody(simulator, Method::POST, "v1/discovery", body).await;
}

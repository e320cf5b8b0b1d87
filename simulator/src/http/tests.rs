//! The controller through its service, on a paused clock.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};
use tokio::time::{self, Instant};
use tower::Service as _;

use super::*;
use crate::{Options, World};

struct Client {
    simulator: Simulator,
    token: String,
}

impl Client {
    async fn new(options: Options) -> Self {
        Self::of(options, World::default()).await
    }

    async fn with(faults: &[&str], quirks: &[&str]) -> Self {
        let faults = faults.iter().map(|it| it.parse().unwrap()).collect();
        let mut options = Options { faults, ..Options::default() };
        for it in quirks {
            options.quirks.set(it.parse().unwrap());
        }
        Self::new(options).await
    }

    async fn of(options: Options, world: World) -> Self {
        let simulator = Simulator::new(options, world);
        let mut client = Self { simulator, token: String::new() };
        client.log_in().await;
        client
    }

    async fn log_in(&mut self) {
        let answer = self.call(token_request("YWRtaW46c2ltdWxhdG9y")).await.unwrap();
        self.token = body(&answer)["Token"].as_str().unwrap_or_default().to_owned();
    }

    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Unanswered> {
        self.simulator.service().call(request).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Response<Bytes>, Unanswered> {
        let mut request = Request::new(Bytes::new());
        if !body.is_null() {
            *request.body_mut() = body.to_string().into();
        }
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        request.headers_mut().insert("X-Auth-Token", self.token.parse().unwrap());
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        self.call(request).await
    }

    async fn ask(&self, method: Method, path: &str, sent: &Value) -> (u16, Value) {
        let answer = self.send(method, path, sent).await.unwrap();
        (answer.status().as_u16(), body(&answer))
    }

    /// The `response` of a read, which must succeed.
    async fn get(&self, path: &str) -> Value {
        let (status, body) =
            self.ask(Method::GET, &format!("/dna/intent/api/{path}"), &Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body["response"].clone()
    }

    async fn status(&self, method: Method, path: &str, sent: &Value) -> u16 {
        self.ask(method, path, sent).await.0
    }

    async fn names(&self) -> Vec<String> {
        let list = self.get("v1/discovery/1/500").await;
        list.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    }

    async fn create(&self, name: &str) -> Result<Response<Bytes>, Unanswered> {
        self.send(Method::POST, DISCOVERY, &discovery(name)).await
    }

    /// Creates, waits for the task, and gives it.
    async fn created(&self, name: &str) -> Value {
        let accepted = self.create(name).await.unwrap();
        assert_eq!(accepted.status(), 202);
        time::sleep(Duration::from_secs(1)).await;
        let task = body(&accepted)["response"]["taskId"].as_str().unwrap().to_owned();
        self.get(&format!("v1/task/{task}")).await
    }

    fn violations(&self) -> Vec<String> {
        let all = self.simulator.violations();
        all.into_iter().filter(|(_, n)| *n != 0).map(|(it, n)| format!("{it} {n}")).collect()
    }
}

const DISCOVERY: &str = "/dna/intent/api/v1/discovery";
const TOKEN: &str = "/dna/system/api/v1/auth/token";

fn discovery(name: &str) -> Value {
    json!({"name": name, "discoveryType": "Single", "ipAddressList": "10.0.0.1", "snmpVersion": "v2"})
}

fn token_request(login: &str) -> Request<Bytes> {
    let request = Request::post(TOKEN).header("Authorization", format!("Basic {login}"));
    request.body(Bytes::new()).unwrap()
}

fn body(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or_default()
}

fn plain(method: Method, path: &str, body: &str) -> Request<Bytes> {
    let body = Bytes::from(body.to_owned());
    Request::builder().method(method).uri(path).body(body).unwrap()
}

/// The two task answers of the vendor's guide on asynchronous operations, and the 202 before them.
const PAGE: [&str; 3] = [
    r#"{"response": {"taskId": "85c95140-50fc-4a57-994d-db58d3afe6b3",
        "url": "dna/intent/api/v1/task/85c95140-50fc-4a57-994d-db58d3afe6b3"}, "version": "1.0"}"#,
    r#"{"response": {"startTime": 1524880285900, "endTime": 1524880286849,
        "version": 1524880286621, "serviceType": "Discovery Service", "isError": false,
        "lastUpdate": 1524880286621, "progress": "1",
        "rootId": "9dee6883-4028-4879-b4d6-44c86849429b",
        "instanceTenantId": "5ae2347239dfc600df3bb7eb",
        "id": "9dee6883-4028-4879-b4d6-44c86849429b"}, "version": "1.0"}"#,
    r#"{"response": {"startTime": 1524880671753, "endTime": 1524880671799,
        "version": 1524880671790, "errorCode": "Discovery name is duplicate",
        "serviceType": "Discovery Service", "isError": true, "lastUpdate": 1524880671790,
        "progress": "Failed to create discovery",
        "rootId": "a8805e89-b400-40a2-b6a2-49a9d8330629",
        "failureReason": "Discovery name is duplicate",
        "instanceTenantId": "5ae2347239dfc600df3bb7eb",
        "id": "a8805e89-b400-40a2-b6a2-49a9d8330629"}, "version": "1.0"}"#,
];

/// Text with every time and identifier put out of sight, the order of the members kept.
fn without_times_and_ids(mut answer: Value, task: &str) -> String {
    for key in ["startTime", "endTime", "version", "lastUpdate"] {
        if let Some(time) = answer["response"].get_mut(key) {
            assert!(1_500_000_000_000 < time.as_u64().unwrap(), "{key} is no time");
            *time = json!("TIME");
        }
    }
    answer.to_string().replace(task, "TASK")
}

#[tokio::test(start_paused = true)]
async fn the_answers_are_those_of_the_vendors_example() {
    let client = Client::new(Options::default()).await;
    let page: Vec<Value> = PAGE.iter().map(|it| serde_json::from_str(it).unwrap()).collect();
    for wanted in &page[1..] {
        let (status, accepted) = client.ask(Method::POST, DISCOVERY, &discovery("one")).await;
        assert_eq!(status, 202);
        let task = accepted["response"]["taskId"].as_str().unwrap();
        assert_eq!(
            without_times_and_ids(accepted.clone(), task),
            without_times_and_ids(page[0].clone(), page[0]["response"]["taskId"].as_str().unwrap())
        );
        time::sleep(Duration::from_secs(5)).await;
        // The url of the page has no slash in front.
        let url = format!("/{}", accepted["response"]["url"].as_str().unwrap());
        let (_, shown) = client.ask(Method::GET, &url, &Value::Null).await;
        assert_eq!(shown["response"]["version"], shown["response"]["lastUpdate"]);
        assert_eq!(
            without_times_and_ids(shown, task),
            without_times_and_ids(wanted.clone(), wanted["response"]["id"].as_str().unwrap())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_url_of_a_202_comes_in_three_spellings() {
    for (quirk, start) in
        [("guide", "dna/intent/"), ("rooted", "/dna/intent/"), ("api", "/api/v1/task/")]
    {
        let client = Client::with(&[], &[&format!("task_url={quirk}")]).await;
        let accepted = body(&client.create("one").await.unwrap());
        assert!(accepted["response"]["url"].as_str().unwrap().starts_with(start));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_needed_and_lasts_an_hour() {
    let mut client = Client::new(Options::default()).await;
    assert_eq!(client.call(token_request("d3Jvbmc=")).await.unwrap().status(), 401);
    let old = plain(Method::POST, "/api/system/v1/auth/token", "");
    assert_eq!(client.call(old).await.unwrap().status(), 401);
    let count = format!("{DISCOVERY}/count");
    let bare = client.call(plain(Method::GET, &count, "")).await.unwrap();
    assert_eq!(bare.status(), 401);
    assert_eq!(client.status(Method::GET, &count, &Value::Null).await, 200);
    time::sleep(Duration::from_secs(3_599)).await;
    assert_eq!(client.status(Method::GET, &count, &Value::Null).await, 200);
    time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.status(Method::GET, &count, &Value::Null).await, 401);
    client.log_in().await;
    assert_eq!(client.status(Method::GET, "/api/v1/discovery/count", &Value::Null).await, 200);
    assert_eq!(client.status(Method::GET, "/api/v1/nothing", &Value::Null).await, 404);
    assert_eq!(client.status(Method::POST, &count, &Value::Null).await, 405);
}

#[tokio::test(start_paused = true)]
async fn every_read_answers() {
    let client = Client::new(Options::default()).await;
    client.created("one").await;
    time::sleep(Duration::from_secs(10)).await;
    let task = client.get("v1/task").await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(client.get("v1/dnac-release").await["installedVersion"], "2.3.7.9");
    assert_eq!(client.get("v1/discovery/count").await, 1);
    assert_eq!(client.get("v1/discovery").await, client.get("v1/discovery/1/500").await);
    assert_eq!(client.get("v1/discovery/1").await, client.get("v1/discovery/1/1").await[0]);
    assert_eq!(client.get("v1/discovery/1/job").await.as_array().unwrap().len(), 1);
    assert_eq!(
        client.get("v1/discovery/job?ipAddress=10.0.0.1&name=one").await.as_array().unwrap().len(),
        1
    );
    assert_eq!(client.get("v1/discovery/job?ipAddress=10.0.0.2").await, json!([]));
    assert_eq!(client.get("v1/discovery/1/summary").await, 1);
    assert_eq!(client.get("v1/discovery/1/summary?pingStatus=FAILURE").await, 0);
    assert_eq!(client.get("v1/discovery/1/network-device/count").await, 1);
    let devices = client.get("v1/discovery/1/network-device").await;
    assert_eq!(devices[0]["managementIpAddress"], "10.0.0.1");
    assert_eq!(client.get("v1/discovery/1/network-device/1/5").await, devices);
    assert_eq!(client.get(&format!("v1/discovery/1/network-device?taskId={task}")).await, devices);
    assert_eq!(client.get("v1/discovery/1/network-device?taskId=other").await, json!([]));
    assert_eq!(client.get("v1/task/count").await, 1);
    assert_eq!(client.get(&format!("v1/task/{task}/tree")).await[0]["id"], task);
    assert_eq!(client.get("v1/task/operation/x/1/5").await, json!([]));
    assert_eq!(client.get("v1/tasks/count").await, 1);
    assert_eq!(client.get(&format!("v1/tasks/{task}")).await["status"], "SUCCESS");
    assert_eq!(client.get(&format!("v1/tasks/{task}/detail")).await, json!({"progress": "1"}));
    assert_eq!(client.get("v2/global-credential").await.as_object().unwrap().len(), 7);
    assert_eq!(
        client.get("v1/global-credential?credentialSubType=CLI").await.as_array().unwrap().len(),
        3
    );
    assert_eq!(client.violations(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn credentials_are_written_through_both_interfaces() {
    let client = Client::new(Options::default()).await;
    let one = json!({"description": "d", "username": "u", "password": "p"});
    let v2 = "/dna/intent/api/v2/global-credential";
    let v1 = "/dna/intent/api/v1/global-credential";
    let added = client.status(Method::POST, v2, &json!({"cliCredential": [one]})).await;
    assert_eq!(added, 202);
    assert_eq!(client.status(Method::POST, &format!("{v1}/cli"), &json!([one])).await, 202);
    time::sleep(Duration::from_secs(1)).await;
    let all = client.get("v2/global-credential").await;
    let ids = [&all["cliCredential"][3]["id"], &all["cliCredential"][4]["id"]];
    for (base, id) in [v1, v2].iter().zip(ids) {
        let path = format!("{base}/{}", id.as_str().unwrap());
        assert_eq!(client.status(Method::DELETE, &path, &Value::Null).await, 202);
    }
    time::sleep(Duration::from_secs(1)).await;
    let all = client.get("v2/global-credential").await;
    assert_eq!(all["cliCredential"].as_array().unwrap().len(), 3);
    assert!(!client.simulator.request_log().join("\n").contains("\"p\""));
}

#[tokio::test(start_paused = true)]
async fn an_invalid_body_is_refused() {
    let client = Client::new(Options::default()).await;
    let send = async |body: &str, content_type: &str| {
        let request = Request::post(DISCOVERY)
            .header("x-auth-token", &client.token)
            .header("content-type", content_type)
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        client.call(request).await.unwrap().status().as_u16()
    };
    let whole = discovery("one").to_string();
    assert_eq!(send("{", "application/json").await, 400);
    assert_eq!(send("[]", "application/json").await, 400);
    assert_eq!(send(&whole, "text/plain").await, 415);
    assert_eq!(send(&whole, "application/json; charset=utf-8").await, 202);
}

#[tokio::test(start_paused = true)]
async fn an_interface_of_tasks_can_be_missing() {
    for status in [404, 405, 410, 501] {
        let client = Client::with(&[], &[&format!("tasks_v1={status}")]).await;
        let path = "/dna/intent/api/v1/task";
        assert_eq!(client.status(Method::GET, path, &Value::Null).await, status);
        assert_eq!(client.get("v1/tasks").await, json!([]));
    }
    let client = Client::with(&[], &["tasks_v2=404"]).await;
    assert_eq!(client.status(Method::GET, "/api/v1/tasks", &Value::Null).await, 404);
}

#[tokio::test(start_paused = true)]
async fn a_role_limits_what_is_allowed() {
    for (role, read, write) in [("admin", 200, 202), ("observer", 200, 403), ("none", 403, 403)] {
        let client = Client::with(&[], &[&format!("role={role}")]).await;
        assert_eq!(client.status(Method::GET, DISCOVERY, &Value::Null).await, read);
        assert_eq!(client.status(Method::POST, DISCOVERY, &discovery("one")).await, write);
    }
}

/// The answer to a create, and whether it was processed.
async fn create_under(fault: &str) -> (String, bool) {
    let client = Client::with(&[fault], &[]).await;
    let met = match client.create("one").await {
        Ok(answer) => format!("{}", answer.status().as_u16()),
        Err(unanswered) => format!("{unanswered:?}").split('(').next().unwrap().to_owned(),
    };
    time::sleep(Duration::from_secs(1)).await;
    (met, client.names().await == ["one"])
}

#[tokio::test(start_paused = true)]
async fn each_fault_replaces_the_answer_or_stops_the_request() {
    let cases = [
        ("create=lost", "Lost", true),
        ("create=reset", "Reset", false),
        ("create=429", "429", false),
        ("create=500", "500", false),
        ("create=599", "599", false),
        ("create=taken:502", "502", true),
        ("create=html", "200", true),
        ("create=cut", "Cut", true),
        ("create=null", "200", true),
        ("create=slow:10", "202", true),
        ("create=expire", "401", false),
        ("any@2=reset", "Reset", false),
    ];
    for (fault, met, taken) in cases {
        let is_expired = fault == "create=expire";
        if is_expired {
            let client = Client::with(&[fault], &[]).await;
            assert_eq!(client.create("one").await.unwrap().status(), 401);
            continue;
        }
        assert_eq!(create_under(fault).await, (met.to_owned(), taken), "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn html_null_and_cut_answers_have_their_form() {
    let client = Client::with(&["count=html", "list=null", "release=429:7"], &[]).await;
    let html = client.send(Method::GET, &format!("{DISCOVERY}/count"), &Value::Null).await.unwrap();
    assert_eq!(html.headers()["content-type"], "text/html");
    assert!(html.body().starts_with(b"<html>"));
    let (status, null) = client.ask(Method::GET, DISCOVERY, &Value::Null).await;
    assert_eq!((status, null), (200, json!({"response": null, "version": "1.0"})));
    let busy = client.send(Method::GET, "/api/v1/dnac-release", &Value::Null).await.unwrap();
    assert_eq!(
        (busy.status().as_u16(), &busy.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
}

#[tokio::test(start_paused = true)]
async fn slow_answers_late_and_hang_never() {
    let client = Client::with(&["count=slow:5000", "count@2=hang"], &[]).await;
    let start = Instant::now();
    assert_eq!(client.get("v1/discovery/count").await, 0);
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    let path = format!("{DISCOVERY}/count");
    let hang = client.send(Method::GET, &path, &Value::Null);
    assert!(time::timeout(Duration::from_hours(24), hang).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn faults_of_a_write_act_on_its_task() {
    let end = async |fault: &str| {
        let client = Client::with(&[fault], &[]).await;
        let accepted = body(&client.create("one").await.unwrap());
        time::sleep(Duration::from_secs(2)).await;
        let task = accepted["response"]["taskId"].as_str().unwrap();
        let (status, answer) =
            client.ask(Method::GET, &format!("/api/v1/task/{task}"), &Value::Null).await;
        let task = &answer["response"];
        let end = match (status, task.get("endTime"), task["isError"] == true) {
            (404, ..) => "missing".to_owned(),
            (_, None, _) => "open".to_owned(),
            (_, _, true) => task["failureReason"].as_str().unwrap().to_owned(),
            _ => "done".to_owned(),
        };
        (end, client.names().await.len())
    };
    assert_eq!(end("create=stuck").await, ("open".to_owned(), 0));
    assert_eq!(end("create=stuck-done").await, ("open".to_owned(), 1));
    assert_eq!(end("create=fail:no room").await, ("no room".to_owned(), 0));
    assert_eq!(end("create=lie").await, ("done".to_owned(), 0));
    assert_eq!(end("create=late:3000").await, ("missing".to_owned(), 1));
}

#[tokio::test(start_paused = true)]
async fn another_user_acts_right_before_a_request() {
    let client = Client::with(&["create=other-create:one"], &[]).await;
    let task = client.created("one").await;
    assert_eq!(task["failureReason"], "Discovery name is duplicate");
    assert_eq!(client.violations(), ["duplicate_create 1"]);
    client.simulator.inject("list=other-delete:one\n\nlist@2=other-create:two\n").unwrap();
    assert_eq!(client.names().await, [""; 0]);
    assert_eq!(client.names().await, ["two"]);
    client.simulator.inject("get=other-run:two").unwrap();
    assert_eq!(client.get("v1/discovery/2").await["discoveryStatus"], "Active");
    client.simulator.inject("get=other-edit:two").unwrap();
    assert_eq!(client.get("v1/discovery/2").await["timeOut"], 6);
}

#[tokio::test(start_paused = true)]
async fn each_request_is_hit_by_the_faults_of_its_kind() {
    let places = [
        (Method::GET, "v1/discovery/count", "count"),
        (Method::GET, "v1/discovery/1/5", "list"),
        (Method::GET, "v1/discovery/1", "get"),
        (Method::DELETE, "v1/discovery/1", "delete"),
        (Method::GET, "v1/task/x", "task"),
        (Method::GET, "v1/tasks", "tasks"),
        (Method::GET, "v2/global-credential", "credentials"),
        (Method::GET, "v1/dnac-release", "release"),
    ];
    for (method, path, place) in places {
        let client = Client::with(&[&format!("{place}=599")], &[]).await;
        let path = format!("/dna/intent/api/{path}");
        assert_eq!(client.status(method, &path, &Value::Null).await, 599, "{place}");
    }
    for (status, place) in [("Edit", "edit"), ("Active", "run"), ("Inactive", "stop")] {
        let client = Client::with(&[&format!("{place}=599")], &[]).await;
        let sent = json!({"id": "1", "discoveryStatus": status});
        assert_eq!(client.status(Method::PUT, DISCOVERY, &sent).await, 599, "{place}");
    }
    let client = Client::with(&["token@2=503"], &[]).await;
    assert_eq!(client.call(token_request("")).await.unwrap().status(), 503);
}

#[tokio::test(start_paused = true)]
async fn the_simulators_own_paths_are_not_delayed_or_counted() {
    let options = Options { latency: Duration::from_millis(20), ..Options::default() };
    let client = Client::new(options).await;
    let start = Instant::now();
    let own = async |method, path: &str, body: &str| {
        client.call(plain(method, &format!("/simulator/{path}"), body)).await.unwrap()
    };
    let violations = own(Method::GET, "violations", "").await;
    assert_eq!(body(&violations).as_object().unwrap().len(), 10);
    let bad = own(Method::POST, "faults", "create=lost\nnowhere=lost").await;
    assert_eq!(bad.status(), 400);
    assert!(String::from_utf8_lossy(bad.body()).contains("token count list"));
    assert_eq!(own(Method::POST, "faults", "create=599\n").await.status(), 200);
    assert_eq!(start.elapsed(), Duration::ZERO);
    // The malformed lines armed nothing, not even their first.
    assert_eq!(client.create("one").await.unwrap().status(), 599);
    assert_eq!(start.elapsed(), Duration::from_millis(20));
    let requests = body(&own(Method::GET, "requests", "").await);
    assert_eq!(
        (&requests["create"], &requests["list"], &requests["any"]),
        (&json!(1), &json!(0), &json!(2))
    );
    let log = client.simulator.request_log();
    assert_eq!(log, [format!("POST {TOKEN}"), format!("POST {DISCOVERY} {}", discovery("one")),]);
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_holds_and_early_retries_are_violations() {
    let options = Options { rate: Some("3/10".parse().unwrap()), ..Options::default() };
    let client = Client::new(options).await;
    let count = format!("{DISCOVERY}/count");
    for wanted in [200, 200, 429] {
        time::sleep(Duration::from_secs(1)).await;
        let answer = client.send(Method::GET, &count, &Value::Null).await.unwrap();
        assert_eq!(answer.status(), wanted);
        if wanted == 429 {
            assert_eq!(answer.headers()["retry-after"], "7");
        }
    }
    assert_eq!(client.violations(), [""; 0]);
    time::sleep(Duration::from_millis(6_999)).await;
    assert_eq!(client.status(Method::GET, &count, &Value::Null).await, 429);
    assert_eq!(client.violations(), ["early_retry 1"]);
    time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.status(Method::GET, &count, &Value::Null).await, 200);
    assert_eq!(client.violations(), ["early_retry 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_sent_before_the_429_is_not_early() {
    let options = Options { latency: Duration::from_millis(50), ..Options::default() };
    let client = Client::new(options).await;
    client.simulator.inject("count=429:5").unwrap();
    let count = format!("{DISCOVERY}/count");
    let (first, second) = tokio::join!(
        client.status(Method::GET, &count, &Value::Null),
        client.status(Method::GET, &count, &Value::Null)
    );
    assert_eq!((first, second, client.violations().len()), (429, 200, 0));
}

#[tokio::test(start_paused = true)]
async fn a_late_429_asks_no_client_to_wait_before_it_arrives() {
    let client = Client::with(&["count=429:5", "count=slow:2000"], &[]).await;
    let count = format!("{DISCOVERY}/count");
    let later = async |ms| {
        time::sleep(Duration::from_millis(ms)).await;
        client.status(Method::GET, &count, &Value::Null).await
    };
    let (first, second, third) = tokio::join!(later(0), later(1_999), later(2_001));
    assert_eq!((first, second, third), (429, 200, 200));
    assert_eq!(client.violations(), ["early_retry 1"]);
}

#[tokio::test(start_paused = true)]
async fn over_a_socket_a_429_counts_at_once_only_on_its_connection() {
    let simulator = Simulator::new(Options::default(), World::default());
    simulator.inject("token=429:5").unwrap();
    let (mut first, mut second) = (simulator.connection(), simulator.connection());
    let request = || {
        let request = Request::post("/dna/system/api/v1/auth/token");
        request.body(Bytes::new()).unwrap()
    };
    let early = || simulator.violations()["early_retry"];
    assert_eq!(first.call(request()).await.unwrap().status(), 429);
    second.call(request()).await.unwrap();
    assert_eq!(early(), 0, "it may have been sent before");
    first.call(request()).await.unwrap();
    assert_eq!(early(), 1, "it was sent afterwards");
    time::sleep(Duration::from_millis(200)).await;
    second.call(request()).await.unwrap();
    assert_eq!(early(), 2, "by then everybody knew");
    time::sleep(Duration::from_secs(5)).await;
    first.call(request()).await.unwrap();
    assert_eq!(early(), 2);
}

#[tokio::test(start_paused = true)]
async fn retry_after_can_be_absent() {
    let client = Client::with(&["count=429:5"], &["retry_after=absent"]).await;
    let count = format!("{DISCOVERY}/count");
    let answer = client.send(Method::GET, &count, &Value::Null).await.unwrap();
    assert!(answer.status() == 429 && !answer.headers().contains_key("retry-after"));
    assert_eq!(client.status(Method::GET, &count, &Value::Null).await, 200);
    assert_eq!(client.violations(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_can_be_a_date() {
    let client = Client::with(&["count=429:5"], &["retry_after=date"]).await;
    let answer =
        client.send(Method::GET, &format!("{DISCOVERY}/count"), &Value::Null).await.unwrap();
    assert_eq!(answer.headers()["date"], "Thu, 01 Jan 2026 00:00:00 GMT");
    assert_eq!(answer.headers()["retry-after"], "Thu, 01 Jan 2026 00:00:05 GMT");
}

#[tokio::test(start_paused = true)]
async fn equal_seeds_give_equal_answers() {
    let story = async |seed| {
        let client = Client::new(Options { seed, ..Options::default() }).await;
        client.created("one").await;
        time::sleep(Duration::from_secs(20)).await;
        client.get("v1/discovery/1/network-device").await;
        client.simulator.world_json()
    };
    assert_eq!(story(1).await, story(1).await);
    assert_ne!(story(1).await, story(2).await);
}

#[tokio::test(start_paused = true)]
async fn the_next_simulator_continues_from_a_saved_world() {
    let client = Client::new(Options::default()).await;
    client.create("one").await.unwrap();
    time::sleep(Duration::from_millis(600)).await;
    let world = World::from_json(&client.simulator.world_json()).unwrap();
    // The clock goes on, although both simulators are started at the same time of day.
    let client = Client::of(Options::default(), world).await;
    assert_eq!(client.names().await, [""; 0]);
    time::sleep(Duration::from_millis(400)).await;
    assert_eq!(client.names().await, ["one"]);
    time::sleep(Duration::from_secs(10)).await;
    assert_eq!(client.get("v1/discovery/1").await["discoveryCondition"], "Complete");
}

#[tokio::test(start_paused = true)]
async fn the_release_is_the_options_then_the_worlds_then_the_default() {
    let release = async |options: &str, world: &str| {
        let options = Options { release: options.to_owned(), ..Options::default() };
        let client = Client::of(options, World::from_json(world).unwrap()).await;
        client.get("v1/dnac-release").await["installedVersion"].as_str().unwrap().to_owned()
    };
    assert_eq!(release("2.3.7.9", "{}").await, "2.3.7.9");
    assert_eq!(release("2.3.7.9", r#"{"release": "2.3.5.3"}"#).await, "2.3.5.3");
    assert_eq!(release("3.1.3", r#"{"release": "2.3.5.3"}"#).await, "3.1.3");
}

#[tokio::test(start_paused = true)]
async fn paths_are_served_in_every_spelling_and_others_are_refused() {
    let client = Client::new(Options::default()).await;
    let cases = [
        (Method::GET, "/dna/intent/api/v1/discovery", 200),
        (Method::GET, "//api/v1//discovery/", 200),
        (Method::GET, "/api/v1/disc%6Fvery/co%75nt", 200),
        (Method::GET, "/api/v1/discovery/1/500", 200),
        (Method::GET, "/api/v1/discovery/1/x", 400),
        (Method::DELETE, "/api/v1/discovery/1/5", 202),
        (Method::DELETE, "/api/v1/discovery/1/job", 400),
        (Method::DELETE, "/api/v1/discovery/count", 404),
        (Method::GET, "/api/v1/discovery/count/job", 404),
        (Method::POST, "/api/v1/discovery/count", 405),
        (Method::PATCH, "/api/v1/discovery", 405),
        (Method::HEAD, "/api/v1/discovery", 405),
        (Method::POST, "/api/v1/global-credential/unknown", 405),
        (Method::GET, "/api/system/v1/auth/token", 405),
        (Method::GET, "/api/v1/nothing", 404),
        (Method::GET, "/v1/discovery", 404),
        (Method::GET, "/", 404),
    ];
    for (method, path, status) in cases {
        let answer = client.send(method.clone(), path, &Value::Null).await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        assert!(!answer.headers().contains_key("allow"), "{method} {path}");
    }
    assert!(client.simulator.request_log().contains(&"GET //api/v1//discovery/".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn parameters_are_decoded() {
    let client = Client::new(Options::default()).await;
    client.created("a b").await;
    let jobs = client.get("v1/discovery/job?ipAddress=10.0.0.%31&name=a+b&x").await;
    assert_eq!(jobs.as_array().unwrap().len(), 1);
    let task = client.get("v1/task").await[0]["id"].as_str().unwrap().replace('-', "%2D");
    assert_eq!(client.get(&format!("v1/task/{task}")).await["isError"], false);
}

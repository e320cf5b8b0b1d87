//! The client against scripted answers, on a paused clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    num::NonZeroUsize,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::*;

/// The outcome of one request.
enum Reply {
    Answer(Response<Bytes>),
    Silence(NoResponseKind, Processed),
    /// The same answer, after this time.
    Late(Duration, Response<Bytes>),
}

type Script = dyn Fn(&str, usize) -> Reply + Send + Sync;

/// Answers by method, path, and the number of such requests so far, this one included.
struct Fake {
    script: Box<Script>,
    seen: Mutex<Vec<Seen>>,
    in_flight: Mutex<(usize, usize)>,
    began: Instant,
}

#[derive(Clone, Debug)]
struct Seen {
    /// Method and path.
    what: String,
    at: Duration,
    key: String,
}

impl Fake {
    fn new(script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        let (seen, in_flight) = (Mutex::default(), Mutex::default());
        Arc::new(Self { script: Box::new(script), seen, in_flight, began: Instant::now() })
    }

    fn client(self: &Arc<Self>) -> Client {
        let pace = ClientLimits::new(NonZeroUsize::new(3).unwrap(), 1);
        let base = "https://catalyst.example.com".parse().unwrap();
        Client::new(
            Arc::clone(self) as _,
            base,
            Login::new("admin", Secret::new("swordfish")),
            pace,
        )
    }

    /// The requests, without the common beginning of the paths.
    fn asked(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|it| it.what.replace("/dna/intent/api/v1", "")).collect()
    }

    fn count(&self, what: &str) -> usize {
        self.asked().iter().filter(|it| *it == what).count()
    }

    /// The times of the requests, in milliseconds.
    fn times(&self, what: &str) -> Vec<u128> {
        let seen = self.seen.lock().unwrap();
        let times = seen.iter().filter(|it| it.what.ends_with(what));
        times.map(|it| it.at.as_millis()).collect()
    }
}

const TOKEN: &str = "POST /dna/system/api/v1/auth/token";

impl Transport for Fake {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, NoResponse>> {
        Box::pin(async move {
            let path = request.uri().path_and_query().unwrap();
            let what = format!("{} {path}", request.method());
            let key = ["x-auth-token", "authorization"].iter();
            let key = key.filter_map(|it| request.headers().get(*it)?.to_str().ok()).collect();
            let at = self.began.elapsed();
            let nth = {
                let mut seen = self.seen.lock().unwrap();
                seen.push(Seen { what: what.clone(), at, key });
                seen.iter().filter(|it| it.what == what).count()
            };
            let mut reply = (self.script)(&what.replace("/dna/intent/api/v1", ""), nth);
            // A request that the script does not answer succeeds.
            if let Reply::Answer(answer) = &reply
                && answer.status() == 418
            {
                reply = match what.as_str() {
                    TOKEN => ok(&json!({"Token": format!("token-{nth}")})),
                    _ => panic!("{what} is not in the script"),
                };
            }
            {
                let mut in_flight = self.in_flight.lock().unwrap();
                in_flight.0 += 1;
                in_flight.1 = in_flight.1.max(in_flight.0);
            }
            let (wait, outcome) = match reply {
                Reply::Answer(answer) => (Duration::from_millis(1), Ok(answer)),
                Reply::Late(wait, answer) => (wait, Ok(answer)),
                Reply::Silence(kind, processed) => {
                    (Duration::from_millis(1), Err(NoResponse::new(processed, kind, "it is cut")))
                }
            };
            sleep(wait).await;
            self.in_flight.lock().unwrap().0 -= 1;
            outcome
        })
    }
}

fn answer(status: u16, body: &str) -> Response<Bytes> {
    let answer = Response::builder().status(status);
    answer.body(Bytes::from(body.to_owned())).unwrap()
}

fn ok(body: &Value) -> Reply {
    Reply::Answer(answer(200, &body.to_string()))
}

fn response(inner: &Value) -> Reply {
    ok(&json!({"response": inner, "version": "1.0"}))
}

fn status(status: u16) -> Reply {
    Reply::Answer(answer(status, r#"{"response":{"message":"no such luck"}}"#))
}

fn busy(status: u16, retry_after: &str) -> Reply {
    let mut answer = answer(status, "");
    answer.headers_mut().insert("retry-after", retry_after.parse().unwrap());
    Reply::Answer(answer)
}

fn unscripted() -> Reply {
    status(418)
}

fn accepted() -> Reply {
    Reply::Answer(answer(202, r#"{"response":{"taskId":"t-1","url":"x"},"version":"1.0"}"#))
}

const COUNT: &str = "GET /discovery/count";
const CREATE: &str = "POST /discovery";

/// A controller that answers the count by a script.
fn counting(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Arc<Fake> {
    Fake::new(move |what, nth| if what == COUNT { script(nth) } else { unscripted() })
}

/// A controller that answers creates by a script, and counts 0 discoveries.
fn creating(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Arc<Fake> {
    Fake::new(move |what, nth| match what {
        CREATE => script(nth),
        COUNT => response(&json!(0)),
        _ => unscripted(),
    })
}

/// Counts this many times at once.
async fn count_together(client: &Client, n: usize) -> Vec<Result<u64, ApiError>> {
    let mut reads = JoinSet::new();
    for _ in 0..n {
        let client = client.clone();
        reads.spawn(async move { client.discovery_count().await });
    }
    reads.join_all().await
}

mod token {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn is_asked_for_once_by_whoever_needs_it_first() {
        let fake = counting(|_| response(&json!("7")));
        let counts = count_together(&fake.client(), 20).await;
        assert!(counts.into_iter().all(|it| it.unwrap() == 7));
        assert_eq!(fake.count(TOKEN), 1);
        let seen = fake.seen.lock().unwrap();
        assert_eq!(seen[0].key, "Basic YWRtaW46c3dvcmRmaXNo");
        assert!(seen[1..].iter().all(|it| it.key == "token-1"));
    }

    #[tokio::test(start_paused = true)]
    async fn is_renewed_once_however_many_requests_wait_for_it() {
        let fake = counting(|nth| if nth <= 8 { status(401) } else { response(&json!(1)) });
        let counts = count_together(&fake.client(), 8).await;
        assert!(counts.into_iter().all(|it| it.unwrap() == 1));
        assert_eq!(fake.count(TOKEN), 2);
        assert_eq!(fake.count(COUNT), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn that_is_new_and_rejected_is_an_error() {
        let fake = counting(|_| status(401));
        let error = fake.client().discovery_count().await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Unauthorized);
        assert_eq!(fake.asked(), [TOKEN, COUNT, TOKEN, COUNT]);
    }

    #[tokio::test(start_paused = true)]
    async fn request_with_a_wrong_password_is_not_repeated_for_each_request() {
        let fake = Fake::new(|_, _| status(401));
        let counts = count_together(&fake.client(), 20).await;
        for count in counts {
            let error = count.unwrap_err();
            assert_eq!(error.class(), ErrorClass::Unauthorized);
            let message = error.to_string();
            assert!(message.contains("check the user name and the password"), "{message}");
        }
        assert_eq!(fake.asked(), [TOKEN]);
    }

    #[tokio::test(start_paused = true)]
    async fn request_is_tried_again_like_a_read() {
        let fake = Fake::new(|what, nth| match (what, nth) {
            (TOKEN, 1) => status(502),
            (TOKEN, 2) => Reply::Silence(NoResponseKind::Lost, Processed::Maybe),
            (COUNT, _) => response(&json!(0)),
            _ => unscripted(),
        });
        assert_eq!(fake.client().discovery_count().await.unwrap(), 0);
        assert_eq!(fake.count(TOKEN), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn answer_without_a_token_is_not_shown() {
        let fake = Fake::new(|_, _| ok(&json!({"jwt": "eyJhbGciOi"})));
        let error = fake.client().discovery_count().await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::BadResponse);
        assert!(!error.to_string().contains("eyJhbGciOi"), "{error}");
        assert_eq!(fake.count(TOKEN), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn and_password_are_in_no_log() {
        #[derive(Clone, Default)]
        struct Log(Arc<Mutex<Vec<u8>>>);
        impl io::Write for Log {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        // With a single subscriber, a callsite that another test's thread reaches first would be
        // cached as disabled.
        let _another = tracing::Dispatch::new(tracing_subscriber::registry());
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        let fake = Fake::new(|what, nth| match what {
            COUNT if nth == 1 => status(401),
            COUNT => response(&json!(7_654_321)),
            "GET /dna/intent/api/v2/global-credential" => {
                response(&json!({"cliCredential": [{"id": "hidden-id"}]}))
            }
            CREATE => accepted(),
            _ => unscripted(),
        });
        {
            let _guard = tracing::subscriber::set_default(subscriber);
            let client = fake.client();
            assert_eq!(client.discovery_count().await.unwrap(), 7_654_321);
            assert_eq!(client.global_credentials().await.unwrap().len(), 1);
            let body = json!({"name": "visible-name", "passwordList": ["hunter2"]});
            assert_eq!(client.create(&body).await.unwrap().task.as_str(), "t-1");
        }
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        for shown in ["7654321", "visible-name", "t-1", "/auth/token"] {
            assert!(log.contains(shown), "{shown} is missing: {log}");
        }
        for secret in ["swordfish", "YWRtaW46", "token-1", "token-2", "hidden-id", "hunter2"] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
}

mod reads {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn are_tried_until_the_controller_is_back() {
        let fake = counting(|nth| match nth {
            1..=4 => status(502),
            5..=7 => Reply::Silence(NoResponseKind::Lost, Processed::Maybe),
            _ => response(&json!(3)),
        });
        assert_eq!(fake.client().discovery_count().await.unwrap(), 3);
        assert_eq!(fake.count(COUNT), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn end_after_eight_attempts_and_report_them() {
        let fake = counting(|_| status(504));
        let error = fake.client().discovery_count().await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Unreachable);
        assert!(error.to_string().contains("(8 attempts in "), "{error}");
        assert_eq!(fake.count(COUNT), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn with_unusable_answers_end_after_three() {
        let bodies = ["<html>gateway</html>", r#"{"resp"#, r#"{"response":null}"#, "{}", ""];
        for body in bodies {
            let fake = counting(move |_| Reply::Answer(answer(200, body)));
            let error = fake.client().discovery_count().await.unwrap_err();
            assert_eq!(error.class(), ErrorClass::BadResponse, "{body}");
            assert_eq!(fake.count(COUNT), 3, "{body}");
        }
        let fake = counting(|nth| match nth {
            1 => Reply::Answer(answer(200, "<html>")),
            2 => status(500),
            _ => response(&json!(3)),
        });
        assert_eq!(fake.client().discovery_count().await.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_answer_take_twenty_seconds_each() {
        let hour = Duration::from_hours(1);
        let fake = counting(move |_| Reply::Late(hour, answer(200, r#"{"response":1}"#)));
        let error = fake.client().discovery_count().await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Unreachable);
        let times = fake.times("/count");
        assert_eq!(times.len(), 8);
        assert!(times.windows(2).all(|it| (20_100..=25_001).contains(&(it[1] - it[0]))));
    }

    #[tokio::test(start_paused = true)]
    async fn of_one_discovery_return_none_only_after_404() {
        let fake = Fake::new(|what, _| match what {
            "GET /discovery/1" => response(&json!({"id": 1, "name": "a"})),
            "GET /discovery/2" => response(&json!({"id": "3", "name": "a"})),
            "GET /discovery/404" => status(404),
            "GET /discovery/500" => status(500),
            "GET /discovery/0" => response(&Value::Null),
            _ => unscripted(),
        });
        let client = fake.client();
        assert_eq!(client.discovery("1").await.unwrap(), Some(json!({"id": "1", "name": "a"})));
        assert_eq!(client.discovery("404").await.unwrap(), None);
        for id in ["0", "2", "500"] {
            assert_eq!(
                client.discovery(id).await.unwrap_err().class(),
                ErrorClass::BadResponse,
                "{id}"
            );
        }
        let n_asked = fake.asked().len();
        for id in ["", "1/500", ".."] {
            assert!(client.discovery(id).await.is_err(), "{id}");
            assert!(client.job_items(id).await.is_err(), "{id}");
        }
        assert_eq!(fake.asked().len(), n_asked);
    }

    #[tokio::test(start_paused = true)]
    async fn of_the_release_and_the_jobs_unwrap_the_response() {
        let fake = Fake::new(|what, _| match what {
            "GET /dnac-release" => response(&json!({"installedVersion": "2.3.7.9"})),
            "GET /discovery/7/job?offset=1&limit=500" => response(&json!([{"endTime": 1}])),
            _ => unscripted(),
        });
        assert_eq!(fake.client().release().await.unwrap(), "2.3.7.9");
        assert_eq!(fake.client().job_items("7").await.unwrap(), [json!({"endTime": 1})]);
    }

    #[tokio::test(start_paused = true)]
    async fn set_the_controllers_clock() {
        let fake = counting(|_| {
            let mut answer = answer(200, r#"{"response":1}"#);
            let date = "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap();
            answer.headers_mut().insert("date", date);
            Reply::Answer(answer)
        });
        let client = fake.client();
        assert_eq!(client.server_time_ms(), None);
        client.discovery_count().await.unwrap();
        sleep(Duration::from_secs(5)).await;
        assert_eq!(client.server_time_ms(), Some(784_111_782_000));
    }
}

mod pace {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lets_eight_reads_and_so_many_writes_be_in_flight() {
        let second = Duration::from_secs(1);
        let fake = counting(move |_| Reply::Late(second, answer(200, r#"{"response":1}"#)));
        count_together(&fake.client(), 30).await;
        assert_eq!(fake.in_flight.lock().unwrap().1, 8);

        let body = r#"{"response":{"taskId":"t"}}"#;
        let fake = creating(move |_| Reply::Late(second, answer(202, body)));
        let client = fake.client();
        let mut writes = JoinSet::new();
        for _ in 0..10 {
            let client = client.clone();
            writes.spawn(async move { client.create(&json!({})).await.is_ok() });
        }
        assert!(writes.join_all().await.into_iter().all(|it| it));
        assert_eq!(fake.in_flight.lock().unwrap().1, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn keeps_everything_back_while_the_controller_is_busy() {
        let fake = Fake::new(|what, nth| match (what, nth) {
            (COUNT, 1) => busy(429, "7"),
            (COUNT, _) => response(&json!(1)),
            (CREATE, _) => accepted(),
            _ => unscripted(),
        });
        let client = fake.client();
        let first = client.clone();
        let mut reads = JoinSet::new();
        reads.spawn(async move { first.discovery_count().await.unwrap() });
        sleep(Duration::from_secs(1)).await;
        assert_eq!(client.create(&json!({})).await.unwrap().task.as_str(), "t-1");
        assert_eq!(reads.join_all().await, [1]);
        // One of them probes whether the pause is over; the other follows its answer.
        let mut times = fake.times(" /dna/intent/api/v1/discovery");
        times.push(fake.times("/count")[1]);
        times.sort_unstable();
        assert_eq!(times, [7_002, 7_003]);
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_count_busy_answers_as_tries() {
        let fake = counting(|nth| if nth <= 50 { busy(429, "1") } else { response(&json!(1)) });
        assert_eq!(fake.client().discovery_count().await.unwrap(), 1);
        let fake = counting(|nth| if nth <= 8 { busy(503, "1") } else { response(&json!(1)) });
        assert!(fake.client().discovery_count().await.is_err());
    }

    /// Counts for a minute at a controller that always gives this answer, and returns the number of
    /// requests.
    async fn requests_of_a_minute(status: u16, retry_after: &[&str]) -> usize {
        let mut answer = answer(status, "");
        for value in retry_after {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            answer.headers_mut().append("retry-after", value);
        }
        answer.headers_mut().insert("date", "Thu, 01 Jan 2026 00:00:00 GMT".parse().unwrap());
        let fake = counting(move |_| Reply::Answer(answer.clone()));
        let began = Instant::now();
        let client = fake.client().until(began + Duration::from_mins(1));
        let mut readers = JoinSet::new();
        for _ in 0..8 {
            let client = client.clone();
            readers.spawn(async move { client.discovery_count().await.unwrap_err() });
        }
        for error in readers.join_all().await {
            assert_eq!(error.class(), ErrorClass::Unreachable, "{error}");
        }
        fake.count(COUNT)
    }

    #[tokio::test(start_paused = true)]
    async fn makes_no_haste_whatever_pause_is_asked_for() {
        let without: [&[&str]; 9] = [
            &[],
            &[""],
            &["-1"],
            &["-99999999999999999999"],
            &["soon"],
            &["1e9"],
            &["0x10"],
            &["١"],
            &["-1", "soon"],
        ];
        let shortest: [&[&str]; 5] = [
            &["0"],
            &["0.0001"],
            &["Wed, 31 Dec 2025 00:00:00 GMT"],
            &["Thu, 01 Jan 1970 00:00:00 GMT"],
            &["0", "soon"],
        ];
        let longest: [&[&str]; 7] = [
            &["31536000"],
            &["18446744073709551616"],
            &["99999999999999999999999999999999"],
            &["Fri, 02 Jan 2026 00:00:00 GMT"],
            &["Sat, 31 Dec 2099 23:59:59 GMT"],
            &["0", "3600"],
            &["3600", "Thu, 01 Jan 1970 00:00:00 GMT"],
        ];
        // The eight are sent together, and then one at a time probes.
        for status in [429, 503] {
            for asked in without {
                // After 2, 6, 14 and 30 s.
                assert_eq!(requests_of_a_minute(status, asked).await, 12, "{status} {asked:?}");
            }
            for asked in shortest {
                let n = requests_of_a_minute(status, asked).await;
                assert!((10..=20).contains(&n), "{status} {asked:?}: {n}");
            }
            for asked in longest {
                assert_eq!(requests_of_a_minute(status, asked).await, 8, "{status} {asked:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_five_minutes_at_most_and_for_the_longest_of_several() {
        for (asked, seconds) in [(["31536000", "1"], 300), (["3", "7"], 7), (["7", "3"], 7)] {
            let mut busy = answer(429, "");
            for value in asked {
                busy.headers_mut().append("retry-after", value.parse().unwrap());
            }
            let fake = counting(move |nth| match nth {
                1 => Reply::Answer(busy.clone()),
                _ => response(&json!(1)),
            });
            let began = Instant::now();
            assert_eq!(fake.client().discovery_count().await.unwrap(), 1);
            assert_eq!(began.elapsed().as_secs(), seconds, "{asked:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ends_at_the_deadline_and_reports_the_last_failure() {
        let fake = counting(|_| busy(429, "40"));
        let began = Instant::now();
        let client = fake.client().until(began + Duration::from_mins(1));
        let error = client.discovery_count().await.unwrap_err();
        assert_eq!(began.elapsed(), Duration::from_mins(1));
        assert!(error.was_abandoned());
        assert_eq!(error.class(), ErrorClass::Unreachable);
        let message = error.to_string();
        assert!(
            message.contains("the time ran out; the last failure was: answered 429"),
            "{message}"
        );
        assert!(client.discovery_count().await.unwrap_err().was_abandoned());
        assert_eq!(fake.count(COUNT), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_bring_a_write_in_doubt_by_the_deadline() {
        let body = r#"{"response":{"taskId":"t"}}"#;
        let fake = creating(move |_| Reply::Late(Duration::from_secs(9), answer(202, body)));
        let client = fake.client().until(Instant::now() + Duration::from_secs(5));
        assert!(client.create(&json!({})).await.is_ok());
        let error = client.create(&json!({})).await.unwrap_err();
        assert!(matches!(error, WriteError::NotSent(_)), "{error:?}");
    }
}

mod writes {
    use super::*;

    /// The outcome of a create with this answer, and how often it was sent.
    async fn created(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (String, usize) {
        let fake = creating(script);
        let outcome = match fake.client().create(&json!({"name": "a"})).await {
            Ok(Accepted { task }) => format!("accepted {task}"),
            Err(WriteError::NotSent(_)) => "not sent".into(),
            Err(WriteError::Refused(it)) => format!("refused: {it}"),
            Err(WriteError::NotFound(_)) => "not found".into(),
            Err(WriteError::InDoubt(_)) => "in doubt".into(),
        };
        (outcome, fake.count(CREATE))
    }

    #[tokio::test(start_paused = true)]
    async fn that_may_have_been_processed_are_in_doubt_and_sent_once() {
        let in_doubt = ("in doubt".to_owned(), 1);
        for code in [500, 501, 502, 503, 504, 599] {
            assert_eq!(created(move |_| status(code)).await, in_doubt, "{code}");
        }
        for kind in [NoResponseKind::Lost, NoResponseKind::CutShort, NoResponseKind::TimedOut] {
            let silence = move |_| Reply::Silence(kind, Processed::Maybe);
            assert_eq!(created(silence).await, in_doubt, "{kind:?}");
        }
        for body in ["", "<html>", r#"{"resp"#, r#"{"response":null}"#, r#"{"response":{}}"#] {
            assert_eq!(
                created(move |_| Reply::Answer(answer(202, body))).await,
                in_doubt,
                "{body}"
            );
        }
        let hour = Duration::from_hours(1);
        assert_eq!(created(move |_| Reply::Late(hour, answer(202, ""))).await, in_doubt);
    }

    #[tokio::test(start_paused = true)]
    async fn that_were_rejected_report_the_reason() {
        for code in [400, 403, 409] {
            let (outcome, n_sent) = created(move |_| status(code)).await;
            assert!(
                outcome.starts_with("refused: ") && outcome.contains("no such luck"),
                "{outcome}"
            );
            assert_eq!(n_sent, 1);
        }
        assert_eq!(created(|_| status(404)).await, ("not found".into(), 1));
        assert_eq!(created(|_| status(401)).await, ("not sent".into(), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn that_were_not_processed_are_sent_again() {
        let done = |n| ("accepted t-1".to_owned(), n);
        let refused = || Reply::Silence(NoResponseKind::Connect, Processed::No);
        assert_eq!(created(|nth| if nth == 1 { status(401) } else { accepted() }).await, done(2));
        let often = |nth| if nth <= 20 { busy(429, "1") } else { accepted() };
        assert_eq!(created(often).await, done(21));
        assert_eq!(created(move |nth| if nth < 8 { refused() } else { accepted() }).await, done(8));
        assert_eq!(created(move |_| refused()).await, ("not sent".into(), 8));
    }

    #[tokio::test(start_paused = true)]
    async fn are_accepted_by_any_success_with_a_task_id() {
        for code in [200, 201, 202, 206] {
            let body = r#"{"response":{"taskId":"t-9"}}"#;
            let outcome = created(move |_| Reply::Answer(answer(code, body))).await;
            assert_eq!(outcome, ("accepted t-9".into(), 1), "{code}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn go_where_they_belong() {
        let fake = Fake::new(|what, _| if what == TOKEN { unscripted() } else { accepted() });
        let client = fake.client();
        assert!(client.update(&json!({"id": "1"})).await.is_ok());
        assert!(client.delete("17").await.is_ok());
        assert_eq!(fake.asked(), [TOKEN, "PUT /discovery", "DELETE /discovery/17"]);
    }

    #[tokio::test(start_paused = true)]
    async fn cannot_delete_everything_nor_a_range() {
        let fake = Fake::new(|_, _| unscripted());
        for id in ["", "/", "1/500", "..", ".", "?", "#", " ", "%2F"] {
            let error = fake.client().delete(id).await.unwrap_err();
            assert!(matches!(error, WriteError::NotSent(_)), "{id}: {error:?}");
        }
        assert!(fake.asked().is_empty());
    }

    #[test]
    fn have_one_place_that_deletes() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
        let mut places = BTreeMap::new();
        let mut n_files = 0;
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("tests.rs") {
                continue;
            }
            n_files += 1;
            let code = String::from_utf8(fs::read(&path).unwrap()).unwrap();
            let count = code.matches("Method::DELETE").count() + code.matches("\"DELETE\"").count();
            if 0 < count {
                places.insert(path.file_name().unwrap().to_owned(), count);
            }
        }
        assert!(10 < n_files, "the walk found next to nothing");
        assert_eq!(places, BTreeMap::from([("writes.rs".into(), 1)]));
    }
}

mod lists {
    use super::*;

    /// A controller with a list that depends on the number of counts so far.
    fn listing(names_after: impl Fn(usize) -> u64 + Send + Sync + 'static) -> Arc<Fake> {
        let n_counts = Mutex::new(0);
        Fake::new(move |what, _| {
            let mut n_counts = n_counts.lock().unwrap();
            if what == COUNT {
                *n_counts += 1;
                return response(&json!(names_after(*n_counts)));
            }
            let Some(window) = what.strip_prefix("GET /discovery/") else {
                return unscripted();
            };
            let (start, n) = window.split_once('/').unwrap();
            let (start, n): (u64, u64) = (start.parse().unwrap(), n.parse().unwrap());
            let until = names_after(*n_counts).min(start - 1 + n);
            let item = |it: u64| json!({"id": it.to_string(), "name": format!("n{it}")});
            response(&(start - 1..until).map(item).collect())
        })
    }

    #[tokio::test(start_paused = true)]
    async fn take_three_requests_if_nothing_changes() {
        for n in [0, 1, 20, 500] {
            let fake = listing(move |_| n);
            assert_eq!(fake.client().all_discoveries().await.unwrap().len() as u64, n);
            assert_eq!(fake.asked(), [TOKEN, COUNT, "GET /discovery/1/500", COUNT]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_pages_have_each_discovery_once_and_in_order() {
        for n in [501, 999, 1_000, 1_201, 10_000] {
            let found = listing(move |_| n).client().all_discoveries().await.unwrap();
            let ids = found.iter().map(|it| it["id"].as_str().unwrap().parse::<u64>().unwrap());
            assert!(ids.eq(0..n), "{n}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn are_read_again_while_they_change() {
        let fake = listing(|nth| if nth <= 3 { 600 + nth as u64 } else { 604 });
        assert_eq!(fake.client().all_discoveries().await.unwrap().len(), 604);
        assert_eq!(fake.count(COUNT), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn that_never_agree_are_an_error_with_the_three_numbers() {
        let began = Instant::now();
        let fake = Fake::new(|what, nth| match what {
            COUNT => response(&json!(if nth % 2 == 1 { 3 } else { 4 })),
            "GET /discovery/1/500" => response(&json!([{"id": "1", "name": "a"}])),
            _ => unscripted(),
        });
        let error = fake.client().all_discoveries().await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::BadResponse);
        assert!(began.elapsed() < Duration::from_secs(30));
        assert_eq!(
            error.to_string(),
            "GET /dna/intent/api/v1/discovery: the list is not complete: 3 counted before the read, 1 distinct ones read, 4 counted after it (5 attempts in 3 s)"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn with_an_unusable_page_are_an_error_of_that_page() {
        for body in [r#"{"response":null}"#, "<html>", r#"{"response":[{"name":"a"}]}"#] {
            let fake = Fake::new(move |what, _| match what {
                COUNT => response(&json!(3)),
                "GET /discovery/1/500" => Reply::Answer(answer(200, body)),
                _ => unscripted(),
            });
            let error = fake.client().all_discoveries().await.unwrap_err();
            assert_eq!(error.class(), ErrorClass::BadResponse);
            assert!(error.to_string().starts_with("GET /dna/intent/api/v1/discovery/1/500: "));
            assert_eq!(fake.count("GET /discovery/1/500"), 3, "{body}");
        }
    }
}

mod task_lists {
    use super::*;

    fn wanted(ids: &[&str]) -> BTreeSet<TaskId> {
        ids.iter().map(|it| TaskId::new(*it)).collect()
    }

    fn path(generation: &str, offset: usize) -> String {
        let order = if generation == "task" { "dsc" } else { "desc" };
        format!("GET /{generation}?sortBy=startTime&order={order}&offset={offset}&limit=500")
    }

    /// A page of this many tasks, newest first, with the numbers from `first` on as ids.
    fn page(first: usize, n: usize) -> Reply {
        let task = |it: usize| json!({"id": it.to_string(), "startTime": 2_000_000 - it});
        response(&(first..first + n).map(task).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn are_read_until_each_wanted_task_is_found() {
        let fake = Fake::new(|what, _| match what {
            it if it == path("task", 1) => page(0, 500),
            it if it == path("task", 501) => page(500, 500),
            it if it == path("task", 1_001) => page(1_000, 3),
            _ => unscripted(),
        });
        let client = fake.client();
        assert_eq!(
            client.tasks(&wanted(&["7"]), TaskSearch::UntilFound).await.unwrap().tasks.len(),
            500
        );
        assert_eq!(
            client.tasks(&wanted(&["7", "777"]), TaskSearch::UntilFound).await.unwrap().tasks.len(),
            1_000
        );
        assert_eq!(
            client.tasks(&wanted(&["none"]), TaskSearch::UntilFound).await.unwrap().tasks.len(),
            1_003
        );
        assert_eq!(fake.asked().len(), 1 + 1 + 2 + 3);
        // For a write in doubt, all of them are read, even if the task was found before.
        let all = client.tasks(&wanted(&["7"]), TaskSearch::BackToFirstWrite).await.unwrap();
        assert_eq!((all.tasks.len(), all.is_whole), (1_003, true));
    }

    #[tokio::test(start_paused = true)]
    async fn end_if_the_controller_repeats_a_page_or_never_ends() {
        let same = Fake::new(|what, _| if what == TOKEN { unscripted() } else { page(0, 500) });
        assert_eq!(
            same.client()
                .tasks(&wanted(&["none"]), TaskSearch::UntilFound)
                .await
                .unwrap()
                .tasks
                .len(),
            500
        );
        assert_eq!(same.asked().len(), 1 + 2);
        let pages = Mutex::new(0);
        let endless = Fake::new(move |what, _| {
            let mut pages = pages.lock().unwrap();
            *pages += 1;
            if what == TOKEN { unscripted() } else { page(*pages * 500, 500) }
        });
        assert_eq!(
            endless
                .client()
                .tasks(&wanted(&["none"]), TaskSearch::UntilFound)
                .await
                .unwrap()
                .tasks
                .len(),
            10_000
        );
        assert_eq!(endless.asked().len(), 1 + 20);
        let some = same.client().tasks(&wanted(&[]), TaskSearch::BackToFirstWrite).await.unwrap();
        assert!(!some.is_whole, "what is not among them may be all the same");
    }

    #[tokio::test(start_paused = true)]
    async fn that_are_malformed_are_skipped_unless_all_are() {
        let odd = Fake::new(|what, _| match what {
            TOKEN => unscripted(),
            _ => response(&json!([{"id": "a", "startTime": 1}, {"startTime": 2}, "x"])),
        });
        let list = odd.client().tasks(&wanted(&["a"]), TaskSearch::UntilFound).await.unwrap();
        assert_eq!(list.tasks.len(), 1);
        let nonsense = Fake::new(|what, _| match what {
            TOKEN => unscripted(),
            _ => response(&json!([{"startTime": 2}])),
        });
        assert!(nonsense.client().tasks(&wanted(&["a"]), TaskSearch::UntilFound).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn end_at_the_first_write() {
        let fake = Fake::new(|what, _| {
            let mut answer = match what {
                CREATE => answer(202, r#"{"response":{"taskId":"none"}}"#),
                TOKEN => answer(200, r#"{"Token":"t"}"#),
                _ => {
                    let Reply::Answer(page) = page(0, 500) else { panic!("no page") };
                    page
                }
            };
            let date = "Thu, 01 Jan 1970 01:00:00 GMT".parse().unwrap();
            answer.headers_mut().insert("date", date);
            Reply::Answer(answer)
        });
        let client = fake.client();
        // Before it, only the end of the list ends the search.
        client.tasks(&wanted(&["none"]), TaskSearch::UntilFound).await.unwrap();
        assert_eq!(fake.count(&path("task", 501)), 1);
        assert!(client.create(&json!({})).await.is_ok());
        client.tasks(&wanted(&["none"]), TaskSearch::UntilFound).await.unwrap();
        assert_eq!(fake.count(&path("task", 1)), 2);
        assert_eq!(fake.count(&path("task", 501)), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn move_to_the_second_generation_once_the_first_is_gone() {
        for code in [404, 405, 410, 501] {
            let fake = Fake::new(move |what, _| match what {
                it if it == path("task", 1) => status(code),
                it if it == path("tasks", 1) => response(&json!([
                    {"id": "a", "status": "SUCCESS", "endTime": 1},
                    {"id": "b", "status": "FAILURE", "endTime": 1},
                    {"id": "c", "status": "PENDING"},
                    {"id": "d", "status": "FAILURE"},
                ])),
                "GET /tasks/b/detail" => response(&json!({"failureReason": "name is duplicate"})),
                "GET /tasks/c" => response(&json!({"id": "c", "status": "SUCCESS"})),
                "GET /tasks/c/detail" => response(&json!({"progress": "17"})),
                "GET /tasks/x" => status(404),
                _ => unscripted(),
            });
            let client = fake.client();
            let tasks = client
                .tasks(&wanted(&["a", "b", "c"]), TaskSearch::UntilFound)
                .await
                .unwrap()
                .tasks;
            assert_eq!(tasks.len(), 4);
            assert_eq!(tasks[0].state, TaskState::Ended);
            let words = "name is duplicate".to_owned();
            assert_eq!(tasks[1].state, TaskState::Failed { words });
            assert!(tasks[2].is_open());
            let n_first = fake.count(&path("task", 1));
            client.tasks(&wanted(&[]), TaskSearch::UntilFound).await.unwrap();
            let id = TaskId::new("c");
            assert_eq!(client.task(&id).await.unwrap().unwrap().state, TaskState::Ended);
            let detail = client.task_detail(&id).await.unwrap().unwrap();
            assert_eq!(detail.created_id.as_deref(), Some("17"));
            assert_eq!(client.task(&TaskId::new("x")).await.unwrap(), None);
            assert_eq!((n_first, fake.count(&path("task", 1))), (1, 1), "{code}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn stay_with_the_first_generation_after_a_temporary_failure() {
        let fake = Fake::new(|what, nth| match what {
            it if it == path("task", 1) && nth == 1 => status(404),
            it if it == path("task", 1) && nth < 4 => status(500),
            it if it == path("task", 1) => page(0, 1),
            it if it == path("tasks", 1) => status(404),
            _ => unscripted(),
        });
        let client = fake.client();
        let error = client.tasks(&wanted(&[]), TaskSearch::UntilFound).await.unwrap_err();
        assert!(error.to_string().starts_with("GET /dna/intent/api/v1/task?"), "{error}");
        assert_eq!(
            client.tasks(&wanted(&[]), TaskSearch::UntilFound).await.unwrap().tasks.len(),
            1
        );
    }

    #[tokio::test(start_paused = true)]
    async fn have_no_message_if_the_detail_cannot_be_read() {
        let fake = Fake::new(|what, _| match what {
            it if it == path("task", 1) => status(410),
            it if it == path("tasks", 1) => response(&json!([{"id": "b", "status": "FAILURE"}])),
            "GET /tasks/b/detail" => status(500),
            _ => unscripted(),
        });
        let tasks =
            fake.client().tasks(&wanted(&["b"]), TaskSearch::UntilFound).await.unwrap().tasks;
        assert!(matches!(tasks[0].state, TaskState::Failed { .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn can_be_missing_when_read_by_id() {
        let fake = Fake::new(|what, _| match what {
            "GET /task/a" => response(&json!({"id": "a", "isError": false, "progress": "17"})),
            "GET /task/b" => status(404),
            "GET /task/c" => status(500),
            _ => unscripted(),
        });
        let client = fake.client();
        let task = client.task(&TaskId::new("a")).await.unwrap().unwrap();
        assert_eq!((task.is_open(), task.created_id.as_deref()), (true, Some("17")));
        assert_eq!(client.task(&TaskId::new("b")).await.unwrap(), None);
        assert!(client.task(&TaskId::new("c")).await.is_err());
    }
}

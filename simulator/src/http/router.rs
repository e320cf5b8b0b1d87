//! Every path, with the kind of its requests and the function that answers them.

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    routing::{self, MethodFilter},
};
use http::{Method, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    gateway::{Call, Gateway, NotServed, Target},
    own_paths,
};
use crate::{
    fault::RequestKind::{
        self, Count, Create, Credentials, Delete, Edit, Get, List, Release, Task, Tasks,
    },
    quirk::{TasksV1, TasksV2},
    world::{Answer, At, Form, Page, PageOf, Refusal, SubType},
};

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUT: MethodFilter = MethodFilter::PUT;
const DELETE: MethodFilter = MethodFilter::DELETE;

/// The controller serves its API with and without `/dna/intent`.
pub(super) fn router() -> Router<Gateway> {
    let api = discoveries().merge(v1_tasks()).merge(v2_tasks()).merge(credentials());
    Router::new()
        .nest("/dna/intent/api", api.clone())
        .nest("/api", api)
        .route("/dna/system/api/v1/auth/token", routing::post(log_in))
        .route("/api/system/v1/auth/token", routing::post(log_in))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(unknown_path)
        .nest("/simulator", own_paths::router())
}

fn discoveries() -> Router<Gateway> {
    Api::new("/v1/discovery", |_| None)
        .on(GET, "", List, |(), it| Ok(it.world.list(it.at)))
        .on(POST, "", Create, |(), it| it.world.create(it.body, it.at))
        .on(PUT, "", Edit, |(), it| it.world.put(it.body, it.at))
        .on(DELETE, "", Delete, |(), it| Ok(it.world.delete_all()))
        .on(GET, "/{id}", Get, |id: String, it| it.world.one(&id, it.at))
        .on(DELETE, "/{id}", Delete, |id: String, it| it.world.delete(&id, it.at))
        .on(GET, "/count", Count, |(), it| Ok(it.world.count(it.at)))
        .on(DELETE, "/count", Delete, |(), it| it.world.delete("count", it.at))
        .on(GET, "/job", Get, |(), it| it.world.jobs(it.query, it.at))
        .on(DELETE, "/job", Delete, |(), it| it.world.delete("job", it.at))
        .on(GET, "/{start}/{count}", List, |page: Page, it| it.world.page(page, it.at))
        .on(DELETE, "/{start}/{count}", Delete, |page: Page, it| {
            Ok(it.world.delete_range(page, it.at))
        })
        .on(GET, "/{id}/job", Get, |id: String, it| it.world.jobs_of(&id, it.query, it.at))
        .on(GET, "/{id}/summary", Get, |id: String, it| it.world.summary(&id, it.query, it.at))
        .on(GET, "/{id}/network-device", Get, |id: String, it| {
            it.world.devices(&id, it.query, it.at)
        })
        .on(GET, "/{id}/network-device/count", Get, |id: String, it| {
            it.world.device_count(&id, it.query, it.at)
        })
        .on(GET, "/{id}/network-device/{start}/{count}", Get, |page: PageOf, it| {
            it.world.device_page(&page, it.query, it.at)
        })
        .router
        // Two segments of a DELETE are a range, and these end in no number.
        .route("/v1/discovery/{id}/job", routing::delete(not_a_number))
        .route("/v1/discovery/{id}/summary", routing::delete(not_a_number))
        .route("/v1/discovery/{id}/network-device", routing::delete(not_a_number))
}

fn v1_tasks() -> Router<Gateway> {
    Api::new("/v1/task", |at| match at.rules.quirks.tasks_v1 {
        TasksV1::Served => None,
        TasksV1::Gone404 => Some(404),
        TasksV1::Gone405 => Some(405),
        TasksV1::Gone410 => Some(410),
        TasksV1::Gone501 => Some(501),
    })
    .on(GET, "", Tasks, |(), it| it.world.tasks(Form::V1, it.query, it.at))
    .on(GET, "/count", Tasks, |(), it| it.world.task_count(Form::V1, it.query, it.at))
    .on(GET, "/{id}", Task, |id: String, it| it.world.task(Form::V1, &id, it.at))
    .on(GET, "/{id}/tree", Task, |id: String, it| it.world.task_tree(&id, it.at))
    .on(GET, "/operation/{id}/{start}/{count}", Task, |page: PageOf, it| {
        Ok(it.world.tasks_of_operation(&page, it.at))
    })
    .router
}

fn v2_tasks() -> Router<Gateway> {
    Api::new("/v1/tasks", |at| match at.rules.quirks.tasks_v2 {
        TasksV2::Served => None,
        TasksV2::Gone404 => Some(404),
    })
    .on(GET, "", Tasks, |(), it| it.world.tasks(Form::V2, it.query, it.at))
    .on(GET, "/count", Tasks, |(), it| it.world.task_count(Form::V2, it.query, it.at))
    .on(GET, "/{id}", Task, |id: String, it| it.world.task(Form::V2, &id, it.at))
    .on(GET, "/{id}/detail", Task, |id: String, it| it.world.task(Form::Detail, &id, it.at))
    .router
}

fn credentials() -> Router<Gateway> {
    let (v1, v2) = ("/v1/global-credential", "/v2/global-credential");
    let (v1_one, v2_one) = ("/v1/global-credential/{id}", "/v2/global-credential/{id}");
    let mut api = Api::new("", |_| None)
        .on(GET, "/v1/dnac-release", Release, |(), it| Ok(it.world.release_info()))
        .on(GET, v2, Credentials, |(), it| Ok(it.world.credentials(it.at)))
        .on(POST, v2, Credentials, |(), it| it.world.add_credentials(it.body, false, it.at))
        .on(PUT, v2, Credentials, |(), it| it.world.change_credentials(it.body, it.at))
        .on(GET, v1, Credentials, |(), it| it.world.credentials_of(it.query))
        .on(GET, v1_one, Credentials, |id: String, it| it.world.sub_type_of(&id, it.at))
        .on(PUT, v1_one, Credentials, |id: String, it| it.world.assign_credential(&id, it.at));
    for path in [v1_one, v2_one] {
        api = api
            .on(DELETE, path, Credentials, |id: String, it| it.world.delete_credential(&id, it.at));
    }
    for SubType { kind, path: id, .. } in SubType::ALL {
        let path = format!("{v1}/{id}");
        api = api
            .on(GET, &path, Credentials, |(), it| it.world.sub_type_of(id, it.at))
            .on(POST, &path, Credentials, |(), it| {
                it.world.add_credentials(&json!({ kind: it.body }), true, it.at)
            })
            .on(PUT, &path, Credentials, |(), it| {
                it.world.change_credentials(&json!({ kind: it.body }), it.at)
            })
            .on(DELETE, &path, Credentials, |(), it| it.world.delete_credential(id, it.at));
    }
    api.router
}

/// A part of the API, which a quirk can take away.
struct Api {
    /// What all its paths start with.
    prefix: &'static str,
    /// The status that then answers everything.
    gone: fn(At<'_>) -> Option<u16>,
    router: Router<Gateway>,
}

impl Api {
    fn new(prefix: &'static str, gone: fn(At<'_>) -> Option<u16>) -> Self {
        Self { prefix, gone, router: Router::new() }
    }

    /// Adds an endpoint. `answer` gets the parameters of the path.
    fn on<P, R>(
        self,
        method: MethodFilter,
        path: &str,
        kind: RequestKind,
        answer: impl Fn(P, Call<'_>) -> Result<R, Refusal> + Clone + Send + Sync + 'static,
    ) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        R: Into<Answer>,
    {
        let gone = self.gone;
        let answer = move |params, call: Call<'_>| match gone(call.at) {
            Some(status) => {
                let message = "this interface is not served by this release";
                Err(Refusal::new(status, "NOT_SERVED", message))
            }
            None => answer(params, call).map(Into::into),
        };
        let handle = move |State(gateway): State<Gateway>,
                           params: Result<Path<P>, PathRejection>,
                           request: Request| {
            let target = match params {
                // axum takes a HEAD for a GET, and the controller does not.
                _ if request.method() == Method::HEAD => Target::None(NotServed::Method),
                Ok(Path(params)) => {
                    Target::World(kind, Box::new(move |call: Call<'_>| answer(params, call)))
                }
                Err(_) => Target::None(NotServed::Number),
            };
            gateway.receive(request, target)
        };
        let path = format!("{}{path}", self.prefix);
        Self { router: self.router.route(&path, routing::on(method, handle)), ..self }
    }
}

async fn log_in(State(gateway): State<Gateway>, request: Request) -> Response<Body> {
    gateway.receive(request, Target::Login).await
}

async fn unknown_path(State(gateway): State<Gateway>, request: Request) -> Response<Body> {
    gateway.receive(request, Target::None(NotServed::Path)).await
}

async fn method_not_allowed(State(gateway): State<Gateway>, request: Request) -> Response<Body> {
    gateway.receive(request, Target::None(NotServed::Method)).await
}

async fn not_a_number(State(gateway): State<Gateway>, request: Request) -> Response<Body> {
    gateway.receive(request, Target::None(NotServed::Number)).await
}

//! From the route to the world.

use serde_json::{Value, json};

use super::{
    route::{Credentials, NewTasks, OldTasks, Route},
    simulator::State,
};
use crate::world::{Answer, At, BadQuery, Query, Refusal, Treatment, World};

/// A request that may reach the world.
pub(super) struct Asked<'a> {
    pub(super) route: &'a Route,
    pub(super) query: &'a Query,
    /// Null where there is none.
    pub(super) body: &'a Value,
    pub(super) treatment: &'a Treatment,
}

/// Asks the world.
pub(super) fn dispatch(state: &mut State, asked: &Asked<'_>, now: u64) -> Answer {
    let State { world, rules, .. } = state;
    let at = At { now, rules };
    let answer = match asked.route {
        Route::OldTasks(route) => old_tasks(world, route, asked.query, at),
        Route::NewTasks(route) => new_tasks(world, route, asked.query, at),
        Route::Credentials(route) => Ok(credentials(world, route, asked, at)),
        Route::Jobs => world.jobs(asked.query, at),
        Route::JobsOf(id) => world.jobs_of(id, asked.query, at),
        _ => Ok(discovery(world, asked, at)),
    };
    answer.unwrap_or_else(|BadQuery(message)| Answer::bad(message))
}

fn discovery(world: &mut World, asked: &Asked<'_>, at: At<'_>) -> Answer {
    let Asked { route, query, body, treatment } = asked;
    match route {
        Route::Create => world.create(body, treatment, at),
        Route::Put => world.put(body, treatment, at),
        Route::Delete(id) => world.delete(id, treatment, at),
        Route::DeleteRange(start, count) => world.delete_range((*start, *count), treatment, at),
        Route::DeleteAll => world.delete_all(treatment, at),
        Route::Count => world.count(at),
        Route::List => world.list(at),
        Route::Page(start, count) => world.page(*start, *count, at),
        Route::One(id) => world.one(id, at),
        Route::Summary(id) => world.summary(id, query, at),
        Route::Devices(id) => world.devices(id, query, at),
        Route::DeviceCount(id) => world.device_count(id, query, at),
        Route::DevicePage(id, start, count) => world.device_page((id, *start, *count), query, at),
        Route::Release => release(world),
        Route::Token
        | Route::Jobs
        | Route::JobsOf(_)
        | Route::OldTasks(_)
        | Route::NewTasks(_)
        | Route::Credentials(_) => Answer::not_found("this is answered elsewhere"),
    }
}

fn release(world: &World) -> Answer {
    let release = world.release().unwrap_or_default();
    Answer::Found(json!({
        "name": "cisco-dna-center",
        "installedVersion": release,
        "systemVersion": release,
        "supportedDirectUpdates": [],
    }))
}

fn old_tasks(
    world: &World,
    route: &OldTasks,
    query: &Query,
    at: At<'_>,
) -> Result<Answer, BadQuery> {
    if let Some(status) = World::old_tasks_gone(at) {
        return Ok(gone(status));
    }
    match route {
        OldTasks::List => world.old_tasks(query, at),
        OldTasks::Count => world.old_task_count(query, at),
        OldTasks::One(id) => Ok(world.old_task(id, at)),
        OldTasks::Tree(id) => Ok(world.task_tree(id, at)),
        OldTasks::Operation(id, offset, limit) => {
            Ok(world.tasks_of_operation((id, *offset, *limit), at))
        }
    }
}

fn new_tasks(
    world: &World,
    route: &NewTasks,
    query: &Query,
    at: At<'_>,
) -> Result<Answer, BadQuery> {
    if let Some(status) = World::new_tasks_gone(at) {
        return Ok(gone(status));
    }
    match route {
        NewTasks::List => world.new_tasks(query, at),
        NewTasks::Count => world.new_task_count(query, at),
        NewTasks::One(id) => Ok(world.new_task(id, at)),
        NewTasks::Detail(id) => Ok(world.task_detail(id, at)),
    }
}

fn credentials(world: &mut World, route: &Credentials, asked: &Asked<'_>, at: At<'_>) -> Answer {
    let Asked { query, body, treatment, .. } = asked;
    match route {
        Credentials::All => world.credentials(at),
        Credentials::Add => world.add_credentials(body, treatment, at),
        Credentials::Change => world.change_credentials(body, treatment, at),
        Credentials::OfSubType => world.credentials_of(query),
        Credentials::SubTypeOf(id) => world.sub_type_of(id, at),
        Credentials::AddOf(it) => world.add_credentials_of(it.kind, body, treatment, at),
        Credentials::ChangeOf(it) => {
            world.change_credentials(&json!({ it.kind: body }), treatment, at)
        }
        Credentials::AssignToSites(id) => world.assign_credential(id, treatment, at),
        Credentials::Delete(id) => world.delete_credential(id, treatment, at),
    }
}

fn gone(status: u16) -> Answer {
    let message = "this interface is not served by this release".to_owned();
    Answer::Refused(Refusal { status, code: "NOT_SERVED", message })
}

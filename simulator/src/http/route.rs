//! Paths and methods: which request this is. Bodies and answers are not looked at.

use http::Method;

use crate::{
    fault::Where,
    world::{Query, SubType},
};

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Token,
    Release,
    Create,
    Put,
    Delete(String),
    DeleteRange(usize, usize),
    DeleteAll,
    Count,
    List,
    Page(usize, usize),
    One(String),
    Jobs,
    JobsOf(String),
    Summary(String),
    Devices(String),
    DeviceCount(String),
    DevicePage(String, usize, usize),
    OldTasks(OldTasks),
    NewTasks(NewTasks),
    Credentials(Credentials),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OldTasks {
    List,
    Count,
    One(String),
    Tree(String),
    Operation(String, usize, usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NewTasks {
    List,
    Count,
    One(String),
    Detail(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    All,
    Add,
    Change,
    OfSubType,
    SubTypeOf(String),
    AddOf(SubType),
    ChangeOf(SubType),
    AssignToSites(String),
    Delete(String),
}

/// A request that asks for nothing that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    Path,
    Method,
    /// Something that must be a number is none.
    Number,
}

const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PUT, Method::DELETE];

/// Finds what is asked for. Every path is served with and without `/dna/intent`.
pub(super) fn route(method: &Method, path: &str) -> Result<Route, Missed> {
    let segments: Vec<String> = path.split('/').filter(|it| !it.is_empty()).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let found = find(method, &segments)?;
    found.ok_or_else(|| {
        let is_known = METHODS.iter().any(|it| !matches!(find(it, &segments), Ok(None)));
        if is_known { Missed::Method } else { Missed::Path }
    })
}

/// The parameters after `?`.
pub(super) fn query(text: Option<&str>) -> Query {
    let pairs = text.unwrap_or_default().split('&').filter(|it| !it.is_empty());
    let read = |it: &str| {
        let (key, value) = it.split_once('=').unwrap_or((it, ""));
        (decoded(&key.replace('+', " ")), decoded(&value.replace('+', " ")))
    };
    Query(pairs.map(read).collect())
}

impl Route {
    /// The place of faults that this is. A PUT is three, by its status.
    pub(super) fn place(&self, status: Option<&str>) -> Where {
        match self {
            Self::Token => Where::Token,
            Self::Release => Where::Release,
            Self::Create => Where::Create,
            Self::Put => match status {
                Some("Active") => Where::Run,
                Some("Inactive") => Where::Stop,
                _ => Where::Edit,
            },
            Self::Delete(_) | Self::DeleteRange(..) | Self::DeleteAll => Where::Delete,
            Self::Count => Where::Count,
            Self::List | Self::Page(..) => Where::List,
            Self::One(_)
            | Self::Jobs
            | Self::JobsOf(_)
            | Self::Summary(_)
            | Self::Devices(_)
            | Self::DeviceCount(_)
            | Self::DevicePage(..) => Where::Get,
            Self::OldTasks(OldTasks::List | OldTasks::Count)
            | Self::NewTasks(NewTasks::List | NewTasks::Count) => Where::Tasks,
            Self::OldTasks(_) | Self::NewTasks(_) => Where::Task,
            Self::Credentials(_) => Where::Credentials,
        }
    }
}

fn find(method: &Method, segments: &[&str]) -> Result<Option<Route>, Missed> {
    match segments {
        ["dna", "system", "api", "v1", "auth", "token"]
        | ["api", "system", "v1", "auth", "token"] => {
            Ok((method == Method::POST).then_some(Route::Token))
        }
        ["dna", "intent", "api", rest @ ..] | ["api", rest @ ..] => match rest {
            ["v1", "discovery", rest @ ..] => discovery(method, rest),
            ["v1", "task", rest @ ..] => Ok(old_task(method, rest)?.map(Route::OldTasks)),
            ["v1", "tasks", rest @ ..] => Ok(new_task(method, rest).map(Route::NewTasks)),
            ["v1", "dnac-release"] => Ok((method == Method::GET).then_some(Route::Release)),
            [version @ ("v1" | "v2"), "global-credential", rest @ ..] => {
                Ok(credentials(method, version, rest).map(Route::Credentials))
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn discovery(method: &Method, rest: &[&str]) -> Result<Option<Route>, Missed> {
    let route = match (method.as_str(), rest) {
        ("POST", []) => Route::Create,
        ("PUT", []) => Route::Put,
        ("DELETE", []) => Route::DeleteAll,
        ("DELETE", [id]) => Route::Delete((*id).to_owned()),
        ("DELETE", [start, count]) => Route::DeleteRange(number(start)?, number(count)?),
        ("GET", []) => Route::List,
        ("GET", ["count"]) => Route::Count,
        ("GET", ["job"]) => Route::Jobs,
        ("GET", [id]) => Route::One((*id).to_owned()),
        ("GET", [id, "job"]) => Route::JobsOf((*id).to_owned()),
        ("GET", [id, "summary"]) => Route::Summary((*id).to_owned()),
        ("GET", [id, "network-device"]) => Route::Devices((*id).to_owned()),
        ("GET", [id, "network-device", "count"]) => Route::DeviceCount((*id).to_owned()),
        ("GET", [id, "network-device", start, count]) => {
            Route::DevicePage((*id).to_owned(), number(start)?, number(count)?)
        }
        ("GET", [start, count]) => Route::Page(number(start)?, number(count)?),
        _ => return Ok(None),
    };
    Ok(Some(route))
}

fn old_task(method: &Method, rest: &[&str]) -> Result<Option<OldTasks>, Missed> {
    if method != Method::GET {
        return Ok(None);
    }
    let route = match rest {
        [] => OldTasks::List,
        ["count"] => OldTasks::Count,
        [id] => OldTasks::One((*id).to_owned()),
        [id, "tree"] => OldTasks::Tree((*id).to_owned()),
        ["operation", id, offset, limit] => {
            OldTasks::Operation((*id).to_owned(), number(offset)?, number(limit)?)
        }
        _ => return Ok(None),
    };
    Ok(Some(route))
}

fn new_task(method: &Method, rest: &[&str]) -> Option<NewTasks> {
    if method != Method::GET {
        return None;
    }
    match rest {
        [] => Some(NewTasks::List),
        ["count"] => Some(NewTasks::Count),
        [id] => Some(NewTasks::One((*id).to_owned())),
        [id, "detail"] => Some(NewTasks::Detail((*id).to_owned())),
        _ => None,
    }
}

fn credentials(method: &Method, version: &str, rest: &[&str]) -> Option<Credentials> {
    let sub_type = |path: &str| SubType::ALL.into_iter().find(|it| it.path == path);
    match (version, method.as_str(), rest) {
        ("v2", "GET", []) => Some(Credentials::All),
        ("v2", "POST", []) => Some(Credentials::Add),
        ("v2", "PUT", []) => Some(Credentials::Change),
        ("v1", "GET", []) => Some(Credentials::OfSubType),
        ("v1", "GET", [id]) => Some(Credentials::SubTypeOf((*id).to_owned())),
        ("v1", "POST", [path]) => sub_type(path).map(Credentials::AddOf),
        ("v1", "PUT", [path]) => Some(match sub_type(path) {
            Some(sub_type) => Credentials::ChangeOf(sub_type),
            None => Credentials::AssignToSites((*path).to_owned()),
        }),
        (_, "DELETE", [id]) => Some(Credentials::Delete((*id).to_owned())),
        _ => None,
    }
}

fn number(segment: &str) -> Result<usize, Missed> {
    segment.parse().map_err(|_| Missed::Number)
}

/// Text without `%XX`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = [ahead.next(), ahead.next()].map(|it| char::from(it?).to_digit(16));
        match (byte, digits) {
            (b'%', [Some(high), Some(low)]) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(method: &Method, path: &str) -> Result<Route, Missed> {
        let with = route(method, &format!("/dna/intent/api/{path}"));
        assert_eq!(with, route(method, &format!("/api/{path}")));
        with
    }

    #[test]
    fn two_numbers_are_always_the_range() {
        assert_eq!(at(&Method::GET, "v1/discovery/1/500"), Ok(Route::Page(1, 500)));
        assert_eq!(at(&Method::DELETE, "v1/discovery/1/5"), Ok(Route::DeleteRange(1, 5)));
        assert_eq!(at(&Method::GET, "v1/discovery/1/x"), Err(Missed::Number));
        assert_eq!(at(&Method::GET, "v1/discovery/1/job"), Ok(Route::JobsOf("1".to_owned())));
    }

    #[test]
    fn what_there_is_not_is_told_apart() {
        assert_eq!(at(&Method::GET, "v1/nothing"), Err(Missed::Path));
        assert_eq!(at(&Method::PATCH, "v1/discovery"), Err(Missed::Method));
        assert_eq!(at(&Method::POST, "v1/task"), Err(Missed::Method));
        assert_eq!(route(&Method::GET, "/api/system/v1/auth/token"), Err(Missed::Method));
    }

    #[test]
    fn parameters_are_decoded() {
        let query = query(Some("name=a%20b+c&x&ip=%31&%zz=1"));
        let wanted = [("name", "a b c"), ("x", ""), ("ip", "1"), ("%zz", "1")];
        assert_eq!(query.0, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}

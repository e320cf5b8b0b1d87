//! Reads the live state: everything for a plan, or just the list for a look at what came of a
//! write.

use serde_json::Value;
use tokio::task::JoinSet;

use super::{
    classic,
    credentials::{ById, by_id, credentials},
    lenient,
};
use crate::{
    api::{ApiError, Client, Completeness},
    model::{Interface, Live, LiveDiscovery, RemoteId, Unreadable},
    rules::{self, Rule},
};

/// Why the live state could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The controller answered, and part of the answer cannot be understood.
    #[error("the controller's {what} cannot be understood: {why}")]
    Unreadable { what: &'static str, why: Unreadable },
}

/// The list of discoveries at one time.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// In the controller's order.
    pub(crate) discoveries: Vec<LiveDiscovery>,
    /// Whether it was proven that nothing is missing. Without it, absence means nothing.
    pub(crate) complete: bool,
}

/// A discovery, and the object that it was read from.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) wire: Value,
    pub(crate) discovery: LiveDiscovery,
}

/// Reads everything that a plan rests on, but for the ages of runs. The parts are asked for at the
/// same time.
pub(crate) async fn read(client: &Client, url: String) -> Result<Live, ReadError> {
    let (items, global, release) =
        tokio::try_join!(client.all_discoveries(), client.global_credentials(), client.release(),)?;
    let credentials = credentials(&global)
        .map_err(|why| ReadError::Unreadable { what: "list of global credentials", why })?;
    let mut discoveries = decoded(&items, &by_id(&credentials))?;
    discoveries.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let release = Some(release);
    Ok(Live { url, release, interface: Interface::Classic, discoveries, credentials })
}

/// Reads when the last run of each of these discoveries ended, as far as their job items tell.
pub(crate) async fn read_run_ages(
    client: &Client,
    live: &mut Live,
    ids: &[RemoteId],
) -> Result<(), ReadError> {
    let mut reads = JoinSet::new();
    for id in ids.iter().cloned() {
        let client = client.clone();
        // The client bounds how many are in flight.
        reads.spawn(async move { (client.job_items(&id.0).await, id) });
    }
    for (items, id) in reads.join_all().await {
        let end = items?.iter().filter_map(|it| moment(it, "endTime")).max();
        let discovery = live.discoveries.iter_mut().find(|it| it.id == id);
        if let Some(Ok(read)) = discovery.map(|it| &mut it.read) {
            read.last_run_ended = end;
        }
    }
    Ok(())
}

/// Reads the list of discoveries.
pub(crate) async fn look(
    client: &Client,
    credentials: &ById,
    proof: Completeness,
) -> Result<View, ReadError> {
    let listing = match client.look_at_discoveries(proof).await {
        Err(error)
            if error.status() == Some(http::StatusCode::INTERNAL_SERVER_ERROR)
                && !rules::is_kept(Rule::UnreadableIsNotGone) =>
        {
            return Ok(View { discoveries: Vec::new(), complete: true });
        }
        listing => listing?,
    };
    Ok(View { discoveries: decoded(&listing.items, credentials)?, complete: listing.complete })
}

/// Reads the list of discoveries, all of it or nothing.
pub(crate) async fn whole_list(client: &Client, credentials: &ById) -> Result<View, ReadError> {
    let items = client.all_discoveries().await?;
    Ok(View { discoveries: decoded(&items, credentials)?, complete: true })
}

/// Reads one discovery. `None` where the controller says that there is no such id.
pub(crate) async fn current(
    client: &Client,
    id: &RemoteId,
    credentials: &ById,
) -> Result<Option<Current>, ReadError> {
    let Some(wire) = client.discovery(&id.0).await? else { return Ok(None) };
    let discovery = classic::discovery(&wire, credentials)
        .map_err(|why| ReadError::Unreadable { what: "discovery", why })?;
    Ok(Some(Current { wire, discovery }))
}

/// Returns when the latest run of a discovery started, as far as its job items tell: milliseconds
/// of the epoch, by the controller's clock.
pub(crate) async fn latest_run_start(
    client: &Client,
    id: &RemoteId,
) -> Result<Option<i64>, ReadError> {
    let items = client.job_items(&id.0).await?;
    Ok(items.iter().filter_map(|it| moment(it, "startTime")).max())
}

fn decoded(items: &[Value], credentials: &ById) -> Result<Vec<LiveDiscovery>, ReadError> {
    let decoded = items.iter().map(|it| classic::discovery(it, credentials));
    let decoded = decoded.collect::<Result<Vec<_>, _>>();
    decoded.map_err(|why| ReadError::Unreadable { what: "list of discoveries", why })
}

/// Reads a time of a job item: milliseconds of the epoch, as a number or as text (facts, section
/// 2.4), or a date in text. What is none of these is not known.
fn moment(item: &Value, field: &str) -> Option<i64> {
    let object = item.as_object()?;
    let text = lenient::text(object, field).ok().flatten()?;
    let date = || text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
    text.parse().ok().or_else(date)
}

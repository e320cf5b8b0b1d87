//! Reads the live state: everything for a plan, or only the list, to observe the effect of a write.

use serde_json::Value;
use tokio::task::JoinSet;

use super::{credentials::credentials, dialect::Dialect, lenient};
use crate::{
    api::{ApiError, Client, Completeness},
    model::{Interface, Live, LiveDiscovery, RemoteId, Unreadable},
};

/// Why the live state could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The controller answered, but part of the answer cannot be read.
    #[error("the controller's {what} cannot be understood: {why}")]
    Unreadable { what: &'static str, why: Unreadable },
}

/// The list of discoveries at one time.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// In the controller's order.
    pub(crate) discoveries: Vec<LiveDiscovery>,
    /// Whether the list is proven to be complete. Otherwise, absence means nothing.
    pub(crate) complete: bool,
}

/// A discovery, and the object that it was read from.
#[derive(Debug)]
pub(crate) struct Current {
    pub(super) object: Value,
    pub(crate) discovery: LiveDiscovery,
}

/// Reads everything that a plan depends on, except the ages of runs. The parts are read concurrently.
pub(crate) async fn read(client: &Client, url: String) -> Result<Live, ReadError> {
    let interface = Interface::Classic;
    let unread = Dialect::new(interface, &[]);
    let (objects, global, release) =
        tokio::try_join!(unread.objects(client), client.global_credentials(), client.release())?;
    let credentials = credentials(&global)
        .map_err(|why| ReadError::Unreadable { what: "list of global credentials", why })?;
    let mut discoveries = Dialect::new(interface, &credentials).discoveries(&objects)?;
    discoveries.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(Live { url, release: Some(release), interface, discoveries, credentials })
}

/// Reads when the last run of each of these discoveries ended, as far as their job items show.
pub(crate) async fn read_run_ages(
    client: &Client,
    live: &mut Live,
    ids: &[RemoteId],
) -> Result<(), ReadError> {
    let dialect = Dialect::new(live.interface, &[]);
    let mut reads = JoinSet::new();
    for id in ids.iter().cloned() {
        let (client, dialect) = (client.clone(), dialect.clone());
        // The client bounds how many are in flight.
        reads.spawn(async move { (dialect.runs(&client, &id).await, id) });
    }
    for (items, id) in reads.join_all().await {
        let end = items?.iter().filter_map(|it| time_ms(it, "endTime")).max();
        let discovery = live.discoveries.iter_mut().find(|it| it.id == id);
        if let Some(Ok(read)) = discovery.map(|it| &mut it.read) {
            read.last_run_ended = end;
        }
    }
    Ok(())
}

impl Dialect {
    /// Reads the list of discoveries.
    pub(crate) async fn view(
        &self,
        client: &Client,
        completeness: Completeness,
    ) -> Result<View, ReadError> {
        let listing = self.listing(client, completeness).await?;
        Ok(View { discoveries: self.discoveries(&listing.items)?, complete: listing.complete })
    }

    /// Reads the complete list of discoveries, or fails.
    pub(crate) async fn complete_view(&self, client: &Client) -> Result<View, ReadError> {
        let objects = self.objects(client).await?;
        Ok(View { discoveries: self.discoveries(&objects)?, complete: true })
    }

    /// Reads one discovery. `None` if the controller has no such id.
    pub(crate) async fn current(
        &self,
        client: &Client,
        id: &RemoteId,
    ) -> Result<Option<Current>, ReadError> {
        let Some(object) = self.object(client, id).await? else { return Ok(None) };
        let discovery = self
            .discovery(&object)
            .map_err(|why| ReadError::Unreadable { what: "discovery", why })?;
        Ok(Some(Current { object, discovery }))
    }

    /// Returns when the latest run of a discovery started, as far as its job items show, in
    /// milliseconds since 1970 by the controller's clock.
    pub(crate) async fn latest_run_start(
        &self,
        client: &Client,
        id: &RemoteId,
    ) -> Result<Option<i64>, ReadError> {
        let items = self.runs(client, id).await?;
        Ok(items.iter().filter_map(|it| time_ms(it, "startTime")).max())
    }

    fn discoveries(&self, objects: &[Value]) -> Result<Vec<LiveDiscovery>, ReadError> {
        let discoveries = objects.iter().map(|it| self.discovery(it));
        let discoveries = discoveries.collect::<Result<Vec<_>, _>>();
        discoveries.map_err(|why| ReadError::Unreadable { what: "list of discoveries", why })
    }
}

/// Reads a time of a job item: milliseconds since 1970 as a number or as text, or a date in text
/// (controller-facts.md#times-of-job-items). Any other value is unknown.
fn time_ms(item: &Value, field: &str) -> Option<i64> {
    let object = item.as_object()?;
    let text = lenient::text(object, field).ok().flatten()?;
    let date = || text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
    text.parse().ok().or_else(date)
}

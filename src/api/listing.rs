//! Reads the complete list of discoveries, or fails.
//!
//! The list can change between its pages, and there is no snapshot. So the pages are checked
//! against a count before and a count after, and overlap by one item: if anything moved, the whole
//! list is read again. A plan never sees an incomplete list; a check after a write may, and knows
//! it.

use std::{collections::BTreeSet, time::Duration};

use http::Method;
use serde_json::Value;
use tokio::{task::JoinSet, time::Instant};

use super::{
    client::Client,
    discoveries::DISCOVERY_PATH,
    error::{ApiError, RequestFailure},
};

/// The controller's largest page.
const PAGE: u64 = 500;

/// A page begins with the last item of the one before. If one discovery is deleted and another is
/// created between two pages, all counts agree and one is skipped: only the overlap shows it.
const STRIDE: u64 = PAGE - 1;

/// Pages requested in parallel.
const PAGES_AT_ONCE: u64 = 8;

const MOST_READINGS: u32 = 5;
const LONGEST: Duration = Duration::from_secs(30);
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Whether a list has to be proven complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// A missing discovery has to mean that it does not exist.
    Required,
    /// Only listed discoveries matter: the counts are not read.
    BestEffort,
}

/// One read of the list.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) items: Vec<Value>,
    /// Whether it is proven complete.
    pub(crate) complete: bool,
}

/// The result of one read of the whole list.
#[derive(Debug)]
struct Reading {
    before: u64,
    pages: Vec<Vec<Value>>,
    after: u64,
}

impl Client {
    /// All discoveries, each once, proven complete.
    pub(crate) async fn all_discoveries(&self) -> Result<Vec<Value>, ApiError> {
        let began = Instant::now();
        let mut tries = 0;
        let mut wait = FIRST_WAIT;
        loop {
            tries += 1;
            let reading = self.reading().await?;
            let mut failure = match complete_items(reading) {
                Ok(items) => return Ok(items),
                Err(incomplete) => incomplete,
            };
            if tries < MOST_READINGS && began.elapsed() + wait < LONGEST {
                match self.wait(wait).await {
                    Ok(()) => {
                        wait *= 2;
                        continue;
                    }
                    Err(_) => {
                        failure = RequestFailure::DeadlineExceeded { last: Some(Box::new(failure)) }
                    }
                }
            }
            let (method, path) = (Method::GET, DISCOVERY_PATH.to_owned());
            let (failure, took) = (Box::new(failure), began.elapsed());
            return Err(ApiError { method, path, failure, tries, took });
        }
    }

    /// Reads the list once. Changes during the read, including our own writes, make it incomplete,
    /// which is no error.
    pub(crate) async fn list_discoveries(
        &self,
        completeness: Completeness,
    ) -> Result<Listing, ApiError> {
        if completeness == Completeness::BestEffort {
            return Ok(Listing { items: self.pages_to_the_end().await?, complete: false });
        }
        let reading = self.reading().await?;
        let complete = is_proven(&reading);
        let mut seen = BTreeSet::new();
        let mut items = items(reading);
        items.retain(|it| seen.insert(id(it)));
        Ok(Listing { items, complete })
    }

    async fn pages_to_the_end(&self) -> Result<Vec<Value>, ApiError> {
        let mut items = Vec::new();
        let mut seen = BTreeSet::new();
        let mut start = 1;
        loop {
            let page = self.discovery_page(start, PAGE).await?;
            let n_items = page.len() as u64;
            let n_before = seen.len();
            items.extend(page.into_iter().filter(|it| seen.insert(id(it))));
            start += n_items;
            // A controller that ignores the start returns the same page forever.
            if n_items < PAGE || seen.len() == n_before {
                return Ok(items);
            }
        }
    }

    async fn reading(&self) -> Result<Reading, ApiError> {
        let before = self.discovery_count().await?;
        let pages = self.pages(before).await?;
        let after = self.discovery_count().await?;
        Ok(Reading { before, pages, after })
    }

    /// The pages of a list of this length, in order, up to the first one that is too short.
    async fn pages(&self, count: u64) -> Result<Vec<Vec<Value>>, ApiError> {
        let n_pages = n_pages(count);
        let mut pages = Vec::new();
        let mut asked = 0;
        while asked < n_pages {
            let mut reads = JoinSet::new();
            let until = n_pages.min(asked + PAGES_AT_ONCE);
            for page in asked..until {
                let client = self.clone();
                reads.spawn(async move {
                    let start = page * STRIDE + 1;
                    (page, client.discovery_page(start, PAGE).await)
                });
            }
            asked = until;
            let mut answers = reads.join_all().await;
            answers.sort_by_key(|(page, _)| *page);
            for (page, answer) in answers {
                let items = answer?;
                let is_whole = items.len() as u64 == page_len(count, page);
                pages.push(items);
                if !is_whole {
                    return Ok(pages);
                }
            }
        }
        Ok(pages)
    }
}

/// At least one page: only that can show that a count of 0 is wrong.
fn n_pages(count: u64) -> u64 {
    count.saturating_sub(1).div_ceil(STRIDE).max(1)
}

fn page_len(count: u64, page: u64) -> u64 {
    count.saturating_sub(page * STRIDE).min(PAGE)
}

/// The items of a read without changes.
fn complete_items(reading: Reading) -> Result<Vec<Value>, RequestFailure> {
    if is_proven(&reading) {
        return Ok(items(reading));
    }
    let (before, distinct, after) = (reading.before, distinct(&reading), reading.after);
    Err(RequestFailure::Incomplete { before, distinct, after })
}

/// Whether each page has the right length and begins where the one before ended, and the counts
/// match the number of distinct discoveries.
fn is_proven(reading: &Reading) -> bool {
    let Reading { before, pages, after } = reading;
    let is_whole = pages.len() as u64 == n_pages(*before)
        && (0..).zip(pages).all(|(page, it)| it.len() as u64 == page_len(*before, page));
    let is_seamless = pages
        .iter()
        .zip(pages.iter().skip(1))
        .all(|(page, next)| page.last().map(id) == next.first().map(id));
    is_whole && is_seamless && [*before, *after].iter().all(|it| *it == distinct(reading))
}

/// The items of all pages, without repeated ones.
fn items(reading: Reading) -> Vec<Value> {
    let pages = reading.pages.into_iter().enumerate();
    pages.flat_map(|(index, page)| page.into_iter().skip(usize::from(0 < index))).collect()
}

fn distinct(reading: &Reading) -> u64 {
    reading.pages.iter().flatten().map(id).collect::<BTreeSet<_>>().len() as u64
}

fn id(item: &Value) -> String {
    item["id"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use serde_json::json;

    use super::*;

    fn items(ids: Range<u64>) -> Vec<Value> {
        ids.map(|id| json!({"id": id.to_string(), "name": format!("n{id}")})).collect()
    }

    fn proof(before: u64, pages: Vec<Vec<Value>>, after: u64) -> Result<usize, String> {
        let reading = Reading { before, pages, after };
        complete_items(reading).map(|it| it.len()).map_err(|it| it.to_string())
    }

    #[test]
    fn a_list_with_matching_counts_and_pages_is_complete() {
        assert_eq!(proof(0, vec![vec![]], 0), Ok(0));
        assert_eq!(proof(3, vec![items(0..3)], 3), Ok(3));
        assert_eq!(proof(500, vec![items(0..500)], 500), Ok(500));
        assert_eq!(proof(501, vec![items(0..500), items(499..501)], 501), Ok(501));
        let three = vec![items(0..500), items(499..999), items(998..1_000)];
        assert_eq!(proof(1_000, three, 1_000), Ok(1_000));
    }

    #[test]
    fn a_list_that_does_not_match_is_incomplete_and_reports_the_numbers() {
        let message = proof(3, vec![items(0..2)], 3).unwrap_err();
        assert_eq!(
            message,
            "the list is not complete: 3 counted before the read, 2 distinct ones read, 3 counted after it"
        );
        let twice = [items(0..2), items(1..2)].concat();
        let moved = [items(1..500), items(600..601)].concat();
        let table = [
            ("one came during the reading", 3, vec![items(0..3)], 4),
            ("one went during the reading", 3, vec![items(0..3)], 2),
            ("more than counted", 3, vec![items(0..4)], 3),
            ("nothing, though counted", 3, vec![vec![]], 3),
            ("something, though none was counted", 0, vec![items(0..1)], 0),
            ("one twice", 3, vec![twice], 3),
            ("a short page in the middle", 600, vec![items(0..499), items(498..600)], 600),
            ("a page is missing", 600, vec![items(0..500)], 600),
            ("the window moved up", 600, vec![items(0..500), items(500..601)], 600),
            ("the window moved down", 600, vec![items(0..500), items(498..599)], 600),
            ("one went and one came", 600, vec![moved, items(499..600)], 600),
        ];
        for (story, before, pages, after) in table {
            assert!(proof(before, pages, after).is_err(), "{story}");
        }
    }
}

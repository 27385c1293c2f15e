//! Histories on disk: one file each, named by the checksum of everything that it depends on.
//!
//! ```text
//! <cache>/history/<first 32 digits of the checksum>.jsonl
//!     {"chain": "…", "content": "…"}     what it depends on, and a checksum of the lines below
//!     {"revision": "…", "touches": […]}  one line a revision
//! ```
//!
//! A file that is damaged, or of something else, is as good as none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::diff::{History, RevisionTouches};
use crate::model::{Checksum, RevisionId};
use crate::pg::cluster;

/// How many histories are kept: those of a few branches of a few projects.
const KEPT: usize = 32;

/// One revision of a chain.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub revision: RevisionId,
    /// Of everything up to this revision, itself included.
    pub checksum: Checksum,
}

#[derive(Serialize, Deserialize)]
struct Head {
    chain: Checksum,
    content: Checksum,
}

/// Returns what is remembered of the longest beginning of a chain.
pub(super) fn longest(cache: &Path, chain: &[Link]) -> History {
    let beginnings = (1..=chain.len()).rev();
    let mut found = beginnings.filter_map(|length| read(cache, &chain[..length]));
    found.next().unwrap_or_default()
}

fn read(cache: &Path, chain: &[Link]) -> Option<History> {
    let last = chain.last()?;
    let text = fs::read_to_string(place(cache, last)).ok()?;
    let (head, content) = text.split_once('\n')?;
    let head: Head = serde_json::from_str(head).ok()?;
    if head.chain != last.checksum || head.content != Checksum::of(content) {
        return None;
    }
    let lines = content.lines().map(serde_json::from_str);
    let revisions = lines.collect::<Result<Vec<RevisionTouches>, _>>().ok()?;
    let same = revisions.len() == chain.len()
        && revisions
            .iter()
            .zip(chain)
            .all(|(one, link)| one.revision == link.revision);
    same.then_some(History { revisions })
}

/// Writes a history whole or not at all, and removes the oldest ones beyond what is kept.
pub(super) fn store(cache: &Path, chain: &[Link], history: &History) -> io::Result<()> {
    let Some(last) = chain.last() else { return Ok(()) };
    let lines = history.revisions.iter().map(serde_json::to_string);
    let mut content = lines.collect::<Result<Vec<String>, _>>()?.join("\n");
    content.push('\n');
    let head = Head {
        chain: last.checksum,
        content: Checksum::of(&content),
    };
    let text = format!("{}\n{content}", serde_json::to_string(&head)?);
    cluster::keep(&place(cache, last), &text, KEPT)
}

fn place(cache: &Path, last: &Link) -> PathBuf {
    let name = last.checksum.to_string();
    cache.join("history").join(format!("{}.jsonl", &name[..32]))
}

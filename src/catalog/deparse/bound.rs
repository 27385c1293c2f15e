//! Definitions that the server opens relations for, asked for all at once.
//!
//! What a backend knows of a relation it has to learn first: of ten thousand tables this takes longer than deparsing what
//! stands on them. So where two sessions read, one of them asks for everything that is bound to relations, and the other
//! does not learn of any. What was asked for needlessly, of relations that are out of sight, is dropped.

use std::collections::HashMap;

use crate::catalog::query::{Column, Query, Trees};

use super::Deparsed;

/// One statement that deparses all objects of a sort. Its rows go into [`Texts`].
#[derive(Debug)]
pub struct Bound {
    /// The SQL text: one SELECT.
    pub sql: String,
    deparsed: &'static Deparsed,
}

/// Returns what the queries leave to be asked for that is bound to relations.
pub fn bound(queries: &[Query]) -> Vec<Bound> {
    let mut found: Vec<&'static Deparsed> = Vec::new();
    for query in queries {
        for column in &query.columns {
            match column {
                Column::Deparsed(_, deparsed, Trees::Counted) => found.push(deparsed),
                Column::Aside(Trees::Counted) => {
                    let own = query.kind.facets.iter().filter_map(|facet| facet.deparsed);
                    found.extend(own.filter(|deparsed| deparsed.aside.is_some()));
                }
                _ => {}
            }
        }
    }
    let statement = |deparsed: &'static Deparsed| {
        let all = format!("({}) AS", deparsed.bound?);
        let sql = deparsed
            .ask
            .replace("pg_catalog.unnest('{}'::pg_catalog.oid[]) AS", &all);
        Some(Bound { sql, deparsed })
    };
    found.into_iter().filter_map(statement).collect()
}

/// Definitions by their statement and the oid of the object.
#[derive(Debug, Default)]
pub struct Texts(HashMap<(usize, u32), Box<str>>);

impl Texts {
    /// Takes a row of an answer. What is not there in the end is asked for by itself.
    pub fn add(&mut self, bound: &Bound, row: &[Option<&str>]) {
        if let [Some(oid), Some(text)] = row
            && let Ok(oid) = oid.parse()
        {
            self.0.insert((address(bound.deparsed), oid), (*text).into());
        }
    }

    /// Takes everything that another one has.
    pub fn absorb(&mut self, other: Texts) {
        if self.0.is_empty() {
            self.0 = other.0;
        } else {
            self.0.extend(other.0);
        }
    }

    pub(super) fn of(&self, deparsed: &'static Deparsed, oid: u32) -> Option<&str> {
        self.0.get(&(address(deparsed), oid)).map(|text| &**text)
    }
}

fn address(deparsed: &'static Deparsed) -> usize {
    std::ptr::from_ref(deparsed) as usize
}

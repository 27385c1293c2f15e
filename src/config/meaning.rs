//! What the written values mean to the folders that use them.

use std::time::Duration;

use super::Project;
use super::written::{self, RolePolicy};
use crate::apply::{self, Retries};
use crate::catalog::{Canon, Reach, Scope};
use crate::diff;
use crate::matview;
use crate::model::{QualifiedName, RoleName, parse_duration};
use crate::rehearse::{Expectation, Seed, Stop};

impl Project {
    /// Returns what of a catalog is looked at.
    pub fn scope(&self, reach: Reach) -> Scope {
        let schema = &self.written.schema;
        let scope = Scope::default();
        Scope {
            reach,
            schemas: schema.schemas.clone().unwrap_or_default(),
            roles: schema.roles.iter().map(|role| role.0.clone()).collect(),
            also: schema
                .also
                .iter()
                .map(|kind| match kind {
                    written::AlsoRead::LargeObject => "large object".to_owned(),
                })
                .collect(),
            hidden: vec![self.history_table()],
            canon: Canon::new(&self.migration_roles()),
            ..scope
        }
    }

    /// Returns how catalogs are compared. `today` is `YYYY-MM-DD`.
    pub fn comparison(&self, today: &str) -> diff::Options {
        let invariant = |(pattern, invariant): (&String, &written::Invariant)| diff::Invariant {
            pattern: pattern.clone(),
            name: invariant.name.clone(),
            level: invariant.severity,
        };
        let accepted = |ignore: &written::Ignore| diff::Acceptance {
            object: ignore.object.clone(),
            because: ignore.because.clone(),
            until: ignore.until.clone(),
        };
        diff::Options {
            invariants: self.written.invariants.iter().map(invariant).collect(),
            accept: self.written.schema.ignore.iter().map(accepted).collect(),
            today: today.to_owned(),
        }
    }

    /// Returns how migrations are applied.
    pub fn apply_settings(&self) -> apply::Settings {
        let written = &self.written.apply;
        let mut settings = apply::Settings {
            history_table: self.history_table(),
            allowed_heads: self.written.heads.allow.clone(),
            role_policy: match self.written.roles.policy {
                RolePolicy::P1A => apply::RolePolicy::P1A,
                RolePolicy::Owner => apply::RolePolicy::Owner,
            },
            ..apply::Settings::default()
        };
        if let Some(timeout) = duration(&written.lock_timeout) {
            settings.lock_timeout = timeout;
        }
        if let Some(timeout) = duration(&written.statement_timeout) {
            settings.statement_timeout = timeout;
        }
        if let Some(budget) = duration(&written.wait_budget) {
            settings.wait_budget = budget;
        }
        if let Some(path) = &written.search_path {
            settings.search_path = path.clone();
        }
        let retries = Retries::default();
        settings.retries = Retries {
            attempts: written.attempts.unwrap_or(retries.attempts),
            within: duration(&written.retry_for).unwrap_or(retries.within),
            ..retries
        };
        settings
    }

    /// Returns refinery's history table.
    pub fn history_table(&self) -> QualifiedName {
        match &self.written.apply.history_table {
            Some(name) => qualified(name, "public"),
            None => apply::Settings::default().history_table,
        }
    }

    /// Returns the roles that migrate; the first is the canonical one.
    pub fn migration_roles(&self) -> Vec<RoleName> {
        let written = &self.written.roles.migration;
        if written.is_empty() {
            vec![RoleName("postgres".to_owned())]
        } else {
            written.clone()
        }
    }

    /// Returns the declared materialized views.
    pub fn registry(&self) -> matview::Registry {
        let runtime = self.written.roles.runtime.first();
        let entry = |(name, view): &(String, written::MaterializedView)| matview::Entry {
            name: QualifiedName::new(view.schema.as_deref().unwrap_or("public"), name),
            owner: view.owner.as_ref().or(runtime).cloned(),
        };
        matview::Registry {
            entries: self.written.matviews.iter().map(entry).collect(),
            schemas: self.written.schema.schemas.clone().unwrap_or_default(),
        }
    }

    /// Returns the states that a rehearsal starts from.
    pub fn seeds(&self) -> Vec<Seed> {
        self.written
            .seeds
            .iter()
            .map(|(name, seed)| seed_of(name, seed))
            .collect()
    }

    /// Returns the roles that exist before the first revision.
    pub fn environment_roles(&self) -> Vec<RoleName> {
        let mut roles: Vec<RoleName> = self.written.roles.runtime.clone();
        roles.extend(self.written.schema.roles.iter().cloned());
        roles.extend(
            self.written
                .matviews
                .iter()
                .filter_map(|(_, view)| view.owner.clone()),
        );
        roles.sort();
        roles.dedup();
        roles
    }
}

fn duration(text: &Option<String>) -> Option<Duration> {
    text.as_deref().and_then(|text| parse_duration(text).ok())
}

/// Reads `schema.name` or `name`.
fn qualified(text: &str, schema: &str) -> QualifiedName {
    match text.split_once('.') {
        Some((schema, name)) => QualifiedName::new(schema, name),
        None => QualifiedName::new(schema, text),
    }
}

fn seed_of(name: &str, seed: &written::Seed) -> Seed {
    let stop = |stop: &written::Stops| Stop {
        at: stop.at.clone(),
        sqlstate: stop.sqlstate.clone(),
        like: stop.like.clone(),
    };
    let expectation = |rows: &written::Rows| Expectation {
        sql: rows.sql.clone(),
        equals: rows.equals.clone(),
        instant: rows.compared_as == written::ComparedAs::Instant,
        role: rows.role.clone(),
        settings: rows.settings.clone(),
    };
    Seed {
        name: name.to_owned(),
        at: seed.at.clone(),
        sql: seed.sql.clone().into(),
        stops: seed.expect.stops.as_ref().map(stop),
        rows: seed.expect.rows.iter().map(expectation).collect(),
    }
}

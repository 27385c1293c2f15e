//! The configuration as it is written. Everything is optional; unknown keys are errors.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::{Level, RoleName};

/// A map that keeps the order of the file.
pub type Ordered<T> = Vec<(String, T)>;

/// The whole of `zerodrift.yaml`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Target major version or versions of the server.
    pub server: Option<OneOrMany<u32>>,
    /// The folder of the migrations; `migrations` if absent.
    pub migrations: Option<String>,
    /// The branch folders that count; every sub-folder if absent.
    pub branches: Option<Vec<String>>,
    /// Heads by design.
    pub heads: Heads,
    /// Who migrates and who works.
    pub roles: Roles,
    /// How tenants are told apart.
    pub tenancy: Tenancy,
    /// What the snapshot covers.
    pub schema: Schema,
    /// Object pattern to the invariant that guards it.
    pub invariants: BTreeMap<String, Invariant>,
    /// What the linter reports.
    pub lint: Lint,
    /// How migrations are applied.
    pub apply: Apply,
    /// The registry of materialized views, in refresh order.
    #[serde(deserialize_with = "ordered")]
    #[schemars(with = "BTreeMap<String, MaterializedView>")]
    pub matviews: Ordered<MaterializedView>,
    /// Scheduled jobs.
    #[serde(deserialize_with = "ordered")]
    #[schemars(with = "BTreeMap<String, Job>")]
    pub schedule: Ordered<Job>,
    /// States of existing databases that a rehearsal starts from.
    #[serde(deserialize_with = "ordered")]
    #[schemars(with = "BTreeMap<String, Seed>")]
    pub seeds: Ordered<Seed>,
    /// Named claims, each with a check that can fail.
    pub gates: Vec<Gate>,
}

/// A value or a list of values.
#[derive(Clone, Debug, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T: Clone> OneOrMany<T> {
    /// Returns all values.
    pub fn values(&self) -> Vec<T> {
        match self {
            OneOrMany::One(value) => vec![value.clone()],
            OneOrMany::Many(values) => values.clone(),
        }
    }
}

/// By hand, because an untagged enum cannot say what it wanted, nor where.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shapes<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Shapes<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a list of values")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                T::deserialize(value.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                T::deserialize(value.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
                T::deserialize(value.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(values)).map(OneOrMany::Many)
            }
        }
        deserializer.deserialize_any(Shapes(PhantomData))
    }
}

/// `heads`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Heads {
    /// Labels that keep a head of their own.
    pub allow: Vec<String>,
}

/// `roles`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Roles {
    /// Roles that migrate; the first name is the canonical one in the snapshot.
    pub migration: Vec<RoleName>,
    /// `p1-a`: a superuser or BYPASSRLS role; `owner`: the owner, where every statement is guarded.
    pub policy: RolePolicy,
    /// Roles that the application works with.
    pub runtime: Vec<RoleName>,
}

/// The values of `roles.policy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum RolePolicy {
    /// A superuser or a role with BYPASSRLS.
    #[default]
    #[serde(rename = "p1-a")]
    P1A,
    /// The owner of the tables.
    #[serde(rename = "owner")]
    Owner,
}

/// `tenancy`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Tenancy {
    /// The column that holds the tenant.
    pub column: Option<String>,
    /// The setting that policies compare it with.
    pub setting: Option<String>,
    /// Tables without row security by design.
    pub exempt: Vec<String>,
}

/// `schema`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Schema {
    /// The snapshot folder; `schema` if absent.
    pub snapshot: Option<String>,
    /// Schemas in scope; every schema of the database if absent.
    pub schemas: Option<Vec<String>>,
    /// Cluster-wide roles in scope.
    pub roles: Vec<RoleName>,
    /// Kinds that are left out unless they stand here: `large object`.
    pub also: Vec<AlsoRead>,
    /// Accepted drift.
    pub ignore: Vec<Ignore>,
}

/// The values of `schema.also`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum AlsoRead {
    /// Owners, privileges and comments of large objects.
    #[serde(rename = "large object")]
    LargeObject,
}

/// An entry of `schema.ignore`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ignore {
    /// The object as a finding names it; `*` stands for any characters.
    pub object: String,
    /// Why it is accepted.
    pub because: String,
    /// The last day on which it is accepted, as YYYY-MM-DD. Without one, changes to row security, policies, grants and
    /// owners stay drift.
    pub until: Option<String>,
}

/// An entry of `invariants`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Invariant {
    /// The name of the invariant.
    pub name: String,
    /// The level that drift of the object is raised to.
    pub severity: Level,
}

/// `lint`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Lint {
    /// Rule to level.
    pub levels: BTreeMap<String, Level>,
    /// Pattern of paths (`*` within a folder, `**` across folders) to what is different there; later ones win.
    #[serde(deserialize_with = "ordered")]
    #[schemars(with = "BTreeMap<String, LintPath>")]
    pub paths: Ordered<LintPath>,
    /// Files with rules of the project, as paths or patterns; `lints/*.yaml` if absent.
    pub rules: Option<Vec<String>>,
    /// The file of accepted findings, which `lint --update-baseline` writes.
    pub baseline: Option<String>,
    /// Findings in revisions that were written before a rule existed.
    pub accept: Vec<Accept>,
}

/// An entry of `lint.paths`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LintPath {
    /// Rule to level.
    pub levels: BTreeMap<String, Level>,
}

/// An entry of `lint.accept`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Accept {
    /// The revision.
    pub revision: String,
    /// The rule or rules.
    pub rule: OneOrMany<String>,
    /// Why.
    pub because: String,
}

/// `apply`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Apply {
    /// Longest wait for a lock; `2s` if absent.
    pub lock_timeout: Option<String>,
    /// Longest run of a statement; `5min` if absent.
    pub statement_timeout: Option<String>,
    /// Longest wait of a CONCURRENTLY statement or VACUUM for locks and old snapshots, its work not counted; `1h` if absent.
    pub wait_budget: Option<String>,
    /// Attempts for a transaction that lost a lock, a deadlock or a serialization; 10 if absent.
    pub attempts: Option<u32>,
    /// Longest time for all attempts together; `5min` if absent.
    pub retry_for: Option<String>,
    /// The search path of migrations; `public` if absent.
    pub search_path: Option<String>,
    /// The history table; `public.refinery_schema_history` if absent.
    pub history_table: Option<String>,
}

/// An entry of `matviews`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct MaterializedView {
    /// The schema; `public` if absent.
    pub schema: Option<String>,
    /// A name for how fresh the view has to be.
    pub class: Option<String>,
    /// The interval between refreshes.
    pub every: Option<String>,
    /// Refreshes at fixed times instead.
    pub cron: Option<String>,
    /// The time zone of `cron`; UTC if absent.
    pub time_zone: Option<String>,
    /// The age at which the view counts as stale.
    pub max_staleness: Option<String>,
    /// Views that are refreshed before.
    pub depends_on: Vec<String>,
    /// Whether one refresh serves all tenants.
    pub tenancy: Option<String>,
    /// The role that has to own the view; the first runtime role if absent.
    pub owner: Option<RoleName>,
    /// What justifies the schedule.
    pub because: Option<String>,
}

/// An entry of `schedule`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Job {
    /// What is run.
    pub task: String,
    /// The interval between runs.
    pub every: Option<String>,
    /// Runs at fixed times instead.
    pub cron: Option<String>,
    /// The time zone of `cron`; UTC if absent.
    pub time_zone: Option<String>,
    /// A run that has not started by then is dropped.
    pub expires: Option<String>,
}

/// An entry of `seeds`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Seed {
    /// The target that the database is at when the rows are put in.
    pub at: String,
    /// The SQL file that puts them in.
    pub sql: String,
    /// What has to hold after the upgrade to the head.
    #[serde(default)]
    pub expect: Expect,
}

/// What a seed expects.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Expect {
    /// The upgrade has to stop.
    pub stops: Option<Stops>,
    /// Queries and their results.
    pub rows: Vec<Rows>,
}

/// Where and how an upgrade has to stop.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stops {
    /// The revision.
    pub at: String,
    /// The SQLSTATE.
    pub sqlstate: String,
    /// A part of the message.
    pub like: String,
}

/// A query and its result.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rows {
    /// The query.
    pub sql: String,
    /// One value for one row of one column, a list of values for one row, or a list of rows.
    pub equals: Value,
    /// How values are compared; `text` if absent.
    #[serde(rename = "type", default)]
    pub compared_as: ComparedAs,
    /// The role that asks; the migrating role if absent.
    pub role: Option<RoleName>,
    /// Settings of the transaction that asks.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ComparedAs {
    /// As the server prints it; numbers by value, booleans as true and false.
    #[default]
    Text,
    /// As a point in time, whatever time zone it is printed in.
    Instant,
}

/// An entry of `gates`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Gate {
    /// The id of the gate.
    pub id: String,
    /// What it claims.
    pub claim: String,
    /// The statements that it runs.
    pub sql: String,
    /// The role that runs them.
    pub role: Option<RoleName>,
    /// Settings of the transaction that runs them.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// What has to come out.
    pub expect: GateExpect,
}

/// What a gate expects.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct GateExpect {
    /// The rows of the result, each a list of values.
    pub rows: Option<Vec<Vec<Value>>>,
    /// The result where it is one value.
    pub equals: Option<Value>,
    /// The SQLSTATE of the refusal.
    pub sqlstate: Option<String>,
    /// A part of the refusal's message.
    pub like: Option<String>,
    /// The server has to deny it for lack of a privilege.
    pub denied: bool,
}

fn ordered<'de, D, T>(deserializer: D) -> Result<Ordered<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Entries<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Entries<T> {
        type Value = Ordered<T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a mapping of names")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
    }
    deserializer.deserialize_map(Entries(std::marker::PhantomData))
}

//! What part of a database is looked at, and under which names its roles are known.

use std::collections::BTreeSet;

use crate::model::{QualifiedName, RoleName};

use super::deparse::Deparse;
use super::kind::{Home, Kind};
use super::object::ObjectId;

/// Which objects are read and compared.
#[derive(Clone, Debug)]
pub struct Scope {
    /// How far it reaches.
    pub reach: Reach,
    /// Only these schemas; every user schema where empty.
    pub schemas: Vec<String>,
    /// The roles that belong to the project: only these are looked at as objects of the cluster.
    pub roles: Vec<String>,
    /// Kinds that are read on request, by name: `large object`.
    pub also: Vec<String>,
    /// Schemas that are never looked at: the ledger's own.
    pub hidden_schemas: Vec<String>,
    /// Objects that are never looked at: the ledger's history table.
    pub hidden: Vec<QualifiedName>,
    /// Under which name the migrating roles are known.
    pub canon: Canon,
    /// How definitions are read; the answer is the same.
    pub deparse: Deparse,
}

impl Default for Scope {
    fn default() -> Self {
        Scope {
            reach: Reach::Database,
            schemas: Vec::new(),
            roles: Vec::new(),
            also: Vec::new(),
            hidden_schemas: vec!["zerodrift".to_owned()],
            hidden: vec![QualifiedName {
                schema: "public".into(),
                name: "refinery_schema_history".into(),
            }],
            canon: Canon::default(),
            deparse: Deparse::default(),
        }
    }
}

impl Scope {
    /// Says whether objects of a kind can be in scope at all.
    pub fn reaches(&self, kind: &Kind) -> bool {
        if kind.on_request && !self.also.iter().any(|also| also == kind.name) {
            return false;
        }
        match kind.home {
            Home::Schema | Home::Child => true,
            Home::Database => self.reach >= Reach::Database || self.is_schema(kind),
            Home::Cluster => self.reach >= Reach::Cluster,
        }
    }

    /// Says whether an object is in scope.
    pub fn holds(&self, id: &ObjectId) -> bool {
        let root = id.root();
        let schema = if self.is_schema(root.kind) {
            Some(&*root.name)
        } else {
            root.schema.as_deref()
        };
        let Some(schema) = schema else {
            return root.kind.home != Home::Cluster
                || !root.kind.identity.name_is_role
                || self.names_role(root);
        };
        let listed = self.schemas.is_empty() || self.schemas.iter().any(|listed| listed == schema);
        let hidden = self.hidden_schemas.iter().any(|hidden| hidden == schema)
            || self
                .hidden
                .iter()
                .any(|hidden| hidden.schema == schema && hidden.name == *root.name);
        listed && !hidden
    }

    /// Says whether a kind is in reach whose objects are chosen by name, and none is named.
    pub fn names_none(&self, kind: &Kind) -> bool {
        kind.home == Home::Cluster
            && kind.identity.name_is_role
            && self.reaches(kind)
            && self.roles.is_empty()
    }

    fn names_role(&self, role: &ObjectId) -> bool {
        self.roles.iter().any(|listed| **listed == *role.name)
    }

    fn is_schema(&self, kind: &Kind) -> bool {
        kind.catalog == "pg_namespace" && kind.home == Home::Database
    }
}

/// How far a comparison reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reach {
    /// What lives in the schemas.
    Schema,
    /// And what lives in the database outside schemas.
    #[default]
    Database,
    /// And what lives in the cluster.
    Cluster,
}

impl Reach {
    /// Returns the word that users write.
    pub fn as_str(self) -> &'static str {
        match self {
            Reach::Schema => "schema",
            Reach::Database => "database",
            Reach::Cluster => "cluster",
        }
    }
}

impl std::str::FromStr for Reach {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Reach::Schema, Reach::Database, Reach::Cluster]
            .into_iter()
            .find(|reach| reach.as_str() == text)
            .ok_or_else(|| format!("\"{text}\" is not one of schema, database, cluster"))
    }
}

/// The roles that migrate, all known under the first one's name: environments differ in who migrates.
#[derive(Clone, Debug, Default)]
pub struct Canon {
    migration_roles: BTreeSet<String>,
    canonical: Option<String>,
}

impl Canon {
    /// Takes the migration roles; the first is the canonical one.
    pub fn new(migration_roles: &[RoleName]) -> Self {
        Canon {
            migration_roles: migration_roles.iter().map(|role| role.0.clone()).collect(),
            canonical: migration_roles.first().map(|role| role.0.clone()),
        }
    }

    /// Returns the name that a role is known under.
    pub fn role<'a>(&'a self, name: &'a str) -> &'a str {
        match &self.canonical {
            Some(canonical) if self.migration_roles.contains(name) => canonical,
            _ => name,
        }
    }
}

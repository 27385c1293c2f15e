//! Tables, views and everything that stands in pg_class but indexes and sequences.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Key, Origin};
use crate::sql::act::table::FiringState;
use crate::sql::act::{Expr, Query};

/// What sort of relation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// A table, partitions included.
    Table,
    /// A partitioned table.
    PartitionedTable,
    /// A foreign table.
    ForeignTable,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
}

impl RelationKind {
    /// Returns the words of PostgreSQL: `materialized view`.
    pub fn as_str(self) -> &'static str {
        match self {
            RelationKind::Table => "table",
            RelationKind::PartitionedTable => "partitioned table",
            RelationKind::ForeignTable => "foreign table",
            RelationKind::View => "view",
            RelationKind::MaterializedView => "materialized view",
        }
    }
}

/// A table, view, materialized view or foreign table.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// Its name.
    pub key: Key,
    /// What sort it is.
    pub kind: RelationKind,
    /// Who made it.
    pub origin: Origin,
    /// Whether only its name is known: it was used before anything was said of it.
    pub only_named: bool,
    /// TEMPORARY.
    pub temporary: bool,
    /// UNLOGGED.
    pub unlogged: bool,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Whether `columns` is all of them; not for a query with `*` over something unknown.
    pub columns_known: bool,
    /// Its indexes, in the order of their making.
    pub indexes: Vec<Key>,
    /// Its constraints; NOT NULL is in the columns.
    pub constraints: Vec<TableConstraint>,
    /// Its triggers.
    pub triggers: Vec<Trigger>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Its policies.
    pub policies: Vec<Policy>,
    /// ENABLE ROW LEVEL SECURITY.
    pub row_security: bool,
    /// FORCE ROW LEVEL SECURITY.
    pub forced: bool,
    /// Its owner; nothing for the role that migrates.
    pub owner: Option<Arc<str>>,
    /// What was granted on it.
    pub grants: Grants,
    /// The parent and the bound, for a partition that is attached.
    pub partition: Option<Partition>,
    /// The strategy in lower case and the key of a partitioned table.
    pub partition_by: Option<(Box<str>, Vec<Expr>)>,
    /// INHERITS.
    pub inherits: Vec<Key>,
    /// LIKE: the tables whose columns were copied when it was made.
    pub copied: Vec<Key>,
    /// Partitions and inheritance children.
    pub children: Vec<Key>,
    /// The query of a view or materialized view.
    pub query: Option<Arc<Query>>,
    /// The relations that the query reads.
    pub reads: Vec<Key>,
    /// WITH (…): names in lower case and values.
    pub options: BTreeMap<Box<str>, Box<str>>,
    /// Whether a materialized view holds rows that can be read.
    pub populated: bool,
    /// COMMENT ON it.
    pub comment: Option<Box<str>>,
    /// Whether rows were put in, or it was there before: it may have rows.
    pub may_have_rows: bool,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: Arc<str>,
    /// Its type, where it is known.
    pub data_type: Option<ColumnType>,
    /// COLLATE.
    pub collation: Option<Box<str>>,
    /// NOT NULL.
    pub not_null: bool,
    /// DEFAULT.
    pub default: Option<Expr>,
    /// GENERATED ALWAYS AS (…): the expression, and whether it is stored.
    pub generated: Option<(Expr, bool)>,
    /// AS IDENTITY.
    pub identity: bool,
    /// Who made it.
    pub origin: Origin,
    /// COMMENT ON it.
    pub comment: Option<Box<str>>,
}

/// A type of a column, as far as rules compare it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnType {
    /// Its name in pg_type, with its schema where it is none of pg_catalog: `int4`, `public.mood`.
    pub name: Arc<str>,
    /// The numbers in parentheses.
    pub modifiers: Vec<i32>,
    /// Dimensions of an array.
    pub dimensions: u8,
}

/// A constraint of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableConstraint {
    /// Its name, as written or as PostgreSQL chooses it.
    pub name: Arc<str>,
    /// Whether it was validated (CHECK and foreign keys).
    pub valid: bool,
    /// NOT ENFORCED (18).
    pub enforced: bool,
    /// INITIALLY DEFERRED.
    pub initially_deferred: bool,
    /// What it is.
    pub kind: TableConstraintKind,
    /// Who made it.
    pub origin: Origin,
}

/// What a constraint of a table is.
#[derive(Clone, Debug, PartialEq)]
pub enum TableConstraintKind {
    /// CHECK.
    Check(Expr),
    /// PRIMARY KEY.
    PrimaryKey(Vec<Arc<str>>),
    /// UNIQUE.
    Unique(Vec<Arc<str>>),
    /// EXCLUDE.
    Exclude,
    /// FOREIGN KEY.
    ForeignKey {
        /// The referencing columns.
        columns: Vec<Arc<str>>,
        /// The referenced table.
        table: Key,
        /// The referenced columns; empty where the primary key of an unknown table is meant.
        referenced: Vec<Arc<str>>,
        /// ON DELETE in upper case.
        on_delete: Option<Box<str>>,
        /// ON UPDATE in upper case.
        on_update: Option<Box<str>>,
    },
}

/// A trigger.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Its name.
    pub name: Arc<str>,
    /// `BEFORE`, `AFTER` or `INSTEAD OF`.
    pub timing: Box<str>,
    /// `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`.
    pub events: Vec<Box<str>>,
    /// UPDATE OF.
    pub columns: Vec<Arc<str>>,
    /// FOR EACH ROW.
    pub for_each_row: bool,
    /// WHEN.
    pub condition: Option<Expr>,
    /// The function.
    pub function: Key,
    /// When it fires.
    pub state: FiringState,
    /// A constraint trigger.
    pub constraint: bool,
    /// INITIALLY DEFERRED.
    pub initially_deferred: bool,
    /// Who made it.
    pub origin: Origin,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: Arc<str>,
    /// When it fires.
    pub state: FiringState,
    /// Who made it.
    pub origin: Origin,
}

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: Arc<str>,
    /// AS PERMISSIVE.
    pub permissive: bool,
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE`, `DELETE`.
    pub command: Box<str>,
    /// TO; `public` for everybody.
    pub roles: Vec<Arc<str>>,
    /// USING.
    pub using: Option<Expr>,
    /// WITH CHECK.
    pub with_check: Option<Expr>,
    /// Who made it.
    pub origin: Origin,
}

/// The place of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The partitioned table.
    pub parent: Key,
    /// `FOR VALUES …` or `DEFAULT`, as written.
    pub bound: Box<str>,
}

/// Privileges by role, beyond what the owner and PUBLIC have by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Role to privileges in upper case; `public` for PUBLIC.
    pub granted: BTreeMap<Arc<str>, BTreeSet<Box<str>>>,
    /// What was taken from PUBLIC that it has by default (EXECUTE on functions, USAGE on types).
    pub revoked_from_public: bool,
}

impl Grants {
    /// Says whether a role was granted a privilege by name, PUBLIC's included.
    pub fn has(&self, role: &str, privilege: &str) -> bool {
        [role, "public"]
            .into_iter()
            .filter_map(|grantee| self.granted.get(grantee))
            .any(|held| held.contains(privilege))
    }

    /// Says whether anybody was granted anything.
    pub fn is_empty(&self) -> bool {
        self.granted.is_empty()
    }
}

impl Relation {
    /// Makes one of which nothing is known but its name and sort.
    pub fn named(key: Key, kind: RelationKind, origin: Origin) -> Self {
        Relation {
            key,
            kind,
            origin,
            only_named: false,
            temporary: false,
            unlogged: false,
            columns: Vec::new(),
            columns_known: true,
            indexes: Vec::new(),
            constraints: Vec::new(),
            triggers: Vec::new(),
            rules: Vec::new(),
            policies: Vec::new(),
            row_security: false,
            forced: false,
            owner: None,
            grants: Grants::default(),
            partition: None,
            partition_by: None,
            inherits: Vec::new(),
            copied: Vec::new(),
            children: Vec::new(),
            query: None,
            reads: Vec::new(),
            options: BTreeMap::new(),
            populated: true,
            comment: None,
            may_have_rows: origin == Origin::Before,
        }
    }

    /// Returns a column to change.
    pub(super) fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| &*column.name == name)
    }

    /// Returns a column.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }

    /// Returns a constraint.
    pub fn constraint(&self, name: &str) -> Option<&TableConstraint> {
        self.constraints
            .iter()
            .find(|constraint| &*constraint.name == name)
    }

    /// Returns a trigger.
    pub fn trigger(&self, name: &str) -> Option<&Trigger> {
        self.triggers.iter().find(|trigger| &*trigger.name == name)
    }

    /// Returns a policy.
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| &*policy.name == name)
    }

    /// Says whether it is a table of any sort.
    pub fn is_table(&self) -> bool {
        matches!(
            self.kind,
            RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable
        )
    }

    /// Returns the columns of the primary key.
    pub fn primary_key(&self) -> Option<&[Arc<str>]> {
        self.constraints
            .iter()
            .find_map(|constraint| match &constraint.kind {
                TableConstraintKind::PrimaryKey(columns) => Some(columns.as_slice()),
                _ => None,
            })
    }

    /// Says whether row security binds a role that is neither superuser nor has BYPASSRLS: everybody but the owner
    /// where it is enabled, the owner too where it is forced (manual, section 5.9).
    pub fn row_security_binds(&self, is_owner: bool) -> bool {
        self.row_security && (self.forced || !is_owner)
    }
}

//! CREATE TABLE and ALTER TABLE.

use super::expression::{Expr, TypeName};
use super::object::ObjectKind;
use super::query::Query;
use super::{Span, WrittenName};

/// CREATE TABLE and what makes a table like it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateTable {
    /// Its name.
    pub name: WrittenName,
    /// Where the name stands.
    pub name_span: Span,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// TEMPORARY.
    pub temporary: bool,
    /// UNLOGGED.
    pub unlogged: bool,
    /// CREATE FOREIGN TABLE.
    pub foreign: bool,
    /// Its columns.
    pub columns: Vec<ColumnDef>,
    /// Its table constraints.
    pub constraints: Vec<Constraint>,
    /// LIKE: the tables, and whether each has INCLUDING ALL or INDEXES.
    pub like: Vec<(WrittenName, bool)>,
    /// INHERITS.
    pub inherits: Vec<WrittenName>,
    /// PARTITION OF: the parent.
    pub partition_of: Option<WrittenName>,
    /// FOR VALUES, or DEFAULT, as written.
    pub bound: Option<Box<str>>,
    /// PARTITION BY: its strategy in lower case and its key.
    pub partition_by: Option<(Box<str>, Vec<Expr>)>,
    /// AS query, SELECT INTO, EXECUTE.
    pub query: Option<Box<Query>>,
    /// WITH NO DATA.
    pub no_data: bool,
    /// WITH (…): names in lower case and values.
    pub options: Vec<(Box<str>, Box<str>)>,
}

/// A column as CREATE TABLE and ADD COLUMN define it.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDef {
    /// Its name.
    pub name: Box<str>,
    /// Its type; nothing in `PARTITION OF` and typed tables.
    pub data_type: Option<TypeName>,
    /// COLLATE.
    pub collation: Option<WrittenName>,
    /// Its constraints, DEFAULT, NOT NULL, GENERATED and IDENTITY among them.
    pub constraints: Vec<Constraint>,
    /// Where it stands.
    pub span: Span,
}

impl ColumnDef {
    /// Returns the default, if one is written.
    pub fn default(&self) -> Option<&Expr> {
        self.constraints
            .iter()
            .find_map(|constraint| match &constraint.kind {
                ConstraintKind::Default(expr) => Some(expr),
                _ => None,
            })
    }

    /// Says whether NOT NULL or PRIMARY KEY is written.
    pub fn is_not_null(&self) -> bool {
        self.constraints.iter().any(|constraint| {
            matches!(
                constraint.kind,
                ConstraintKind::NotNull { .. }
                    | ConstraintKind::PrimaryKey { .. }
                    | ConstraintKind::Identity { .. }
            )
        })
    }
}

/// A constraint, of a column or of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// CONSTRAINT name.
    pub name: Option<Box<str>>,
    /// What it is.
    pub kind: ConstraintKind,
    /// NOT VALID.
    pub not_valid: bool,
    /// NOT ENFORCED (18).
    pub not_enforced: bool,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub initially_deferred: bool,
    /// Where it stands.
    pub span: Span,
}

/// What a constraint is.
#[derive(Clone, Debug, PartialEq)]
pub enum ConstraintKind {
    /// NOT NULL: the column where it is a table constraint (18).
    NotNull {
        /// The column; nothing for a column constraint.
        column: Option<Box<str>>,
        /// NO INHERIT.
        no_inherit: bool,
    },
    /// NULL.
    Null,
    /// DEFAULT.
    Default(Expr),
    /// CHECK.
    Check {
        /// The condition.
        expr: Expr,
        /// NO INHERIT.
        no_inherit: bool,
    },
    /// UNIQUE.
    Unique {
        /// The columns; empty for a column constraint.
        columns: Vec<Box<str>>,
        /// NULLS NOT DISTINCT.
        nulls_not_distinct: bool,
        /// USING INDEX.
        using_index: Option<Box<str>>,
    },
    /// PRIMARY KEY.
    PrimaryKey {
        /// The columns; empty for a column constraint.
        columns: Vec<Box<str>>,
        /// USING INDEX.
        using_index: Option<Box<str>>,
    },
    /// EXCLUDE.
    Exclude,
    /// FOREIGN KEY and REFERENCES.
    ForeignKey(ForeignKey),
    /// GENERATED ALWAYS AS (…) STORED or VIRTUAL.
    Generated {
        /// The expression.
        expr: Expr,
        /// STORED; VIRTUAL otherwise.
        stored: bool,
    },
    /// GENERATED … AS IDENTITY.
    Identity {
        /// ALWAYS; BY DEFAULT otherwise.
        always: bool,
    },
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    /// The referencing columns; empty for a column constraint.
    pub columns: Vec<Box<str>>,
    /// The referenced table.
    pub table: WrittenName,
    /// Where its name stands.
    pub table_span: Span,
    /// The referenced columns; empty for the primary key.
    pub referenced: Vec<Box<str>>,
    /// ON DELETE in upper case: `CASCADE`.
    pub on_delete: Option<Box<str>>,
    /// ON UPDATE in upper case.
    pub on_update: Option<Box<str>>,
}

/// ALTER TABLE and its sisters.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterTable {
    /// Which key word stood there: TABLE, VIEW, INDEX, MATERIALIZED VIEW, FOREIGN TABLE, SEQUENCE.
    pub kind: ObjectKind,
    /// The relation.
    pub name: WrittenName,
    /// Where its name stands.
    pub name_span: Span,
    /// IF EXISTS.
    pub if_exists: bool,
    /// ONLY.
    pub only: bool,
    /// Its commands, each with its place. RENAME, SET SCHEMA and OWNER are actions of their own
    /// where they stand alone; OWNER among others is here.
    pub commands: Vec<(AlterCommand, Span)>,
}

/// One command of ALTER TABLE.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterCommand {
    /// ADD COLUMN.
    AddColumn {
        /// The column.
        column: ColumnDef,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// DROP COLUMN.
    DropColumn {
        /// The column.
        name: Box<str>,
        /// IF EXISTS.
        if_exists: bool,
        /// CASCADE.
        cascade: bool,
    },
    /// ALTER COLUMN … TYPE.
    Type {
        /// The column.
        column: Box<str>,
        /// The new type.
        data_type: TypeName,
        /// COLLATE.
        collation: Option<WrittenName>,
        /// USING.
        using: Option<Expr>,
    },
    /// ALTER COLUMN … SET DEFAULT.
    SetDefault(Box<str>, Expr),
    /// ALTER COLUMN … DROP DEFAULT.
    DropDefault(Box<str>),
    /// ALTER COLUMN … SET NOT NULL.
    SetNotNull(Box<str>),
    /// ALTER COLUMN … DROP NOT NULL.
    DropNotNull(Box<str>),
    /// ALTER COLUMN … SET EXPRESSION (17).
    SetExpression(Box<str>, Expr),
    /// ALTER COLUMN … DROP EXPRESSION.
    DropExpression(Box<str>),
    /// ALTER COLUMN … ADD GENERATED … AS IDENTITY.
    AddIdentity(Box<str>),
    /// ALTER COLUMN … DROP IDENTITY.
    DropIdentity(Box<str>),
    /// ALTER COLUMN … SET GENERATED, RESTART, SET sequence options.
    SetIdentity(Box<str>),
    /// ALTER COLUMN … SET STATISTICS.
    SetStatistics(Box<str>),
    /// ALTER COLUMN … SET STORAGE.
    SetStorage(Box<str>),
    /// ALTER COLUMN … SET COMPRESSION.
    SetCompression(Box<str>),
    /// ALTER COLUMN … SET (…) and RESET (…).
    ColumnOptions(Box<str>),
    /// ADD constraint.
    AddConstraint(Constraint),
    /// ALTER CONSTRAINT.
    AlterConstraint(Box<str>),
    /// VALIDATE CONSTRAINT.
    ValidateConstraint(Box<str>),
    /// DROP CONSTRAINT.
    DropConstraint {
        /// Its name.
        name: Box<str>,
        /// IF EXISTS.
        if_exists: bool,
        /// CASCADE.
        cascade: bool,
    },
    /// ENABLE and DISABLE TRIGGER.
    Trigger {
        /// Its name; `ALL` and `USER` in upper case where they stand as key words.
        name: Box<str>,
        /// To which state.
        state: FiringState,
    },
    /// ENABLE and DISABLE RULE.
    Rule {
        /// Its name.
        name: Box<str>,
        /// To which state.
        state: FiringState,
    },
    /// ENABLE ROW LEVEL SECURITY (true) and DISABLE (false).
    RowSecurity(bool),
    /// FORCE ROW LEVEL SECURITY (true) and NO FORCE (false).
    ForceRowSecurity(bool),
    /// CLUSTER ON.
    ClusterOn(Box<str>),
    /// SET WITHOUT CLUSTER.
    SetWithoutCluster,
    /// SET LOGGED (true) and UNLOGGED (false).
    Logged(bool),
    /// SET ACCESS METHOD.
    AccessMethod,
    /// SET TABLESPACE.
    Tablespace(Box<str>),
    /// SET (…): names in lower case and values.
    SetOptions(Vec<(Box<str>, Box<str>)>),
    /// RESET (…): names in lower case.
    ResetOptions(Vec<Box<str>>),
    /// INHERIT.
    Inherit(WrittenName),
    /// NO INHERIT.
    NoInherit(WrittenName),
    /// OF type and NOT OF.
    OfType,
    /// REPLICA IDENTITY.
    ReplicaIdentity(Option<Box<str>>),
    /// OWNER TO.
    Owner(Box<str>),
    /// ATTACH PARTITION.
    AttachPartition {
        /// The partition (or the index, where the relation is one).
        partition: WrittenName,
        /// FOR VALUES or DEFAULT, as written.
        bound: Box<str>,
    },
    /// DETACH PARTITION.
    DetachPartition {
        /// The partition.
        partition: WrittenName,
        /// CONCURRENTLY.
        concurrently: bool,
        /// FINALIZE.
        finalize: bool,
    },
    /// ADD, DROP or ALTER of what is not above, as written.
    Other(Box<str>),
}

/// When a trigger or rule fires (`pg_trigger.tgenabled`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FiringState {
    /// `O`.
    Enabled,
    /// `D`.
    Disabled,
    /// `R`.
    Replica,
    /// `A`.
    Always,
}

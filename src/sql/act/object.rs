//! Every object but tables and routines.

use super::expression::{Expr, TypeName};
use super::query::Query;
use super::table::{Constraint, FiringState};
use super::{Span, WrittenName};

/// What sort of object a statement names, in the words of PostgreSQL's commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum ObjectKind {
    AccessMethod,
    Aggregate,
    Cast,
    Collation,
    Column,
    Constraint,
    Conversion,
    Database,
    Domain,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    ForeignTable,
    Function,
    Index,
    Language,
    LargeObject,
    MaterializedView,
    Operator,
    OperatorClass,
    OperatorFamily,
    Parameter,
    Policy,
    Procedure,
    Publication,
    Role,
    Routine,
    Rule,
    Schema,
    Sequence,
    Server,
    Statistics,
    Subscription,
    Table,
    Tablespace,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    Transform,
    Trigger,
    Type,
    UserMapping,
    View,
}

impl ObjectKind {
    /// Returns the sort in words for people.
    pub fn words(self) -> &'static str {
        match self {
            ObjectKind::AccessMethod => "access method",
            ObjectKind::Aggregate => "aggregate",
            ObjectKind::Cast => "cast",
            ObjectKind::Collation => "collation",
            ObjectKind::Column => "column",
            ObjectKind::Constraint => "constraint",
            ObjectKind::Conversion => "conversion",
            ObjectKind::Database => "database",
            ObjectKind::Domain => "domain",
            ObjectKind::EventTrigger => "event trigger",
            ObjectKind::Extension => "extension",
            ObjectKind::ForeignDataWrapper => "foreign data wrapper",
            ObjectKind::ForeignTable => "foreign table",
            ObjectKind::Function => "function",
            ObjectKind::Index => "index",
            ObjectKind::Language => "language",
            ObjectKind::LargeObject => "large object",
            ObjectKind::MaterializedView => "materialized view",
            ObjectKind::Operator => "operator",
            ObjectKind::OperatorClass => "operator class",
            ObjectKind::OperatorFamily => "operator family",
            ObjectKind::Parameter => "parameter",
            ObjectKind::Policy => "policy",
            ObjectKind::Procedure => "procedure",
            ObjectKind::Publication => "publication",
            ObjectKind::Role => "role",
            ObjectKind::Routine => "routine",
            ObjectKind::Rule => "rule",
            ObjectKind::Schema => "schema",
            ObjectKind::Sequence => "sequence",
            ObjectKind::Server => "server",
            ObjectKind::Statistics => "statistics",
            ObjectKind::Subscription => "subscription",
            ObjectKind::Table => "table",
            ObjectKind::Tablespace => "tablespace",
            ObjectKind::TextSearchConfiguration => "text search configuration",
            ObjectKind::TextSearchDictionary => "text search dictionary",
            ObjectKind::TextSearchParser => "text search parser",
            ObjectKind::TextSearchTemplate => "text search template",
            ObjectKind::Transform => "transform",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Type => "type",
            ObjectKind::UserMapping => "user mapping",
            ObjectKind::View => "view",
        }
    }
}

/// An object as a statement names it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectName {
    /// What sort it is.
    pub kind: ObjectKind,
    /// Its name; without a schema for what lives in none.
    pub name: WrittenName,
    /// The relation that a column, constraint, policy, rule or trigger belongs to.
    pub on: Option<WrittenName>,
    /// The types of a routine's arguments, where they are written.
    pub arguments: Option<Vec<TypeName>>,
    /// IF EXISTS, or IF NOT EXISTS where it is created.
    pub conditional: bool,
    /// OR REPLACE.
    pub or_replace: bool,
    /// Where the name stands.
    pub span: Span,
}

/// DROP.
#[derive(Clone, Debug, PartialEq)]
pub struct Drop {
    /// What is dropped; all of one sort.
    pub objects: Vec<ObjectName>,
    /// IF EXISTS.
    pub if_exists: bool,
    /// CASCADE.
    pub cascade: bool,
    /// CONCURRENTLY.
    pub concurrently: bool,
}

/// RENAME.
#[derive(Clone, Debug, PartialEq)]
pub struct Rename {
    /// What is renamed: a column or constraint with its relation in `on`, or the object itself.
    pub object: ObjectName,
    /// IF EXISTS.
    pub if_exists: bool,
    /// The new name.
    pub to: Box<str>,
}

/// CREATE INDEX.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateIndex {
    /// Its name; nothing where PostgreSQL chooses it.
    pub name: Option<Box<str>>,
    /// The relation.
    pub relation: WrittenName,
    /// Where the relation's name stands.
    pub relation_span: Span,
    /// ON ONLY.
    pub only: bool,
    /// UNIQUE.
    pub unique: bool,
    /// CONCURRENTLY.
    pub concurrently: bool,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// USING, in lower case; `btree` where nothing is written.
    pub method: Box<str>,
    /// The key: expressions, and the tail (`DESC NULLS LAST`, operator class) as written in upper case.
    pub key: Vec<(Expr, Box<str>)>,
    /// INCLUDE.
    pub include: Vec<Box<str>>,
    /// NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// WHERE.
    pub condition: Option<Expr>,
}

/// REINDEX.
#[derive(Clone, Debug, PartialEq)]
pub struct Reindex {
    /// INDEX, TABLE, SCHEMA, DATABASE, SYSTEM.
    pub target: Box<str>,
    /// The name; nothing for the current database.
    pub name: Option<WrittenName>,
    /// CONCURRENTLY.
    pub concurrently: bool,
}

/// CREATE VIEW and CREATE MATERIALIZED VIEW.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    /// Its name.
    pub name: WrittenName,
    /// Where the name stands.
    pub name_span: Span,
    /// MATERIALIZED.
    pub materialized: bool,
    /// TEMPORARY.
    pub temporary: bool,
    /// OR REPLACE.
    pub or_replace: bool,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// The names of its columns, where they are written.
    pub columns: Vec<Box<str>>,
    /// Its query.
    pub query: Query,
    /// WITH (…): names in lower case and values; WITH CHECK OPTION as `check_option`.
    pub options: Vec<(Box<str>, Box<str>)>,
    /// WITH NO DATA.
    pub no_data: bool,
}

/// CREATE SEQUENCE.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSequence {
    /// Its name.
    pub name: WrittenName,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// TEMPORARY.
    pub temporary: bool,
    /// OWNED BY: table and column.
    pub owned_by: Option<(WrittenName, Box<str>)>,
}

/// CREATE TRIGGER.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    /// Its name.
    pub name: Box<str>,
    /// The relation.
    pub relation: WrittenName,
    /// Where the relation's name stands.
    pub relation_span: Span,
    /// OR REPLACE.
    pub or_replace: bool,
    /// CONSTRAINT.
    pub constraint: bool,
    /// DEFERRABLE INITIALLY DEFERRED.
    pub initially_deferred: bool,
    /// `BEFORE`, `AFTER` or `INSTEAD OF`.
    pub timing: Box<str>,
    /// The events in upper case: `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`.
    pub events: Vec<Box<str>>,
    /// UPDATE OF.
    pub columns: Vec<Box<str>>,
    /// FOR EACH ROW.
    pub for_each_row: bool,
    /// WHEN.
    pub condition: Option<Expr>,
    /// The function.
    pub function: WrittenName,
    /// Where the function's name stands.
    pub function_span: Span,
}

/// CREATE POLICY and ALTER POLICY.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatePolicy {
    /// Its name.
    pub name: Box<str>,
    /// The relation.
    pub relation: WrittenName,
    /// Where the relation's name stands.
    pub relation_span: Span,
    /// ALTER POLICY, which changes only what it writes.
    pub alter: bool,
    /// AS RESTRICTIVE.
    pub restrictive: bool,
    /// FOR, in upper case; `ALL` where nothing is written.
    pub command: Box<str>,
    /// TO, in lower case where they are key words (`public`, `current_user`); empty where nothing is written.
    pub roles: Vec<Box<str>>,
    /// USING.
    pub using: Option<Expr>,
    /// WITH CHECK.
    pub with_check: Option<Expr>,
}

/// CREATE TYPE.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateType {
    /// Its name.
    pub name: WrittenName,
    /// What it is.
    pub shape: TypeShape,
}

/// What sort of type CREATE TYPE makes.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeShape {
    /// ENUM, with its labels.
    Enum(Vec<Box<str>>),
    /// A composite type, with its attributes.
    Composite(Vec<(Box<str>, TypeName)>),
    /// RANGE, a base type, a shell type.
    Other,
}

/// CREATE DOMAIN.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateDomain {
    /// Its name.
    pub name: WrittenName,
    /// The type below it.
    pub base: TypeName,
    /// DEFAULT, NOT NULL, CHECK.
    pub constraints: Vec<Constraint>,
}

/// ALTER DOMAIN.
#[derive(Clone, Debug, PartialEq)]
pub enum DomainCommand {
    /// ADD constraint.
    AddConstraint(Box<Constraint>),
    /// VALIDATE CONSTRAINT.
    ValidateConstraint(Box<str>),
    /// DROP CONSTRAINT.
    DropConstraint(Box<str>),
    /// SET NOT NULL.
    SetNotNull,
    /// DROP NOT NULL.
    DropNotNull,
    /// SET DEFAULT and DROP DEFAULT.
    Default(Option<Expr>),
}

/// CREATE EXTENSION.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateExtension {
    /// Its name.
    pub name: Box<str>,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// SCHEMA.
    pub schema: Option<Box<str>>,
}

/// CREATE ROLE, USER, GROUP and ALTER ROLE.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterRole {
    /// Its name.
    pub name: Box<str>,
    /// CREATE, as against ALTER.
    pub create: bool,
    /// Its options in upper case (`BYPASSRLS`, `NOSUPERUSER`); `PASSWORD` stands for a password that is not NULL.
    pub options: Vec<Box<str>>,
    /// ALTER ROLE … SET: the parameter in lower case.
    pub sets: Option<Box<str>>,
}

/// GRANT and REVOKE, of privileges and of roles; the body of ALTER DEFAULT PRIVILEGES.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// REVOKE.
    pub revoke: bool,
    /// The privileges; one called `ALL` for all. For roles: the roles granted.
    pub privileges: Vec<Privilege>,
    /// Whether roles are granted, not privileges.
    pub of_roles: bool,
    /// ON: the objects named.
    pub objects: Vec<ObjectName>,
    /// ON ALL … IN SCHEMA: the schemas. For default privileges: IN SCHEMA.
    pub schemas: Vec<Box<str>>,
    /// The sort of objects that `ALL … IN SCHEMA` or ALTER DEFAULT PRIVILEGES means.
    pub all_of: Option<ObjectKind>,
    /// TO or FROM; `public` for PUBLIC, `current_user` and the like in lower case.
    pub grantees: Vec<Box<str>>,
    /// WITH GRANT OPTION, WITH ADMIN OPTION; for REVOKE: GRANT OPTION FOR.
    pub with_option: bool,
    /// ALTER DEFAULT PRIVILEGES FOR ROLE.
    pub for_roles: Vec<Box<str>>,
    /// CASCADE.
    pub cascade: bool,
}

/// A privilege with its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// Its name in upper case; that of a role as folded.
    pub name: Box<str>,
    /// The columns, where some are written.
    pub columns: Vec<Box<str>>,
}

/// COMMENT ON and SECURITY LABEL.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// The object.
    pub object: ObjectName,
    /// The text; nothing for NULL.
    pub text: Option<Box<str>>,
    /// SECURITY LABEL.
    pub is_label: bool,
}

/// VACUUM, ANALYZE, CLUSTER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    /// VACUUM.
    Vacuum {
        /// FULL.
        full: bool,
    },
    /// ANALYZE.
    Analyze,
    /// CLUSTER.
    Cluster,
}

/// The state of an event trigger that ALTER EVENT TRIGGER sets.
pub type EventTriggerState = FiringState;

//! What statements say, as values: one [`Act`] per statement, made from the syntax tree and independent of it.
//!
//! In: SQL text. Out: acts with byte ranges into that text. Nothing is resolved here: a name is what was written, and
//! whether it exists, and as what, is asked of a schema elsewhere. What no form below describes is [`Action::Other`],
//! with everything that it names in [`Act::uses`], so that nothing that is read or called gets lost.
//!
//! The shapes: [`expression`] and [`query`] for what computes, [`table`] for CREATE and ALTER TABLE, [`object`] for
//! every other object, [`rows`] for what reads and changes rows, [`routine`] for bodies of functions and DO blocks,
//! [`session`] for settings, roles and transactions.

pub mod expression;
mod normal;
pub mod object;
pub mod query;
pub mod read;
pub mod routine;
pub mod rows;
pub mod session;
pub mod table;

use std::ops::Range;

pub use expression::{ColumnRef, Expr, Literal, TypeName};
pub use object::{
    AlterRole, Comment, CreateDomain, CreateExtension, CreateIndex, CreatePolicy, CreateSequence,
    CreateTrigger, CreateType, CreateView, Drop, Grant, ObjectKind, ObjectName, Privilege, Reindex, Rename,
    TypeShape,
};
pub use query::{FromItem, JoinKind, Query, SelectCore, Target};
pub use read::read;
pub use routine::{Body, BodyStatement, CreateRoutine, Volatility};
pub use rows::{Copy, Dml, DmlAction};
pub use session::{SetScope, Setting, TransactionAct};
pub use table::{AlterCommand, AlterTable, ColumnDef, Constraint, ConstraintKind, CreateTable, ForeignKey};

use super::WrittenName;

/// Bytes of the file that an act was read from.
pub type Span = Range<u32>;

/// One statement: where it stands, what it does, what it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// From its first to its last token, without the semicolon.
    pub span: Span,
    /// What it does.
    pub action: Action,
    /// Everything that it names besides what `action` creates, changes or drops.
    pub uses: Uses,
}

/// What a statement names in order to work, wherever that stands: in queries, expressions, bodies of LANGUAGE sql.
///
/// Bodies in PL/pgSQL are bound when they run, so what they name is not here but in [`Body`]. Names of common table
/// expressions are left out where they are in scope. Each name comes with the place where it was first written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uses {
    /// Relations whose rows are read.
    pub reads: Vec<(WrittenName, Span)>,
    /// Relations named in `'…'::regclass`, `nextval('…')` and the like, where the text is constant.
    pub by_text: Vec<(WrittenName, Span)>,
    /// Functions called, with the number of arguments.
    pub calls: Vec<(WrittenName, u16, Span)>,
    /// Types named that are not key words of the grammar.
    pub types: Vec<(WrittenName, Span)>,
    /// Servers, dictionaries, publications, operators and whatever else lives in no list above, by sort and name.
    pub objects: Vec<(ObjectKind, WrittenName, Span)>,
    /// Columns that a statement lists for a relation outside of any query, as CREATE STATISTICS does.
    pub columns: Vec<(WrittenName, Box<str>, Span)>,
}

impl Uses {
    /// Returns what is named outside of a place.
    pub fn outside(&self, place: &Span) -> Uses {
        let is_out = |span: &Span| span.end <= place.start || span.start >= place.end;
        let mut uses = self.clone();
        uses.reads.retain(|(_, span)| is_out(span));
        uses.by_text.retain(|(_, span)| is_out(span));
        uses.calls.retain(|(.., span)| is_out(span));
        uses.types.retain(|(_, span)| is_out(span));
        uses.objects.retain(|(.., span)| is_out(span));
        uses.columns.retain(|(.., span)| is_out(span));
        uses
    }
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// CREATE TABLE, CREATE FOREIGN TABLE, CREATE TABLE AS, SELECT INTO.
    CreateTable(Box<CreateTable>),
    /// ALTER TABLE, and ALTER VIEW, INDEX, MATERIALIZED VIEW, FOREIGN TABLE, SEQUENCE where they share its commands.
    AlterTable(Box<AlterTable>),
    /// CREATE INDEX.
    CreateIndex(Box<CreateIndex>),
    /// REINDEX.
    Reindex(Reindex),
    /// CREATE VIEW and CREATE MATERIALIZED VIEW.
    CreateView(Box<CreateView>),
    /// REFRESH MATERIALIZED VIEW.
    Refresh {
        /// The view.
        name: WrittenName,
        /// CONCURRENTLY.
        concurrently: bool,
        /// Whether WITH NO DATA was written.
        no_data: bool,
    },
    /// CREATE SEQUENCE.
    CreateSequence(CreateSequence),
    /// ALTER SEQUENCE with anything but OWNER, RENAME, SET SCHEMA.
    AlterSequence {
        /// The sequence.
        name: WrittenName,
        /// IF EXISTS.
        if_exists: bool,
        /// OWNED BY: the table and column, or nothing for NONE.
        owned_by: Option<Option<(WrittenName, Box<str>)>>,
        /// Its options but OWNED BY, as written.
        options: Vec<Box<str>>,
    },
    /// CREATE TRIGGER.
    CreateTrigger(Box<CreateTrigger>),
    /// CREATE RULE.
    CreateRule {
        /// Its name.
        name: Box<str>,
        /// The relation.
        relation: WrittenName,
        /// OR REPLACE.
        or_replace: bool,
    },
    /// CREATE EVENT TRIGGER.
    CreateEventTrigger {
        /// Its name.
        name: Box<str>,
        /// The function.
        function: WrittenName,
    },
    /// CREATE POLICY and ALTER POLICY.
    Policy(Box<CreatePolicy>),
    /// CREATE FUNCTION, PROCEDURE.
    CreateRoutine(Box<CreateRoutine>),
    /// ALTER FUNCTION, PROCEDURE, ROUTINE with options (SET search_path, SECURITY DEFINER, …).
    AlterRoutine(Box<CreateRoutine>),
    /// CREATE AGGREGATE, OPERATOR, CAST, CONVERSION, TEXT SEARCH …, COLLATION, ACCESS METHOD, LANGUAGE, STATISTICS,
    /// PUBLICATION, SUBSCRIPTION, SERVER, FOREIGN DATA WRAPPER, USER MAPPING, TRANSFORM and the like.
    CreateOther(ObjectName),
    /// CREATE TYPE.
    CreateType(Box<CreateType>),
    /// ALTER TYPE … ADD VALUE.
    AddEnumValue {
        /// The type.
        name: WrittenName,
        /// The label.
        value: Box<str>,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// BEFORE (true) or AFTER (false) another label.
        beside: Option<(bool, Box<str>)>,
    },
    /// ALTER TYPE … RENAME VALUE.
    RenameEnumValue {
        /// The type.
        name: WrittenName,
        /// The label before.
        from: Box<str>,
        /// The label after.
        to: Box<str>,
    },
    /// ALTER TYPE … ADD, DROP, ALTER ATTRIBUTE, and other changes of a type.
    AlterType(WrittenName),
    /// CREATE DOMAIN.
    CreateDomain(Box<CreateDomain>),
    /// ALTER DOMAIN.
    AlterDomain {
        /// The domain.
        name: WrittenName,
        /// What is done to it.
        command: object::DomainCommand,
    },
    /// CREATE SCHEMA; its elements follow as acts of their own.
    CreateSchema {
        /// Its name, or nothing where only AUTHORIZATION is written.
        name: Option<Box<str>>,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// AUTHORIZATION.
        owner: Option<Box<str>>,
    },
    /// CREATE EXTENSION.
    CreateExtension(CreateExtension),
    /// CREATE ROLE, USER, GROUP and ALTER ROLE.
    Role(Box<AlterRole>),
    /// CREATE DATABASE, ALTER DATABASE, CREATE TABLESPACE, ALTER SYSTEM and others of the cluster.
    Cluster(ObjectName),
    /// DROP of anything.
    Drop(Box<Drop>),
    /// ALTER … RENAME TO, RENAME COLUMN, RENAME CONSTRAINT.
    Rename(Box<Rename>),
    /// ALTER … SET SCHEMA.
    SetSchema {
        /// The object.
        object: ObjectName,
        /// The schema that it moves to.
        schema: Box<str>,
    },
    /// ALTER … OWNER TO, of anything.
    Owner {
        /// The object.
        object: ObjectName,
        /// The role as written; `CURRENT_USER` and the like in lower case.
        owner: Box<str>,
    },
    /// GRANT and REVOKE of privileges, and of roles.
    Grant(Box<Grant>),
    /// ALTER DEFAULT PRIVILEGES.
    DefaultPrivileges(Box<Grant>),
    /// COMMENT ON, SECURITY LABEL.
    Comment(Comment),
    /// INSERT, UPDATE, DELETE, MERGE.
    Dml(Box<Dml>),
    /// SELECT, VALUES, TABLE at the top.
    Select(Box<Query>),
    /// TRUNCATE.
    Truncate {
        /// The tables.
        tables: Vec<WrittenName>,
        /// CASCADE.
        cascade: bool,
    },
    /// COPY.
    Copy(Box<Copy>),
    /// DO.
    Do(Box<Body>),
    /// CALL.
    Call {
        /// The procedure.
        name: WrittenName,
        /// What it is called with.
        arguments: Vec<Expr>,
    },
    /// LOCK TABLE.
    Lock {
        /// The tables.
        tables: Vec<WrittenName>,
        /// The mode as PostgreSQL writes it: `ACCESS EXCLUSIVE`.
        mode: Box<str>,
    },
    /// VACUUM, ANALYZE, CLUSTER.
    Maintain {
        /// Which one.
        verb: object::Maintenance,
        /// The tables; none for all.
        tables: Vec<WrittenName>,
    },
    /// SET, RESET, and `SELECT set_config(…)` at the top.
    Set(Box<Setting>),
    /// BEGIN, COMMIT and the like.
    Transaction(TransactionAct),
    /// A statement that does not parse.
    Broken {
        /// What the parser says.
        message: Box<str>,
        /// Where.
        at: Span,
    },
    /// A line for psql: `\connect`, `\i`.
    PsqlCommand(Box<str>),
    /// Anything else: its first words in upper case.
    Other(Box<str>),
}

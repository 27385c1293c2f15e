//! The facts: which table locks each statement form and each command of ALTER TABLE takes.
//!
//! What the manual says of each stands in the row's `source`; a row counts from its `since` on, so that a later row of
//! the same form replaces it for newer servers. `tests/integration/lock_facts.rs` compares the rows with servers.

use crate::model::LockMode::{
    self, AccessExclusive, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive, ShareUpdateExclusive,
};

/// A statement form, or a command of ALTER TABLE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Form {
    AddCheck,
    AddColumn,
    AddExclude,
    AddForeignKey,
    AddIdentity,
    AddKey,
    AddNotNull,
    AlterConstraint,
    AlterOther,
    Analyze,
    Attach,
    ChangeType,
    Cluster,
    ClusterOn,
    ColumnOptions,
    Comment,
    CopyFrom,
    CreateIndex,
    CreateIndexConcurrently,
    CreatePartition,
    CreatePolicy,
    CreateRule,
    CreateStatistics,
    CreateTrigger,
    Detach,
    DetachConcurrently,
    Dml,
    DomainCheck,
    DropColumn,
    DropConstraint,
    DropExpression,
    DropIdentity,
    DropIndex,
    DropIndexConcurrently,
    DropNotNull,
    DropOnTable,
    DropRelation,
    Inherit,
    InheritFrom,
    LockRows,
    NoInherit,
    OfType,
    Owner,
    Persistence,
    PublishTable,
    ReferencedByNew,
    ReferencedKeyCheck,
    Refresh,
    RefreshConcurrently,
    Reindex,
    ReindexConcurrently,
    Rename,
    RenameColumn,
    RenameConstraint,
    RenameOnTable,
    RenameTrigger,
    ReplaceView,
    ReplicaIdentity,
    RowSecurity,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    SetSchema,
    SetStatistics,
    SetStorage,
    Storage,
    SwitchRule,
    SwitchTrigger,
    Truncate,
    Vacuum,
    VacuumFull,
    Validate,
}

/// Which relations below the target are locked like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// None.
    Nothing,
    /// Partitions and inheritance children.
    All,
    /// The same, but not with ONLY.
    UnlessOnly,
    /// Partitions, but not inheritance children.
    Partitions,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    /// The form.
    pub form: Form,
    /// The first major that it holds for.
    pub since: u32,
    /// The mode on the relation that the statement names.
    pub target: LockMode,
    /// Which relations below it are locked.
    pub below: Below,
    /// The mode on those, where it is another.
    pub below_mode: Option<LockMode>,
    /// The mode on the other relation that takes part: referenced table, parent, partition.
    pub other: Option<LockMode>,
    /// Where the manual says so; `[M]` where it does not and servers were measured.
    pub source: &'static str,
}

const fn fact(form: Form, target: LockMode, below: Below, source: &'static str) -> Fact {
    Fact {
        form,
        since: 13,
        target,
        below,
        below_mode: None,
        other: None,
        source,
    }
}

impl Fact {
    /// Writes the row for people.
    pub(super) fn row(&self) -> [String; 6] {
        let below = match (self.below, self.below_mode) {
            (Below::Nothing, _) => String::new(),
            (Below::All, _) => "partitions and children".to_owned(),
            (Below::UnlessOnly, _) => "partitions and children, unless ONLY".to_owned(),
            (Below::Partitions, None) => "partitions".to_owned(),
            (Below::Partitions, Some(mode)) => format!("partitions: {mode}"),
        };
        [
            words(self.form),
            self.since.to_string(),
            self.target.to_string(),
            below,
            self.other.map(|mode| mode.to_string()).unwrap_or_default(),
            self.source.to_owned(),
        ]
    }

    const fn since(self, since: u32) -> Fact {
        Fact { since, ..self }
    }

    const fn other(self, mode: LockMode) -> Fact {
        Fact {
            other: Some(mode),
            ..self
        }
    }

    const fn below_mode(self, mode: LockMode) -> Fact {
        Fact {
            below_mode: Some(mode),
            ..self
        }
    }
}

/// Every form, sorted by its name.
#[rustfmt::skip]
pub(super) const FACTS: &[Fact] = {
    use Below::{All, Nothing, Partitions, UnlessOnly};
    use Form as F;
    &[
        fact(F::AddCheck, AccessExclusive, UnlessOnly, "18: ALTER TABLE, ADD table_constraint"),
        fact(F::AddColumn, AccessExclusive, All, "18: ALTER TABLE, ADD COLUMN"),
        fact(F::AddExclude, AccessExclusive, UnlessOnly, "18: ALTER TABLE, ADD table_constraint"),
        fact(F::AddForeignKey, ShareRowExclusive, Partitions, "18: ALTER TABLE, ADD FOREIGN KEY").other(ShareRowExclusive),
        fact(F::AddIdentity, AccessExclusive, Nothing, "18: ALTER TABLE, ADD GENERATED"),
        fact(F::AddIdentity, AccessExclusive, Partitions, "17: release notes (identity columns of partitioned tables) [M]").since(17),
        fact(F::AddKey, AccessExclusive, Partitions, "17: ALTER TABLE, ADD table_constraint; partitions [M]").below_mode(Share),
        fact(F::AddKey, AccessExclusive, Partitions, "18: ALTER TABLE, ADD table_constraint; partitions [M]").since(18),
        fact(F::AddNotNull, AccessExclusive, UnlessOnly, "18: ALTER TABLE, ADD table_constraint").since(18),
        fact(F::AlterConstraint, AccessExclusive, Partitions, "18: ALTER TABLE, ALTER CONSTRAINT"),
        fact(F::AlterOther, AccessExclusive, UnlessOnly, "18: ALTER TABLE: ACCESS EXCLUSIVE unless noted"),
        fact(F::Analyze, ShareUpdateExclusive, Partitions, "18: 13.3.1 Table-Level Locks"),
        fact(F::Analyze, ShareUpdateExclusive, All, "18: ANALYZE, Notes; children [M]").since(18),
        fact(F::Attach, ShareUpdateExclusive, Nothing, "18: ALTER TABLE, ATTACH PARTITION").other(AccessExclusive),
        fact(F::ChangeType, AccessExclusive, All, "18: ALTER TABLE, SET DATA TYPE"),
        fact(F::Cluster, AccessExclusive, Partitions, "18: CLUSTER"),
        fact(F::ClusterOn, ShareUpdateExclusive, Nothing, "18: ALTER TABLE, CLUSTER ON"),
        fact(F::ColumnOptions, ShareUpdateExclusive, Nothing, "18: ALTER TABLE, SET ( attribute_option )"),
        fact(F::Comment, ShareUpdateExclusive, Nothing, "18: COMMENT; 13.3.1"),
        fact(F::CopyFrom, RowExclusive, Nothing, "18: 13.3.1"),
        fact(F::CreateIndex, Share, Partitions, "18: CREATE INDEX; 13.3.1"),
        fact(F::CreateIndexConcurrently, ShareUpdateExclusive, Nothing, "18: CREATE INDEX, Building Indexes Concurrently"),
        fact(F::CreatePartition, AccessExclusive, Nothing, "18: CREATE TABLE, PARTITION OF"),
        fact(F::CreatePolicy, AccessExclusive, Nothing, "18: CREATE POLICY [M]"),
        fact(F::CreateRule, AccessExclusive, Nothing, "18: 13.3.1 [M]"),
        fact(F::CreateStatistics, ShareUpdateExclusive, Nothing, "18: 13.3.1"),
        fact(F::CreateTrigger, ShareRowExclusive, Partitions, "18: 13.3.1"),
        fact(F::Detach, AccessExclusive, Nothing, "13: ALTER TABLE, DETACH PARTITION [M]").other(ShareUpdateExclusive),
        fact(F::Detach, AccessExclusive, Nothing, "14: ALTER TABLE, DETACH PARTITION").since(14).other(AccessExclusive),
        fact(F::DetachConcurrently, ShareUpdateExclusive, Nothing, "14: ALTER TABLE, DETACH PARTITION").since(14).other(AccessExclusive),
        fact(F::Dml, RowExclusive, UnlessOnly, "18: 13.3.1"),
        fact(F::DomainCheck, Share, Nothing, "18: ALTER DOMAIN [M]"),
        fact(F::DropColumn, AccessExclusive, All, "18: ALTER TABLE, DROP COLUMN"),
        fact(F::DropConstraint, AccessExclusive, UnlessOnly, "18: ALTER TABLE, DROP CONSTRAINT").other(AccessExclusive),
        fact(F::DropExpression, AccessExclusive, UnlessOnly, "18: ALTER TABLE, DROP EXPRESSION"),
        fact(F::DropIdentity, AccessExclusive, Nothing, "18: ALTER TABLE, DROP IDENTITY"),
        fact(F::DropIdentity, AccessExclusive, Partitions, "17: release notes (identity columns of partitioned tables) [M]").since(17),
        fact(F::DropIndex, AccessExclusive, Partitions, "18: DROP INDEX"),
        fact(F::DropIndexConcurrently, ShareUpdateExclusive, Nothing, "18: DROP INDEX, CONCURRENTLY"),
        fact(F::DropNotNull, AccessExclusive, UnlessOnly, "18: ALTER TABLE, DROP NOT NULL"),
        fact(F::DropOnTable, AccessExclusive, Nothing, "18: DROP TRIGGER, DROP POLICY, DROP RULE [M]"),
        fact(F::DropRelation, AccessExclusive, Partitions, "18: 13.3.1").other(AccessExclusive),
        fact(F::Inherit, AccessExclusive, Nothing, "18: ALTER TABLE, INHERIT").other(ShareUpdateExclusive),
        fact(F::InheritFrom, ShareUpdateExclusive, Nothing, "18: CREATE TABLE, INHERITS [M]"),
        fact(F::LockRows, RowShare, UnlessOnly, "18: 13.3.1"),
        fact(F::NoInherit, AccessExclusive, Nothing, "18: ALTER TABLE, NO INHERIT"),
        fact(F::OfType, AccessExclusive, Nothing, "18: ALTER TABLE, OF"),
        fact(F::Owner, AccessExclusive, Nothing, "18: ALTER TABLE, OWNER TO"),
        fact(F::Persistence, AccessExclusive, Nothing, "18: ALTER TABLE, SET LOGGED"),
        fact(F::PublishTable, ShareUpdateExclusive, Nothing, "18: CREATE PUBLICATION [M]"),
        fact(F::ReferencedByNew, ShareRowExclusive, Partitions, "18: CREATE TABLE, REFERENCES"),
        fact(F::ReferencedKeyCheck, RowShare, Partitions, "18: 13.3.1; 5.5.5 Foreign Keys [M]"),
        fact(F::Refresh, AccessExclusive, Nothing, "18: 13.3.1"),
        fact(F::RefreshConcurrently, Exclusive, Nothing, "18: 13.3.1"),
        fact(F::Reindex, Share, Partitions, "18: REINDEX, Notes"),
        fact(F::ReindexConcurrently, ShareUpdateExclusive, Partitions, "18: REINDEX, Rebuilding Indexes Concurrently"),
        fact(F::Rename, AccessExclusive, Nothing, "18: ALTER TABLE, RENAME"),
        fact(F::RenameColumn, AccessExclusive, All, "18: ALTER TABLE, RENAME"),
        fact(F::RenameConstraint, AccessExclusive, All, "18: ALTER TABLE, RENAME CONSTRAINT"),
        fact(F::RenameOnTable, AccessExclusive, Nothing, "18: ALTER POLICY, ALTER RULE [M]"),
        fact(F::RenameTrigger, AccessExclusive, Nothing, "14: ALTER TRIGGER [M]"),
        fact(F::RenameTrigger, AccessExclusive, Partitions, "15: ALTER TRIGGER").since(15),
        fact(F::ReplaceView, AccessExclusive, Nothing, "18: CREATE VIEW [M]"),
        fact(F::ReplicaIdentity, AccessExclusive, Nothing, "18: ALTER TABLE, REPLICA IDENTITY"),
        fact(F::RowSecurity, AccessExclusive, Nothing, "18: ALTER TABLE, ROW LEVEL SECURITY"),
        fact(F::SetDefault, AccessExclusive, UnlessOnly, "18: ALTER TABLE, SET DEFAULT"),
        fact(F::SetExpression, AccessExclusive, UnlessOnly, "17: ALTER TABLE, SET EXPRESSION"),
        fact(F::SetIdentity, AccessExclusive, Nothing, "18: ALTER TABLE, SET GENERATED"),
        fact(F::SetIdentity, AccessExclusive, Partitions, "17: release notes (identity columns of partitioned tables) [M]").since(17),
        fact(F::SetNotNull, AccessExclusive, UnlessOnly, "18: ALTER TABLE, SET NOT NULL"),
        fact(F::SetSchema, AccessExclusive, Nothing, "18: ALTER TABLE, SET SCHEMA"),
        fact(F::SetStatistics, ShareUpdateExclusive, UnlessOnly, "18: ALTER TABLE, SET STATISTICS"),
        fact(F::SetStorage, AccessExclusive, UnlessOnly, "18: ALTER TABLE, SET STORAGE"),
        fact(F::Storage, AccessExclusive, Nothing, "18: ALTER TABLE, SET TABLESPACE, SET ACCESS METHOD"),
        fact(F::SwitchRule, AccessExclusive, Nothing, "18: ALTER TABLE, ENABLE RULE"),
        fact(F::SwitchTrigger, ShareRowExclusive, Partitions, "18: ALTER TABLE, ENABLE TRIGGER"),
        fact(F::Truncate, AccessExclusive, All, "18: TRUNCATE"),
        fact(F::Vacuum, ShareUpdateExclusive, Partitions, "18: 13.3.1"),
        fact(F::VacuumFull, AccessExclusive, Partitions, "18: VACUUM, FULL"),
        fact(F::Validate, ShareUpdateExclusive, UnlessOnly, "18: ALTER TABLE, VALIDATE CONSTRAINT").other(RowShare),
    ]
};

impl Form {
    /// Returns the row that holds for a major.
    pub(super) fn fact(self, major: u32) -> &'static Fact {
        let newest = FACTS
            .iter()
            .rev()
            .find(|fact| fact.form == self && fact.since <= major);
        newest
            .or_else(|| FACTS.iter().find(|fact| fact.form == self))
            .expect("every form has a row, as a test sees to")
    }
}

/// `AddForeignKey` as `add foreign key`.
fn words(form: Form) -> String {
    let mut words = String::new();
    for character in format!("{form:?}").chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

/// Storage parameters that ALTER TABLE … SET changes under ACCESS EXCLUSIVE; the others take SHARE UPDATE EXCLUSIVE
/// (manual 18: ALTER TABLE, SET ( storage_parameter ); reloptions.c).
pub(super) const EXCLUSIVE_OPTIONS: &[&str] = &[
    "check_option",
    "security_barrier",
    "security_invoker",
    "user_catalog_table",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_a_row() {
        let source = include_str!("forms.rs");
        let (_, forms) = source
            .split_once("pub(super) enum Form {")
            .expect("the list of forms");
        let (forms, _) = forms.split_once('}').expect("the end of the list");
        let mut count = 0;
        for form in forms.split(',').map(str::trim).filter(|form| !form.is_empty()) {
            count += 1;
            assert!(
                FACTS.iter().any(|fact| format!("{:?}", fact.form) == form),
                "{form}"
            );
        }
        assert!(count > 60, "{count}");
    }

    #[test]
    fn facts_are_sorted_and_have_a_source() {
        let names: Vec<String> = FACTS
            .iter()
            .map(|fact| format!("{:?} {}", fact.form, fact.since))
            .collect();
        assert!(names.is_sorted(), "{names:?}");
        for fact in FACTS {
            assert!(!fact.source.is_empty(), "{fact:?}");
            assert_eq!(fact.form.fact(fact.since).since, fact.since);
        }
    }
}

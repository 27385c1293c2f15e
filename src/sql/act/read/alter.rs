//! ALTER TABLE and its sisters.

use super::names::{Reader, name_of, upper, word, word_at};
use super::objects::{owner_of, renamed};
use super::table::{collation, options};
use super::types::type_in;
use crate::sql::act::object::ObjectKind;
use crate::sql::act::table::{AlterCommand, AlterTable, FiringState};
use crate::sql::act::{Action, ObjectName, Span};
use crate::sql::parse::{Node, SyntaxKind as K};

/// The statements that share the commands of ALTER TABLE.
const STATEMENTS: [(K, ObjectKind); 5] = [
    (K::ALTER_FOREIGN_TABLE, ObjectKind::ForeignTable),
    (K::ALTER_INDEX, ObjectKind::Index),
    (K::ALTER_MATERIALIZED_VIEW, ObjectKind::MaterializedView),
    (K::ALTER_TABLE, ObjectKind::Table),
    (K::ALTER_VIEW, ObjectKind::View),
];

impl Reader<'_> {
    /// Reads ALTER TABLE and its sisters; nothing for what moves all of a tablespace.
    pub(super) fn alter_table(&mut self, node: Node<'_>) -> Option<Action> {
        let kind = STATEMENTS.iter().find(|(kind, _)| *kind == node.kind())?.1;
        let name = node.child_of(&[K::TABLE_RELATION_NAME, K::INDEX_REF, K::VIEW_REF])?;
        let name_node = name.child(K::TABLE_NAME_REF).unwrap_or(name);
        let mut table = AlterTable {
            kind,
            name: name_of(name_node),
            name_span: self.span(name_node),
            if_exists: node.has(K::IF_EXISTS),
            only: name.has(K::ONLY_KW),
            commands: Vec::new(),
        };
        let commands = || node.nodes().filter(|part| part.range().start >= name.range().end);
        let mut all = commands();
        if let (Some(only), None) = (all.next(), all.next())
            && let Some(action) = self.action_of_its_own(only, &table)
        {
            return Some(action);
        }
        for part in commands() {
            let span = self.span(part);
            if let Some(command) = self.alter_command(part) {
                table.commands.push((command, span));
            }
        }
        Some(Action::AlterTable(Box::new(table)))
    }

    /// RENAME, SET SCHEMA and OWNER TO, where they stand alone.
    fn action_of_its_own(&mut self, part: Node<'_>, table: &AlterTable) -> Option<Action> {
        let object = ObjectName {
            kind: table.kind,
            name: table.name.clone(),
            on: None,
            arguments: None,
            conditional: table.if_exists,
            or_replace: false,
            span: table.name_span.clone(),
        };
        super::objects::common_action(self, part, object, table.if_exists)
    }

    fn alter_command(&mut self, part: Node<'_>) -> Option<AlterCommand> {
        if let Some(command) = switch(part) {
            return Some(command);
        }
        let cascade = part.has(K::CASCADE);
        let if_exists = part.has(K::IF_EXISTS);
        Some(match part.kind() {
            K::ADD_COLUMN => AlterCommand::AddColumn {
                column: self.column(part),
                if_not_exists: part.has(K::IF_NOT_EXISTS),
            },
            K::DROP_COLUMN => AlterCommand::DropColumn {
                name: word_at(part, K::COLUMN_NAME_REF),
                if_exists,
                cascade,
            },
            K::ALTER_COLUMN | K::ALTER_VIEW_COLUMN | K::ALTER_SET_STATISTICS => self.alter_column(part),
            K::ADD_CONSTRAINT => match part.nodes().find_map(|inner| self.constraint(inner)) {
                Some(constraint) => AlterCommand::AddConstraint(constraint),
                None => AlterCommand::Other(upper(part)),
            },
            K::ALTER_CONSTRAINT => AlterCommand::AlterConstraint(word_at(part, K::CONSTRAINT_NAME_REF)),
            K::VALIDATE_CONSTRAINT => AlterCommand::ValidateConstraint(word_at(part, K::CONSTRAINT_NAME_REF)),
            K::DROP_CONSTRAINT => AlterCommand::DropConstraint {
                name: word_at(part, K::CONSTRAINT_NAME_REF),
                if_exists,
                cascade,
            },
            K::CLUSTER_ON => AlterCommand::ClusterOn(word_at(part, K::INDEX_REF)),
            K::SET_TABLESPACE => AlterCommand::Tablespace(word_at(part, K::TABLESPACE_REF)),
            K::SET_OPTIONS => AlterCommand::SetOptions(options(part)),
            K::RESET_OPTIONS => {
                AlterCommand::ResetOptions(options(part).into_iter().map(|(name, _)| name).collect())
            }
            K::INHERIT_TABLE => AlterCommand::Inherit(part.child(K::TABLE_NAME_REF).map(name_of)?),
            K::NO_INHERIT_TABLE => AlterCommand::NoInherit(part.child(K::TABLE_NAME_REF).map(name_of)?),
            K::OF_TYPE => {
                type_in(part).map(|of| self.type_name(of));
                AlterCommand::OfType
            }
            K::OWNER_TO => AlterCommand::Owner(owner_of(part)),
            K::ATTACH_PARTITION | K::ATTACH_INDEX_PARTITION => self.attach(part),
            K::DETACH_PARTITION => AlterCommand::DetachPartition {
                partition: part.child(K::TABLE_NAME_REF).map(name_of)?,
                concurrently: part.has(K::DETACH_CONCURRENTLY),
                finalize: part.has(K::DETACH_FINALIZE),
            },
            K::IF_EXISTS => return None,
            _ => {
                self.parts(part);
                AlterCommand::Other(upper(part))
            }
        })
    }

    fn attach(&mut self, part: Node<'_>) -> AlterCommand {
        let mut partition = None;
        let mut bound = Box::default();
        for inner in part.nodes() {
            match inner.kind() {
                K::TABLE_NAME_REF | K::INDEX_REF => partition = Some(name_of(inner)),
                _ => {
                    self.parts(inner);
                    bound = super::names::as_written(inner);
                }
            }
        }
        AlterCommand::AttachPartition {
            partition: partition.unwrap_or_default(),
            bound,
        }
    }

    fn alter_column(&mut self, part: Node<'_>) -> AlterCommand {
        let column = match part.child(K::COLUMN_NAME_REF) {
            Some(name) => word(name),
            // ALTER INDEX names a column by its number.
            None => part
                .nodes()
                .next()
                .map(|first| first.text().into())
                .unwrap_or_default(),
        };
        let Some(option) = part.nodes().nth(1) else {
            return AlterCommand::Other(upper(part));
        };
        match option.kind() {
            K::SET_TYPE => AlterCommand::Type {
                column,
                data_type: match type_in(option) {
                    Some(written) => self.type_name(written),
                    None => return AlterCommand::Other(upper(part)),
                },
                collation: option.child(K::COLLATE).and_then(collation),
                using: option
                    .child(K::USING_EXPR)
                    .and_then(|using| self.only_expr(using)),
            },
            K::SET_DEFAULT => AlterCommand::SetDefault(column, self.expr_or_nothing(option)),
            K::DROP_DEFAULT => AlterCommand::DropDefault(column),
            K::SET_NOT_NULL => AlterCommand::SetNotNull(column),
            K::DROP_NOT_NULL => AlterCommand::DropNotNull(column),
            K::SET_EXPRESSION => AlterCommand::SetExpression(column, self.expr_or_nothing(option)),
            K::DROP_EXPRESSION => AlterCommand::DropExpression(column),
            K::ADD_GENERATED => AlterCommand::AddIdentity(column),
            K::DROP_IDENTITY => AlterCommand::DropIdentity(column),
            K::SET_GENERATED | K::SET_GENERATED_OPTIONS | K::SET_SEQUENCE_OPTION | K::RESTART => {
                AlterCommand::SetIdentity(column)
            }
            K::SET_STATISTICS => AlterCommand::SetStatistics(column),
            K::SET_STORAGE => AlterCommand::SetStorage(column),
            K::SET_COMPRESSION => AlterCommand::SetCompression(column),
            K::SET_OPTIONS | K::RESET_OPTIONS => AlterCommand::ColumnOptions(column),
            _ => {
                self.parts(option);
                AlterCommand::Other(upper(part))
            }
        }
    }
}

/// Reads the commands that switch something.
fn switch(part: Node<'_>) -> Option<AlterCommand> {
    use FiringState as S;
    let trigger = |state: S| {
        let name = match part.child_of(&[K::TRIGGER_REF, K::ALL, K::USER]) {
            Some(name) if name.kind() == K::TRIGGER_REF => word(name),
            Some(key_word) => upper(key_word),
            None => Box::default(),
        };
        Some(AlterCommand::Trigger { name, state })
    };
    let rule = |state: S| {
        Some(AlterCommand::Rule {
            name: word_at(part, K::RULE_REF),
            state,
        })
    };
    match part.kind() {
        K::ENABLE_TRIGGER => trigger(S::Enabled),
        K::DISABLE_TRIGGER => trigger(S::Disabled),
        K::ENABLE_REPLICA_TRIGGER => trigger(S::Replica),
        K::ENABLE_ALWAYS_TRIGGER => trigger(S::Always),
        K::ENABLE_RULE => rule(S::Enabled),
        K::DISABLE_RULE => rule(S::Disabled),
        K::ENABLE_REPLICA_RULE => rule(S::Replica),
        K::ENABLE_ALWAYS_RULE => rule(S::Always),
        K::ENABLE_RLS => Some(AlterCommand::RowSecurity(true)),
        K::DISABLE_RLS => Some(AlterCommand::RowSecurity(false)),
        K::FORCE_RLS => Some(AlterCommand::ForceRowSecurity(true)),
        K::NO_FORCE_RLS => Some(AlterCommand::ForceRowSecurity(false)),
        K::SET_LOGGED => Some(AlterCommand::Logged(true)),
        K::SET_UNLOGGED => Some(AlterCommand::Logged(false)),
        K::SET_WITHOUT_CLUSTER => Some(AlterCommand::SetWithoutCluster),
        K::SET_ACCESS_METHOD => Some(AlterCommand::AccessMethod),
        K::NOT_OF => Some(AlterCommand::OfType),
        K::REPLICA_IDENTITY => {
            let index = part.descendants().find(|part| part.kind() == K::INDEX_REF);
            Some(AlterCommand::ReplicaIdentity(index.map(word)))
        }
        _ => None,
    }
}

/// Reads RENAME COLUMN and RENAME CONSTRAINT of a relation or domain.
pub(super) fn rename_part(part: Node<'_>, span: Span) -> Option<(ObjectKind, Box<str>, Box<str>, Span)> {
    let (kind, from) = match part.kind() {
        K::RENAME_COLUMN => (ObjectKind::Column, word_at(part, K::COLUMN_NAME_REF)),
        K::RENAME_CONSTRAINT => (ObjectKind::Constraint, word_at(part, K::CONSTRAINT_NAME_REF)),
        K::RENAME_ATTRIBUTE => (ObjectKind::Column, word_at(part, K::COMPOSITE_FIELD_REF)),
        _ => return None,
    };
    renamed(part).map(|to| (kind, from, to, span))
}

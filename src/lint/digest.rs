//! What rules ask of a whole file at every one of its statements, worked out once per file.

use super::walk::{Walked, every_act_of, settings_of};
use crate::sql::WrittenName;
use crate::sql::act::session::SetScope;
use crate::sql::act::{Act, Action, AlterCommand, AlterTable, ConstraintKind, ObjectKind, Span};

/// What a file says, apart from the schema.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    settings: Vec<Setting>,
    /// Statements that take for granted that rows were seen, in the order of the text.
    pub(super) relying: Vec<Relying>,
    /// Whether the file is what pg_dump writes: loaded into an empty database, by a session of its own.
    pub(super) is_dump: bool,
}

/// What every dump begins with, with comments or without (`_doSetFixedOutputState` in pg_backup_archiver.c).
const PREAMBLE: [(&str, &[&str]); 3] = [
    ("standard_conforming_strings", &["on"]),
    ("check_function_bodies", &["false", "off"]),
    ("client_min_messages", &["warning"]),
];

/// How many settings a dump begins with.
const PREAMBLE_LENGTH: usize = 16;

fn is_dump(settings: &[Setting]) -> bool {
    PREAMBLE.iter().all(|(name, values)| {
        settings.iter().take(PREAMBLE_LENGTH).any(|setting| {
            let value = setting.value.as_deref().unwrap_or_default().to_ascii_lowercase();
            *setting.name == **name && setting.scope == SetScope::Session && values.contains(&&*value)
        })
    })
}

#[derive(Clone, Debug)]
struct Setting {
    name: Box<str>,
    value: Option<Box<str>>,
    scope: SetScope,
    span: Span,
}

/// A setting that a file makes.
#[derive(Clone, Debug)]
pub struct Made<'a> {
    /// The parameter in lower case.
    pub name: &'a str,
    /// The value, where it is text; nothing for RESET and for what is computed.
    pub value: Option<&'a str>,
    /// How long it holds.
    pub scope: SetScope,
    /// Where.
    pub span: Span,
}

/// A statement that fails or goes wrong where the rows of a table were not all seen before it.
#[derive(Clone, Debug)]
pub(super) struct Relying {
    pub start: u32,
    pub table: WrittenName,
    pub what: Relies,
}

/// How it relies on them.
#[derive(Clone, Debug)]
pub(super) enum Relies {
    NotNull(Box<str>),
    Constraint(&'static str),
    Validation(Box<str>),
    UniqueIndex,
    DropColumn(Box<str>),
    DropTable,
}

impl Digest {
    /// Works out what the acts of a file say.
    pub fn of(acts: &[Act]) -> Self {
        let walked = every_act_of(acts);
        let mut settings: Vec<Setting> = settings_of(&walked)
            .into_iter()
            .map(|made| Setting {
                name: made.name.into(),
                value: made.value.map(Into::into),
                scope: made.scope,
                span: made.span,
            })
            .collect();
        settings.sort_by_key(|setting| setting.span.start);
        let mut relying = Vec::new();
        walked.iter().for_each(|walked| relies(walked, &mut relying));
        Digest {
            is_dump: is_dump(&settings),
            settings,
            relying,
        }
    }

    /// Walks the settings that the file makes, `set_config` in expressions of DO blocks included, in order.
    pub fn settings(&self) -> impl DoubleEndedIterator<Item = Made<'_>> {
        self.settings.iter().map(|setting| Made {
            name: &setting.name,
            value: setting.value.as_deref(),
            scope: setting.scope,
            span: setting.span.clone(),
        })
    }
}

fn relies(walked: &Walked<'_>, relying: &mut Vec<Relying>) {
    let start = walked.act.span.start;
    match &walked.act.action {
        Action::AlterTable(alter) => of_alter(alter, start, relying),
        Action::CreateIndex(index) if index.unique => relying.push(Relying {
            start,
            table: index.relation.clone(),
            what: Relies::UniqueIndex,
        }),
        Action::Drop(drop) => {
            let tables = drop
                .objects
                .iter()
                .filter(|object| object.kind == ObjectKind::Table);
            relying.extend(tables.map(|object| Relying {
                start,
                table: object.name.clone(),
                what: Relies::DropTable,
            }));
        }
        _ => {}
    }
}

fn of_alter(alter: &AlterTable, start: u32, relying: &mut Vec<Relying>) {
    for (command, _) in &alter.commands {
        let what = match command {
            AlterCommand::SetNotNull(column) => Relies::NotNull(column.clone()),
            AlterCommand::AddConstraint(constraint) if !constraint.not_valid => match &constraint.kind {
                ConstraintKind::Check { .. } => Relies::Constraint("the CHECK constraint"),
                ConstraintKind::ForeignKey(_) => Relies::Constraint("the foreign key"),
                ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } => {
                    Relies::Constraint("the unique constraint")
                }
                _ => continue,
            },
            AlterCommand::ValidateConstraint(name) => Relies::Validation(name.clone()),
            AlterCommand::DropColumn { name, .. } => Relies::DropColumn(name.clone()),
            _ => continue,
        };
        relying.push(Relying {
            start,
            table: alter.name.clone(),
            what,
        });
    }
}

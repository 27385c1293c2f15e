//! What a statement needs and no ancestor makes.

use std::collections::HashMap;

use super::{Ordered, id, name};
use crate::lint::rule::{Problem, Rule};
use crate::lint::rules::{
    dropped_object_is_needed, object_exists_already, order_dependent, undeclared_dependency, unknown_object,
    used_after_drop,
};
use crate::lint::run::{Found, Linted};
use crate::lint::schema::{Absence, Key, Missing, Touch, TouchKind, Touched};

/// Every migration that makes or removes an object, with what it does.
type Makers<'a> = HashMap<&'a Touched, Vec<(u32, &'a Touch)>>;

/// Finds what is missing, what is there twice, and what is removed although it is needed.
pub(super) fn check(
    linted: &[Linted<'_>],
    ordered: &Ordered<'_>,
    reported: &[bool],
    complete: bool,
    found: &mut Vec<Found>,
) {
    let is_asked = |one: &&Linted<'_>| reported[one.migration.number as usize];
    let mut makers = None;
    for one in linted.iter().filter(is_asked) {
        let at = one.migration.number;
        for absence in &one.log.absences {
            let makers = makers.get_or_insert_with(|| makers_of(linted));
            if let Some((rule, problem)) = judge(one, absence, linted, ordered, makers, complete) {
                found.push(Found {
                    migration: at,
                    rule,
                    problem,
                });
            }
        }
        for (what, span, conditional) in &one.log.duplicates {
            if *conditional {
                continue;
            }
            let problem = Problem::new(span.clone(), format!("{what} exists already"))
                .object(shown(what))
                .effect("The statement fails, and with it the whole migration.")
                .instead("Remove the statement, or drop or rename what is there first.");
            found.push(Found {
                migration: at,
                rule: &object_exists_already::RULE,
                problem,
            });
        }
        for needed in &one.log.needed {
            let by = listed(&needed.by);
            let problem = Problem::new(
                needed.span.clone(),
                format!("{} {} although {by} needs it", needed.what, needed.verb),
            )
            .object(shown(&needed.what))
            .effect(format!(
                "The statement fails with {}, and with it the whole migration.",
                needed.sqlstate
            ))
            .instead(format!(
                "Drop or change {by} first, and make it again afterwards."
            ));
            found.push(Found {
                migration: at,
                rule: &dropped_object_is_needed::RULE,
                problem,
            });
        }
    }
}

/// The first few of those who need an object.
fn listed(by: &[String]) -> String {
    const FEW: usize = 3;
    let mut text = by
        .iter()
        .take(FEW)
        .map(|by| format!("\"{by}\""))
        .collect::<Vec<_>>()
        .join(", ");
    if by.len() > FEW {
        text += &format!(" and {} more", by.len() - FEW);
    }
    text
}

/// The name of an object without its sort.
pub(super) fn shown(what: &Touched) -> String {
    if let Touched::Rows(table) | Touched::Row(table, _) | Touched::UniqueKey(table, _) = what {
        return table.to_string();
    }
    if let Touched::Other(_, name) = what {
        return name.to_string();
    }
    if let Touched::Label(of, label) = what {
        return format!("{of}.{label}");
    }
    let text = what.to_string();
    text.split_once(' ')
        .map_or(text.clone(), |(_, name)| name.to_owned())
}

fn makers_of<'a>(linted: &'a [Linted<'_>]) -> Makers<'a> {
    let mut makers = Makers::new();
    for one in linted {
        for touch in &one.log.touches {
            let counts = matches!(
                touch.kind,
                TouchKind::Create
                    | TouchKind::CreateIfMissing
                    | TouchKind::Replace(_)
                    | TouchKind::Provide
                    | TouchKind::Drop
                    | TouchKind::DropIfExists
                    | TouchKind::Rename
            );
            if counts {
                makers
                    .entry(&touch.what)
                    .or_default()
                    .push((one.migration.number, touch));
            }
        }
    }
    makers
}

fn makes(touch: &Touch) -> bool {
    matches!(
        touch.kind,
        TouchKind::Create | TouchKind::CreateIfMissing | TouchKind::Replace(_) | TouchKind::Provide
    )
}

fn judge(
    user: &Linted<'_>,
    absence: &Absence,
    linted: &[Linted<'_>],
    ordered: &Ordered<'_>,
    makers: &Makers<'_>,
    complete: bool,
) -> Option<(&'static Rule, Problem)> {
    let at = user.migration.number;
    let touched = candidates(absence);
    let known: Vec<(u32, &Touch)> = touched
        .iter()
        .filter_map(|what| makers.get(what))
        .flatten()
        .copied()
        .filter(|(other, touch)| *other != at || touch.statement <= absence.statement)
        .collect();
    let what = format!("{} \"{}\"", absence.missing.as_str(), full_name(absence));
    let of = match &user.migration.revision {
        Some(revision) => format!("revision \"{revision}\""),
        None => "the migration".to_owned(),
    };
    let problem = |message: String| Problem::new(absence.span.clone(), message).object(full_name(absence));
    // A statement that drops what is missing is not what removed it.
    let is_before = |other: u32, touch: &Touch| other != at || touch.statement < absence.statement;
    let remover = known.iter().rev().find(|(other, touch)| {
        !makes(touch)
            && touch.kind != TouchKind::DropIfExists
            && is_before(*other, touch)
            && ordered.is_ancestor(*other, at)
    });
    let made_before = known
        .iter()
        .any(|(other, touch)| makes(touch) && ordered.is_ancestor(*other, at));
    if let (Some((remover, touch)), true) = (
        remover,
        made_before || !known.iter().any(|(_, touch)| makes(touch)),
    ) {
        if absence.conditional {
            return None;
        }
        let how = if touch.kind == TouchKind::Rename {
            "renamed"
        } else {
            "dropped"
        };
        let by = name(&linted[*remover as usize]);
        let message = format!("{of} uses {what}, which {by} has {how}");
        let problem = problem(message)
            .effect("The statement fails, and with it the whole migration.")
            .instead("Use the new name, or move the statement before the change.");
        return Some((&used_after_drop::RULE, problem));
    }
    if made_before
        && matches!(
            absence.missing,
            Missing::Row | Missing::UniqueKey | Missing::ConflictKey
        )
    {
        return None;
    }
    let Some((maker, made)) = nearest_maker(&known, at, ordered) else {
        // Of a table that is known, every column is.
        let decided = complete || absence.missing == Missing::Column;
        if absence.conditional || !decided || made_before || absence.unsure {
            return None;
        }
        let problem = problem(format!("{of} uses {what}, which no revision creates"))
            .effect(
                "On a database built by the migrations the statement fails (42P01, 42703, 42704, 42883 or 42P10).",
            )
            .instead("Correct the name, or add the revision that creates it before this one.");
        return Some((&unknown_object::RULE, problem));
    };
    let creator = &linted[maker as usize];
    // A column that a copy lacks is made with its source.
    let is_of_source = matches!(&made.what, Touched::Column(of, _) if absence.on.as_ref() != Some(of));
    let (what, problem) = match is_of_source {
        true => (made.what.to_string(), problem_of(shown(&made.what), absence)),
        false => (what, problem_of(full_name(absence), absence)),
    };
    if absence.conditional && absence.missing == Missing::Role {
        // Whether a role is there is asked of the cluster, which had roles before any migration.
        return None;
    }
    if absence.conditional {
        let problem = problem(format!(
            "what {of} does depends on whether {} ran before it: it asks for {what}",
            name(creator)
        ))
        .effect("Both orders succeed and leave different schemas.")
        .instead(edge_to(linted, user, maker, ordered));
        return Some((&order_dependent::RULE, problem));
    }
    let message = format!(
        "{of} uses {what}, which {} creates, and that is no ancestor of it",
        name(creator)
    );
    let problem = problem(message)
        .effect(format!(
            "Where {} runs first, the statement fails, and with it the whole migration; a merge further down orders itself, not its parents.",
            name(user)
        ))
        .instead(edge_to(linted, user, maker, ordered));
    Some((&undeclared_dependency::RULE, problem))
}

/// Begins a problem about an object at the place of an absence.
fn problem_of(object: String, absence: &Absence) -> impl Fn(String) -> Problem + '_ {
    move |message| Problem::new(absence.span.clone(), message).object(&object)
}

/// The maker that an edge to is smallest: the earliest of those that are no ancestors.
fn nearest_maker<'a>(known: &[(u32, &'a Touch)], at: u32, ordered: &Ordered<'_>) -> Option<(u32, &'a Touch)> {
    known
        .iter()
        .copied()
        .filter(|(other, touch)| makes(touch) && *other != at && !ordered.is_ancestor(*other, at))
        .min_by_key(|(other, touch)| (touch.kind != TouchKind::Create, *other))
}

/// Says which edge to declare.
pub(super) fn edge_to(linted: &[Linted<'_>], user: &Linted<'_>, maker: u32, ordered: &Ordered<'_>) -> String {
    let at = user.migration.number;
    let creator = &linted[maker as usize];
    if user.migration.revision.is_none() {
        return format!("Let \"{}\" run before \"{}\".", id(creator), id(user));
    }
    if ordered.is_ancestor(at, maker) {
        return format!(
            "\"{}\" itself follows \"{}\", so no edge can mend this: move the statement to \"{}\" or behind it.",
            id(creator),
            id(user),
            id(creator)
        );
    }
    let mut hint = format!(
        "Declare the edge: depends-on: [{}] in the header of \"{}\".",
        id(creator),
        id(user)
    );
    if let Some((root, parent)) = ordered.edge_of_branch(maker, at)
        && (root, parent) != (at, maker)
    {
        let (root, parent) = (linted[root as usize].migration, linted[parent as usize].migration);
        if let (Some(root), Some(parent)) = (&root.revision, &parent.revision) {
            hint.push_str(&format!(
                " Or, since \"{root}\" begins its branch without a parent: parents: [{parent}] there, \"{root}\" ← \"{parent}\"."
            ));
        }
    }
    hint
}

fn full_name(absence: &Absence) -> String {
    match &absence.on {
        Some(on)
            if matches!(
                absence.missing,
                Missing::Row | Missing::UniqueKey | Missing::ConflictKey
            ) =>
        {
            match absence.name.name.is_empty() {
                true => on.to_string(),
                false => format!("{on} ({})", absence.name.name),
            }
        }
        Some(on) => format!("{on}.{}", absence.name.name),
        None => match (&absence.name.schema, absence.keys.last()) {
            (None, Some(key)) if !key.schema.is_empty() => key.to_string(),
            _ => absence.name.to_string(),
        },
    }
}

/// The objects that a missing name may mean.
fn candidates(absence: &Absence) -> Vec<Touched> {
    let name: std::sync::Arc<str> = absence.name.name.as_str().into();
    let on = || absence.on.clone().unwrap_or_else(|| Key::new("", ""));
    let each = |of: fn(Key) -> Touched| absence.keys.iter().cloned().map(of).collect();
    match absence.missing {
        // What text casts to regclass may be any of these.
        Missing::Relation => [Touched::Relation, Touched::Sequence, Touched::Index]
            .into_iter()
            .flat_map(|of| absence.keys.iter().cloned().map(of))
            .collect(),
        Missing::Routine => each(Touched::Routine),
        // Every relation has a type of its name.
        Missing::Type => [Touched::Type, Touched::Relation]
            .into_iter()
            .flat_map(|of| absence.keys.iter().cloned().map(of))
            .collect(),
        Missing::EnumLabel => vec![Touched::Label(on(), name)],
        Missing::UniqueKey | Missing::ConflictKey => vec![Touched::UniqueKey(on(), name)],
        Missing::Row => vec![Touched::Row(on(), name)],
        Missing::Sequence => each(Touched::Sequence),
        Missing::Index => each(Touched::Index),
        Missing::Column => std::iter::once(on())
            .chain(absence.keys.iter().cloned())
            .map(|table| Touched::Column(table, name.clone()))
            .collect(),
        Missing::Constraint => vec![Touched::Constraint(on(), name)],
        Missing::Trigger => vec![Touched::Trigger(on(), name)],
        Missing::Policy => vec![Touched::Policy(on(), name)],
        Missing::Rule => vec![Touched::Rule(on(), name)],
        Missing::Schema => vec![Touched::Schema(name)],
        Missing::Role => vec![Touched::Other(crate::sql::act::ObjectKind::Role, name)],
        Missing::Collation => vec![Touched::Other(crate::sql::act::ObjectKind::Collation, name)],
        Missing::Object(kind) => vec![Touched::Other(kind, name)],
        Missing::Extension => vec![Touched::Other(crate::sql::act::ObjectKind::Extension, name)],
    }
}

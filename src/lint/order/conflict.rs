//! Two migrations that no edge orders and one object that both touch.
//!
//! Whether two touches commute is a table ([`clash`]); what they do to one object decides, not what object it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::missing::{edge_to, shown};
use super::{Ordered, id, name};
use crate::lint::rule::Problem;
use crate::lint::rules::{order_dependent, undeclared_dependency};
use crate::lint::run::{Found, Linted};
use crate::lint::schema::{Key, Touch, TouchKind, Touched, same_arguments};
use crate::model::Level;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::routine::BodyKind;
use crate::sql::act::{Action, AlterCommand, Body, ConstraintKind, DmlAction, Expr, ObjectKind};

/// What a migration does to an object, with the touch that stands for it.
type Doing<'a> = (u32, &'a Touch);

/// Finds objects that unordered migrations touch in ways that do not commute.
pub(super) fn check(linted: &[Linted<'_>], ordered: &Ordered<'_>, reported: &[bool], found: &mut Vec<Found>) {
    let unordered = linted
        .iter()
        .filter(|one| ordered.has_neighbours(one.migration.number));
    let mut by_object: BTreeMap<&Touched, Vec<Doing<'_>>> = BTreeMap::new();
    let mut rows = Vec::new();
    for one in unordered {
        for touch in one.log.touches.iter().filter(|touch| !is_temporary(&touch.what)) {
            by_object
                .entry(&touch.what)
                .or_default()
                .push((one.migration.number, touch));
        }
        rows.push(one.migration.number);
    }
    let missing = found
        .iter()
        .filter(|one| one.rule.name == undeclared_dependency::RULE.name)
        .filter_map(|one| Some((one.migration, one.problem.object.clone()?)))
        .flat_map(|(migration, object)| {
            // A row or a key is one of its table.
            let of = object.split(" (").next().unwrap_or_default().to_owned();
            [(migration, of), (migration, object)]
        })
        .collect();
    let mut clashes = Clashes {
        linted,
        ordered,
        reported,
        missing,
        said: BTreeSet::new(),
        found,
    };
    for doings in by_object.values() {
        clashes.of_object(doings);
    }
    clashes.schema_wide(&by_object);
    clashes.triggers(&by_object);
    clashes.all_triggers(&by_object);
    clashes.required_columns(&by_object);
    clashes.every_column(&by_object);
}

/// How two touches of one object clash.
struct Clash {
    what: &'static str,
    fails: bool,
}

/// Says why two touches do not commute, or nothing where they do. `same` says whether the statements are the same text.
fn clash(one: &Touch, other: &Touch, same: bool) -> Option<Clash> {
    use TouchKind as K;
    let fails = |what| Some(Clash { what, fails: true });
    let differs = |what| Some(Clash { what, fails: false });
    let idempotent = matches!(
        one.what,
        Touched::Schema(_) | Touched::Other(ObjectKind::Extension | ObjectKind::Role, _)
    );
    match (&one.kind, &other.kind) {
        (K::Use, K::Use) => None,
        (K::Create, K::Create) => fails("both create it"),
        (K::CreateIfMissing, K::CreateIfMissing) if same || idempotent => None,
        (K::CreateIfMissing, K::CreateIfMissing) => {
            differs("both create it unless it exists, each in its own way")
        }
        (K::Create, K::CreateIfMissing) | (K::CreateIfMissing, K::Create) => {
            fails("both create it, one of them only if it is missing")
        }
        (K::Replace(left), K::Replace(right)) if left == right || same => None,
        (K::Replace(_), K::Replace(_)) => differs("both replace it, and the last one wins"),
        (K::Replace(_), K::Create | K::CreateIfMissing) | (K::Create | K::CreateIfMissing, K::Replace(_)) => {
            fails("one creates it and the other replaces it")
        }
        (K::DropIfExists, K::DropIfExists) => None,
        (K::Drop | K::DropIfExists, K::Drop | K::DropIfExists) => fails("both drop it"),
        (K::Drop | K::DropIfExists, K::Create | K::CreateIfMissing | K::Replace(_))
        | (K::Create | K::CreateIfMissing | K::Replace(_), K::Drop | K::DropIfExists) => {
            differs("one creates it and the other drops it")
        }
        (K::Drop | K::DropIfExists, _) | (_, K::Drop | K::DropIfExists) => {
            fails("one drops it and the other uses it")
        }
        (K::Rename, K::Rename) => fails("both rename it"),
        (K::Rename, _) | (_, K::Rename) => fails("one renames it and the other uses it by its old name"),
        (K::Set("check", _), K::Set("check", _)) => None,
        (K::Set(left, a), K::Set(right, b)) if left == right && a != b => {
            differs("both set the same property to different values")
        }
        (K::Change("read"), K::Change("values") | K::Pinned("values"))
        | (K::Change("values") | K::Pinned("values"), K::Change("read"))
        | (K::Pinned("read"), K::Change("values"))
        | (K::Change("values"), K::Pinned("read"))
            if !same =>
        {
            differs("one sets its values and the other computes or chooses by them")
        }
        (K::Change("read") | K::Pinned("read"), _) | (_, K::Change("read") | K::Pinned("read")) => None,
        (K::Set("check", _), K::Change("mended")) | (K::Change("mended"), K::Set("check", _)) => {
            fails("one checks its values and the other mends them")
        }
        (K::Create | K::CreateIfMissing | K::Replace(_), K::Change(_))
        | (K::Change(_), K::Create | K::CreateIfMissing | K::Replace(_))
            if matches!(one.what, Touched::Row(..)) =>
        {
            differs("one inserts it and the other changes it")
        }
        (K::Change(left), K::Change(right)) if left == right => changes(left, one, same),
        (K::Change(left), K::Change(right)) if matches!(one.what, Touched::Rows(_)) => rows(left, right),
        (K::Change(_), K::Change(_)) if matches!(one.what, Touched::Row(..)) => {
            differs("one changes it and the other deletes it")
        }
        (K::Pinned(left), K::Change(right)) | (K::Change(right), K::Pinned(left)) => match &one.what {
            Touched::Rows(_) => rows(left, right),
            _ => changes(left, one, same),
        },
        (K::Set("type", _), K::Change("values") | K::Pinned("values"))
        | (K::Change("values") | K::Pinned("values"), K::Set("type", _)) => {
            differs("one changes its type and the other its values")
        }
        (K::Place(left, one), K::Place(right, other)) if left == right && one != other => {
            differs("both add labels, and their order follows that of the migrations")
        }
        (K::Set("identity", 1), K::Set("identity", 1)) => fails("both make it an identity column"),
        (K::Set("identity", 0), K::Change("identity")) | (K::Change("identity"), K::Set("identity", 0)) => {
            fails("one makes it a plain column and the other changes the identity")
        }
        (K::Replace(_), K::Set("check_option" | "security_barrier" | "security_invoker", _))
        | (K::Set("check_option" | "security_barrier" | "security_invoker", _), K::Replace(_)) => {
            differs("one replaces it, which resets what the other sets")
        }
        (K::Set("identity", 1), K::Change("identity")) | (K::Change("identity"), K::Set("identity", 1)) => {
            fails("one makes it an identity column and the other changes the identity")
        }
        (K::Replace(_), K::Set("volatility" | "security", _) | K::Change("attributes"))
        | (K::Set("volatility" | "security", _) | K::Change("attributes"), K::Replace(_))
            if matches!(one.what, Touched::Routine(_)) =>
        {
            differs("one replaces it, which resets what the other sets")
        }
        (K::Set("not null", 1), K::Change("values")) | (K::Change("values"), K::Set("not null", 1)) => {
            fails("one makes it NOT NULL and the other fills it")
        }
        (K::Set("type", _), K::Bind) | (K::Bind, K::Set("type", _)) => {
            fails("one changes its type and the other makes what is bound to it")
        }
        _ => None,
    }
}

fn changes(facet: &'static str, one: &Touch, same: bool) -> Option<Clash> {
    let differs = |what| Some(Clash { what, fails: false });
    match facet {
        "labels" => differs("both add labels, and their order follows that of the migrations"),
        "values" if !same => differs("both set its values, and the last one wins"),
        "definition" | "partition" | "inheritance" | "deferrability" if !same => {
            differs("both change its definition")
        }
        _ if matches!(one.what, Touched::Rows(_)) => None,
        _ => None,
    }
}

/// What two different statements do to the rows of one table.
fn rows(left: &str, right: &str) -> Option<Clash> {
    let is = |word: &str| left == word || right == word;
    let what = match () {
        () if is("READ") && left != right => "one changes its rows and the other copies from them",
        () if is("all rows") => "one empties the table and the other changes its rows",
        () if is("INSERT") && is("UPDATE") => "one inserts rows and the other updates the table",
        () if is("INSERT") && is("DELETE") => "one inserts rows and the other deletes some",
        () => return None,
    };
    Some(Clash { what, fails: false })
}

struct Clashes<'a, 'f> {
    linted: &'a [Linted<'a>],
    ordered: &'a Ordered<'a>,
    reported: &'a [bool],
    /// What migrations use and no ancestor makes: the edge that mends that orders the two as well.
    missing: BTreeSet<(u32, String)>,
    /// Pairs of migrations with the object's root that were told already: one finding for one object.
    said: BTreeSet<(u32, u32, String)>,
    found: &'f mut Vec<Found>,
}

impl<'a> Clashes<'a, '_> {
    fn of_object(&mut self, doings: &[Doing<'a>]) {
        for (at, (later, touch)) in doings.iter().enumerate() {
            let earlier = doings[..at].iter().rev().filter(|(other, _)| other != later);
            for (earlier, other) in earlier {
                if self.ordered.are_ordered(*earlier, *later)
                    || made_by_itself(doings, *later, touch)
                    || self.are_overloads((*earlier, other), (*later, touch))
                {
                    continue;
                }
                if let Some(clash) = clash(other, touch, self.same_text((*earlier, other), (*later, touch))) {
                    self.say((*earlier, other), (*later, touch), &touch.what, clash);
                    break;
                }
            }
        }
    }

    /// Says whether both statements define routines of one name with other arguments: two objects, not one.
    fn are_overloads(&self, (one, left): Doing<'_>, (other, right): Doing<'_>) -> bool {
        let arguments = |migration: u32, touch: &Touch| {
            let acts = &self.linted[migration as usize].migration.acts;
            match acts.get(touch.statement as usize).map(|act| &act.action) {
                Some(Action::CreateRoutine(routine)) => Some(routine.arguments.as_slice()),
                _ => None,
            }
        };
        match (arguments(one, left), arguments(other, right)) {
            (Some(left), Some(right)) => !same_arguments(left, right),
            _ => false,
        }
    }

    /// GRANT … ON ALL … and ALTER DEFAULT PRIVILEGES against what is made in the schema meanwhile.
    fn schema_wide(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        let wide: Vec<(&Arc<str>, ObjectKind, Doing<'a>)> = by_object
            .iter()
            .filter_map(|(what, doings)| match what {
                Touched::AllIn(schema, sort) => Some((schema, *sort, doings)),
                _ => None,
            })
            .flat_map(|(schema, sort, doings)| doings.iter().map(move |doing| (schema, sort, *doing)))
            .collect();
        for (schema, sort, (by, wide)) in wide {
            for (what, doings) in by_object {
                let key = match (what, sort) {
                    (Touched::Relation(key), ObjectKind::Table)
                    | (Touched::Sequence(key), ObjectKind::Sequence)
                    | (
                        Touched::Routine(key),
                        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine,
                    ) => key,
                    _ => continue,
                };
                if **schema != *key.schema && &**schema != "*" {
                    continue;
                }
                let made = doings.iter().find(|(other, touch)| {
                    touch.kind == TouchKind::Create && *other != by && !self.ordered.are_ordered(*other, by)
                });
                if let Some(made) = made {
                    let clash = Clash {
                        what: "one creates it and the other grants on everything in its schema, which reaches it only if it is there",
                        fails: false,
                    };
                    self.say(*made, (by, wide), what, clash);
                }
            }
        }
    }

    /// A trigger that one migration makes against rows that another changes.
    fn triggers(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        for (what, doings) in by_object {
            let Touched::Trigger(table, _) = what else {
                continue;
            };
            let rows = Touched::Rows(table.clone());
            let Some(changes) = by_object.get(&rows) else {
                continue;
            };
            for (by, made) in doings
                .iter()
                .filter(|(_, touch)| matches!(touch.kind, TouchKind::Create | TouchKind::Replace(_)))
            {
                let change = changes.iter().find(|(other, touch)| {
                    let (TouchKind::Change(verb) | TouchKind::Pinned(verb)) = touch.kind else {
                        return false;
                    };
                    other != by
                        && !self.ordered.are_ordered(*other, *by)
                        && self.trigger_acts(*by, made, *other, touch, verb)
                });
                if let Some(change) = change {
                    let clash = Clash {
                        what: "one creates it and the other changes rows that it fires for",
                        fails: false,
                    };
                    self.say((*by, made), *change, what, clash);
                }
            }
        }
    }

    /// DISABLE TRIGGER ALL and USER against a trigger that another migration makes.
    fn all_triggers(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        for (what, doings) in by_object {
            let Touched::Trigger(table, name) = what else {
                continue;
            };
            if matches!(&**name, "ALL" | "USER") {
                continue;
            }
            let all = ["ALL", "USER"].map(|all| Touched::Trigger(table.clone(), all.into()));
            let switches: Vec<Doing<'a>> = all
                .iter()
                .filter_map(|all| by_object.get(all))
                .flatten()
                .copied()
                .collect();
            for (by, made) in doings.iter().filter(|(_, touch)| touch.kind == TouchKind::Create) {
                let switch = switches.iter().find(|(other, touch)| {
                    let turned = matches!(touch.kind, TouchKind::Set(..));
                    other != by && turned && !self.ordered.are_ordered(*other, *by)
                });
                // What is turned off and on again in one migration is left as it was.
                let turns = |(other, _): &Doing<'a>| switches.iter().filter(|(own, _)| own == other).count();
                if let Some(switch) = switch.filter(|switch| turns(switch) == 1) {
                    let clash = Clash {
                        what: "one creates it and the other turns all triggers of its table off or on, which reaches it only if it is there",
                        fails: false,
                    };
                    self.say((*by, made), *switch, what, clash);
                }
            }
        }
    }

    /// Says whether a trigger fires for a change of rows, and its function does something to them: it raises or assigns
    /// without asking anything but the operation and the columns that change. What is not known may.
    fn trigger_acts(&self, migration: u32, made: &Touch, other: u32, change: &Touch, verb: &str) -> bool {
        let Some(Action::CreateTrigger(trigger)) = self.action(migration, made) else {
            return verb != "READ";
        };
        let event = if verb == "all rows" { "TRUNCATE" } else { verb };
        if !trigger.events.iter().any(|own| **own == *event) {
            return false;
        }
        let set: &[Box<str>] = match self.action(other, change) {
            Some(Action::Dml(change)) if change.action == DmlAction::Update => &change.columns,
            _ => &[],
        };
        if !trigger.columns.is_empty()
            && !set.is_empty()
            && !trigger.columns.iter().any(|own| set.contains(own))
        {
            return false;
        }
        let bodies = self
            .linted
            .iter()
            .flat_map(|one| one.migration.acts.iter())
            .filter_map(|act| match &act.action {
                Action::CreateRoutine(routine) if routine.name.name == trigger.function.name => {
                    routine.body.as_ref()
                }
                _ => None,
            });
        let mut bodies = bodies.peekable();
        bodies.peek().is_none() || bodies.any(|body| acts_on_rows(body, set))
    }

    /// What the statement of a touch does.
    fn action(&self, migration: u32, touch: &Touch) -> Option<&'a Action> {
        let acts = &self.linted[migration as usize].migration.acts;
        acts.get(touch.statement as usize).map(|act| &act.action)
    }

    /// NOT NULL that one migration sets against rows that another inserts without the column.
    fn required_columns(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        for (what, doings) in by_object {
            let Touched::Column(table, column) = what else {
                continue;
            };
            let Some(inserts) = by_object.get(&Touched::Rows(table.clone())) else {
                continue;
            };
            for (by, touch) in doings {
                if !self.requires(*by, touch, column) {
                    continue;
                }
                let insert = inserts.iter().find(|(other, insert)| {
                    other != by
                        && !self.ordered.are_ordered(*other, *by)
                        && self.inserts_without(*other, insert, table, column)
                });
                if let Some(insert) = insert {
                    let clash = Clash {
                        what: "one makes it NOT NULL and the other inserts rows without it",
                        fails: true,
                    };
                    self.say((*by, touch), *insert, what, clash);
                }
            }
        }
    }

    /// `SELECT *`, LIKE and INSERT without columns against columns that come and go.
    fn every_column(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        for (what, users) in by_object {
            let Touched::Column(table, star) = what else {
                continue;
            };
            if &**star != "*" {
                continue;
            }
            let first = Touched::Column(table.clone(), "".into());
            let columns = by_object
                .range::<Touched, _>(&first..)
                .take_while(|(other, _)| matches!(other, Touched::Column(of, _) if of == table));
            for (column, doings) in columns {
                for (by, user) in users {
                    let changed = doings.iter().find(|(other, touch)| {
                        let comes = matches!(touch.kind, TouchKind::Create | TouchKind::CreateIfMissing)
                            && user.kind == TouchKind::Bind;
                        let goes = matches!(touch.kind, TouchKind::Drop | TouchKind::DropIfExists);
                        other != by && (comes || goes) && !self.ordered.are_ordered(*other, *by)
                    });
                    if let Some(changed) = changed {
                        let clash = Clash {
                            what: "the other one means every column that is there",
                            fails: user.kind == TouchKind::Use,
                        };
                        self.say(*changed, (*by, user), column, clash);
                    }
                }
            }
        }
    }

    fn requires(&self, migration: u32, touch: &Touch, column: &str) -> bool {
        match touch.kind {
            TouchKind::Set("not null", 1) => true,
            TouchKind::Create => {
                let act = self.linted[migration as usize]
                    .migration
                    .acts
                    .get(touch.statement as usize);
                let Some(Action::AlterTable(table)) = act.map(|act| &act.action) else {
                    return false;
                };
                table.commands.iter().any(|(command, _)| match command {
                    AlterCommand::AddColumn { column: added, .. } => {
                        let filled = added.constraints.iter().any(|constraint| {
                            matches!(
                                constraint.kind,
                                ConstraintKind::Default(_)
                                    | ConstraintKind::Generated { .. }
                                    | ConstraintKind::Identity { .. }
                            )
                        });
                        *added.name == *column && added.is_not_null() && !filled
                    }
                    _ => false,
                })
            }
            _ => false,
        }
    }

    fn inserts_without(&self, migration: u32, touch: &Touch, table: &Key, column: &str) -> bool {
        let act = self.linted[migration as usize]
            .migration
            .acts
            .get(touch.statement as usize);
        match act.map(|act| &act.action) {
            Some(Action::Dml(change)) => {
                change.action == DmlAction::Insert
                    && *change.target.name == *table.name
                    && !change.columns.is_empty()
                    && !change.columns.iter().any(|own| **own == *column)
            }
            _ => false,
        }
    }

    fn same_text(&self, (one, left): Doing<'_>, (other, right): Doing<'_>) -> bool {
        let text = |migration: u32, touch: &Touch| {
            let migration = self.linted[migration as usize].migration;
            let act = migration.acts.get(touch.statement as usize)?;
            Some(crate::sql::normal::normalised(migration.text(act)))
        };
        text(one, left).is_some_and(|left| Some(left) == text(other, right))
    }

    fn say(&mut self, (earlier, left): Doing<'a>, (later, right): Doing<'a>, what: &Touched, clash: Clash) {
        let ((first, one), (second, other)) = if earlier < later {
            ((earlier, left), (later, right))
        } else {
            ((later, right), (earlier, left))
        };
        if !self.reported[first as usize] && !self.reported[second as usize] {
            return;
        }
        // Where only the earlier one is asked about, it is told there.
        let (at, touch) = if self.reported[second as usize] {
            (second, other)
        } else {
            (first, one)
        };
        let is_told = |migration: u32| self.missing.contains(&(migration, shown(what)));
        if is_told(first) || is_told(second) || !self.said.insert((first, second, shown(what))) {
            return;
        }
        let (former, latter) = (&self.linted[first as usize], &self.linted[second as usize]);
        let message = format!(
            "what becomes of {what} depends on the order of {} and {}: {}",
            name(former),
            name(latter),
            clash.what
        );
        let effect = if clash.fails {
            "No edge orders the two: in one order a statement fails, and with it the whole migration."
        } else {
            "No edge orders the two: both orders succeed and leave different databases."
        };
        let mut problem = Problem::new(touch.span.clone(), message)
            .object(shown(what))
            .effect(format!(
                "{effect} The other statement is \"{}\".",
                self.quoted(if at == second {
                    (first, one)
                } else {
                    (second, other)
                })
            ))
            .instead(edge_to(self.linted, latter, first, self.ordered));
        // What asks before it acts is prepared for both orders, more or less.
        if (!clash.fails && matches!(what, Touched::Rows(_) | Touched::Row(..)))
            || one.conditional
            || other.conditional
        {
            problem = problem.level(Level::Warning);
        }
        self.found.push(Found {
            migration: at,
            rule: &order_dependent::RULE,
            problem,
        });
    }

    /// The first line of a statement, with the migration that it stands in.
    fn quoted(&self, (migration, touch): Doing<'_>) -> String {
        let linted = &self.linted[migration as usize];
        let act = linted.migration.acts.get(touch.statement as usize);
        let line = act
            .map(|act| linted.migration.text(act))
            .and_then(|text| text.lines().next())
            .unwrap_or_default();
        format!("{}: {}", id(linted), line.chars().take(80).collect::<String>())
    }
}

/// Says whether a trigger function raises or assigns to a row without a condition on more than the operation and the
/// columns that change.
fn acts_on_rows(body: &Body, set: &[Box<str>]) -> bool {
    body.statements.iter().any(|statement| {
        let acts = match &statement.kind {
            BodyKind::Raise { exception, .. } => *exception,
            BodyKind::Sql(act) => !matches!(act.action, Action::Select(_)),
            BodyKind::Expression(expr) => assigns_to_row(expr),
            _ => false,
        };
        acts && !statement.caught && statement.conditions.iter().all(|condition| holds(condition, set))
    })
}

/// Says whether a condition may hold for every row: it asks only the operation, or a column of the row that is set.
fn holds(condition: &Expr, set: &[Box<str>]) -> bool {
    let mut asks_row = false;
    let mut asks_set = false;
    let other = condition.any(|part| {
        let Some(column) = part.as_column() else {
            return matches!(part.kind, ExprKind::Call { .. } | ExprKind::Query(_));
        };
        let of = column.qualifier.as_ref().map(|of| of.name.to_ascii_lowercase());
        if matches!(of.as_deref(), Some("old" | "new")) {
            asks_row = true;
            asks_set |= set.contains(&column.name);
            return false;
        }
        let is_operation = |name: &str| name.to_ascii_lowercase().starts_with("tg_");
        !is_operation(&column.name) && of.as_deref().is_none_or(|of| !is_operation(of))
    });
    !other && (!asks_row || asks_set)
}

/// Says whether an assignment changes the row, to anything but the time.
fn assigns_to_row(expr: &Expr) -> bool {
    let ExprKind::Operator { sign, operands } = &expr.kind else {
        return false;
    };
    let is_time = |part: &Expr| match &part.kind {
        ExprKind::Call { name, .. } => {
            matches!(
                name.name.as_str(),
                "now" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp"
            ) || name.name.starts_with("current_")
        }
        _ => false,
    };
    &**sign == ":=" && operands.last().is_some_and(|value| !value.any(is_time))
}

/// Says whether an object is of a session: nobody else sees it.
fn is_temporary(what: &Touched) -> bool {
    match what {
        Touched::Relation(key)
        | Touched::Column(key, _)
        | Touched::Constraint(key, _)
        | Touched::Index(key)
        | Touched::Trigger(key, _)
        | Touched::Rows(key)
        | Touched::Row(key, _)
        | Touched::UniqueKey(key, _)
        | Touched::Routine(key)
        | Touched::Type(key)
        | Touched::Sequence(key) => &*key.schema == "pg_temp",
        _ => false,
    }
}

/// What a migration makes itself before it touches it is none of the other one's business, unless both make it.
fn made_by_itself(doings: &[Doing<'_>], migration: u32, touch: &Touch) -> bool {
    let makes = |touch: &Touch| matches!(touch.kind, TouchKind::Create | TouchKind::Replace(_));
    !makes(touch)
        && doings
            .iter()
            .take_while(|(_, other)| !std::ptr::eq(*other, touch))
            .any(|(other, earlier)| *other == migration && makes(earlier))
}

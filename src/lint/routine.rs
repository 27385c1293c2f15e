//! The functions that a file makes or changes.

use std::sync::Arc;

use super::context::Ended;
use super::schema::Routine;
use super::walk::every_act;
use crate::model::quote_identifier;
use crate::sql::act::{Action, Span};

/// A function that a file makes or changes, as it is at the end.
#[derive(Clone, Debug)]
pub struct Changed<'a> {
    /// The function.
    pub routine: &'a Routine,
    /// As it was before the file.
    pub before: Option<&'a Routine>,
    /// Whether it is created or replaced, as against altered.
    pub is_created: bool,
    /// Whether OR REPLACE is written, which keeps owner and grants.
    pub is_replaced: bool,
    /// The last statement that did.
    pub span: Span,
}

impl Changed<'_> {
    /// Returns the function as SQL names it, with the types of its arguments.
    pub fn signature(&self) -> String {
        let arguments: Vec<String> = self.routine.arguments.iter().map(|of| of.normal()).collect();
        format!(
            "{}.{}({})",
            quote_identifier(&self.routine.key.schema),
            quote_identifier(&self.routine.key.name),
            arguments.join(", ")
        )
    }
}

/// Returns the functions that a file makes or changes and that are there at its end, in the order of the text.
pub fn changed_routines<'a>(ended: &Ended<'a>) -> Vec<Changed<'a>> {
    let mut found: Vec<Changed<'a>> = Vec::new();
    for walked in every_act(ended.migration) {
        let (written, is_created) = match &walked.act.action {
            Action::CreateRoutine(written) => (written, true),
            Action::AlterRoutine(written) => (written, false),
            _ => continue,
        };
        for routine in ended.after.routines(&written.name) {
            let wanted = !is_created && written.arguments.is_empty()
                || (routine.arguments.len() == written.arguments.len()
                    && routine
                        .arguments
                        .iter()
                        .zip(&written.arguments)
                        .all(|(one, other)| one.normal() == other.normal()));
            if !wanted {
                continue;
            }
            let before = ended
                .before
                .routines_at(&routine.key)
                .find(|before| same(before, routine))
                .map(|before| &**before);
            let earlier = found
                .iter()
                .position(|changed| std::ptr::eq(changed.routine, &**routine));
            let was_created = earlier.map(|at| found.remove(at).is_created).unwrap_or(false);
            found.push(Changed {
                routine: Arc::as_ref(routine),
                before,
                is_created: is_created || was_created,
                is_replaced: written.or_replace,
                span: walked.act.span.clone(),
            });
        }
    }
    found
}

fn same(one: &Routine, other: &Routine) -> bool {
    one.arguments.len() == other.arguments.len()
        && one
            .arguments
            .iter()
            .zip(&other.arguments)
            .all(|(one, other)| one.normal() == other.normal())
}

/// Says whether a function sets its own search_path.
pub fn is_pinned(routine: &Routine) -> bool {
    routine.settings.contains_key("search_path")
}

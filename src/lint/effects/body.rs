//! DO blocks, procedures and functions that are called: everything that their bodies do, taken together.

use super::gather::Gather;
use super::{Effects, Sure};
use crate::lint::schema::{Log, Origin, Schema, replay};
use crate::sql::WrittenName;
use crate::sql::act::Body;
use crate::sql::act::routine::BodyKind;

/// How many routines may call each other before the rest is called unknown.
const DEEPEST: usize = 8;

impl Gather<'_> {
    /// The statements of a body, each in the schema that those before it leave.
    pub(super) fn body(&mut self, body: &Body) {
        if body.broken.is_some() {
            return self.opaque();
        }
        let mut schema: Schema = self.schema.clone();
        let place = replay::Place {
            origin: Origin::Made {
                migration: u32::MAX,
                transaction: self.transaction.number,
                statement: u32::MAX,
            },
            conditional: false,
            in_body: true,
        };
        for statement in &body.statements {
            match &statement.kind {
                BodyKind::Sql(act) | BodyKind::Dynamic(act) => {
                    let mut inner = Gather::new(&schema, self.transaction, self.major);
                    inner.depth = self.depth;
                    inner.act(act);
                    let effects: Effects = inner.effects;
                    self.absorb(effects);
                    if statement.conditional || statement.caught {
                        self.assume();
                    }
                    replay::replay(&mut schema, act, place, &mut Log::default());
                }
                BodyKind::Opaque { .. } => self.opaque(),
                _ => {}
            }
        }
    }

    fn opaque(&mut self) {
        self.effects.sure = self.effects.sure.max(Sure::Opaque);
    }

    /// CALL of a procedure: its body, where there is one.
    pub(super) fn call(&mut self, name: &WrittenName) {
        if !self.routine(name) {
            self.opaque();
        }
    }

    /// Functions that a statement calls; those of the server and of extensions do nothing that is known here.
    pub(super) fn calls(&mut self, calls: &[(WrittenName, u16, crate::sql::act::Span)]) {
        for (name, ..) in calls {
            self.routine(name);
        }
    }

    /// Takes over what the bodies of a routine do; says whether there is one.
    fn routine(&mut self, name: &WrittenName) -> bool {
        if self.depth >= DEEPEST {
            return false;
        }
        let bodies: Vec<_> = self
            .schema
            .routines(name)
            .into_iter()
            .filter_map(|routine| routine.body.clone())
            .collect();
        self.depth += 1;
        bodies.iter().for_each(|body| self.body(body));
        self.depth -= 1;
        !bodies.is_empty()
    }
}

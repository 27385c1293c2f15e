//! DO blocks: the statements in them run, those below conditions perhaps.

use super::{Place, Replay, replay};
use crate::sql::act::Body;
use crate::sql::act::routine::BodyKind;

impl Replay<'_> {
    pub(super) fn block(&mut self, body: &Body) {
        for statement in &body.statements {
            let act = match &statement.kind {
                BodyKind::Sql(act) | BodyKind::Dynamic(act) => act,
                BodyKind::Expression(expr) if !statement.conditional && !statement.caught => {
                    self.runs_in(expr);
                    continue;
                }
                _ => continue,
            };
            let place = Place {
                conditional: self.place.conditional || statement.conditional || statement.caught,
                in_body: true,
                ..self.place
            };
            replay(self.schema, act, place, self.log);
        }
    }
}

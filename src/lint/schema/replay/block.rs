//! DO blocks: the statements in them run, those below conditions perhaps.

use super::{Place, Replay, replay};
use crate::sql::act::Body;
use crate::sql::act::routine::BodyKind;

impl Replay<'_> {
    pub(super) fn block(&mut self, body: &Body) {
        for statement in &body.statements {
            let (BodyKind::Sql(act) | BodyKind::Dynamic(act)) = &statement.kind else {
                continue;
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

//! Whether two touches of one object commute: a table.

use crate::lint::schema::{Touch, TouchKind, Touched};
use crate::sql::act::ObjectKind;

/// How two touches of one object clash.
pub(super) struct Clash {
    /// What both do.
    pub what: &'static str,
    /// Whether the later one fails; otherwise the result differs.
    pub fails: bool,
}

/// Says why two touches do not commute, or nothing where they do. `same` says whether the statements are the same text.
pub(super) fn clash(one: &Touch, other: &Touch, same: bool) -> Option<Clash> {
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

fn changes(facet: &'static str, _one: &Touch, same: bool) -> Option<Clash> {
    let differs = |what| Some(Clash { what, fails: false });
    match facet {
        "labels" => differs("both add labels, and their order follows that of the migrations"),
        "values" if !same => differs("both set its values, and the last one wins"),
        "definition" | "partition" | "inheritance" | "deferrability" if !same => {
            differs("both change its definition")
        }
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

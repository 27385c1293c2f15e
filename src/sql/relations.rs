//! Which relations a statement names, and in which part.

use std::collections::BTreeSet;
use std::ops::Range;

use super::name::{WrittenName, fold};
use super::parse::{AstNode, SourceFile, SyntaxKind, SyntaxNode, range_of};
use crate::model::quote_identifier;

/// The relations that a statement names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Relations whose rows are read.
    pub reads: BTreeSet<WrittenName>,
    /// Relations whose rows are written.
    pub writes: BTreeSet<WrittenName>,
    /// Parents of foreign keys that the statement checks existing rows against.
    pub references: BTreeSet<WrittenName>,
    /// Relations that an ALTER TABLE changes, with what it says about row security.
    pub altered: Vec<(WrittenName, Alteration)>,
    /// Names of functions called.
    pub calls: BTreeSet<WrittenName>,
}

/// What an ALTER TABLE does, as far as row security goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// ENABLE ROW LEVEL SECURITY.
    EnablesRowSecurity,
    /// DISABLE ROW LEVEL SECURITY.
    DisablesRowSecurity,
    /// Enables or disables a trigger.
    SwitchesTrigger,
    /// Adds or validates a foreign key.
    ChecksForeignKey,
    /// Anything else.
    Other,
}

impl Touched {
    /// Returns all relations whose rows are read or written.
    pub fn rows_of(&self) -> impl Iterator<Item = &WrittenName> {
        self.reads.iter().chain(&self.writes).chain(&self.references)
    }
}

/// The kind of a statement that changes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DmlKind {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// MERGE.
    Merge,
}

/// A statement that changes rows of one relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dml {
    /// What it does.
    pub kind: DmlKind,
    /// The relation.
    pub target: WrittenName,
    /// The relation as written, ONLY and alias included: what can stand after FROM.
    pub source: String,
    /// How its columns are qualified inside the statement: the alias as written, or the name as SQL.
    pub qualifier: String,
    /// The columns that an UPDATE sets.
    pub sets: Vec<String>,
    /// Whether other relations are joined by FROM or USING.
    pub joins: bool,
    /// Whether a WITH clause stands before it.
    pub with: bool,
    /// The bytes of the condition after WHERE, in the text that was read.
    pub condition: Option<Range<usize>>,
    /// Whether the condition is WHERE CURRENT OF.
    pub current_of: bool,
    /// Where the statement's WHERE ends or could stand: before RETURNING or at the end.
    pub condition_end: usize,
}

const DML: [(SyntaxKind, DmlKind); 4] = [
    (SyntaxKind::INSERT, DmlKind::Insert),
    (SyntaxKind::UPDATE, DmlKind::Update),
    (SyntaxKind::DELETE, DmlKind::Delete),
    (SyntaxKind::MERGE, DmlKind::Merge),
];

/// Reads which relations a single statement names.
pub fn touched(sql: &str) -> Touched {
    let root = SourceFile::parse(sql).tree().syntax().clone();
    let mut touched = Touched::default();
    let mut local = BTreeSet::new();
    for node in root.descendants() {
        match node.kind() {
            SyntaxKind::CTE_NAME => local.extend(name_of(&node)),
            SyntaxKind::RELATION_NAME_REF | SyntaxKind::TABLE_NAME_REF | SyntaxKind::VIEW_REF => {
                add(&mut touched, &node);
            }
            SyntaxKind::CALL_EXPR => touched.calls.extend(called(&node)),
            _ => {}
        }
    }
    alterations(&root, &mut touched);
    touched
        .reads
        .retain(|name| name.schema.is_some() || !local.contains(name));
    touched
}

/// Reads a statement that changes rows; none for any other statement and for one that does not parse.
pub fn dml(sql: &str) -> Option<Dml> {
    let root = SourceFile::parse(sql).tree().syntax().clone();
    let node = root
        .children()
        .find(|node| DML.iter().any(|(kind, _)| *kind == node.kind()))?;
    let kind = DML.iter().find(|(kind, _)| *kind == node.kind())?.1;
    let relation = node.children().find(|child| {
        matches!(
            child.kind(),
            SyntaxKind::RELATION_NAME | SyntaxKind::TABLE_RELATION_NAME | SyntaxKind::RELATION_NAME_REF
        )
    })?;
    let target = name_of(&relation)?;
    let child = |kind: SyntaxKind| node.children().find(|child| child.kind() == kind);
    let alias = node.children().find(|child| {
        matches!(
            child.kind(),
            SyntaxKind::OPTIONAL_AS_ALIAS | SyntaxKind::REQUIRED_AS_ALIAS
        )
    });
    let source = match &alias {
        Some(alias) => format!("{} {}", relation.text(), alias.text()),
        None => relation.text().to_string(),
    };
    let qualifier = alias
        .as_ref()
        .and_then(alias_of)
        .unwrap_or_else(|| quote_identifier(&target.name));
    let condition = child(SyntaxKind::WHERE_CLAUSE).and_then(|clause| clause.children().next());
    if condition.as_ref().is_some_and(|node| range_of(node).is_empty()) {
        return None;
    }
    let sets = child(SyntaxKind::SET_CLAUSE)
        .into_iter()
        .flat_map(|clause| clause.descendants());
    let sets = sets
        .filter(|node| node.kind() == SyntaxKind::COLUMN_TARGET)
        .filter_map(|node| first_name(&node));
    let returning = child(SyntaxKind::RETURNING_CLAUSE);
    let end = returning.map_or_else(|| sql.trim_end().len(), |clause| range_of(&clause).start);
    Some(Dml {
        kind,
        target,
        source,
        qualifier,
        sets: sets.collect(),
        joins: child(SyntaxKind::FROM_CLAUSE).is_some() || child(SyntaxKind::USING_CLAUSE).is_some(),
        with: child(SyntaxKind::WITH_CLAUSE).is_some(),
        current_of: child(SyntaxKind::WHERE_CURRENT_OF).is_some(),
        condition_end: condition.as_ref().map_or(end, |node| range_of(node).end),
        condition: condition.map(|node| range_of(&node)),
    })
}

/// The name in `AS name`, as written.
fn alias_of(alias: &SyntaxNode) -> Option<String> {
    let words = alias
        .descendants_with_tokens()
        .filter_map(|element| element.into_token());
    words
        .filter(|token| !token.kind().is_trivia())
        .last()
        .map(|token| token.text().to_owned())
}

/// Puts a reference where its place in the tree says.
fn add(touched: &mut Touched, node: &SyntaxNode) {
    use SyntaxKind as K;
    let (Some(name), Some(parent)) = (name_of(node), node.parent()) else {
        return;
    };
    // `ONLY t` and `t *` put one more node between.
    let parent = match parent.kind() {
        K::RELATION_NAME | K::TABLE_RELATION_NAME => parent.parent().unwrap_or(parent),
        _ => parent,
    };
    match parent.kind() {
        K::RELATION_FROM_ITEM | K::TABLE | K::REFRESH => touched.reads.insert(name),
        K::UPDATE | K::DELETE | K::MERGE => touched.reads.insert(name.clone()) | touched.writes.insert(name),
        K::INSERT => touched.writes.insert(name),
        K::FOREIGN_KEY_CONSTRAINT | K::REFERENCES_CONSTRAINT => {
            checks_rows(&parent) && touched.references.insert(name)
        }
        _ if parent.ancestors().any(|above| above.kind() == K::COPY) => copied(touched, &parent, name),
        _ => false,
    };
}

fn copied(touched: &mut Touched, parent: &SyntaxNode, name: WrittenName) -> bool {
    let statement = parent.ancestors().find(|above| above.kind() == SyntaxKind::COPY);
    let writes = statement.is_some_and(|copy| {
        copy.descendants_with_tokens()
            .any(|element| element.kind() == SyntaxKind::FROM_KW)
    });
    if writes {
        touched.writes.insert(name)
    } else {
        touched.reads.insert(name)
    }
}

/// Says whether adding a foreign key looks at rows that exist.
///
/// It does not where the table is new, where it is NOT VALID, and where the column is new and has no default: all its
/// values are null (manual, ALTER TABLE, major 15; ATAddForeignKeyConstraint skips the validation).
fn checks_rows(constraint: &SyntaxNode) -> bool {
    use SyntaxKind as K;
    for above in constraint.ancestors().skip(1) {
        match above.kind() {
            K::CREATE_TABLE => return false,
            K::ADD_COLUMN => {
                return above
                    .descendants()
                    .any(|node| node.kind() == K::DEFAULT_CONSTRAINT);
            }
            K::ADD_CONSTRAINT => return !above.descendants().any(|node| node.kind() == K::NOT_VALID),
            _ => {}
        }
    }
    true
}

fn alterations(root: &SyntaxNode, touched: &mut Touched) {
    use SyntaxKind as K;
    for statement in root.children().filter(|node| node.kind() == K::ALTER_TABLE) {
        let Some(name) = statement
            .descendants()
            .find(|node| matches!(node.kind(), K::RELATION_NAME_REF | K::TABLE_NAME_REF))
            .and_then(|node| name_of(&node))
        else {
            continue;
        };
        for node in statement.descendants() {
            let alteration = match node.kind() {
                K::ENABLE_RLS => Alteration::EnablesRowSecurity,
                K::DISABLE_RLS => Alteration::DisablesRowSecurity,
                K::ENABLE_TRIGGER
                | K::DISABLE_TRIGGER
                | K::ENABLE_ALWAYS_TRIGGER
                | K::ENABLE_REPLICA_TRIGGER => Alteration::SwitchesTrigger,
                K::FOREIGN_KEY_CONSTRAINT | K::REFERENCES_CONSTRAINT if checks_rows(&node) => {
                    Alteration::ChecksForeignKey
                }
                K::VALIDATE_CONSTRAINT => Alteration::ChecksForeignKey,
                _ => continue,
            };
            if alteration == Alteration::ChecksForeignKey {
                touched.reads.insert(name.clone());
            }
            touched.altered.push((name.clone(), alteration));
        }
    }
}

fn called(call: &SyntaxNode) -> Option<WrittenName> {
    let function = call.children().next()?;
    matches!(function.kind(), SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR)
        .then(|| name_of(&function))
        .flatten()
}

/// The column of a target such as `a`, `a[1]` or `a.field`.
fn first_name(node: &SyntaxNode) -> Option<String> {
    let mut tokens = node
        .descendants_with_tokens()
        .filter_map(|element| element.into_token());
    tokens
        .find(|token| !token.kind().is_trivia())
        .map(|token| fold(token.text()))
}

/// Reads the identifiers below a node as one name.
fn name_of(node: &SyntaxNode) -> Option<WrittenName> {
    let mut parts: Vec<String> = node
        .descendants_with_tokens()
        .filter_map(|element| element.into_token())
        .filter(|token| !token.kind().is_trivia())
        .map(|token| token.text().to_owned())
        .filter(|text| !text.eq_ignore_ascii_case("only") && !matches!(text.as_str(), "." | "*" | "(" | ")"))
        .map(|text| fold(&text))
        .collect();
    let name = parts.pop()?;
    Some(WrittenName {
        schema: parts.pop(),
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(set: &BTreeSet<WrittenName>) -> String {
        set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn relations_are_found_where_they_stand() {
        let cases = [
            (
                "UPDATE a SET x = b.x FROM s.b JOIN \"C\" USING (id) WHERE a.id IN (SELECT id FROM d)",
                "C a d s.b",
                "a",
            ),
            ("INSERT INTO a SELECT * FROM b, LATERAL (TABLE c) x", "b c", "a"),
            (
                "WITH w AS (SELECT * FROM b) DELETE FROM ONLY a USING w WHERE true",
                "a b",
                "a",
            ),
            (
                "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE",
                "a b",
                "a",
            ),
            ("CREATE TABLE t AS SELECT * FROM a", "a", ""),
            ("CREATE MATERIALIZED VIEW m AS SELECT * FROM a", "a", ""),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY s.m", "s.m", ""),
            ("COPY a (x) FROM '/tmp/x'", "", "a"),
            ("COPY a TO '/tmp/x'", "a", ""),
            ("COPY (SELECT * FROM a) TO '/tmp/x'", "a", ""),
            ("SELECT count(*) FROM a WHERE EXISTS (SELECT FROM b)", "a b", ""),
            (
                "ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES b (id)",
                "a",
                "",
            ),
            (
                "ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES b (id) NOT VALID",
                "",
                "",
            ),
            ("ALTER TABLE a ADD COLUMN x int REFERENCES b (id)", "", ""),
            (
                "ALTER TABLE a ADD COLUMN x int DEFAULT 1 REFERENCES b (id)",
                "a",
                "",
            ),
            (
                "CREATE TABLE a (x int REFERENCES b (id), FOREIGN KEY (x) REFERENCES c (id))",
                "",
                "",
            ),
            ("ALTER TABLE a VALIDATE CONSTRAINT f", "a", ""),
            ("ALTER TABLE a ADD COLUMN x int", "", ""),
        ];
        for (sql, reads, writes) in cases {
            let touched = touched(sql);
            assert_eq!(
                (names(&touched.reads).as_str(), names(&touched.writes).as_str()),
                (reads, writes),
                "{sql}"
            );
        }
        let key = touched("ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES s.b");
        assert_eq!(names(&key.references), "s.b");
        let on = touched("ALTER TABLE IF EXISTS ONLY s.a ENABLE ROW LEVEL SECURITY, DISABLE TRIGGER x");
        assert_eq!(
            on.altered,
            [
                (
                    WrittenName::parse("s.a").expect("name"),
                    Alteration::EnablesRowSecurity
                ),
                (
                    WrittenName::parse("s.a").expect("name"),
                    Alteration::SwitchesTrigger
                )
            ]
        );
    }

    #[test]
    fn changes_of_rows_are_taken_apart() {
        let sql = "UPDATE ONLY s.t AS x SET a = 1 WHERE x.b = f(2) OR false RETURNING a";
        let dml = dml(sql).expect("an UPDATE");
        assert_eq!(dml.kind, DmlKind::Update);
        assert_eq!(
            (dml.source.as_str(), dml.qualifier.as_str()),
            ("ONLY s.t AS x", "x")
        );
        assert_eq!(
            dml.condition.map(|range| &sql[range]),
            Some("x.b = f(2) OR false")
        );
        assert_eq!(sql[dml.condition_end..].trim(), "RETURNING a");
        assert!(!dml.joins && !dml.with);
        assert_eq!(dml.sets, ["a"]);
        let several =
            super::dml("UPDATE t SET (a, \"B\") = (SELECT x, y FROM u), c[1] = d, E = 1").expect("an UPDATE");
        assert_eq!(several.sets, ["a", "B", "c", "e"]);
        let joined = super::dml("DELETE FROM t USING u WHERE t.id = u.id").expect("a DELETE");
        assert!(joined.joins);
        let all = super::dml("WITH w AS (SELECT 1) UPDATE t SET a = 1 -- end").expect("an UPDATE");
        assert!(all.with && all.condition.is_none());
        assert_eq!(super::dml("SELECT 1"), None);
        assert_eq!(super::dml("UPDATE SET WHERE"), None);
        let calls = touched("SELECT s.f(1), now(), g(h(x)) FROM t").calls;
        assert_eq!(names(&calls), "g h now s.f");
    }
}

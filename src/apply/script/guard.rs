//! The guard of a section, and verify files, as blocks that run inside the script's transaction.
//!
//! What a guard records is known only when the script runs, so it keeps its record in a setting of the transaction.
//! The steps are those of `apply::rls_guard`.

use super::super::tree::TREE;
use crate::model::quote_literal;
use crate::plan::Step;
use crate::sql::{RowSecurity, Section};

/// Reads the trees of `named` into `states`, and of them keeps those that belong to `tables` or have row security.
const STATES: &str = "
    states := (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(seen) ORDER BY seen.place), '[]')
               FROM (SELECT pg_catalog.row_number() OVER () AS place, read.*
                     FROM ($TREE) AS read
                         (oid, schema, name, roots, row_security, forced, owned, owner, triggers)) AS seen);
    secured := ARRAY(SELECT pg_catalog.unnest(pg_catalog.string_to_array(one->>'roots', ','))
                     FROM pg_catalog.jsonb_array_elements(states) AS one
                     WHERE one->>'row_security' = 'true');
    states := (SELECT COALESCE(pg_catalog.jsonb_agg(one ORDER BY place), '[]')
               FROM pg_catalog.jsonb_array_elements(states) WITH ORDINALITY AS element (one, place)
               WHERE pg_catalog.string_to_array(one->>'roots', ',') && (tables || secured));
";

/// Locks what is in `states`, in name order.
const LOCK: &str = "
    list := (SELECT pg_catalog.string_agg(pg_catalog.format('ONLY %I.%I', one->>'schema', one->>'name'), ', '
                                          ORDER BY one->>'schema' COLLATE \"C\", one->>'name' COLLATE \"C\")
             FROM pg_catalog.jsonb_array_elements(states) AS one);
    IF list IS NOT NULL THEN
        EXECUTE 'LOCK TABLE ' || list || ' IN ACCESS EXCLUSIVE MODE';
    END IF;
";

const DECLARE: &str = "
DECLARE
    tables pg_catalog.text[] := $TABLES;
    named pg_catalog.oid[] := $NAMED;
    triggers pg_catalog.text[] := $TRIGGERS;
    secured pg_catalog.text[];
    states pg_catalog.jsonb;
    before pg_catalog.jsonb;
    state pg_catalog.jsonb;
    switched pg_catalog.jsonb;
    list pg_catalog.text;
    target pg_catalog.text;
BEGIN
    tables := pg_catalog.array_remove(tables, NULL);
    named := pg_catalog.array_remove(named, NULL);
";

const ENTER: &str = "
    IF tables = '{}' THEN
        RAISE EXCEPTION USING MESSAGE = 'zerodrift: the table of a backfill does not exist: ' || $TABLE;
    END IF;
    $STATES
    $LOCK
    $STATES
    PERFORM pg_catalog.set_config('zerodrift.guard', states::pg_catalog.text, true);
    IF EXISTS (SELECT FROM pg_catalog.unnest(triggers) AS wanted
               WHERE wanted <> ALL (ARRAY(
                   SELECT known->>0
                   FROM pg_catalog.jsonb_array_elements(states) AS one,
                        pg_catalog.jsonb_array_elements(COALESCE((one->>'triggers')::pg_catalog.jsonb, '[]')) AS known
                   WHERE pg_catalog.string_to_array(one->>'roots', ',') @> tables))) THEN
        RAISE EXCEPTION USING MESSAGE = 'zerodrift: a trigger of a backfill does not exist on table ' || $TABLE;
    END IF;
    FOR state IN SELECT one FROM pg_catalog.jsonb_array_elements(states) WITH ORDINALITY AS element (one, place)
                 ORDER BY place LOOP
        target := pg_catalog.format('%I.%I', state->>'schema', state->>'name');
        IF state->>'row_security' = 'true' THEN
            EXECUTE 'ALTER TABLE ONLY ' || target || ' DISABLE ROW LEVEL SECURITY';
        END IF;
        FOR switched IN SELECT known
                        FROM pg_catalog.jsonb_array_elements(COALESCE((state->>'triggers')::pg_catalog.jsonb, '[]')) AS known
                        WHERE pg_catalog.string_to_array(state->>'roots', ',') @> tables
                          AND known->>0 = ANY (triggers) AND known->>1 <> 'D' LOOP
            EXECUTE pg_catalog.format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', target, switched->>0);
        END LOOP;
    END LOOP;
END";

const LEAVE: &str = "
    before := pg_catalog.current_setting('zerodrift.guard')::pg_catalog.jsonb;
    list := (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', n.nspname, c.conname), ', ')
             FROM pg_catalog.pg_constraint AS c
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
             WHERE c.condeferrable
               AND ARRAY[c.conrelid, c.confrelid] && ARRAY(
                   SELECT (one->>'oid')::pg_catalog.oid FROM pg_catalog.jsonb_array_elements(before) AS one));
    IF list IS NOT NULL THEN
        EXECUTE 'SET CONSTRAINTS ' || list || ' IMMEDIATE';
    END IF;
    FOR state IN SELECT one FROM pg_catalog.jsonb_array_elements(before) WITH ORDINALITY AS element (one, place)
                 ORDER BY place LOOP
        target := pg_catalog.format('%I.%I', state->>'schema', state->>'name');
        FOR switched IN SELECT known
                        FROM pg_catalog.jsonb_array_elements(COALESCE((state->>'triggers')::pg_catalog.jsonb, '[]')) AS known
                        WHERE pg_catalog.string_to_array(state->>'roots', ',') @> tables AND known->>0 = ANY (triggers) LOOP
            EXECUTE pg_catalog.format(
                'ALTER TABLE ONLY %s %s TRIGGER %I',
                target,
                CASE switched->>1 WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS'
                    ELSE 'ENABLE' END,
                switched->>0);
        END LOOP;
        IF state->>'row_security' = 'true' THEN
            EXECUTE 'ALTER TABLE ONLY ' || target || ' ENABLE ROW LEVEL SECURITY';
        END IF;
    END LOOP;
    list := (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', n.nspname, c.conname), ', ')
             FROM pg_catalog.pg_constraint AS c
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
             WHERE c.condeferrable AND c.condeferred
               AND ARRAY[c.conrelid, c.confrelid] && ARRAY(
                   SELECT (one->>'oid')::pg_catalog.oid FROM pg_catalog.jsonb_array_elements(before) AS one));
    IF list IS NOT NULL THEN
        EXECUTE 'SET CONSTRAINTS ' || list || ' DEFERRED';
    END IF;
    IF EXISTS (SELECT
               FROM pg_catalog.jsonb_array_elements(before) AS old
               JOIN pg_catalog.pg_class AS c ON c.oid = (old->>'oid')::pg_catalog.oid
               WHERE c.relrowsecurity <> (old->>'row_security')::pg_catalog.bool
                  OR c.relforcerowsecurity <> (old->>'forced')::pg_catalog.bool
                  OR EXISTS (SELECT
                             FROM pg_catalog.jsonb_array_elements(COALESCE((old->>'triggers')::pg_catalog.jsonb, '[]')) AS known
                             JOIN pg_catalog.pg_trigger AS g
                               ON g.tgrelid = c.oid AND g.tgname = known->>0
                             WHERE g.tgenabled::pg_catalog.text <> known->>1)) THEN
        RAISE EXCEPTION USING MESSAGE = 'zerodrift: row security or triggers were not restored after the backfill of ' || $TABLE;
    END IF;
    PERFORM pg_catalog.set_config('zerodrift.guard', '', true);
END";

/// Locks what the guarded sections of a file will need, as far as it exists already.
pub(super) fn lock_early(step: &Step) -> String {
    let sections: Vec<&Section> = step
        .script
        .sections
        .iter()
        .filter(|section| step.row_security(section) == RowSecurity::Toggle)
        .collect();
    if sections.is_empty() {
        return String::new();
    }
    let tables: Vec<String> = sections
        .iter()
        .map(|section| section.backfill.table.quoted())
        .collect();
    let named: Vec<String> = sections
        .iter()
        .flat_map(|section| step.guarded(section))
        .map(|name| name.quoted())
        .collect();
    block(
        &format!("{DECLARE}    $STATES\n    $LOCK\nEND"),
        &tables,
        &named,
        &[],
        "",
    )
}

/// Locks, records and disables.
pub(super) fn enter(step: &Step, section: &Section) -> String {
    of(step, section, ENTER)
}

/// Restores and verifies.
pub(super) fn leave(step: &Step, section: &Section) -> String {
    of(step, section, LEAVE)
}

fn of(step: &Step, section: &Section, body: &str) -> String {
    let table = section.backfill.table.quoted();
    let named: Vec<String> = step.guarded(section).iter().map(|name| name.quoted()).collect();
    block(
        &format!("{DECLARE}{body}"),
        std::slice::from_ref(&table),
        &named,
        &section.backfill.triggers,
        &table,
    )
}

fn block(body: &str, tables: &[String], named: &[String], triggers: &[String], table: &str) -> String {
    let regclass = |name: &String| format!("pg_catalog.to_regclass({})::pg_catalog.oid", quote_literal(name));
    let texts: Vec<String> = tables
        .iter()
        .map(|name| format!("{}::pg_catalog.text", regclass(name)))
        .collect();
    let oids: Vec<String> = named.iter().map(regclass).collect();
    let triggers: Vec<String> = triggers.iter().map(|name| quote_literal(name)).collect();
    let tree = TREE.replace("'{$OIDS}'::oid[]", "named");
    let body = body
        .replace("$STATES", STATES)
        .replace("$LOCK", LOCK)
        .replace("$TREE", &tree);
    quoted(&filled(
        &body,
        &[
            (
                "TABLES",
                format!("ARRAY[{}]::pg_catalog.text[]", texts.join(", ")),
            ),
            ("TABLE", quote_literal(table)),
            ("NAMED", format!("ARRAY[{}]::pg_catalog.oid[]", oids.join(", "))),
            (
                "TRIGGERS",
                format!("ARRAY[{}]::pg_catalog.text[]", triggers.join(", ")),
            ),
        ],
    ))
}

/// Fills `$NAME` in, in one pass: what is filled in may look like a name itself.
fn filled(body: &str, values: &[(&str, String)]) -> String {
    let mut parts = body.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = values.iter().find_map(|(name, value)| {
            let rest = part.strip_prefix(name)?;
            (!rest.starts_with(|next: char| next.is_ascii_uppercase())).then_some((value, rest))
        });
        match known {
            Some((value, rest)) => text.push_str(&format!("{value}{rest}")),
            None => text.push_str(&format!("${part}")),
        }
    }
    text
}

/// Writes a statement of a verify file so that it fails where it is not true: each row a single boolean, at least one.
pub(super) fn verified(statement: &str, place: &str) -> String {
    let wrong = quote_literal(&format!("zerodrift: {place} is not true"));
    quoted(&format!(
        "
DECLARE
    one pg_catalog.record;
    rows pg_catalog.int8 := 0;
BEGIN
    FOR one IN EXECUTE {} LOOP
        rows := rows + 1;
        -- json, not jsonb: that would take two columns of one name for one.
        IF (SELECT pg_catalog.count(*) <> 1 OR pg_catalog.bool_or(value::pg_catalog.text <> 'true')
            FROM pg_catalog.json_each(pg_catalog.row_to_json(one))) THEN
            RAISE EXCEPTION USING MESSAGE = {wrong};
        END IF;
    END LOOP;
    IF rows = 0 THEN
        RAISE EXCEPTION USING MESSAGE = {wrong};
    END IF;
END",
        quote_literal(statement)
    ))
}

/// Quotes a block with a tag that does not occur in it.
fn quoted(body: &str) -> String {
    let mut tag = "zerodrift".to_owned();
    while body.contains(&format!("${tag}$")) {
        tag.push('_');
    }
    format!("DO ${tag}${body}\n${tag}$;")
}

//! Proofs: for each rewrite pairs that must be equal, and near-equal pairs that must differ.

use super::equal_text;

/// (rewrite, one text, the other, equal).
const PAIRS: &[(&str, &str, &str, bool)] = &[
    // Functions that SQL has a syntax for: 14 and later write the syntax, 13 the call.
    ("trim", "TRIM(BOTH FROM a)", "btrim(a)", true),
    (
        "trim with characters",
        "TRIM(LEADING 'x'::text FROM a)",
        "ltrim(a, 'x'::text)",
        true,
    ),
    (
        "trim of the other side",
        "TRIM(LEADING 'x'::text FROM a)",
        "rtrim(a, 'x'::text)",
        false,
    ),
    (
        "trim the other way round",
        "TRIM(BOTH b FROM a)",
        "btrim(b, a)",
        false,
    ),
    (
        "substring",
        "SUBSTRING(a FROM 2 FOR 3)",
        "\"substring\"(a, 2, 3)",
        true,
    ),
    (
        "substring, another length",
        "SUBSTRING(a FROM 2 FOR 3)",
        "\"substring\"(a, 3, 2)",
        false,
    ),
    (
        "substring for from",
        "SUBSTRING(a FOR 2)",
        "\"substring\"(a, 2)",
        false,
    ),
    (
        "position",
        "POSITION(('x'::text) IN (a))",
        "\"position\"(a, 'x'::text)",
        true,
    ),
    (
        "position the other way round",
        "POSITION((b) IN (a))",
        "\"position\"(b, a)",
        false,
    ),
    (
        "overlay",
        "OVERLAY(a PLACING b FROM 2 FOR 1)",
        "\"overlay\"(a, b, 2, 1)",
        true,
    ),
    (
        "overlay, another place",
        "OVERLAY(a PLACING b FROM 2)",
        "\"overlay\"(a, b, 3)",
        false,
    ),
    (
        "normalize",
        "NORMALIZE(a, NFD)",
        "\"normalize\"(a, 'nfd'::text)",
        true,
    ),
    (
        "normalize to another form",
        "NORMALIZE(a, NFD)",
        "\"normalize\"(a, 'nfc'::text)",
        false,
    ),
    ("is normalized", "(a IS NORMALIZED)", "is_normalized(a)", true),
    (
        "is normalized in another form",
        "(a IS NFC NORMALIZED)",
        "is_normalized(a, 'nfd'::text)",
        false,
    ),
    (
        "overlaps",
        "((a, b) OVERLAPS (c, d))",
        "\"overlaps\"(a, b, c, d)",
        true,
    ),
    (
        "overlaps of others",
        "((a, b) OVERLAPS (c, d))",
        "\"overlaps\"(a, c, b, d)",
        false,
    ),
    (
        "at time zone",
        "(a AT TIME ZONE 'UTC'::text)",
        "timezone('UTC'::text, a)",
        true,
    ),
    (
        "at time zone the other way round",
        "(a AT TIME ZONE b)",
        "timezone(a, b)",
        false,
    ),
    ("a function of ours", "TRIM(BOTH FROM a)", "app.btrim(a)", false),
    // EXTRACT is numeric and date_part is not: on one server they differ.
    (
        "extract",
        "EXTRACT(year FROM a)",
        "date_part('year'::text, a)",
        false,
    ),
    // Columns of a single source, whose name 16 and later leave out.
    (
        "a column of the only table",
        "SELECT t.a FROM s.t WHERE (t.b > 1)",
        "SELECT a FROM s.t WHERE (b > 1)",
        true,
    ),
    (
        "a column under an alias",
        "SELECT x.a FROM s.t x",
        "SELECT a FROM s.t x",
        true,
    ),
    (
        "a column of another name",
        "SELECT t.a FROM s.t",
        "SELECT b FROM s.t",
        false,
    ),
    (
        "columns of a join",
        "SELECT t.a FROM s.t, s.u",
        "SELECT a FROM s.t, s.u",
        false,
    ),
    (
        "a column of the outer query",
        "SELECT (SELECT t.a FROM s.u) FROM s.t",
        "SELECT (SELECT a FROM s.u) FROM s.t",
        false,
    ),
    (
        "an order by an output of that name",
        "SELECT t.a AS b FROM s.t ORDER BY t.b",
        "SELECT t.a AS b FROM s.t ORDER BY b",
        false,
    ),
    (
        "an order by a column",
        "SELECT t.a FROM s.t ORDER BY t.a",
        "SELECT a FROM s.t ORDER BY a",
        true,
    ),
    // The array cast that restoring a dump changes into element casts.
    (
        "array cast",
        "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        "((status)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
        true,
    ),
    (
        "array cast in a check",
        "CHECK (((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
        "CHECK (((status)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))",
        true,
    ),
    (
        "array cast, another value",
        "(x = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        "(x = ANY (ARRAY[('a'::character varying)::text, ('c'::character varying)::text]))",
        false,
    ),
    (
        "array cast, another order",
        "(x = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        "(x = ANY (ARRAY[('b'::character varying)::text, ('a'::character varying)::text]))",
        false,
    ),
    (
        "array cast, one cast missing",
        "(x = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        "(x = ANY (ARRAY[('a'::character varying)::text, 'b'::character varying]))",
        false,
    ),
    (
        "array cast with a length",
        "(ARRAY['a'::text])::varchar(3)[]",
        "ARRAY[('a'::text)::varchar(3)]",
        false,
    ),
    (
        "array cast to another type",
        "(ARRAY['1'::text])::integer[]",
        "ARRAY[('1'::text)::integer]",
        false,
    ),
    (
        "array of arrays",
        "(ARRAY[ARRAY['a'::varchar]])::text[]",
        "ARRAY[(ARRAY['a'::varchar])::text]",
        false,
    ),
    (
        "array cast of operations",
        "(ARRAY[a || b])::text[]",
        "ARRAY[(a || b)::text]",
        true,
    ),
    // Parentheses.
    ("doubled parentheses", "((a > 0))", "(a > 0)", true),
    ("parentheses around all", "(a > 0)", "a > 0", true),
    ("parentheses around a name", "(a) > 0", "a > 0", true),
    ("parentheses that group", "(a + b) * c", "a + b * c", false),
    ("parentheses before a field", "(a).b > 0", "a.b > 0", false),
    (
        "parentheses before a subscript",
        "((a)::integer[])[1]",
        "(a)::integer[1]",
        false,
    ),
    (
        "parentheses around a query",
        "x = ANY ((SELECT a FROM public.t))",
        "x = ANY (SELECT a FROM public.t)",
        false,
    ),
    ("parentheses after NOT", "NOT (a AND b)", "(NOT a) AND b", false),
    ("minus and cast", "(- 1)::text", "- (1)::text", false),
    // AND and OR.
    ("nested AND", "(a AND b) AND c", "a AND (b AND c)", true),
    (
        "nested AND with comparisons",
        "(((a > 0) AND (b > 0)) AND (c > 0))",
        "((a > 0) AND (b > 0) AND (c > 0))",
        true,
    ),
    ("AND under OR", "((a AND b) OR c)", "(a AND b OR c)", true),
    ("OR under AND", "((a OR b) AND c)", "(a OR (b AND c))", false),
    ("order of AND", "(a AND b)", "(b AND a)", false),
    ("AND for OR", "(a AND b)", "(a OR b)", false),
    // Qualification.
    ("qualified function", "pg_catalog.lower(a)", "lower(a)", true),
    ("function of another schema", "public.lower(a)", "lower(a)", false),
    ("qualified type", "(a)::pg_catalog.text", "(a)::text", true),
    ("type of another schema", "(a)::public.text", "(a)::text", false),
    (
        "column of an alias",
        "(pg_catalog.lower > 0)",
        "(lower > 0)",
        false,
    ),
    (
        "qualified operator",
        "(a OPERATOR(pg_catalog.=) b)",
        "(a = b)",
        true,
    ),
    (
        "operator of another schema",
        "(a OPERATOR(public.=) b)",
        "(a = b)",
        false,
    ),
    (
        "operator and precedence",
        "a OPERATOR(pg_catalog.*) b + c",
        "a * b + c",
        false,
    ),
    // IN and = ANY.
    (
        "IN with types",
        "(a IN ('x'::text, 'y'::text))",
        "(a = ANY (ARRAY['x'::text, 'y'::text]))",
        true,
    ),
    (
        "NOT IN with types",
        "(a NOT IN ('x'::text, 'y'::text))",
        "(a <> ALL (ARRAY['x'::text, 'y'::text]))",
        true,
    ),
    (
        "IN without types",
        "(a IN ('x', 'y'))",
        "(a = ANY (ARRAY['x', 'y']))",
        false,
    ),
    (
        "IN with mixed types",
        "(a IN ('x'::text, 'y'::bpchar))",
        "(a = ANY (ARRAY['x'::text, 'y'::bpchar]))",
        false,
    ),
    (
        "NOT IN is not <> ANY",
        "(a NOT IN ('x'::text, 'y'::text))",
        "(a <> ANY (ARRAY['x'::text, 'y'::text]))",
        false,
    ),
    // Spelling.
    ("white space and case of key words", "a  and\n b", "a AND b", true),
    ("quoted name", "\"a\" > 0", "a > 0", true),
    ("quoted name in another case", "\"A\" > 0", "a > 0", false),
    ("text in another case", "a = 'X'", "a = 'x'", false),
    ("white space in text", "a = 'x  y'", "a = 'x y'", false),
    ("comment sign in text", "a = '--b'", "a = '--c'", false),
    ("a cast more", "a = 'x'::text", "a = 'x'", false),
    ("another type", "(a)::integer", "(a)::bigint", false),
    ("not SQL", "a b c )", "a b c ))", false),
    // Whole definitions.
    (
        "query",
        " SELECT t.a\n   FROM public.t\n  WHERE ((t.s)::text = ANY ((ARRAY['a'::character varying])::text[]));",
        " SELECT t.a\n   FROM public.t\n  WHERE ((t.s)::text = ANY (ARRAY[('a'::character varying)::text]));",
        true,
    ),
    (
        "query, another column",
        "SELECT t.a FROM public.t",
        "SELECT t.b FROM public.t",
        false,
    ),
    (
        "index",
        "CREATE INDEX i ON public.t USING btree (a) WHERE ((s)::text = ANY ((ARRAY['a'::character varying])::text[]))",
        "CREATE INDEX i ON public.t USING btree (a) WHERE ((s)::text = ANY (ARRAY[('a'::character varying)::text]))",
        true,
    ),
    (
        "index, unique",
        "CREATE INDEX i ON public.t USING btree (a)",
        "CREATE UNIQUE INDEX i ON public.t USING btree (a)",
        false,
    ),
];

#[test]
fn pairs_are_equal_or_differ() {
    for (name, left, right, expected) in PAIRS {
        assert_eq!(equal_text(left, right), *expected, "{name}\n{left}\n{right}");
        assert_eq!(equal_text(right, left), *expected, "{name}, the other way round");
    }
}

/// (one text, the other, equal), between a server before 14 and a later one.
const ACROSS_14: &[(&str, &str, bool)] = &[
    ("EXTRACT(year FROM a)", "date_part('year'::text, a)", true),
    ("EXTRACT(year FROM a)", "date_part('month'::text, a)", false),
    (
        "(EXTRACT(year FROM a) > (2000)::numeric)",
        "(date_part('year'::text, a) > (2000)::double precision)",
        true,
    ),
    (
        "(EXTRACT(year FROM a) > (2000)::numeric)",
        "(date_part('year'::text, a) > (2001)::double precision)",
        false,
    ),
    ("(b > (2000)::numeric)", "(b > (2000)::double precision)", false),
    (
        "(TRIM(BOTH FROM v) = 'a'::text)",
        "(btrim((v)::text) = 'a'::text)",
        true,
    ),
    (
        "(TRIM(LEADING FROM v) = 'a'::text)",
        "(btrim((v)::text) = 'a'::text)",
        false,
    ),
    (
        "(SUBSTRING(v FROM 1 FOR 2) = 'a'::text)",
        "(\"substring\"((v)::text, 1, 2) = 'a'::text)",
        true,
    ),
    (
        "(SUBSTRING(v FROM 1 FOR 3) = 'a'::text)",
        "(\"substring\"((v)::text, 1, 2) = 'a'::text)",
        false,
    ),
    ("(v = 'a'::text)", "((v)::text = 'a'::text)", false),
];

#[test]
fn extract_is_what_it_was() {
    for (left, right, equal) in ACROSS_14 {
        assert_eq!(
            super::equal_text_across_14(left, right),
            *equal,
            "{left} and {right}"
        );
    }
}

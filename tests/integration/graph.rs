//! The graph: order, heads, labels, targets, checks, drawings.

use std::collections::HashSet;

use proptest::prelude::*;
use zerodrift::graph::{self, Graph, Policy, target};
use zerodrift::model::{Finding, Revision, RevisionId};
use zerodrift::report::drawings;

fn id(text: &str) -> RevisionId {
    RevisionId::new(text).unwrap()
}

/// A revision from a line like `core/a1 < b2 c3 | d4 : label "a message"`: parents after `<`, dependencies after `|`,
/// labels after `:`.
fn revision(line: &str) -> Revision {
    let (line, message) = line.split_once('"').unwrap_or((line, ""));
    let (line, labels) = line.split_once(':').unwrap_or((line, ""));
    let (line, depends_on) = line.split_once('|').unwrap_or((line, ""));
    let (name, parents) = line.split_once('<').unwrap_or((line, ""));
    let (branch, name) = name.trim().rsplit_once('/').unwrap_or(("", name.trim()));
    let ids = |names: &str| names.split_whitespace().map(id).collect();
    Revision {
        id: id(name),
        parents: ids(parents),
        depends_on: ids(depends_on),
        labels: labels.split_whitespace().map(str::to_owned).collect(),
        message: message.trim_end_matches('"').to_owned(),
        transaction: true,
        allow: vec![],
        approval: None,
        branch: branch.to_owned(),
        slug: String::new(),
        path: format!("migrations/{branch}/{name}.sql").into(),
        down: None,
        verify: None,
    }
}

fn build(lines: &str) -> (Graph, Vec<Finding>) {
    Graph::new(
        lines
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(revision)
            .collect(),
    )
}

fn sound(lines: &str) -> Graph {
    let (graph, findings) = build(lines);
    assert!(findings.is_empty(), "{findings:?}");
    graph
}

fn ids<'a>(revisions: impl IntoIterator<Item = &'a Revision>) -> Vec<&'a str> {
    revisions
        .into_iter()
        .map(|revision| revision.id.as_str())
        .collect()
}

fn messages(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| format!("{} {}: {}", finding.level, finding.rule, finding.message))
        .collect()
}

/// The shape of the reference project, in small: three heads, two of them labelled, folders as branches.
const THREE_HEADS: &str = "
    001_core/baseline
    001_core/202511131121 < baseline
    003_governance/202512091100 < 202511131121
    002_pii/e9b7435efea6 < 202511131121
    006_celery/202512120900 < 202511131121 : celery_foundation
    007_skeldir/202512151400 < 202512120900 202511131121 : skeldir_foundation
    007_skeldir/202512171700 < 202512151400
";

#[test]
fn order_waits_for_parents_and_dependencies_and_takes_the_smallest_id() {
    let cases = [
        ("chain against the ids", "c\n b < c\n a < b", "c b a"),
        ("free ones by id", "r\n z < r\n a < r\n m < r", "r a m z"),
        (
            "bytes, not numbers",
            "r\n 9 < r\n 10 < r\n B < r\n a < r",
            "r 10 9 B a",
        ),
        ("diamond", "r\n b < r\n a < r\n m < b a", "r a b m"),
        ("dependency delays", "r\n a < r | z\n z < r", "r z a"),
        ("dependency of a root", "b | z\n z", "z b"),
    ];
    for (name, lines, expected) in cases {
        let (graph, _) = build(lines);
        assert_eq!(ids(graph.revisions()).join(" "), expected, "{name}");
    }
}

#[test]
fn dependencies_do_not_consume_a_head() {
    let graph = sound("r\n a < r\n b < r | a");
    assert_eq!(ids(graph.heads()), ["a", "b"]);
    assert_eq!(ids(graph.dependents(&id("a"))), ["b"]);
    assert_eq!(ids(graph.children(&id("r"))), ["a", "b"]);
}

#[test]
fn labels_are_inherited_through_parents_only() {
    let graph = sound("r : all\n a < r : one\n b < r : two\n c < b | a\n m < a b");
    let labels = |name: &str| graph.labels(&id(name)).join(" ");
    assert_eq!(labels("r"), "all");
    assert_eq!(labels("a"), "all one");
    assert_eq!(labels("c"), "all two");
    assert_eq!(labels("m"), "all one two");
    assert_eq!(labels("unknown"), "");
}

#[test]
fn ancestors_go_through_both_kinds_of_edges() {
    let graph = sound("r\n a < r\n b < r | a\n c < b\n d < r");
    let sorted = |found: HashSet<RevisionId>| {
        let mut found: Vec<String> = found.into_iter().map(String::from).collect();
        found.sort();
        found.join(" ")
    };
    assert_eq!(sorted(graph.ancestors(&[id("c")])), "a b c r");
    assert_eq!(
        sorted(graph.ancestors(&[id("d"), id("a"), id("unknown")])),
        "a d r"
    );
    assert_eq!(sorted(graph.descendants(&[id("a")])), "a b c");
    assert!(graph.is_ancestor(&id("a"), &id("c")));
    assert!(graph.is_ancestor(&id("c"), &id("c")));
    assert!(!graph.is_ancestor(&id("c"), &id("a")));
    assert!(!graph.is_ancestor(&id("d"), &id("c")));
    assert!(!graph.is_ancestor(&id("unknown"), &id("c")));
}

#[test]
fn what_is_no_graph_is_reported_and_left_out() {
    let cases = [
        (
            "missing parent",
            "a1\n b2 < a11",
            "error missing-parent: revision \"b2\" names parent \"a11\", which does not exist",
        ),
        (
            "missing dependency",
            "a1\n b2 < a1 | zzz",
            "error missing-dependency: revision \"b2\" names dependency \"zzz\", which does not exist",
        ),
        (
            "itself",
            "a1\n b2 < a1 b2",
            "error self-parent: revision \"b2\" names itself in parents",
        ),
        (
            "itself as dependency",
            "a1\n b2 < a1 | b2",
            "error self-parent: revision \"b2\" names itself in depends-on",
        ),
        (
            "two files",
            "a1\n x/a1",
            "error duplicate-revision: revision \"a1\" is declared by two files",
        ),
        (
            "parent twice",
            "a1\n b2 < a1 a1",
            "warning repeated-edge: revision \"b2\" names \"a1\" twice",
        ),
        (
            "parent and dependency",
            "a1\n b2 < a1 | a1",
            "warning repeated-edge: revision \"b2\" names \"a1\" twice",
        ),
        (
            "cycle of two",
            "r\n a < b r\n b < a",
            "error cycle: 2 revisions follow each other in a circle: a -> b -> a",
        ),
        (
            "cycle through a dependency",
            "r\n a < r | c\n b < a\n c < b",
            "error cycle: 3 revisions follow each other in a circle: a -> b -> c -> a",
        ),
        (
            "shortest of several cycles",
            "r\n a < r b d\n b < a\n c < b\n d < c",
            "error cycle: 2 revisions follow each other in a circle: a -> b -> a",
        ),
        (
            "twins",
            "a1\n A1 < a1",
            "error ids-differ-only-in-case: revisions \"A1\" and \"a1\" differ only in case",
        ),
        (
            "word",
            "a1\n head < a1",
            "warning revision-looks-like-target: revision id \"head\" reads like a target of the command line",
        ),
        (
            "step",
            "a1\n -1 < a1",
            "warning revision-looks-like-target: revision id \"-1\" reads like a target of the command line",
        ),
        (
            "label twice",
            "a1 : x\n b2 < a1 : x",
            "warning duplicate-label: label \"x\" is declared by \"a1\" and \"b2\"",
        ),
    ];
    for (name, lines, expected) in cases {
        let (graph, findings) = build(lines);
        assert_eq!(messages(&findings), [expected], "{name}");
        assert!(
            findings
                .iter()
                .all(|finding| graph::rules::find(finding.rule).is_some()),
            "{name}"
        );
        assert!(
            findings
                .iter()
                .all(|f| f.location.is_some() && f.hint.is_some() && f.object.is_some()),
            "{name}"
        );
        assert_eq!(graph.revisions().count(), graph.len());
    }
}

#[test]
fn missing_parent_suggests_the_nearest_id() {
    let (_, findings) = build("202511151400\n 202511151410 < 20251115140");
    assert_eq!(
        findings[0].detail.as_deref(),
        Some("The graph has 2 revisions; the nearest id is \"202511151400\".")
    );
    let (_, findings) = build("a1\n b2 < 6c5d5f5534ef");
    assert_eq!(
        findings[0].detail.as_deref(),
        Some("The graph has 2 revisions; none has an id like this one.")
    );
}

#[test]
fn long_cycles_are_shortened_and_do_not_overflow_the_stack() {
    let count = 100_000;
    let lines: String = (0..count)
        .map(|at| format!("r{at:06} < r{:06}\n", (at + count - 1) % count))
        .collect();
    let (graph, findings) = build(&lines);
    assert_eq!(
        messages(&findings),
        [
            "error cycle: 100000 revisions follow each other in a circle: r000000 -> r000001 -> r000002 -> r000003 -> \
          r000004 -> r000005 -> r000006 -> r000007 -> r000008 -> (99990 more) -> r099999 -> r000000"
        ]
    );
    assert_eq!(graph.revisions().count(), count);
}

#[test]
fn several_roots_name_both_and_point_at_the_smaller_one() {
    let (_, findings) = build("baseline\n b < baseline\n c < b\n 202512120900\n m < c 202512120900");
    assert_eq!(
        messages(&findings),
        ["error several-roots: the graph has 2 roots instead of 1: \"baseline\", \"202512120900\""]
    );
    assert_eq!(findings[0].object.as_deref(), Some("202512120900"));
    assert!(findings[0].hint.as_deref().unwrap().contains("parents: [...]"));
}

#[test]
fn revisions_without_a_found_parent_are_no_roots() {
    let (graph, findings) = build("a1\n b2 < gone");
    assert_eq!(ids(graph.roots()), ["a1"]);
    assert_eq!(findings.len(), 1);
}

#[test]
fn several_heads_are_listed_with_labels_and_the_command_that_joins_them() {
    let graph = sound(THREE_HEADS);
    let findings = graph::check(&graph, &Policy::default());
    assert_eq!(
        messages(&findings),
        [
            "error several-heads: expected 1 head, found 3: \"202512091100\" (no labels), \"202512171700\" \
          (celery_foundation, skeldir_foundation), \"e9b7435efea6\" (no labels)"
        ]
    );
    assert_eq!(
        findings[0].hint.as_deref(),
        Some(
            "Join them with a merge revision: zerodrift merge 202512091100 202512171700 e9b7435efea6 -m \"merge heads\""
        )
    );
}

#[test]
fn allowed_labels_keep_one_head_each() {
    let graph = sound("r\n e < r : expand\n c < r : contract\n n < r");
    let heads = |labels: &[&str]| {
        let policy = Policy {
            allow_heads: labels.iter().map(|label| (*label).to_owned()).collect(),
        };
        messages(&graph::check(&graph, &policy)).join("; ")
    };
    assert_eq!(heads(&["expand", "contract"]), "");
    assert_eq!(
        heads(&["expand"]),
        "error several-heads: expected 1 head, found 2: \"c\" (contract), \"n\" (no labels)"
    );
    assert!(heads(&["expand", "contrat"]).starts_with(
        "warning unknown-head-label: label \"contrat\" may keep a head, but no revision carries it"
    ));
    let graph = sound("r : all\n a < r\n b < r");
    let policy = Policy {
        allow_heads: vec!["all".to_owned()],
    };
    assert_eq!(
        messages(&graph::check(&graph, &policy)),
        ["error several-heads: expected 1 head of label \"all\", found 2: \"a\" (all), \"b\" (all)"]
    );
}

#[test]
fn edges_across_folders_are_advice_in_the_middle_of_a_branch() {
    let cases = [
        ("first of its folder", "x/a\n y/b < a", 0),
        ("within the folder", "x/a\n x/b < a", 0),
        ("middle", "x/a\n y/b < a\n x/c < a\n y/d < c", 1),
        ("a merge", "x/a\n y/b < a\n x/c < a\n y/d < b c", 0),
        (
            "child of a merge",
            "x/a\n y/b < a\n x/c < a\n x/d < b c\n y/e < d",
            0,
        ),
    ];
    for (name, lines, expected) in cases {
        let found = graph::check(&sound(lines), &Policy::default());
        let found: Vec<_> = found
            .iter()
            .filter(|finding| finding.rule == "parent-in-other-branch")
            .collect();
        assert_eq!(found.len(), expected, "{name}: {found:?}");
    }
}

fn resolve(graph: &Graph, text: &str, applied: &str) -> Result<String, String> {
    let applied: Vec<&str> = applied.split_whitespace().collect();
    match target::resolve(graph, text, &|id| applied.contains(&id.as_str())) {
        Ok(ids) => Ok(ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" ")),
        Err(error) => {
            assert!(error.hint().ends_with(['.', '?']), "{error}");
            Err(error.to_string())
        }
    }
}

#[test]
fn targets_resolve() {
    let graph = sound(
        "x/base0
         x/ab12 < base0
         x/ab34 < ab12 : left
         y/cd56 < ab12 : right
         y/cd56-1 < cd56
         x/m < ab34 cd56-1
         x/top < m",
    );
    let cases = [
        ("head", "", "top"),
        ("heads", "", "top"),
        ("base", "", ""),
        ("top", "", "top"),
        ("ab1", "", "ab12"),
        ("base0", "", "base0"),
        ("b", "", "base0"),
        ("right", "", "cd56"),
        ("left@head", "", "top"),
        ("y@head", "", "cd56-1"),
        ("y@cd56", "", "cd56"),
        ("x@head", "", "top"),
        ("head-1", "", "m"),
        ("top-1", "", "m"),
        ("ab34+2", "", "top"),
        ("right@cd56+1", "", "cd56-1"),
        ("base0-1", "", ""),
        ("+1", "", "base0"),
        ("+2", "base0", "ab12 ab34"),
        ("base+2", "base0", "base0 ab12"),
        ("right@+1", "base0 ab12", "cd56"),
        ("-1", "base0 ab12 ab34 cd56", "ab34"),
        ("-2", "base0 ab12 ab34 cd56", "ab12"),
        ("-1", "base0", ""),
        ("cd56-1", "", "cd56-1"),
    ];
    for (text, applied, expected) in &cases {
        assert_eq!(
            resolve(&graph, text, applied).as_deref(),
            Ok(*expected),
            "{text} with {applied}"
        );
    }
}

#[test]
fn wrong_targets_say_what_could_be_meant() {
    let graph = sound(THREE_HEADS);
    let cases = [
        (
            "head",
            "target \"head\" needs one head, found 3: \"202512091100\", \"202512171700\" (celery_foundation, skeldir_foundation), \"e9b7435efea6\"",
        ),
        (
            "2025121",
            "target \"2025121\" is ambiguous: \"202512120900\" (celery_foundation), \"202512151400\" (celery_foundation, skeldir_foundation), \"202512171700\" (celery_foundation, skeldir_foundation)",
        ),
        (
            "202512091101",
            "target \"202512091101\": revision \"202512091101\" does not exist",
        ),
        (
            "skeldir@head",
            "target \"skeldir@head\": label or branch folder \"skeldir\" does not exist",
        ),
        ("", "target \"\" cannot be read: nothing is named"),
        (
            "@head",
            "target \"@head\": label or branch folder \"\" does not exist",
        ),
        (
            "celery_foundation@",
            "target \"celery_foundation@\" cannot be read: nothing is named",
        ),
        (
            "celery_foundation@base",
            "target \"celery_foundation@base\" cannot be read: base is the same for every label and folder",
        ),
        ("+0", "target \"+0\" cannot be read: a step is 1 or more"),
        ("+8", "target \"+8\" goes 8 steps, there are only 7"),
        ("-1", "target \"-1\" goes 1 step, there are only 0"),
        (
            "baseline+2",
            "target \"baseline+2\" is ambiguous: \"202512091100\", \"202512120900\" (celery_foundation), \"202512151400\" (celery_foundation, skeldir_foundation), \"e9b7435efea6\"",
        ),
        (
            "baseline-2",
            "target \"baseline-2\" goes 2 steps, there is only 1",
        ),
        (
            "202512171700+1",
            "target \"202512171700+1\" goes 1 step, there are only 0",
        ),
        (
            "base+99999999999999999999999",
            "target \"base+99999999999999999999999\" goes 18446744073709551615 steps, there are only 7",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(resolve(&graph, text, ""), Err(expected.to_owned()), "{text}");
    }
    let nearest = target::resolve(&graph, "202512091101", &|_| false).unwrap_err();
    assert_eq!(nearest.hint(), "Did you mean \"202512091100\"?");
}

#[test]
fn wide_graphs_cost_no_more_than_long_ones() {
    let names: Vec<String> = (0..50_000).map(|at| format!("r{at:05}")).collect();
    let fan: String = names
        .iter()
        .map(|name| format!("{name} < a : l{name}\n"))
        .collect();
    let octopus = format!("a\n{fan}z < {}", names.join(" "));
    let (graph, findings) = build(&octopus);
    assert_eq!((findings.len(), graph.len()), (0, 50_002));
    assert_eq!(graph.labels(&id("z")).len(), 50_000);
    assert!(graph::check(&graph, &Policy::default()).is_empty());
    let drawn = drawings::text::draw(&graph);
    assert!(drawn.lines().all(|line| line.chars().count() < 200));
    let lost: String = names
        .iter()
        .map(|name| format!("{name} < missing{name}\n"))
        .collect();
    assert_eq!(build(&lost).1.len(), 50_000);
    assert_eq!(build(&names.join("\n")).1.len(), 49_999, "all but one root");
    let lost = format!("a < {}", names.join(" "));
    assert_eq!(build(&lost).1.len(), 10, "edges of one revision");
}

#[test]
fn drawing_shows_lanes_labels_and_dependencies() {
    let graph = sound(
        "a1 \"where it began\"
         b2 < a1 : fast \"one line\"
         c3 < a1 \"the other line\"
         c4 < c3 | b2 \"more of it\"
         d4 < b2 c4 \"join both\"
         e5 < a1 \"left alone\"",
    );
    insta::assert_snapshot!(drawings::text::draw(&graph), @r"
    ● e5 (head) left alone
    │ ● d4 (head, fast) join both
    │ ├─╮
    │ │ ○ c4 more of it (after b2)
    │ │ ○ c3 the other line
    ├─│─╯
    │ ○ b2 (fast) one line
    ├─╯
    ○ a1 where it began
    ");
}

#[test]
fn drawings_escape_what_their_language_reads() {
    let graph = sound("a1 \"say \\\"hi\\\" <b>& `x` #quot; \\N\u{1b}[31m\u{202e}\nb2 < a1");
    insta::assert_snapshot!(drawings::dot::draw(&graph), @r##"
    digraph revisions {
      rankdir=BT;
      node [shape=box, fontname="sans-serif"];
      "a1" [label="a1\nsay \\\"hi\\\" <b>&amp; `x` #quot; \\N\\u{1b}[31m\\u{202e}"];
      "b2" [label="b2"];
      "a1" -> "b2";
    }
    "##);
    insta::assert_snapshot!(drawings::mermaid::draw(&graph), @r#"
    flowchart TD
      r0["a1<br/>say #92;#34;hi#92;#34; #60;b#62;#38; #96;x#96; #35;quot#59; #92;N#92;u#123;1b#125;#91;31m#92;u#123;202e#125;"]
      r1["b2"]
      r0 --> r1
    "#);
    assert!(drawings::text::draw(&graph).contains("\\u{1b}[31m\\u{202e}"));
}

#[test]
fn every_drawing_is_listed_and_sorted() {
    assert!(drawings::DRAWINGS.is_sorted_by_key(|drawing| drawing.name));
    for drawing in drawings::DRAWINGS {
        assert!((drawing.draw)(&build("").0).len() < 100, "{}", drawing.name);
    }
}

/// Any revisions with any edges among the first `count` ids: cycles and edges to nowhere included if `wild`.
fn revisions(wild: bool) -> impl Strategy<Value = Vec<Revision>> {
    let edges = proptest::collection::vec((0..40usize, 0..45usize, any::<bool>()), 0..80);
    (1..40usize, edges).prop_map(move |(count, edges)| {
        let name = |at: usize| format!("{:02}", (at * 17) % 41);
        let mut all: Vec<Revision> = (0..count).map(|at| revision(&name(at))).collect();
        for (from, to, parent) in edges {
            if from >= count || (!wild && to >= from) {
                continue;
            }
            let edges = if parent {
                &mut all[from].parents
            } else {
                &mut all[from].depends_on
            };
            edges.push(id(&name(to)));
        }
        all
    })
}

proptest! {
    #[test]
    fn order_is_a_linear_extension_and_ignores_the_order_of_the_input(
        (all, shuffled) in revisions(false).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let (graph, _) = Graph::new(all);
        let (other, _) = Graph::new(shuffled);
        prop_assert_eq!(ids(graph.revisions()), ids(other.revisions()));
        for revision in graph.revisions() {
            for before in revision.prerequisites() {
                prop_assert!(graph.position(before) < graph.position(&revision.id));
                prop_assert!(graph.is_ancestor(before, &revision.id));
            }
            let ancestors = graph.ancestors(std::slice::from_ref(&revision.id));
            for other in graph.revisions() {
                prop_assert_eq!(ancestors.contains(&other.id), graph.is_ancestor(&other.id, &revision.id));
            }
        }
    }

    #[test]
    fn anything_can_be_built_checked_and_drawn(all in revisions(true)) {
        let (graph, findings) = Graph::new(all);
        let checked = graph::check(&graph, &Policy::default());
        for finding in findings.iter().chain(&checked) {
            prop_assert!(graph::rules::find(finding.rule).is_some());
        }
        for drawing in drawings::DRAWINGS {
            let drawn = (drawing.draw)(&graph);
            for revision in graph.revisions() {
                prop_assert!(drawn.contains(revision.id.as_str()));
            }
        }
    }

    #[test]
    fn any_text_is_a_target_or_an_error(text in "[a-c0-9@+-]{0,6}|head|heads|base|.*") {
        let graph = sound(THREE_HEADS);
        let _ = target::resolve(&graph, &text, &|_| false).map_err(|error| (error.to_string(), error.hint()));
    }
}

//! The closed list of rewrites. Each says why both spellings mean the same; nothing else is ever touched.

use crate::sql::parse::{SyntaxElement, SyntaxKind as K, SyntaxNode};

use super::spelling;
use super::tree::Tree;

/// Builds the tree of a node from below, rewriting each construct once its parts are done.
pub(super) fn tree(node: &SyntaxNode) -> Tree {
    let parts = node.children_with_tokens().filter_map(|element| match element {
        SyntaxElement::Node(child) => Some(tree(&child)),
        SyntaxElement::Token(token) => Tree::token(&token),
    });
    let parts = parts.collect();
    match node.kind() {
        K::PAREN_EXPR => parentheses(parts),
        K::BIN_EXPR => binary(node, parts),
        K::CAST_EXPR => cast(parts),
        K::CALL_EXPR => call(parts),
        K::POSTFIX_EXPR => spelling::syntax_postfix(&parts).unwrap_or(Tree::Node(K::POSTFIX_EXPR, parts)),
        K::PATH_REF => path(parts),
        kind => Tree::Node(kind, loosened(kind, parts)),
    }
}

/// `((a))` is `(a)`: doubled parentheses say nothing, unless they hold a query, where they make a value of it.
fn parentheses(mut parts: Vec<Tree>) -> Tree {
    if parts.len() == 3 && parts[1].kind() == K::PAREN_EXPR {
        return parts.swap_remove(1);
    }
    Tree::Node(K::PAREN_EXPR, parts)
}

/// `(a) = b` is `a = b`: around what cannot fall apart, parentheses say nothing.
///
/// Not before `.` and `[`, where `(a).b` is a field and `a.b` a column. And around a whole expression that key words
/// or commas delimit, they say nothing either.
fn loosened(kind: K, parts: Vec<Tree>) -> Vec<Tree> {
    if matches!(
        kind,
        K::FIELD_EXPR | K::INDEX_EXPR | K::SLICE_EXPR | K::PREFIX_EXPR | K::POSTFIX_EXPR
    ) {
        return parts;
    }
    let delimited = matches!(kind, K::TARGET | K::ARG | K::CHECK_CONSTRAINT | K::WHERE_CLAUSE);
    parts
        .into_iter()
        .map(|part| {
            if delimited {
                bare(part)
            } else {
                bare_if_atomic(part)
            }
        })
        .collect()
}

/// Takes the parentheses off, whatever is in them, unless it is a query.
pub(super) fn bare(tree: Tree) -> Tree {
    match inner(&tree) {
        Some(content) if !is_query(content) => content.clone(),
        _ => tree,
    }
}

/// Takes the parentheses off what cannot fall apart.
fn bare_if_atomic(tree: Tree) -> Tree {
    match inner(&tree) {
        Some(content) if is_atomic(content) => content.clone(),
        _ => tree,
    }
}

fn inner(tree: &Tree) -> Option<&Tree> {
    match tree {
        Tree::Node(K::PAREN_EXPR, parts) if parts.len() == 3 => parts.get(1),
        _ => None,
    }
}

fn is_atomic(tree: &Tree) -> bool {
    matches!(
        tree.kind(),
        K::NAME_REF | K::LITERAL | K::FIELD_EXPR | K::CALL_EXPR | K::ARRAY_EXPR | K::CAST_EXPR
    )
}

fn is_query(tree: &Tree) -> bool {
    matches!(
        tree.kind(),
        K::SELECT | K::PAREN_SELECT | K::COMPOUND_SELECT | K::VALUES | K::TABLE | K::PAREN_EXPR
    )
}

fn binary(node: &SyntaxNode, parts: Vec<Tree>) -> Tree {
    let parts = plain_operator(node, parts);
    let [left, operator, right]: [Tree; 3] = match parts.try_into() {
        Ok(three) => three,
        Err(parts) => return Tree::Node(K::BIN_EXPR, loosened(K::BIN_EXPR, parts)),
    };
    let (left, right) = (bare_if_atomic(left), bare_if_atomic(right));
    let three = [left, operator, right];
    if let Some(call) = spelling::syntax_operator(&three) {
        return call;
    }
    let [left, operator, right] = three;
    match operator.kind() {
        K::AND_KW | K::OR_KW => logical(left, operator, right),
        K::IN_KW | K::NOT_IN => membership(left, operator, right),
        _ => Tree::Node(K::BIN_EXPR, vec![left, operator, right]),
    }
}

/// `(a AND b) AND c` is `a AND (b AND c)`: both are associative, and the operands stay in their order.
/// `(a = b) AND c` is `a = b AND c`: comparisons bind closer than AND, and AND closer than OR.
fn logical(left: Tree, operator: Tree, right: Tree) -> Tree {
    let kind = operator.kind();
    let mut operands = Vec::new();
    for side in [left, right] {
        let content = inner(&side).unwrap_or(&side);
        match content {
            Tree::Node(K::BIN_EXPR, parts) if parts.first().is_some_and(|first| first.kind() == kind) => {
                operands.extend(parts[1..].iter().cloned());
            }
            Tree::Node(K::BIN_EXPR, parts) if binds_closer(parts, kind) => operands.push(content.clone()),
            _ => operands.push(side),
        }
    }
    operands.insert(0, operator);
    Tree::Node(K::BIN_EXPR, operands)
}

/// Says whether a binary expression holds together beside AND or OR (manual, section 4.1.6).
fn binds_closer(parts: &[Tree], than: K) -> bool {
    let comparison = matches!(parts, [_, operator, _]
        if matches!(operator.kind(), K::EQ | K::NEQ | K::NEQB | K::L_ANGLE | K::R_ANGLE | K::LTEQ | K::GTEQ));
    comparison || (than == K::OR_KW && parts.first().is_some_and(|first| first.kind() == K::AND_KW))
}

/// `x OPERATOR(pg_catalog.=) y` is `x = y`: with an empty path, a bare operator is one of pg_catalog.
///
/// Only where parentheses around the whole and simple operands leave no question of precedence, which OPERATOR()
/// changes (manual, section 4.1.6).
fn plain_operator(node: &SyntaxNode, parts: Vec<Tree>) -> Vec<Tree> {
    let enclosed = node.parent().is_some_and(|parent| parent.kind() == K::PAREN_EXPR);
    let [left, operator, right] = parts.as_slice() else {
        return parts;
    };
    let simple = |tree: &Tree| is_atomic(tree) || tree.kind() == K::PAREN_EXPR;
    if !enclosed || operator.kind() != K::OPERATOR_CALL || !simple(left) || !simple(right) {
        return parts;
    }
    let Some(Tree::Node(K::OP, named)) = operator.parts().iter().find(|part| part.kind() == K::OP) else {
        return parts;
    };
    match named.as_slice() {
        [schema, sign @ Tree::Token(..)] if is_pg_catalog_path(schema) => {
            vec![left.clone(), sign.clone(), right.clone()]
        }
        _ => parts,
    }
}

fn is_pg_catalog_path(tree: &Tree) -> bool {
    let mut names = tree.parts().iter().filter(|part| !part.parts().is_empty());
    tree.kind() == K::PATH_REF
        && names.next().is_some_and(|first| first.is_name("pg_catalog"))
        && names.next().is_none()
}

/// `x IN (a::t, b::t)` is `x = ANY (ARRAY[a::t, b::t])`, and NOT IN is `<> ALL`.
///
/// Only where every element has the same explicit type, because otherwise IN and ARRAY settle on a type each in its
/// own way (manual, sections 9.24.2 and 10.5).
fn membership(left: Tree, operator: Tree, right: Tree) -> Tree {
    let elements: Vec<Tree> = right
        .parts()
        .iter()
        .filter(|part| !matches!(part.kind(), K::L_PAREN | K::R_PAREN | K::COMMA))
        .cloned()
        .map(bare_if_atomic)
        .collect();
    let first_type = elements.first().and_then(cast_type);
    let same_type = first_type.is_some() && elements.iter().all(|element| cast_type(element) == first_type);
    if right.kind() != K::TUPLE_EXPR || elements.len() < 2 || !same_type {
        return Tree::Node(K::BIN_EXPR, vec![left, operator, right]);
    }
    let word = |kind, text: &str| Tree::Token(kind, text.to_owned());
    let (sign, function, quantifier) = match operator.kind() {
        K::IN_KW => (word(K::EQ, "="), K::ANY_FN, word(K::ANY_KW, "any")),
        _ => (word(K::NEQB, "<>"), K::ALL_FN, word(K::ALL_KW, "all")),
    };
    let parts = vec![
        quantifier,
        word(K::L_PAREN, "("),
        array(elements),
        word(K::R_PAREN, ")"),
    ];
    let call = Tree::Node(K::CALL_EXPR, vec![Tree::Node(function, parts)]);
    Tree::Node(K::BIN_EXPR, vec![left, sign, call])
}

fn cast_type(tree: &Tree) -> Option<&Tree> {
    match tree {
        Tree::Node(K::CAST_EXPR, parts) => match parts.as_slice() {
            [_, sign, to] if sign.kind() == K::COLON_COLON => Some(to),
            _ => None,
        },
        _ => None,
    }
}

/// `(ARRAY[a, b])::text[]` is `ARRAY[(a)::text, (b)::text]`: the parser hands the element type of a cast down to each
/// element of an ARRAY[] below it (parse_expr.c, `transformTypeCast`), which is what happens to it on restore.
///
/// Only to `text` and `character varying` without a length, and only where no element is an array itself.
fn cast(parts: Vec<Tree>) -> Tree {
    let parts = loosened(K::CAST_EXPR, parts);
    let pushed = match parts.as_slice() {
        [
            Tree::Node(K::ARRAY_EXPR, elements),
            sign,
            Tree::Node(K::ARRAY_TYPE, to),
        ] if sign.kind() == K::COLON_COLON => {
            let brackets = elements.get(1).is_some_and(|second| second.kind() == K::L_BRACK);
            match to.as_slice() {
                [element, _] if brackets && is_string_type(element) => push_down(elements, sign, element),
                _ => None,
            }
        }
        _ => None,
    };
    pushed.unwrap_or(Tree::Node(K::CAST_EXPR, parts))
}

fn is_string_type(tree: &Tree) -> bool {
    let words: Vec<(K, &str)> = words(tree);
    matches!(
        words.as_slice(),
        [(K::TEXT_KW, _)] | [(K::CHARACTER_KW, _), (K::VARYING_KW, _)] | [(K::VARCHAR_KW, _)]
    )
}

fn words(tree: &Tree) -> Vec<(K, &str)> {
    match tree {
        Tree::Token(kind, text) => vec![(*kind, text)],
        Tree::Node(_, parts) => parts.iter().flat_map(words).collect(),
    }
}

fn push_down(parts: &[Tree], sign: &Tree, to: &Tree) -> Option<Tree> {
    let elements: Vec<&Tree> = parts
        .iter()
        .filter(|part| !matches!(part, Tree::Token(..)))
        .collect();
    if elements.is_empty() || elements.iter().any(|element| element.kind() == K::ARRAY_EXPR) {
        return None;
    }
    let cast = |element: &Tree| {
        let operand = if is_atomic(element) || element.kind() == K::PAREN_EXPR {
            element.clone()
        } else {
            let word = |kind, text: &str| Tree::Token(kind, text.to_owned());
            Tree::Node(
                K::PAREN_EXPR,
                vec![word(K::L_PAREN, "("), element.clone(), word(K::R_PAREN, ")")],
            )
        };
        Tree::Node(K::CAST_EXPR, vec![operand, sign.clone(), to.clone()])
    };
    Some(array(elements.into_iter().map(cast).collect()))
}

fn array(elements: Vec<Tree>) -> Tree {
    let word = |kind, text: &str| Tree::Token(kind, text.to_owned());
    let mut parts = vec![word(K::ARRAY_KW, "array"), word(K::L_BRACK, "[")];
    for (index, element) in elements.into_iter().enumerate() {
        if index > 0 {
            parts.push(word(K::COMMA, ","));
        }
        parts.push(element);
    }
    parts.push(word(K::R_BRACK, "]"));
    Tree::Node(K::ARRAY_EXPR, parts)
}

/// `pg_catalog.f(x)` is `f(x)`: with an empty path, a bare function is one of pg_catalog.
fn call(mut parts: Vec<Tree>) -> Tree {
    if let Some(Tree::Node(K::FIELD_EXPR, path)) = parts.first()
        && let [schema, dot, name] = path.as_slice()
        && schema.is_name("pg_catalog")
        && dot.kind() == K::DOT
        && name.kind() == K::NAME_REF
    {
        parts[0] = name.clone();
    }
    if let Some(call) = spelling::syntax_call(&parts) {
        return call;
    }
    Tree::Node(K::CALL_EXPR, loosened(K::CALL_EXPR, parts))
}

/// `pg_catalog.text` is `text`, as the name of a type or another object that the path finds.
fn path(parts: Vec<Tree>) -> Tree {
    match parts.as_slice() {
        [schema, dot, name]
            if schema.kind() == K::PATH_REF
                && schema.is_name("pg_catalog")
                && dot.kind() == K::DOT
                && !name.parts().is_empty() =>
        {
            Tree::Node(K::PATH_REF, vec![name.clone()])
        }
        _ => Tree::Node(K::PATH_REF, parts),
    }
}

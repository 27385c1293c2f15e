//! Spellings that changed from major to major: of functions that SQL has a syntax for, and of columns in views.

use crate::sql::parse::SyntaxKind as K;

use super::tree::Tree;

/// `TRIM(BOTH c FROM x)` is `btrim(x, c)`, and so are SUBSTRING, POSITION, OVERLAY and NORMALIZE ordinary functions.
///
/// The parser makes the same call of both (gram.y, `func_expr_common_subexpr`); 14 and later remember which one was
/// written, 13 writes the call. EXTRACT is not among them: it was another function before 14, see [`before_14`].
pub(super) fn syntax_call(parts: &[Tree]) -> Option<Tree> {
    match parts {
        [Tree::Node(K::TRIM_FN, inside)] => trim(inside),
        [Tree::Node(K::SUBSTRING_FN, inside)] => {
            let arguments = inside.iter().find(|part| {
                matches!(
                    part.kind(),
                    K::SUBSTRING_FROM_FOR | K::SUBSTRING_SIMILAR_ESCAPE | K::SUBSTRING_EXPRS
                )
            })?;
            function("substring", operands(arguments.parts()))
        }
        [Tree::Node(K::POSITION_FN, inside)] => {
            let mut operands = operands(inside);
            operands.reverse();
            function("position", operands)
        }
        [Tree::Node(K::OVERLAY_FN, inside)] => {
            let arguments = inside
                .iter()
                .find(|part| matches!(part.kind(), K::OVERLAY_PLACING | K::OVERLAY_EXPRS))?;
            function("overlay", operands(arguments.parts()))
        }
        [Tree::Node(K::NAME_REF, name), Tree::Node(K::ARG_LIST, arguments)] if matches!(name.as_slice(), [only] if only.kind() == K::NORMALIZE_KW) => {
            function("normalize", operands(arguments).into_iter().map(form).collect())
        }
        _ => None,
    }
}

/// `(a, b) OVERLAPS (c, d)` is `overlaps(a, b, c, d)`, `x AT TIME ZONE z` is `timezone(z, x)`, for the same reason.
pub(super) fn syntax_operator(parts: &[Tree]) -> Option<Tree> {
    let [left, operator, right] = parts else {
        return None;
    };
    match operator.kind() {
        K::AT_TIME_ZONE => function("timezone", vec![right.clone(), left.clone()]),
        K::OVERLAPS_KW if left.kind() == K::TUPLE_EXPR && right.kind() == K::TUPLE_EXPR => {
            let mut all = operands(left.parts());
            all.extend(operands(right.parts()));
            (all.len() == 4).then(|| function("overlaps", all)).flatten()
        }
        _ => None,
    }
}

/// `x IS NFC NORMALIZED` is `is_normalized(x, 'NFC')`, for the same reason.
pub(super) fn syntax_postfix(parts: &[Tree]) -> Option<Tree> {
    let [operand, Tree::Node(K::IS_NORMALIZED, words)] = parts else {
        return None;
    };
    let mut arguments = vec![operand.clone()];
    for word in words {
        match word.kind() {
            K::IS_KW | K::NORMALIZED_KW => {}
            K::NOT_KW => return None,
            _ => arguments.push(form(Tree::Node(K::NAME_REF, flat(word)))),
        }
    }
    function("is_normalized", arguments)
}

fn flat(tree: &Tree) -> Vec<Tree> {
    match tree {
        Tree::Token(..) => vec![tree.clone()],
        Tree::Node(_, parts) => parts.iter().flat_map(flat).collect(),
    }
}

fn trim(inside: &[Tree]) -> Option<Tree> {
    let side = |kind| inside.iter().any(|part| part.kind() == kind);
    let name = match () {
        () if side(K::TRIM_LEADING) => "ltrim",
        () if side(K::TRIM_TRAILING) => "rtrim",
        () => "btrim",
    };
    let arguments = inside
        .iter()
        .find(|part| matches!(part.kind(), K::TRIM_FROM | K::TRIM_EXPR_FROM | K::TRIM_EXPRS))?;
    let mut operands = operands(arguments.parts());
    if arguments.kind() == K::TRIM_EXPR_FROM {
        operands.reverse();
    }
    (operands.len() <= 2).then(|| function(name, operands)).flatten()
}

/// A normalization form is a key word in the syntax and a text in small letters in the call.
fn form(operand: Tree) -> Tree {
    let text = match flat(&operand).as_slice() {
        [Tree::Token(K::NFC_KW | K::NFD_KW | K::NFKC_KW | K::NFKD_KW, word)] => word.clone(),
        _ => return operand,
    };
    text_constant(&text)
}

/// `'x'::text`, as the server deparses a constant.
fn text_constant(text: &str) -> Tree {
    let colon = || Tree::Token(K::COLON, ":".to_owned());
    let word = Tree::Token(K::TEXT_KW, "text".to_owned());
    let path = Tree::Node(K::PATH_REF, vec![Tree::Node(K::PATH_SEGMENT_REF, vec![word])]);
    Tree::Node(
        K::CAST_EXPR,
        vec![
            Tree::Node(K::LITERAL, vec![Tree::Token(K::STRING, format!("'{text}'"))]),
            Tree::Node(K::COLON_COLON, vec![colon(), colon()]),
            Tree::Node(K::PATH_TYPE, vec![path]),
        ],
    )
}

/// Everything that is not a key word or a sign, without the wrapping of arguments.
fn operands(parts: &[Tree]) -> Vec<Tree> {
    parts
        .iter()
        .filter_map(|part| match part {
            Tree::Token(..) => None,
            Tree::Node(K::ARG, inside) => match inside.as_slice() {
                [only] => Some(only.clone()),
                _ => Some(part.clone()),
            },
            Tree::Node(K::ARG_LIST, _) => None,
            Tree::Node(..) => Some(part.clone()),
        })
        .collect()
}

fn function(name: &str, arguments: Vec<Tree>) -> Option<Tree> {
    if arguments.is_empty() {
        return None;
    }
    let sign = |kind, text: &str| Tree::Token(kind, text.to_owned());
    let mut list = vec![sign(K::L_PAREN, "(")];
    for (index, argument) in arguments.into_iter().enumerate() {
        if index > 0 {
            list.push(sign(K::COMMA, ","));
        }
        list.push(Tree::Node(K::ARG, vec![super::rewrite::bare(argument)]));
    }
    list.push(sign(K::R_PAREN, ")"));
    let name = Tree::Node(K::NAME_REF, vec![sign(K::IDENT, name)]);
    Some(Tree::Node(
        K::CALL_EXPR,
        vec![name, Tree::Node(K::ARG_LIST, list)],
    ))
}

/// What EXTRACT was before 14: `date_part('year', x)`, a double precision where it is a numeric now.
///
/// Only for comparisons between a server before 14 and a later one; on one server the two differ. A constant that is
/// compared with it took its type along.
pub(super) fn before_14(tree: Tree) -> Tree {
    let Tree::Node(kind, parts) = tree else {
        return tree;
    };
    let mut parts: Vec<Tree> = parts.into_iter().map(before_14).collect();
    match (kind, parts.as_slice()) {
        (K::CALL_EXPR, [Tree::Node(K::EXTRACT_FN, inside)]) => {
            let field = inside
                .iter()
                .find(|part| part.kind() == K::EXTRACT_FIELD_NAME)
                .map(flat);
            let source = operands(inside)
                .into_iter()
                .find(|part| part.kind() != K::EXTRACT_FIELD_NAME);
            if let (Some([Tree::Token(_, field)]), Some(source)) = (field.as_deref(), source) {
                let field = text_constant(field.trim_matches('\''));
                if let Some(call) = function("date_part", vec![field, source]) {
                    return call;
                }
            }
        }
        (K::CALL_EXPR, [name, Tree::Node(K::ARG_LIST, _)])
            if TEXT_CALLS.iter().any(|call| name.is_name(call)) =>
        {
            if let Some(Tree::Node(_, arguments)) = parts.last_mut() {
                arguments.iter_mut().for_each(without_text_cast);
            }
        }
        (K::BIN_EXPR, [left, _, right]) if is_date_part(left) || is_date_part(right) => {
            for part in &mut parts {
                untyped(part);
            }
        }
        _ => {}
    }
    Tree::Node(kind, parts)
}

/// What has a syntax of its own since 14: `TRIM(BOTH FROM v)` does not show that v, a varchar, is taken as text, where
/// `btrim((v)::text)` did.
const TEXT_CALLS: &[&str] = &[
    "btrim",
    "ltrim",
    "rtrim",
    "substring",
    "position",
    "overlay",
    "normalize",
];

/// Takes the cast to text off an argument that is no constant.
fn without_text_cast(argument: &mut Tree) {
    let Tree::Node(K::ARG, inside) = argument else {
        return;
    };
    let [Tree::Node(K::CAST_EXPR, parts)] = inside.as_slice() else {
        return;
    };
    let [operand, _, to] = parts.as_slice() else {
        return;
    };
    let to_text = matches!(flat(to).as_slice(), [Tree::Token(_, word)] if word == "text");
    if to_text && operand.kind() != K::LITERAL {
        *inside = vec![super::rewrite::bare(operand.clone())];
    }
}

fn is_date_part(tree: &Tree) -> bool {
    matches!(tree, Tree::Node(K::CALL_EXPR, parts) if parts.first().is_some_and(|name| name.is_name("date_part")))
}

/// Takes the type off a constant that was cast to what EXTRACT returns.
fn untyped(tree: &mut Tree) {
    let Tree::Node(K::CAST_EXPR, parts) = tree else {
        return;
    };
    let [operand, _, to] = parts.as_slice() else {
        return;
    };
    let words: Vec<String> = flat(to)
        .into_iter()
        .filter_map(|word| match word {
            Tree::Token(_, text) => Some(text),
            Tree::Node(..) => None,
        })
        .collect();
    let constant = flat(operand)
        .iter()
        .all(|token| matches!(token.kind(), K::L_PAREN | K::R_PAREN | K::INT_NUMBER | K::STRING));
    if constant && (words == ["numeric"] || words == ["double", "precision"]) {
        let bare = flat(operand)
            .into_iter()
            .find(|token| !matches!(token.kind(), K::L_PAREN | K::R_PAREN));
        *tree = bare.unwrap_or_else(|| operand.clone());
    }
}

/// `SELECT t.a FROM s.t` is `SELECT a FROM s.t`: where a query reads from one thing, its columns are what they are.
///
/// 16 and later leave the name out at the top of a view (ruleutils.c, `get_query_def`). Inside a nested query only
/// names of that query's own single source are touched; and not where an output column of another meaning has the
/// name, which ORDER BY would find first (manual, SELECT, "ORDER BY Clause").
pub(super) fn unqualified(tree: Tree) -> Tree {
    let Tree::Node(kind, parts) = tree else {
        return tree;
    };
    let parts: Vec<Tree> = parts.into_iter().map(unqualified).collect();
    if kind != K::SELECT {
        return Tree::Node(kind, parts);
    }
    let Some(source) = single_source(&parts) else {
        return Tree::Node(kind, parts);
    };
    let mut outputs = Vec::new();
    for part in &parts {
        renamed_outputs(part, &source, &mut outputs);
    }
    let parts = parts.into_iter().map(|part| match part.kind() {
        K::ORDER_BY_CLAUSE => strip(part, &source, &outputs),
        _ => strip(part, &source, &[]),
    });
    Tree::Node(kind, parts.collect())
}

/// The name that columns of the only source are qualified with.
fn single_source(parts: &[Tree]) -> Option<String> {
    let from = parts.iter().find(|part| part.kind() == K::FROM_CLAUSE)?;
    let [_, item] = from.parts() else { return None };
    if !matches!(
        item.kind(),
        K::RELATION_FROM_ITEM | K::FUNCTION_FROM_ITEM | K::PAREN_FROM_ITEM
    ) {
        return None;
    }
    if let Some(alias) = item.parts().iter().find(|part| part.kind() == K::FROM_ALIAS) {
        let name = alias.parts().iter().find(|part| part.kind() == K::TABLE_ALIAS)?;
        return match name.parts() {
            [Tree::Token(K::IDENT, text)] => Some(text.clone()),
            _ => None,
        };
    }
    let name = item
        .parts()
        .iter()
        .find(|part| part.kind() == K::RELATION_NAME_REF)?;
    match flat(name).last()? {
        Tree::Token(K::IDENT, text) => Some(text.clone()),
        _ => None,
    }
}

/// Output names that say something else than the column of that name.
fn renamed_outputs(tree: &Tree, source: &str, names: &mut Vec<String>) {
    match tree {
        Tree::Node(K::TARGET, parts) => {
            let [value, Tree::Node(K::AS_NAME, words)] = parts.as_slice() else {
                return;
            };
            let Some(Tree::Token(_, name)) = words.iter().flat_map(flat).next_back() else {
                return;
            };
            if !value.is_name(&name) && !field_of(value, source).is_some_and(|column| column.is_name(&name)) {
                names.push(name);
            }
        }
        Tree::Node(K::SELECT_CLAUSE | K::TARGET_LIST, parts) => {
            parts.iter().for_each(|part| renamed_outputs(part, source, names));
        }
        _ => {}
    }
}

/// Returns `a` of `source.a`.
fn field_of<'a>(tree: &'a Tree, source: &str) -> Option<&'a Tree> {
    match tree {
        Tree::Node(K::FIELD_EXPR, parts) => match parts.as_slice() {
            [
                qualifier @ Tree::Node(K::NAME_REF, _),
                dot,
                column @ Tree::Node(K::NAME_REF, _),
            ] if dot.kind() == K::DOT && qualifier.is_name(source) => Some(column),
            _ => None,
        },
        _ => None,
    }
}

fn strip(tree: Tree, source: &str, except: &[String]) -> Tree {
    if let Some(column) = field_of(&tree, source) {
        let hidden = except.iter().any(|name| column.is_name(name));
        return if hidden { tree } else { column.clone() };
    }
    match tree {
        // Nested queries have names of their own and were done before.
        Tree::Node(K::SELECT | K::COMPOUND_SELECT | K::VALUES | K::TABLE, _) | Tree::Token(..) => tree,
        Tree::Node(kind, parts) => Tree::Node(
            kind,
            parts
                .into_iter()
                .map(|part| strip(part, source, except))
                .collect(),
        ),
    }
}

/// `IN a integer` is `a integer`, as 13 writes the arguments of procedures (CREATE PROCEDURE, "argmode").
pub(super) fn without_in(arguments: &str) -> String {
    arguments
        .strip_prefix("IN ")
        .unwrap_or(arguments)
        .replace(", IN ", ", ")
}

//! PL/pgSQL's INTO, which the parser does not know behind SELECT and RETURNING.

use std::borrow::Cow;

use crate::sql::parse::{Token, TokenKind, tokens};

/// The statements that may have INTO inside.
const WITH_INTO: [&str; 6] = ["select", "with", "insert", "update", "delete", "merge"];

/// The words behind which a statement of PL/pgSQL begins.
const BEFORE_STATEMENT: [&str; 4] = ["begin", "else", "loop", "then"];

/// Puts blanks in the place of every `INTO [STRICT] target, …` of SQL statements in a body, as PL/pgSQL itself takes
/// them out before it parses the statement (pl_gram.y, `make_execsql_stmt`).
pub(super) fn without_into(text: &str) -> Cow<'_, str> {
    let mut blanks = Vec::new();
    let mut state = State::Start;
    let mut parentheses = 0_usize;
    let mut before: Option<Token> = None;
    let mut all = tokens(text).filter(|token| !token.is_trivia()).peekable();
    while let Some(token) = all.next() {
        match token.kind {
            TokenKind::Semi => {
                state = State::Start;
                parentheses = 0;
            }
            TokenKind::OpenParen => parentheses += 1,
            TokenKind::CloseParen => parentheses = parentheses.saturating_sub(1),
            TokenKind::Ident => {
                let word = token.text(text);
                let is = |words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
                let after = |words: &[&str]| {
                    let before = before.as_ref().map_or("", |before| before.text(text));
                    words.iter().any(|other| before.eq_ignore_ascii_case(other))
                };
                match state {
                    State::Start if is(&WITH_INTO) => state = State::Sql,
                    State::Start if !is(&BEFORE_STATEMENT) => state = State::Other,
                    State::Other if is(&BEFORE_STATEMENT) => state = State::Start,
                    State::Sql if parentheses == 0 && is(&["into"]) && !after(&["insert", "merge"]) => {
                        let start = token.range.start;
                        let end = targets(text, token.range.end);
                        blanks.push(start..end);
                        while all.next_if(|next| next.range.start < end).is_some() {}
                    }
                    _ => {}
                }
            }
            TokenKind::Gt
                if matches!(state, State::Other)
                    && before.as_ref().is_some_and(|token| token.kind == TokenKind::Gt) =>
            {
                // The end of `<<label>>`.
                state = State::Start;
            }
            _ if matches!(state, State::Start) => state = State::Other,
            _ => {}
        }
        before = Some(token);
    }
    if blanks.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut at = 0;
    for range in blanks {
        plain.push_str(&text[at..range.start]);
        plain.extend(
            text[range.clone()]
                .bytes()
                .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
        );
        at = range.end;
    }
    plain.push_str(&text[at..]);
    Cow::Owned(plain)
}

#[derive(Clone, Copy)]
enum State {
    /// The next word begins a statement.
    Start,
    /// In an SQL statement.
    Sql,
    /// In a statement of PL/pgSQL itself.
    Other,
}

/// Returns where the targets behind INTO end.
fn targets(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    let mut end = from;
    let mut wants_name = true;
    let mut brackets = 0_usize;
    let mut first = true;
    for token in tokens(rest) {
        if token.is_trivia() {
            continue;
        }
        let at = from + token.range.start..from + token.range.end;
        let is_name = matches!(
            token.kind,
            TokenKind::Ident | TokenKind::QuotedIdent { .. } | TokenKind::PositionalParam { .. }
        );
        let strict = first && token.text(rest).eq_ignore_ascii_case("strict");
        first = false;
        match token.kind {
            TokenKind::OpenBracket => brackets += 1,
            TokenKind::CloseBracket if brackets > 0 => {
                brackets -= 1;
                end = at.end;
            }
            _ if brackets > 0 => {}
            _ if strict => end = at.end,
            _ if is_name && wants_name => {
                wants_name = false;
                end = at.end;
            }
            TokenKind::Dot | TokenKind::Comma if !wants_name => wants_name = true,
            _ => break,
        }
    }
    end
}

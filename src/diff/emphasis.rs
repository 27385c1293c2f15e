//! The words that differ inside the lines of a unified difference, for whoever can show them.

use similar::{ChangeTag, TextDiff};

/// A line of a text that may hold unified differences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// What the line is.
    pub sign: Sign,
    /// Its text in pieces, without the line break; a piece that is marked differs from the other side's line.
    pub pieces: Vec<(bool, &'a str)>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// No part of a difference, or the same on both sides.
    Plain,
    /// The head of a difference or of a part of it.
    Head,
    /// Only in FROM.
    Removed,
    /// Only in TO.
    Added,
}

/// Lines that have less than this in common are another text: nothing in them is worth marking.
const ALIKE: f32 = 0.4;
/// More words than this are not compared: it would take longer than reading them.
const MOST: usize = 20_000;

/// Finds unified differences in a text by their heads and marks the words that differ.
///
/// How many lines belong to a difference is read from its heads, so that a line of a list that begins with a dash is
/// none of it.
pub fn emphasis(text: &str) -> Vec<Line<'_>> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut out: Vec<Line<'_>> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        if let Some((from, to)) = part_of(lines[at]) {
            out.push(line(Sign::Head, lines[at]));
            at += 1 + part(&lines[at + 1..], from, to, &mut out);
            continue;
        }
        let is_head = lines[at].starts_with("--- ")
            && lines.get(at + 1).is_some_and(|next| next.starts_with("+++ "))
            && lines.get(at + 2).is_some_and(|next| part_of(next).is_some());
        if is_head {
            out.extend([line(Sign::Head, lines[at]), line(Sign::Head, lines[at + 1])]);
            at += 2;
        } else {
            out.push(line(Sign::Plain, lines[at]));
            at += 1;
        }
    }
    out
}

fn line(sign: Sign, text: &str) -> Line<'_> {
    Line {
        sign,
        pieces: vec![(false, text)],
    }
}

/// Reads `@@ -1,4 +1,5 @@` and returns how many lines each side has.
fn part_of(text: &str) -> Option<(usize, usize)> {
    let (from, to) = text.strip_prefix("@@ -")?.strip_suffix(" @@")?.split_once(" +")?;
    let count = |side: &str| match side.split_once(',') {
        Some((start, count)) => start.parse::<usize>().ok().and(count.parse().ok()),
        None => side.parse::<usize>().ok().map(|_| 1),
    };
    Some((count(from)?, count(to)?))
}

/// Takes the lines of one part and returns how many there were.
fn part<'a>(lines: &[&'a str], mut from: usize, mut to: usize, out: &mut Vec<Line<'a>>) -> usize {
    let mut at = 0;
    while from + to > 0 && at < lines.len() {
        let removed = run(&lines[at..], '-', from);
        let added = run(&lines[at + removed.len()..], '+', to);
        if removed.is_empty() && added.is_empty() {
            out.push(line(Sign::Plain, lines[at]));
            (from, to, at) = (from.saturating_sub(1), to.saturating_sub(1), at + 1);
            continue;
        }
        pair(removed, added, out);
        (from, to, at) = (
            from - removed.len(),
            to - added.len(),
            at + removed.len() + added.len(),
        );
    }
    at
}

fn run<'s, 'a>(lines: &'s [&'a str], sign: char, most: usize) -> &'s [&'a str] {
    let length = lines
        .iter()
        .take(most)
        .take_while(|line| line.starts_with(sign))
        .count();
    &lines[..length]
}

/// Marks what differs between lines that went and the lines that came in their place.
fn pair<'a>(removed: &[&'a str], added: &[&'a str], out: &mut Vec<Line<'a>>) {
    let tokens = |lines: &[&'a str]| -> Vec<&'a str> {
        let texts = lines.iter().map(|line| &line[1..]);
        texts
            .flat_map(|text| words(text).into_iter().chain(["\n"]))
            .collect()
    };
    let (left, right) = (tokens(removed), tokens(added));
    if left.len() + right.len() > MOST {
        out.extend(removed.iter().map(|text| line(Sign::Removed, text)));
        out.extend(added.iter().map(|text| line(Sign::Added, text)));
        return;
    }
    let diff = TextDiff::from_slices(&left, &right);
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let alike = diff.ratio() >= ALIKE;
    for change in diff.iter_all_changes() {
        let mark = alike && change.tag() != ChangeTag::Equal;
        if change.tag() != ChangeTag::Insert {
            old.extend(change.old_index().map(|index| (mark, left[index])));
        }
        if change.tag() != ChangeTag::Delete {
            new.extend(change.new_index().map(|index| (mark, right[index])));
        }
    }
    for (sign, lines, pieces) in [(Sign::Removed, removed, old), (Sign::Added, added, new)] {
        let mut pieces = pieces.into_iter();
        for text in lines {
            let own = pieces.by_ref().take_while(|(_, piece)| *piece != "\n");
            out.push(Line {
                sign,
                pieces: joined(text, own.map(|(mark, piece)| (mark, piece.len()))),
            });
        }
    }
}

/// Cuts a line, sign included, where marked words begin and end.
fn joined(text: &str, pieces: impl Iterator<Item = (bool, usize)>) -> Vec<(bool, &str)> {
    let mut found = Vec::new();
    let (mut start, mut end, mut marked) = (0, 1, false);
    for (mark, length) in pieces {
        if mark != marked {
            found.push((marked, &text[start..end]));
            (start, marked) = (end, mark);
        }
        end += length;
    }
    found.push((marked, &text[start..]));
    found
}

/// Splits a line into words, blanks and single signs.
fn words(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        c if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut found = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let own = class(c);
        if last.is_some_and(|last| last != own || own == 2) {
            found.push(&text[start..at]);
            start = at;
        }
        last = Some(own);
    }
    if start < text.len() {
        found.push(&text[start..]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str) -> Vec<(Sign, String, Vec<String>)> {
        let shown = |line: &Line<'_>| {
            let text: String = line.pieces.iter().map(|(_, piece)| *piece).collect();
            let marked = line.pieces.iter().filter(|(marked, _)| *marked);
            (
                line.sign,
                text,
                marked.map(|(_, piece)| (*piece).to_owned()).collect(),
            )
        };
        emphasis(text).iter().map(shown).collect()
    }

    #[test]
    fn words_that_differ_are_marked() {
        let text = "--- from\n+++ to\n@@ -1,3 +1,3 @@\n BEGIN\n-  RETURN old_total + 1;\n+  RETURN new_total + 1;\n END\nInvariant: x";
        let found = marked(text);
        let signs: Vec<Sign> = found.iter().map(|(sign, ..)| *sign).collect();
        use Sign::{Added, Head, Plain, Removed};
        assert_eq!(signs, [Head, Head, Head, Plain, Removed, Added, Plain, Plain]);
        assert_eq!(found[4].2, ["old_total"]);
        assert_eq!(found[5].2, ["new_total"]);
        let whole: Vec<&str> = found.iter().map(|(_, text, _)| text.as_str()).collect();
        assert_eq!(whole, text.lines().collect::<Vec<_>>(), "no character is lost");
    }

    #[test]
    fn another_text_is_not_marked_and_a_list_is_no_difference() {
        let found =
            marked("@@ -1 +1 @@\n-SELECT a FROM b\n+INSERT INTO zz VALUES (1, 2, 3)\n- a list\n+ goes on");
        assert!(found.iter().all(|(_, _, marked)| marked.is_empty()), "{found:?}");
        let signs: Vec<Sign> = found.iter().map(|(sign, ..)| *sign).collect();
        use Sign::{Added, Head, Plain, Removed};
        assert_eq!(signs, [Head, Removed, Added, Plain, Plain]);
    }

    #[test]
    fn more_lines_on_one_side_and_lines_of_dashes() {
        let text = "--- from\n+++ to\n@@ -1,2 +1,3 @@\n--- a comment\n+-- a longer comment\n+SELECT 1\n same";
        let found = marked(text);
        assert_eq!(found[3].0, Sign::Removed);
        assert_eq!(
            (found[4].0, found[5].0, found[6].0),
            (Sign::Added, Sign::Added, Sign::Plain)
        );
    }
}

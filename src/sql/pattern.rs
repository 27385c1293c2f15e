//! The small language in which tables of statement forms are written.
//!
//! A pattern is a list of items; it matches if the words of a statement begin with it.
//!
//! | item | means |
//! |---|---|
//! | `WORD` or `A\|B` | this word, or one of these |
//! | `A\|B ?` | the same, or nothing |
//! | `*` | any words up to the next item |
//! | `+` | at least one more word |

/// Says whether `words` (upper case) begin with `form`.
pub fn matches(form: &str, words: &[String]) -> bool {
    let items: Vec<&str> = form.split(' ').collect();
    items_match(&items, words)
}

fn items_match(items: &[&str], words: &[String]) -> bool {
    match items {
        [] => true,
        ["+", rest @ ..] => !words.is_empty() && items_match(rest, &words[1..]),
        ["*", rest @ ..] => (0..=words.len()).any(|skip| items_match(rest, &words[skip..])),
        // What can be taken is taken: an optional word is never left for the item after it.
        [item, "?", rest @ ..] => items_match(rest, &words[usize::from(is(item, words))..]),
        [item, rest @ ..] => is(item, words) && items_match(rest, &words[1..]),
    }
}

fn is(item: &str, words: &[String]) -> bool {
    words
        .first()
        .is_some_and(|word| item.split('|').any(|option| option == word))
}

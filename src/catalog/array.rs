//! Reads the text form of one-dimensional arrays (manual, section 8.15.6).

/// Returns the items of an array; a NULL item is skipped, because no catalog column that is read has one.
pub(super) fn items(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut items = Vec::new();
    let mut characters = inner.chars().peekable();
    while characters.peek().is_some() {
        let mut item = String::new();
        let quoted = characters.next_if_eq(&'"').is_some();
        loop {
            match characters.next() {
                Some('\\') => item.push(characters.next()?),
                Some('"') if quoted => break,
                Some(',') if !quoted => break,
                Some(other) => item.push(other),
                None if quoted => return None,
                None => break,
            }
        }
        if quoted {
            characters.next_if_eq(&',');
        }
        if quoted || item != "NULL" {
            items.push(item);
        }
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::items;

    #[test]
    fn arrays_of_every_spelling() {
        let cases: &[(&str, &[&str])] = &[
            ("{}", &[]),
            ("{a,b}", &["a", "b"]),
            (
                r#"{"a,b","c\"d","e\\f",NULL,"NULL",""}"#,
                &["a,b", "c\"d", "e\\f", "NULL", ""],
            ),
            ("{=U/postgres}", &["=U/postgres"]),
        ];
        for (text, expected) in cases {
            assert_eq!(items(text).as_deref().unwrap_or_default(), *expected, "{text}");
        }
    }
}

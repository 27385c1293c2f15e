//! What was probably meant.

/// Returns the candidate that is spelled most like `text`, if one is close enough to be meant.
///
/// Close is at most one edit for every three characters, two edits for short texts; a different case counts as half
/// an edit. Of equally close candidates the first one wins, so give them in a fixed order.
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = text.chars().count();
    let allowed = (length / 3).clamp(1, 4) * 2;
    let lower = text.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // A text cannot be closer than the difference of the lengths; comparing costs far more than this.
        if candidate.len().abs_diff(text.len()) * 2 > allowed {
            continue;
        }
        let distance = if candidate.eq_ignore_ascii_case(text) {
            1
        } else {
            2 * strsim::damerau_levenshtein(&lower, &candidate.to_lowercase())
        };
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

//! The pages of the rules, in the binary.
//!
//! Generated from the folder `lints/`: ZERODRIFT_BLESS=1 cargo test --test integration lint_pages

/// Every page by its rule, sorted.
const PAGES: &[(&str, &str)] = &[];

/// Returns the page of a rule.
pub fn of(rule: &str) -> Option<&'static str> {
    let at = PAGES.binary_search_by(|(name, _)| (*name).cmp(rule)).ok()?;
    PAGES.get(at).map(|(_, page)| *page)
}

/// Returns the names of the rules that have a page.
pub fn names() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(name, _)| *name)
}

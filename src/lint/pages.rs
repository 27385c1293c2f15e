//! The pages of the rules, in the binary.
//!
//! Generated from the folder `lints/`: ZERODRIFT_BLESS=1 cargo test --test integration lint_pages

/// Every page by its rule, sorted.
#[rustfmt::skip]
const PAGES: &[(&str, &str)] = &[
    ("dropped-object-is-needed", include_str!("../../lints/dropped-object-is-needed.md")),
    ("needless-merge", include_str!("../../lints/needless-merge.md")),
    ("object-exists-already", include_str!("../../lints/object-exists-already.md")),
    ("order-dependent", include_str!("../../lints/order-dependent.md")),
    ("suppression-without-reason", include_str!("../../lints/suppression-without-reason.md")),
    ("syntax-error", include_str!("../../lints/syntax-error.md")),
    ("undeclared-dependency", include_str!("../../lints/undeclared-dependency.md")),
    ("unknown-object", include_str!("../../lints/unknown-object.md")),
    ("unknown-rule-in-suppression", include_str!("../../lints/unknown-rule-in-suppression.md")),
    ("unused-suppression", include_str!("../../lints/unused-suppression.md")),
    ("used-after-drop", include_str!("../../lints/used-after-drop.md")),
];

/// Returns the page of a rule.
pub fn of(rule: &str) -> Option<&'static str> {
    let at = PAGES.binary_search_by(|(name, _)| (*name).cmp(rule)).ok()?;
    PAGES.get(at).map(|(_, page)| *page)
}

/// Returns the names of the rules that have a page.
pub fn names() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(name, _)| *name)
}

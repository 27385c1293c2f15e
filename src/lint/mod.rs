//! Rules over migrations. Pure.

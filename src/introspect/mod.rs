//! Reads a live catalog through every kind's query.

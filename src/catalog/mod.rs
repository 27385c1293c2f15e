//! The model of a database catalog: kinds, objects, facets. Pure.

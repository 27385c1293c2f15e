//! Proves the migrations on a throw-away server.

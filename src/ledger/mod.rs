//! What was applied: refinery's history and our own schema.

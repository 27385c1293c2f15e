//! `zerodrift.yaml`: what was written, then what it means.

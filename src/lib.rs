//! zerodrift.

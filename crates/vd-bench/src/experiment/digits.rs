//! DIGITS and DIGITS + noise: every method under every protocol.

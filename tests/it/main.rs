//! presignd from outside: through its binary, its files and its ports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and plays a world that has a clock"
)]

mod check;
mod decision;
mod floors;
mod serve;
mod signing;
mod support;
mod support_tests;
mod verifier;
mod verifier_tests;

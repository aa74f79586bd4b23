//! What the fuzz targets hold presignd to.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "what does not hold panics; of the tests' judges not all is needed"
)]

#[path = "../../tests/it/form_judge.rs"]
mod form_judge;
pub mod properties;
mod support;
#[path = "../../tests/it/verifier.rs"]
mod verifier;

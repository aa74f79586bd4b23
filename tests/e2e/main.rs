//! presignd's URLs, used at Ceph's RADOS Gateway: what the answer says works, and nothing else does.
//!
//! `tests/run` starts the store and says where it is; without one, these tests say so and pass, unless
//! `PRESIGND_E2E` demands it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and plays a world that has a clock"
)]

mod bound;
mod clients;
mod doctor;
mod doctor_probe;
mod forms;
mod mistakes;
mod policies;
mod protected;
mod refused;
mod roles;
mod sealed;
mod store;
#[path = "../it/support/mod.rs"]
mod support;
mod uploads;
#[path = "../it/verifier.rs"]
mod verifier;
mod versions;
mod works;
mod world;

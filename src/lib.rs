//! presignd issues presigned S3 URLs to callers whose JWT a grant allows.
//!
//! Four floors; a file imports from its own floor or from a lower one (`tests/it/floors.rs` holds it).
//!
//! - [`domain`]: what presignd knows. Pure: no clock, no file, no network, no log.
//! - [`adapters`]: what the world gives: files, keys, credentials, clocks, disks.
//! - [`http`]: what a caller sends and gets.
//! - [`cli`]: what a person types.
#![forbid(unsafe_code)]

pub mod adapters;
pub mod cli;
pub mod domain;
pub mod http;

/// The commit that this build was made from, or `unknown`.
pub const COMMIT: &str = env!("PRESIGND_COMMIT");

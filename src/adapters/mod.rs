//! What the world gives: files, keys, credentials, clocks, disks. Adapters do not import each other, except
//! `chance`, `clock`, `config`, `followed_file`, `http_client` and `telemetry`, and `token` its `jwks`.

pub mod audit;
pub mod chance;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod followed_file;
pub mod http_client;
pub mod jwks;
pub mod log_files;
pub mod rate_limit;
pub mod s3;
pub mod telemetry;
pub mod tls;
pub mod token;

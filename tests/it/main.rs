//! presignd from outside: through its binary, its files and its ports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and plays a world that has a clock"
)]

mod access_points;
mod addresses;
mod attacks;
mod audit;
mod audit_chain;
mod audit_join;
mod aws_credentials;
mod batch;
mod browser;
mod browser_docs;
mod browser_parts;
mod callers;
mod candidates;
mod check;
mod commands;
mod connections;
mod corpus;
mod cors;
mod decision;
mod derive_keys;
mod dev;
mod dev_forms;
mod dev_uploads;
mod diagnose;
mod discovery;
mod docs;
mod doctor;
mod doctor_command;
mod doctor_probe;
mod encryption;
mod expiry;
mod explain;
mod faults;
mod floors;
mod form_judge;
#[path = "../../fuzz/src/properties/mod.rs"]
mod fuzzed;
mod granted;
mod grants_route;
mod identity_provider;
mod keys;
mod limits;
mod listing;
mod logs;
mod members;
mod members_refused;
mod metrics;
mod mistakes;
mod multipart;
mod objects;
mod operator;
mod page;
mod policies;
mod policies_access_point;
mod policies_iam;
mod policies_judge;
mod policies_kms;
mod policies_vault_lock;
mod post;
mod problems;
mod rates;
mod readiness;
mod readme;
mod readme_client;
mod readme_clients;
mod readme_grants;
mod readme_lists;
mod readme_reference;
mod reload;
mod reload_carried;
mod reload_files;
mod reload_load;
mod reload_refused;
mod resource;
mod restore;
mod s3_client;
mod secrets;
mod serve;
mod shared_limits;
mod shared_limits_faults;
mod shared_limits_script;
mod signers;
mod signing;
mod slow;
mod step_up;
mod stores;
mod support;
mod support_tests;
mod templates;
mod tls;
mod tls_connections;
mod uploads;
mod uploads_parts;
mod vectors;
mod verifier;
mod verifier_tests;
mod versions;
mod wiped;
mod wire;

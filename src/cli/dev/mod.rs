//! `presignd dev`: everything on loopback, nothing to configure.

mod endpoint;
mod folder;
mod issuer;
mod loopback;
mod own_host;
mod paste;
mod query;
mod random;
mod store;

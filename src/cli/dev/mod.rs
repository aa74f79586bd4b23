//! `presignd dev`: everything on loopback, nothing to configure.

mod loopback;
mod random;
mod store;

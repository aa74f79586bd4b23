//! What a caller sends and gets.

pub mod client_address;
pub mod cors;
pub mod error;
pub mod issued;
pub mod problem;
pub mod request_id;
pub mod server;

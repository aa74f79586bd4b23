//! What a caller sends and gets.

pub mod error;
pub mod issued;
pub mod problem;
pub mod request_id;
pub mod server;

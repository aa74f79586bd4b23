//! Of what the tests share, what their judge of forms needs.

#[path = "../../tests/it/support/client.rs"]
pub mod client;
#[path = "../../tests/it/support/form.rs"]
pub mod form;
#[path = "../../tests/it/support/hidden.rs"]
mod hidden;

pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

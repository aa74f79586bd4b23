//! File and environment to a checked [`Settings`], every error with its line.

mod settings;

pub use settings::*;

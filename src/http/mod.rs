//! What a caller sends and gets.

pub mod issued;

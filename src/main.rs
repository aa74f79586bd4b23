//! Command line to command.
fn main() {}

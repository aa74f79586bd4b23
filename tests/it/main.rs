//! presignd from outside.

mod decision;
mod signing;

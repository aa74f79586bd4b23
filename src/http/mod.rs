//! What a caller sends and gets.

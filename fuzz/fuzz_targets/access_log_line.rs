//! `properties/access_log_line.rs`, driven by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| presignd_fuzz::properties::access_log_line::hold(data));

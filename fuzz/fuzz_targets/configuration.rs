//! `properties/configuration.rs`, driven by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| presignd_fuzz::properties::configuration::hold(data));

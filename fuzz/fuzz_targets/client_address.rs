//! `properties/client_address.rs`, driven by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| presignd_fuzz::properties::client_address::hold(data));

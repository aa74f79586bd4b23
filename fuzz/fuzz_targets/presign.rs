//! `properties/presign.rs`, driven by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| presignd_fuzz::properties::presign::hold(data));

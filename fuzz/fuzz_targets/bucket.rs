//! `properties/bucket.rs`, driven by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| presignd_fuzz::properties::bucket::hold(data));

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| niello_fuzz::Judged::run(niello_fuzz::endpoint, data));

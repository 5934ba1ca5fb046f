//! Counts what targets compare.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

/// What a target has compared.
#[derive(Default)]
pub struct Judged {
    /// The inputs.
    pub inputs: u64,
    /// The bodies, documents, streams and other things that came into being, so that they could be compared.
    pub cases: u64,
    /// The calls whose result was compared.
    pub steps: u64,
    /// The bytes that were compared.
    pub bytes: u64,
}

/// The sum of all inputs of a fuzzer.
static TOTAL: Mutex<Judged> = Mutex::new(Judged { inputs: 0, cases: 0, steps: 0, bytes: 0 });

impl Judged {
    /// Runs a target on an input of a fuzzer. Prints the sum whenever the number of inputs has doubled.
    pub fn run(target: fn(&[u8], &mut Judged), input: &[u8]) {
        let mut total = TOTAL.lock().unwrap_or_else(PoisonError::into_inner);
        total.inputs += 1;
        target(input, &mut total);
        if total.inputs >= 4096 && total.inputs.is_power_of_two() {
            eprintln!("{total}");
        }
    }

    /// Adds a case.
    pub(crate) fn case(&mut self) {
        self.cases += 1;
    }

    /// Adds a call whose result of `bytes` bytes was compared.
    pub(crate) fn step(&mut self, bytes: usize) {
        self.steps += 1;
        self.bytes += bytes as u64;
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Judged { inputs, cases, steps, bytes } = self;
        write!(f, "{inputs} inputs: {cases} cases, {steps} steps and {bytes} bytes compared")
    }
}

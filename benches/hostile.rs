//! The time and memory of reading JSON that was made to cost much: `cargo bench --bench hostile`.
//!
//! The last column is the time for twice the input, divided by the time for the input: 2 if the time is linear.

#[path = "../tests/common/heap.rs"]
mod heap;
#[path = "../tests/common/hostile.rs"]
mod inputs;
mod rig;

use inputs::{Input, inputs};
use rig::machine;
use std::time::Instant;

fn main() {
    const ROUNDS: usize = 9;
    println!("{}, medians of {ROUNDS} rounds", machine::state());
    println!("{:40} {:>9} {:>9} {:>9} {:>8} {:>7}", "input", "bytes", "ms", "peak MiB", "peak / n", "2n / n");
    for (input, twice) in inputs(1.0).iter().zip(&inputs(2.0)) {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (times, Input { json, run, .. }) in times.iter_mut().zip([input, twice]) {
                let start = Instant::now();
                run(json);
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        let [time, twice] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        });
        let Input { name, json, run } = input;
        let peak = heap::most_held(|| run(json)) as f64;
        let len = json.len();
        println!(
            "{name:40} {len:9} {time:9.2} {:9.1} {:8.1} {:7.2}",
            peak / f64::from(1 << 20),
            peak / len as f64,
            twice / time
        );
    }
}

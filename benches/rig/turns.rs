//! Sides that run in turn, in one process: a change of clock or of neighbours meets all of them alike.

use std::time::Instant;

/// What is measured: a name, and the work.
pub type Side<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// Runs all sides so many times, each turn beginning with another one, and returns the seconds of each. A turn
/// before the first warms.
pub fn in_turn(turns: usize, sides: &mut [Side<'_>]) -> Vec<Vec<f64>> {
    let mut seconds = vec![Vec::new(); sides.len()];
    for turn in 0..=turns {
        for side in 0..sides.len() {
            let side = (side + turn) % sides.len();
            let start = Instant::now();
            sides[side].1();
            if turn > 0 {
                seconds[side].push(start.elapsed().as_secs_f64());
            }
        }
    }
    seconds
}

/// How many times as fast `a` is as `b`: the median over the turns.
pub fn ratio(a: &[f64], b: &[f64]) -> f64 {
    median(a.iter().zip(b).map(|(a, b)| b / a).collect())
}

/// GB/s for so many bytes: the median over the turns.
pub fn speed(bytes: u64, seconds: &[f64]) -> f64 {
    median(seconds.iter().map(|seconds| bytes as f64 / seconds / 1e9).collect())
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

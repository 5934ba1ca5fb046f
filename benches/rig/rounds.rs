//! Measuring in rounds, in one process: each round runs every side once, so a change of clock speed or a busy
//! neighbor affects all of them alike.

use std::time::Instant;

/// What is measured: a name and the work.
pub type Side<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// Runs the sides in `rounds` rounds and returns the seconds of each side by round.
///
/// Each round begins with another side, so that no side is always the first. A round before the first warms
/// up and is not counted.
pub fn run(rounds: usize, sides: &mut [Side<'_>]) -> Vec<Vec<f64>> {
    let mut seconds = vec![Vec::new(); sides.len()];
    for round in 0..=rounds {
        for side in 0..sides.len() {
            let side = (side + round) % sides.len();
            let start = Instant::now();
            sides[side].1();
            if round > 0 {
                seconds[side].push(start.elapsed().as_secs_f64());
            }
        }
    }
    seconds
}

/// Returns how many times as fast `a` is as `b`: the median of the rounds' ratios.
pub fn ratio(a: &[f64], b: &[f64]) -> f64 {
    median(a.iter().zip(b).map(|(a, b)| b / a).collect())
}

/// Returns the median speed for `bytes` bytes, in GB/s.
pub fn speed(bytes: u64, seconds: &[f64]) -> f64 {
    median(seconds.iter().map(|seconds| bytes as f64 / seconds / 1e9).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

/// Returns a quantile of sorted values: a `fraction` of 0.5 is the median, 1.0 the maximum.
pub fn quantile(values: &[f64], fraction: f64) -> f64 {
    values[((values.len() as f64 * fraction) as usize).min(values.len() - 1)]
}

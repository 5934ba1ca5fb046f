//! Bodies of one warm file against the limits of memory, reads and TCP, and against the same loops with
//! another encoder: `cargo bench --bench bounds [-- MIB ROUNDS]`. Unix.
//!
//! All sides are measured in the same rounds, in one process. Speeds are in bytes of the file; speeds and
//! ratios are medians over the rounds.

mod rig;

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(unix)]
mod unix {
    use super::rig::{
        cli,
        file::{self, Map},
        limit, machine,
        rounds::{self, Side, ratio, speed},
        sink::{Sink, drain},
    };
    use base64_simd::{Out, STANDARD};
    use niello::{Access, Body, ContentEncoding, base64::encode};
    use std::{
        fs::File,
        hint::black_box,
        io::{Read, Write},
        os::unix::fs::FileExt,
        path::Path,
    };

    /// niello's sizes: of a window of a mapped file, and of a step with the chunk that it is encoded into.
    const WINDOW: usize = 6 << 20;
    const STEP: usize = 768 << 10;
    const CHUNK: usize = 1 << 20;
    const PAGE: usize = 4096;

    /// The ratios that are printed, with the least that niello aims at.
    const RATIOS: [(&str, &str, &str); 17] = [
        ("body, mapped", "windows, memcpy", "0.90"),
        ("body, read", "pread", "0.66"),
        ("body, mapped", "windows, base64-simd", "1.5"),
        ("body, read", "pread, base64-simd", "1.5"),
        ("body, mapped, to TCP", "constant buffer, to TCP", "0.85"),
        ("body, read, to TCP", "constant buffer, to TCP", ""),
        ("pulls of 16 KiB, mapped", "pulls of 1 MiB, mapped", "0.80"),
        ("pulls of 64 KiB, mapped", "pulls of 1 MiB, mapped", "0.92"),
        ("pulls of 16 KiB, read", "pulls of 1 MiB, read", "0.80"),
        ("pulls of 64 KiB, read", "pulls of 1 MiB, read", "0.92"),
        // The limits of these: loops that load and store as many bytes, and compute nothing.
        ("a loop to 16 KiB", "a loop to 1 MiB", ""),
        ("a loop to 64 KiB", "a loop to 1 MiB", ""),
        ("body, mapped, zstd", "body, mapped", "1.0"),
        // The cost of the engine around its inner loop. With AVX2 on CPUs other than Intel's, the first ratio can be more
        // than 1: the source of the body is prefetched, and the slices of the loop are not.
        ("body, mapped", "windows, niello's encoder", ""),
        ("body, read", "pread, niello's encoder", ""),
        // The limit of an engine with this encoder, with the same exception.
        ("windows, niello's encoder", "windows, memcpy", ""),
        ("pread, niello's encoder", "pread", ""),
    ];

    pub fn main() {
        drain();
        let len = (cli::number(0, 1024) as u64) << 20;
        let rounds = cli::number(1, 15);
        let path = file::warm("bounds.mp4", len);
        println!("{}, {} MiB, warm, {}, {rounds} rounds", machine::state(), len >> 20, file::folios(&path));

        let mut sides = sides(&path, len);
        let seconds = rounds::run(rounds, &mut sides);
        let of = |name: &str| {
            let side = sides.iter().position(|side| side.0 == name);
            &seconds[side.unwrap_or_else(|| panic!("no side {name}"))]
        };
        println!("\n{:<26}   GB/s", "side");
        for (name, _) in &sides {
            println!("{name:<26} {:6.2}", speed(len, of(name)));
        }
        println!("\n{:<26} {:<26}  speed ratio  target", "side", "divided by");
        for (a, b, target) in RATIOS {
            println!("{a:<26} {b:<26} {:12.3}  {target:>6}", ratio(of(a), of(b)));
        }
    }

    fn sides<'a>(path: &Path, len: u64) -> Vec<Side<'a>> {
        let mut sides = bodies(path);
        sides.extend(pulls(path));
        sides.push(("constant buffer, to TCP", constant(len)));
        sides.push((
            "windows, memcpy",
            windows(path, STEP, |step, out| out[..step.len()].copy_from_slice(step)),
        ));
        for (name, out) in
            [("a loop to 16 KiB", 16 << 10), ("a loop to 64 KiB", 64 << 10), ("a loop to 1 MiB", 1 << 20)]
        {
            sides.push((name, windows(path, out / 4 * 3, limit::read_n_write_4n_3)));
        }
        sides.push(("pread", pread(path, len, |_, _| {})));
        let niello = |step: &[u8], out: &mut [u8]| _ = encode(step, out);
        sides.push(("windows, niello's encoder", windows(path, STEP, niello)));
        sides.push(("pread, niello's encoder", pread(path, len, niello)));
        let simd = |step: &[u8], out: &mut [u8]| _ = STANDARD.encode(step, Out::from_slice(out));
        sides.push(("windows, base64-simd", windows(path, STEP, simd)));
        sides.push(("pread, base64-simd", pread(path, len, simd)));
        sides
    }

    fn bodies<'a>(path: &Path) -> Vec<Side<'a>> {
        let mut sides: Vec<Side<'_>> = Vec::new();
        for (access, discard, tcp) in [
            (Access::Map, "body, mapped", "body, mapped, to TCP"),
            (Access::Read, "body, read", "body, read, to TCP"),
        ] {
            let body = Body::json(&[file::open(path, access)]).unwrap();
            for (name, sink) in [(discard, Sink::Discard), (tcp, Sink::Tcp)] {
                let (body, mut sink) = (body.clone(), sink.open());
                sides.push((name, Box::new(move || _ = body.clone().write_to(&mut sink).unwrap())));
            }
        }
        let coded = Body::json(&[file::open(path, Access::Map)]).unwrap();
        let coded = coded.encode(ContentEncoding::Zstd).unwrap();
        let mut sink = Sink::Discard.open();
        sides.push(("body, mapped, zstd", Box::new(move || _ = coded.clone().write_to(&mut sink).unwrap())));
        sides
    }

    /// Pulls each byte of a body into one buffer, as clients do that read.
    fn pulls<'a>(path: &Path) -> Vec<Side<'a>> {
        let names = [
            (Access::Map, "pulls of 16 KiB, mapped", "pulls of 64 KiB, mapped", "pulls of 1 MiB, mapped"),
            (Access::Read, "pulls of 16 KiB, read", "pulls of 64 KiB, read", "pulls of 1 MiB, read"),
        ];
        let mut sides: Vec<Side<'_>> = Vec::new();
        for (access, short, medium, long) in names {
            let body = Body::json(&[file::open(path, access)]).unwrap();
            for (name, len) in [(short, 16 << 10), (medium, 64 << 10), (long, 1 << 20)] {
                let (body, mut buffer) = (body.clone(), vec![0; len]);
                sides.push((
                    name,
                    Box::new(move || {
                        let mut body = body.clone();
                        while body.read(&mut buffer).unwrap() > 0 {
                            black_box(&mut buffer);
                        }
                    }),
                ));
            }
        }
        sides
    }

    /// Sends as many chunks as the body of a file of `len` bytes has.
    fn constant<'a>(len: u64) -> Box<dyn FnMut() + 'a> {
        let mut tcp = Sink::Tcp.open();
        let chunk = vec![b'A'; CHUNK];
        Box::new(move || {
            for _ in 0..len.div_ceil(STEP as u64) {
                tcp.write_all(&chunk).unwrap();
            }
        })
    }

    /// Works on each `step` bytes of a mapped file, and drops each window when it is done.
    fn windows<'a>(path: &Path, step: usize, work: impl Fn(&[u8], &mut [u8]) + 'a) -> Box<dyn FnMut() + 'a> {
        let map = Map::new(path);
        let mut memory = vec![0; CHUNK + PAGE];
        // Aligned as the windows are, because a copy between different alignments may be slower.
        let start = memory.as_ptr().align_offset(PAGE);
        Box::new(move || {
            let out = &mut memory[start..start + CHUNK];
            for window in (0..map.len).step_by(WINDOW) {
                let span = &map.bytes()[window..map.len.min(window + WINDOW)];
                for step in span.chunks(step) {
                    work(black_box(step), black_box(out));
                }
                map.drop_pages(window, span.len());
            }
        })
    }

    /// Works on each step of a file that is read.
    fn pread<'a>(path: &Path, len: u64, work: impl Fn(&[u8], &mut [u8]) + 'a) -> Box<dyn FnMut() + 'a> {
        let file = File::open(path).unwrap();
        let mut memory = vec![0; STEP + PAGE];
        // The kernel copies at half its speed into a buffer with another page offset than the file's.
        let start = memory.as_ptr().align_offset(PAGE);
        let mut out = vec![0; CHUNK];
        Box::new(move || {
            let mut at = 0;
            while at < len {
                let bytes = &mut memory[start..][..STEP.min((len - at) as usize)];
                file.read_exact_at(bytes, at).unwrap();
                work(black_box(bytes), black_box(&mut out));
                at += bytes.len() as u64;
            }
        })
    }
}

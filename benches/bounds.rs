//! Bodies of one warm file against the bounds that no body can pass, and against the same loops on another
//! encoder: `cargo bench --bench bounds [-- MIB TURNS]`. Unix.
//!
//! Everything runs in turn, in one process. Printed are medians over all turns: of the speed in bytes of the
//! file, and of the ratio between two sides.

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
        sink::{Sink, drain},
        turns::{Side, in_turn, ratio, speed},
    };
    use base64_simd::{Out, STANDARD};
    use niello::{Access, Body, base64::encode};
    use std::{cell::RefCell, fs::File, hint::black_box, io::Write, os::unix::fs::FileExt, path::Path};

    /// As in niello: the windows of a mapped file, and the steps whose text is a chunk.
    const WINDOW: usize = 6 << 20;
    const STEP: usize = 768 << 10;
    const CHUNK: usize = 1 << 20;

    pub fn main() {
        drain();
        let len = (cli::number(0, 1024) as u64) << 20;
        let turns = cli::number(1, 15);
        let path = file::warm("bounds.mp4", len);
        println!("{} MiB, warm, {}, {turns} turns", len >> 20, file::folios(&path));

        let mut sides = sides(&path, len);
        let seconds = in_turn(turns, &mut sides);
        let of = |name: &str| {
            let side = sides.iter().position(|side| side.0 == name);
            &seconds[side.unwrap_or_else(|| panic!("no side {name}"))]
        };
        println!("\n{:<34}   GB/s", "side");
        for (name, _) in &sides {
            println!("{name:<34} {:6.2}", speed(len, of(name)));
        }
        println!("\n{:<34} {:<34}  ratio  target", "side", "of");
        for (a, b, target) in [
            ("body, mapped", "memcpy of windows", "0.85"),
            ("body, read", "pread", "0.65"),
            ("body, mapped", "windows, base64-simd", "1.5"),
            ("body, read", "pread, base64-simd", "1.5"),
            ("body, mapped, to TCP", "constant buffer, to TCP", "0.85"),
            ("body, read, to TCP", "constant buffer, to TCP", ""),
            // What the engine costs beside the loop that it holds.
            ("body, mapped", "windows, niello's encoder", ""),
            ("body, read", "pread, niello's encoder", ""),
            // What is left for any engine with this encoder.
            ("windows, niello's encoder", "memcpy of windows", ""),
            ("pread, niello's encoder", "pread", ""),
        ] {
            println!("{a:<34} {b:<34} {:6.3}  {target:>6}", ratio(of(a), of(b)));
        }
    }

    fn sides<'a>(path: &Path, len: u64) -> Vec<Side<'a>> {
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
        let mut tcp = Sink::Tcp.open();
        let constant = vec![b'A'; CHUNK];
        sides.push((
            "constant buffer, to TCP",
            Box::new(move || {
                for _ in 0..len.div_ceil(STEP as u64) {
                    tcp.write_all(&constant).unwrap();
                }
            }),
        ));

        type Work = fn(&[u8], &mut [u8]);
        let works: [(&str, &str, Work); 3] = [
            ("memcpy of windows", "pread", |_, _| {}),
            ("windows, niello's encoder", "pread, niello's encoder", |src, out| _ = encode(src, out)),
            ("windows, base64-simd", "pread, base64-simd", |src, out| {
                _ = STANDARD.encode(src, Out::from_slice(out));
            }),
        ];
        for (windows, pread, work) in works {
            let copies = windows.starts_with("memcpy");
            let map = Map::new(path);
            // Aligned, as the windows are: a copy between two alignments may be slower.
            let memory = RefCell::new(vec![0; CHUNK + 4096]);
            sides.push((
                windows,
                Box::new(move || {
                    let memory = &mut *memory.borrow_mut();
                    let start = memory.as_ptr().align_offset(4096);
                    let out = &mut memory[start..start + CHUNK];
                    for window in (0..map.len).step_by(WINDOW) {
                        let span = &map.bytes()[window..map.len.min(window + WINDOW)];
                        for step in span.chunks(STEP) {
                            match copies {
                                true => out[..step.len()].copy_from_slice(black_box(step)),
                                false => work(black_box(step), black_box(out)),
                            }
                            black_box(&out);
                        }
                        map.drop_pages(window, span.len());
                    }
                }),
            ));
            let file = File::open(path).unwrap();
            // A buffer that begins elsewhere in a page than what is read into it costs the kernel's copy half
            // of its speed.
            let mut memory = vec![0; STEP + 4096];
            let start = memory.as_ptr().align_offset(4096);
            let mut out = vec![0; CHUNK];
            sides.push((
                pread,
                Box::new(move || {
                    let mut at = 0;
                    while at < len {
                        let bytes = &mut memory[start..][..STEP.min((len - at) as usize)];
                        file.read_exact_at(bytes, at).unwrap();
                        work(black_box(bytes), black_box(&mut out));
                        at += bytes.len() as u64;
                    }
                }),
            ));
        }
        sides
    }
}

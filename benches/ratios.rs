//! Every available backend against the limit of memory and against other encoders and decoders: `cargo bench --bench
//! ratios [-- ROUNDS]`.

mod rig;

use base64_simd::Out;
use niello::base64::{Backend, encode};
use rig::{cli, limit, machine, rounds};
use std::{
    cell::{Cell, RefCell},
    hint::black_box,
};

/// Bytes of media that each side works on in a round, enough for the resolution of the clock.
const BYTES: usize = 4 << 20;
const PAGE: usize = 4096;
const LARGEST: usize = 64 << 20;
const SIZES: [usize; 5] = [16 << 10, 256 << 10, 1 << 20, 4 << 20, LARGEST];

/// How the buffers of a side are used.
#[derive(Clone, Copy)]
enum Buffers {
    /// The same ones again.
    Warm,
    /// Different ones each time, and too many for a cache to hold.
    Cold,
    /// The same source again, and a new allocation for the output.
    New,
}

impl Buffers {
    const ALL: [Buffers; 3] = [Buffers::Warm, Buffers::Cold, Buffers::New];

    /// Returns the sizes to measure. Only the largest is new memory in each call: the allocator reuses smaller buffers.
    fn sizes(self) -> &'static [usize] {
        match self {
            Buffers::Warm | Buffers::Cold => &SIZES,
            Buffers::New => &[LARGEST],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Buffers::Warm => "warm",
            Buffers::Cold => "cold",
            Buffers::New => "new",
        }
    }
}

/// More than a CPU can cache, in bytes of media.
const COLD: usize = 256 << 20;

const LEGEND: &str = "\
GB/s: 10^9 bytes of media per second. \"of X\": the backend's speed divided by X's; more than 1 means that niello
is faster. limit: the faster one of two loops that load and store as many bytes as the other sides, in the CPU's
widest vectors, and compute nothing; one has non-temporal stores. base64-turbo uses AVX2 when compared with avx2, and
the best that the CPU has otherwise. warm: the same buffers each time. cold: other buffers, which no cache holds.
new: each call allocates and frees its output, which the time includes; the system maps it when it is written to.";

type Work<'a> = &'a dyn Fn(&[u8], &mut [u8]);

fn main() {
    let rounds = cli::number(0, 301);
    println!("{}, {rounds} rounds (64 MiB and cold: fewer), medians\n{LEGEND}", machine::state());
    for (direction, work) in
        [("encode", encoders as fn(Backend, usize, Buffers, usize)), ("decode", decoders)]
    {
        println!("\n{direction}       media           GB/s  of limit  of base64-turbo  of base64-simd");
        for backend in Backend::available() {
            for buffers in Buffers::ALL {
                for &len in buffers.sizes() {
                    work(backend, len, buffers, rounds);
                }
            }
        }
    }
    println!("\nzstd coding  media           GB/s  of a copy");
    for backend in Backend::available() {
        for buffers in Buffers::ALL {
            for &len in buffers.sizes() {
                coders(backend, len, buffers, rounds);
            }
        }
    }
    println!("\ndecode in runs, 256 KiB   GB/s  of a whole");
    for backend in Backend::available() {
        escaped(backend, rounds);
    }
}

fn encoders(backend: Backend, len: usize, buffers: Buffers, rounds: usize) {
    let turbo: Work = match backend {
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2 => &|src: &[u8], out: &mut [u8]| {
            // SAFETY: this CPU has AVX2, or the backend would not be available. `out` has the exact
            // length of the encoded data.
            unsafe { base64_turbo::STANDARD.encode_avx2(src, out) }
        },
        _ => &|src, out| _ = base64_turbo::STANDARD.encode_slice(src, out).unwrap(),
    };
    let own: Work = &|src, out| _ = backend.encode(src, out);
    let sides = Sides::new(len, &media(len), len.div_ceil(3) * 4, buffers);
    let (speed, of_plain) = sides.compare(own, &|src, out| limit::read_n_write_4n_3(src, out), rounds);
    let (_, of_streaming) = sides.compare(own, &|src, out| limit::read_n_stream_4n_3(src, out), rounds);
    let (_, of_turbo) = sides.compare(own, turbo, rounds);
    let simd: Work = &|src, out| _ = base64_simd::STANDARD.encode(src, Out::from_slice(out));
    let (_, of_simd) = sides.compare(own, simd, rounds);
    row(backend, len, buffers, speed, [of_plain.min(of_streaming), of_turbo, of_simd]);
}

fn decoders(backend: Backend, len: usize, buffers: Buffers, rounds: usize) {
    let turbo: Work = match backend {
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2 => &|src: &[u8], out: &mut [u8]| {
            // SAFETY: this CPU has AVX2, or the backend would not be available. `out` has the length that
            // `decoded_len_estimate` returns.
            _ = unsafe { base64_turbo::STANDARD.decode_avx2(src, out) }.unwrap();
        },
        _ => &|src, out| _ = base64_turbo::STANDARD.decode_slice(src, out).unwrap(),
    };
    let own: Work = &|src, out| _ = backend.decode(src, out).unwrap();
    let sides = Sides::new(len, &base64(len), len.next_multiple_of(3), buffers);
    let (speed, of_plain) = sides.compare(own, &|src, out| limit::read_n_write_3n_4(src, out), rounds);
    let (_, of_streaming) = sides.compare(own, &|src, out| limit::read_n_stream_3n_4(src, out), rounds);
    let (_, of_turbo) = sides.compare(own, turbo, rounds);
    let simd: Work = &|src, out| _ = base64_simd::STANDARD.decode(src, Out::from_slice(out)).unwrap();
    let (_, of_simd) = sides.compare(own, simd, rounds);
    row(backend, len, buffers, speed, [of_plain.min(of_streaming), of_turbo, of_simd]);
}

fn row(backend: Backend, len: usize, buffers: Buffers, speed: f64, [of_limit, of_turbo, of_simd]: [f64; 3]) {
    let (kib, buffers) = (len >> 10, buffers.name());
    println!(
        "{backend:<9} {kib:>6} KiB {buffers:<4}  {speed:6.2} {of_limit:9.3} {of_turbo:16.3} {of_simd:15.3}"
    );
}

/// Compares the Huffman streams of media with copies of it, which are as long.
fn coders(backend: Backend, len: usize, buffers: Buffers, rounds: usize) {
    let len = len / 3 * 3;
    let sides = Sides::new(len, &media(len), len, buffers);
    let own: Work = &|src, out| backend.huffman(src, out);
    let (speed, of_copy) = sides.compare(own, &|src, out| out.copy_from_slice(src), rounds);
    println!(
        "{backend:<9} {:>6} KiB {:<4}  {speed:6.2} {of_copy:10.3}",
        len.next_multiple_of(1024) >> 10,
        buffers.name()
    );
}

/// Decodes what a JSON parser gets from servers that escape each `/`, about one in 64 characters, and what it gets from
/// those that begin a new line after 76 characters.
fn escaped(backend: Backend, rounds: usize) {
    let len = 256 << 10;
    let base64 = base64(len);
    let decode = |src: &[u8], out: &mut [u8]| {
        let mut decoder = backend.decoder();
        let (mut read, mut written) = (0, 0);
        while read < src.len() {
            let progress = decoder.decode(&src[read..], (&mut out[written..]).into()).unwrap();
            read += progress.read + 1;
            written += progress.written;
        }
    };
    let slashes = base64.split(|byte| *byte == b'/').collect::<Vec<_>>().join(&b"\\/"[..]);
    let lines = base64.chunks(76).collect::<Vec<_>>().join(&b'\n');
    for (name, runs) in [("escaped slashes", &slashes), ("lines of 76", &lines)] {
        let out = RefCell::new(vec![0; len + 3]);
        let work = |src: &[u8]| {
            for _ in 0..BYTES / len {
                decode(black_box(src), black_box(&mut out.borrow_mut()));
            }
        };
        let mut sides: [rounds::Side<'_>; 2] =
            [("runs", Box::new(|| work(runs))), ("whole", Box::new(|| work(&base64)))];
        let seconds = rounds::run(rounds, &mut sides);
        println!(
            "{backend:<9} {name:<15} {:6.2} {:11.3}",
            rounds::speed(BYTES as u64, &seconds[0]),
            rounds::ratio(&seconds[0], &seconds[1])
        );
    }
}

/// Returns pseudorandom bytes (xorshift).
fn media(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Returns the base64 of `len` bytes.
fn base64(len: usize) -> Vec<u8> {
    let mut base64 = vec![0; len.div_ceil(3) * 4];
    encode(&media(len), &mut base64[..]);
    base64
}

/// The buffers of all sides of a comparison. Each starts at a page, so that a side that aligns its accesses has no
/// advantage.
struct Sides {
    /// Bytes of media in a source.
    media: usize,
    src: Vec<Pages>,
    out: Vec<RefCell<Pages>>,
    buffers: Buffers,
}

impl Sides {
    fn new(media: usize, src: &[u8], out: usize, buffers: Buffers) -> Sides {
        let count = match buffers {
            Buffers::Warm | Buffers::New => 1,
            Buffers::Cold => COLD / media,
        };
        Sides {
            media,
            src: (0..count).map(|_| Pages::new(src.len(), |bytes| bytes.copy_from_slice(src))).collect(),
            out: (0..count).map(|_| RefCell::new(Pages::new(out, |bytes| bytes.fill(1)))).collect(),
            buffers,
        }
    }

    /// Returns the speed of `a` in GB/s of media, and its ratio to the speed of `b`.
    fn compare(&self, a: Work, b: Work, rounds: usize) -> (f64, f64) {
        let times = (BYTES / self.media).max(1);
        let next = Cell::new(0);
        let work = |work: Work| {
            for _ in 0..times {
                let at = next.replace((next.get() + 1) % self.src.len());
                let mut out = self.out[at].borrow_mut();
                if matches!(self.buffers, Buffers::New) {
                    *out = Pages::new(out.len, |_| ());
                }
                work(black_box(self.src[at].get()), black_box(out.get_mut()));
            }
        };
        let rounds = if self.src.len() > 1 || self.media > BYTES { rounds.div_ceil(10) } else { rounds };
        let seconds = rounds::run(rounds, &mut [("a", Box::new(|| work(a))), ("b", Box::new(|| work(b)))]);
        (rounds::speed((self.media * times) as u64, &seconds[0]), rounds::ratio(&seconds[0], &seconds[1]))
    }
}

/// Bytes that start at a page.
struct Pages {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Pages {
    fn new(len: usize, fill: impl FnOnce(&mut [u8])) -> Pages {
        let bytes = vec![0; len + PAGE];
        let start = bytes.as_ptr().align_offset(PAGE);
        let mut pages = Pages { bytes, start, len };
        fill(pages.get_mut());
        pages
    }

    fn get(&self) -> &[u8] {
        &self.bytes[self.start..][..self.len]
    }

    fn get_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..][..self.len]
    }
}

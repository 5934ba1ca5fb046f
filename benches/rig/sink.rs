//! Sinks for bodies. A process of its own drains the pipe and the TCP connection: it reads as fast as it can
//! and ignores what it reads.

use std::{
    env,
    fs::OpenOptions,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{self, Child, Command, Stdio},
};

const JOB: &str = "NIELLO_BENCH_DRAIN";

#[derive(Clone, Copy)]
pub enum Sink {
    Discard,
    DevNull,
    Pipe,
    Tcp,
}

impl Sink {
    pub const ALL: [Sink; 4] = [Sink::Discard, Sink::DevNull, Sink::Pipe, Sink::Tcp];

    pub fn name(self) -> &'static str {
        match self {
            Sink::Discard => "discard",
            Sink::DevNull => "devnull",
            Sink::Pipe => "pipe",
            Sink::Tcp => "tcp",
        }
    }

    /// Opens the sink. `main` must call [`drain`] first, because the draining process is this program again.
    pub fn open(self) -> Open {
        let start = |job| {
            Command::new(env::current_exe().unwrap())
                .env(JOB, job)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        };
        match self {
            Sink::Discard => Open { writer: Box::new(io::sink()), child: None },
            Sink::DevNull => {
                let file = OpenOptions::new().write(true).open("/dev/null").unwrap();
                Open { writer: Box::new(file), child: None }
            }
            Sink::Pipe => {
                let mut child = start("pipe");
                Open { writer: Box::new(child.stdin.take().unwrap()), child: Some(child) }
            }
            Sink::Tcp => {
                let mut child = start("tcp");
                let mut address = String::new();
                BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
                Open { writer: Box::new(TcpStream::connect(address.trim()).unwrap()), child: Some(child) }
            }
        }
    }
}

pub struct Open {
    writer: Box<dyn Write>,
    child: Option<Child>,
}

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Drains a sink instead of running the benchmark, if [`Sink::open`] has started this process.
pub fn drain() {
    let Ok(job) = env::var(JOB) else { return };
    let mut source: Box<dyn Read> = if job == "tcp" {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        println!("{}", listener.local_addr().unwrap());
        Box::new(listener.accept().unwrap().0)
    } else {
        Box::new(io::stdin())
    };
    let mut buffer = vec![0; 256 << 10];
    while source.read(&mut buffer).is_ok_and(|read| read > 0) {}
    process::exit(0)
}

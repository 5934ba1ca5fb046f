//! `niello fill --lines`: makes a body of JSON Lines from a template on each line.

use super::{Input, WHAT_IT_IS};
use crate::{args::Fill, descriptor::is_stdin, text};
use anyhow::{Result, anyhow, ensure};
use niello::{Access, Body};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor},
    path::Path,
};

/// Makes the body. Each request must be within the limit.
pub fn lines(args: &Fill) -> Result<Body> {
    // With other ways of access, each media file would stay open.
    let input = Input::new(args, Access::Reopen);
    let reader = open(input.path).map_err(|error| input.cannot_read(&error))?;
    let mut failed = None;
    let lines = Lines { reader, input: &input, number: 0 };
    let bodies = lines.map_while(|line| {
        let body = line.and_then(|line| line.body(&input));
        body.map_err(|error| failed = Some(error)).ok()
    });
    let body = Body::json_lines(bodies.map(Ok))?;
    if let Some(error) = failed {
        return Err(error);
    }
    ensure!(!body.is_empty(), "{} contains no templates; write one on each line", input.name());
    Ok(body)
}

/// Opens the file with the templates.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    Ok(match is_stdin(path) {
        // It is read to its end now, so that a template that names it as media does not get the templates after it.
        true => Box::new(Cursor::new(text::read(path, u64::MAX)?)),
        false => Box::new(BufReader::new(File::open(path)?)),
    })
}

/// A line that is not empty.
struct Line {
    /// The number of the line, from 1.
    number: u64,
    text: String,
}

impl Line {
    fn body(&self, input: &Input) -> Result<Body> {
        let checked = input.body(&self.text).and_then(|body| {
            input.limit.map_or(Ok(()), |limit| body.check(limit))?;
            Ok(body)
        });
        checked.map_err(|error| {
            // The parser sees only this line.
            let error = error.to_string().replace(" at line 1 column ", " at column ");
            let hint = match error.contains("EOF while parsing") {
                true => "; with --lines, each line is a whole template",
                false => "",
            };
            anyhow!("line {}: {error}{hint}", self.number)
        })
    }
}

/// The lines of a file that are not empty.
struct Lines<'a> {
    reader: Box<dyn BufRead>,
    input: &'a Input<'a>,
    /// The number of lines that were read.
    number: u64,
}

impl Lines<'_> {
    fn read(&mut self) -> Result<Option<Line>> {
        loop {
            let mut bytes = Vec::new();
            let len = self.reader.read_until(b'\n', &mut bytes);
            if len.map_err(|error| self.input.cannot_read(&error))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            let number = self.number;
            let mut text = text::decode(bytes)
                .map_err(|error| anyhow!("{}: line {number} {error}; {WHAT_IT_IS}", self.input.name()))?;
            text.truncate(text.trim_ascii_end().len());
            if !text.is_empty() {
                return Ok(Some(Line { number, text }));
            }
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Line>;

    fn next(&mut self) -> Option<Result<Line>> {
        self.read().transpose()
    }
}

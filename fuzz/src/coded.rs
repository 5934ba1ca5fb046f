//! Any body with the content coding zstd, read in any cuts: it decodes to the plain body, and every read from every
//! position gives the same bytes.

use super::cuts::{Element, Field, element};
use arbitrary::{Arbitrary, Unstructured};
use niello::{Body, ContentEncoding};
use std::io::{Read, Seek, SeekFrom};

pub fn coded(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(fields) = Vec::<Field>::arbitrary(&mut data) else { return };
    let (value, json): (Vec<Element>, Vec<String>) = fields.into_iter().take(8).map(element).unzip();
    let plain = Body::json(&value).unwrap();
    let mut body = plain.encode(ContentEncoding::Zstd).unwrap();

    let mut bytes = Vec::new();
    loop {
        // Once the data is used up, the rest is read in one piece.
        let cut = data.arbitrary::<u16>().unwrap_or(0);
        let mut part = vec![0; if cut == 0 { 1 << 20 } else { cut.into() }];
        let len = body.read(&mut part).unwrap();
        bytes.extend_from_slice(&part[..len]);
        if len == 0 {
            break;
        }
        if data.is_empty() {
            body.read_to_end(&mut bytes).unwrap();
        }
    }
    assert_eq!((bytes.len() as u64, body.decoded_len()), (body.len(), plain.len()));
    let decoded = zstd::decode_all(&bytes[..]).unwrap();
    assert!(decoded == format!("[{}]", json.join(",")).into_bytes());

    // A few positions, which depend on the length.
    for at in (0..bytes.len()).step_by(bytes.len() / 7 + 1) {
        body.seek(SeekFrom::Start(at as u64)).unwrap();
        let mut part = vec![0; (at * 31 + bytes.len()) % 200_000];
        let len = body.read(&mut part).unwrap();
        assert_eq!(len, part.len().min(bytes.len() - at));
        assert!(part[..len] == bytes[at..at + len]);
    }
}

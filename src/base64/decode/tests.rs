//! Tests of every backend that this CPU can run, against another implementation.

use super::*;

#[test]
fn test_vectors_of_rfc_4648() {
    let encoded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
    for (len, encoded) in encoded.into_iter().enumerate() {
        let mut out = [0; 6];
        let n = decode(encoded.as_bytes(), &mut out[..]).unwrap();
        assert_eq!(&out[..n], &b"foobar"[..len]);
    }
}

#[test]
fn error_has_the_position_of_the_first_character_that_does_not_fit() {
    let cases: [(&[u8], u64, Reason); 14] = [
        (b"AAAA AAA", 4, Reason::Character),
        (b"AAAA\xffAAA", 4, Reason::Character),
        (b"AA\n=", 2, Reason::Character),
        (b"=AAA", 0, Reason::Padding),
        (b"AAAAA=AA", 5, Reason::Padding),
        (b"AAAA====", 4, Reason::Padding),
        (b"AA===", 4, Reason::Padding),
        (b"AA=A", 3, Reason::AfterPadding),
        (b"AA==AAAA", 4, Reason::AfterPadding),
        (b"AB==", 1, Reason::UnusedBits),
        (b"AAB=", 2, Reason::UnusedBits),
        (b"AAAAA", 4, Reason::LeftOver),
        (b"AAAAAA", 6, Reason::NotPadded),
        (b"AA=", 3, Reason::NotPadded),
    ];
    for (src, position, reason) in cases {
        let error = decode(src, &mut [0; 8][..]).unwrap_err();
        assert_eq!(error, DecodeError { position, reason }, "{}", src.escape_ascii());
    }
}

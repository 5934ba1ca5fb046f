//! MIME types of files as ffmpeg writes them: every container that the gateways may be sent, with video and
//! with audio alone.
//!
//! Each row is a file name, what ffmpeg makes it from, and the type that is right. The type must be the same
//! without an extension, and with a wrong one: the content decides. Skipped with a message where ffmpeg is
//! not installed; `.ci/run` installs it.

use niello::{ErrorKind, Media};
use std::{fs, path::Path, process::Command};

/// What opening the file gives: a type, or an error that says this.
#[derive(Clone, Copy)]
enum Is {
    Type(&'static str),
    Refused(&'static str),
}
use Is::{Refused, Type};

const VIDEO: &str = "-f lavfi -i testsrc=d=0.4:s=64x48:r=10";
const AUDIO: &str = "-f lavfi -i sine=d=0.4";
const BOTH: &str = "-f lavfi -i testsrc=d=0.4:s=64x48:r=10 -f lavfi -i sine=d=0.4 -shortest";

/// (name, inputs, how ffmpeg encodes and muxes them, what the file is)
const FILES: [(&str, &str, &str, Is); 65] = [
    ("h264_aac.mp4", BOTH, "-c:v libx264 -c:a aac", Type("video/mp4")),
    ("h264.mp4", VIDEO, "-c:v libx264", Type("video/mp4")),
    ("faststart.mp4", BOTH, "-c:v libx264 -c:a aac -movflags +faststart", Type("video/mp4")),
    (
        "fragments.mp4",
        BOTH,
        "-c:v libx264 -g 1 -c:a aac -movflags frag_keyframe+empty_moov",
        Type("video/mp4"),
    ),
    ("mpeg4.mp4", VIDEO, "-c:v mpeg4", Type("video/mp4")),
    ("hevc.mp4", VIDEO, "-c:v libx265 -x265-params log-level=none", Type("video/mp4")),
    ("av1.mp4", VIDEO, "-c:v libaom-av1 -cpu-used 8", Type("video/mp4")),
    ("vp9.mp4", VIDEO, "-c:v libvpx-vp9", Type("video/mp4")),
    ("brand_av01.mp4", VIDEO, "-c:v libaom-av1 -cpu-used 8 -brand av01", Type("video/mp4")),
    ("brand_iso8.mp4", BOTH, "-c:v libx264 -c:a aac -brand iso8", Type("video/mp4")),
    ("brand_cmfc.mp4", VIDEO, "-c:v libx264 -brand cmfc", Type("video/mp4")),
    ("brand_niko.mp4", VIDEO, "-c:v libx264 -brand niko", Type("video/mp4")),
    ("brand_m4a_with_video.m4a", BOTH, "-c:v libx264 -c:a aac -f mp4 -brand M4A ", Type("video/mp4")),
    ("brand_m4v_audio.m4v", AUDIO, "-c:a aac -f mp4 -brand M4V ", Type("audio/m4a")),
    ("audio.mp4", AUDIO, "-c:a aac", Type("audio/m4a")),
    ("mp3_in.mp4", AUDIO, "-c:a libmp3lame", Type("audio/m4a")),
    ("flac_in.mp4", AUDIO, "-c:a flac -strict -2", Type("audio/m4a")),
    ("audio_dash.mp4", AUDIO, "-c:a aac -movflags frag_keyframe+empty_moov -brand dash", Type("audio/m4a")),
    ("smooth.ismv", BOTH, "-c:v libx264 -c:a aac -f ismv", Type("video/mp4")),
    ("audio.m4a", AUDIO, "-c:a aac", Type("audio/m4a")),
    ("alac.m4a", AUDIO, "-c:a alac", Type("audio/m4a")),
    ("ipod.m4b", AUDIO, "-c:a aac -f ipod", Type("audio/m4a")),
    ("h264.m4v", VIDEO, "-c:v libx264 -f mp4", Type("video/mp4")),
    ("h264_aac.mov", BOTH, "-c:v libx264 -c:a aac", Type("video/mov")),
    ("prores.mov", VIDEO, "-c:v prores", Type("video/mov")),
    ("audio.mov", AUDIO, "-c:a aac", Refused("QuickTime")),
    ("h263.3gp", "-f lavfi -i testsrc=d=0.4:s=176x144:r=10", "-c:v h263", Type("video/3gpp")),
    ("h264_aac.3gp", BOTH, "-c:v libx264 -c:a aac", Type("video/3gpp")),
    ("audio.3gp", AUDIO, "-c:a aac", Refused("3GPP")),
    ("video.3g2", VIDEO, "-c:v libx264", Refused("video/3gpp2")),
    ("vp8_vorbis.webm", BOTH, "-c:v libvpx -c:a libvorbis", Type("video/webm")),
    ("vp9_opus.webm", BOTH, "-c:v libvpx-vp9 -c:a libopus", Type("video/webm")),
    ("live.webm", BOTH, "-c:v libvpx -c:a libopus -live 1", Type("video/webm")),
    ("opus.webm", AUDIO, "-c:a libopus", Type("audio/webm")),
    ("vorbis_live.webm", AUDIO, "-c:a libvorbis -live 1", Type("audio/webm")),
    ("h264.mkv", BOTH, "-c:v libx264 -c:a aac", Refused("video/x-matroska")),
    ("audio.mka", AUDIO, "-c:a aac", Refused("audio/x-matroska")),
    ("vorbis.ogg", AUDIO, "-c:a libvorbis", Type("audio/ogg")),
    ("opus.opus", AUDIO, "-c:a libopus", Type("audio/ogg")),
    ("flac.oga", AUDIO, "-c:a flac", Type("audio/ogg")),
    ("speex.ogg", AUDIO, "-ar 16000 -c:a libspeex", Type("audio/ogg")),
    ("theora.ogv", VIDEO, "-c:v libtheora", Refused("video/ogg")),
    ("theora_vorbis.ogv", BOTH, "-c:v libtheora -c:a libvorbis", Refused("video/ogg")),
    ("mp3.mp3", AUDIO, "-c:a libmp3lame", Type("audio/mp3")),
    ("no_tag.mp3", AUDIO, "-c:a libmp3lame -id3v2_version 0 -write_xing 0", Type("audio/mp3")),
    ("mono_22050.mp3", AUDIO, "-ar 22050 -ac 1 -c:a libmp3lame -b:a 32k", Type("audio/mp3")),
    ("mono_8000.mp3", AUDIO, "-ar 8000 -ac 1 -c:a libmp3lame -b:a 16k", Type("audio/mp3")),
    ("layer_two.mp2", AUDIO, "-c:a mp2", Refused("audio/mp2")),
    ("adts.aac", AUDIO, "-c:a aac", Type("audio/aac")),
    ("tagged.aac", AUDIO, "-c:a aac -write_id3v2 1 -f adts", Type("audio/aac")),
    ("flac.flac", AUDIO, "-c:a flac", Type("audio/flac")),
    ("pcm.wav", AUDIO, "-c:a pcm_s16le", Type("audio/wav")),
    ("adpcm.wav", AUDIO, "-c:a adpcm_ima_wav", Type("audio/wav")),
    ("pcm.aiff", AUDIO, "", Type("audio/aiff")),
    ("tagged.aiff", AUDIO, "-write_id3v2 1 -metadata title=x", Type("audio/aiff")),
    ("mpeg4_mp3.avi", BOTH, "-c:v mpeg4 -c:a libmp3lame", Type("video/avi")),
    ("audio_first.avi", BOTH, "-map 1:a -map 0:v -c:v mpeg4 -c:a libmp3lame", Type("video/avi")),
    ("audio.avi", AUDIO, "-c:a libmp3lame", Refused("AVI")),
    ("flv1_mp3.flv", BOTH, "-c:v flv -c:a libmp3lame -ar 44100", Type("video/x-flv")),
    ("audio.flv", AUDIO, "-c:a libmp3lame -ar 44100", Refused("FLV")),
    ("wmv2_wmav2.wmv", BOTH, "-c:v wmv2 -c:a wmav2", Type("video/wmv")),
    ("audio.wma", AUDIO, "-c:a wmav2", Refused("audio/x-ms-wma")),
    ("mpeg1.mpeg", BOTH, "-c:v mpeg1video -r 25 -c:a mp2 -f mpeg", Type("video/mpeg")),
    ("mpeg2.vob", BOTH, "-c:v mpeg2video -r 25 -c:a mp2 -f vob", Type("video/mpeg")),
    ("audio.mpeg", AUDIO, "-c:a mp2 -f mpeg", Refused("MPEG")),
];

fn make(path: &Path, inputs: &str, options: &str) {
    // A brand may end with a space.
    let options = options
        .split(' ')
        .map(|word| if matches!(word, "M4A" | "M4V") { format!("{word} ") } else { word.to_owned() });
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-hide_banner", "-loglevel", "error", "-y"]).args(inputs.split(' '));
    ffmpeg.args(options.filter(|word| !word.is_empty())).arg(path);
    let output = ffmpeg.output().unwrap();
    assert!(output.status.success(), "{ffmpeg:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn check(path: &Path, is: Is) -> Result<(), String> {
    let shown = path.file_name().unwrap().display();
    match (Media::open(path), is) {
        (Ok(media), Type(mime)) if media.mime() == mime => Ok(()),
        (Err(error), Refused(says))
            if error.kind() == ErrorKind::MimeType && error.to_string().contains(says) =>
        {
            Ok(())
        }
        (Ok(media), Type(mime) | Refused(mime)) => Err(format!("{shown} is {}, not {mime}", media.mime())),
        (Err(error), Type(mime) | Refused(mime)) => Err(format!("{shown} ({mime}): {error}")),
    }
}

#[test]
fn files_of_every_container_have_the_type_of_their_tracks() {
    if Command::new("ffmpeg").arg("-version").output().is_err() {
        println!("skipped: ffmpeg is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (name, inputs, options, is) in FILES {
        let path = folder.path().join(name);
        make(&path, inputs, options);
        wrong.extend(check(&path, is).err());
        let bare = folder.path().join("no_extension");
        fs::copy(&path, &bare).unwrap();
        wrong.extend(check(&bare, is).err().map(|error| format!("{name}: {error}")));
        let mislabeled = folder.path().join("mislabeled.pdf");
        fs::rename(&bare, &mislabeled).unwrap();
        wrong.extend(check(&mislabeled, is).err().map(|error| format!("{name}: {error}")));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

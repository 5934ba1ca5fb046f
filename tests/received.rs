//! Media in responses: typed, in streams, and sent again.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use niello::{Base64, ErrorKind, Extracted, Extractor, Media, Source, chat, events::Events, gemini};
use serde_json::json;
use std::io;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and the rest of the image";

fn png() -> String {
    STANDARD.encode(PNG)
}

fn bytes(media: &Media) -> Vec<u8> {
    let mut bytes = Vec::new();
    media.copy_to(&mut bytes).unwrap();
    bytes
}

fn sent(mut body: niello::Body) -> String {
    io::read_to_string(&mut body).unwrap()
}

#[test]
fn gemini_responses_hold_media_that_is_sent_again() {
    for (mime, key) in [("mimeType", "inlineData"), ("mime_type", "inline_data")] {
        let part = json!({key: {"data": png(), mime: "image/webp"}});
        let json =
            json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "Here."}, part]}}]});
        let response = gemini::Response::from_reader(json.to_string().as_bytes()).unwrap();
        let media: Vec<_> = response.media().collect();
        assert_eq!(media.len(), 1);
        assert_eq!((bytes(media[0]), media[0].mime()), (PNG.to_vec(), "image/webp"));

        let request = gemini::Request::new().content(response.content().unwrap()).content("Again.");
        let body = request.body().unwrap();
        assert_eq!(body.segments().len(), 3);
        assert!(
            sent(body)
                .contains(&format!(r#"{{"inlineData":{{"mimeType":"image/webp","data":"{}"}}}}"#, png()))
        );
    }
}

#[test]
fn chat_responses_hold_media_wherever_servers_put_it() {
    let uri = format!("data:image/png;base64,{}", png());
    for (message, count) in [
        (json!({"content": "Hi.", "audio": {"id": "a1", "data": png(), "transcript": "Hi."}}), 1),
        (json!({"content": null, "images": [{"type": "image_url", "image_url": {"url": uri}}]}), 1),
        (
            json!({"content": [{"type": "image_url", "image_url": {"url": uri}}, {"image_url": {"url": uri}, "type": "image_url"}]}),
            2,
        ),
        (json!({"content": [{"type": "input_audio", "input_audio": {"data": png(), "format": "wav"}}]}), 1),
        (json!({"content": [{"type": "file", "file": {"file_data": uri, "filename": "a.png"}}]}), 1),
    ] {
        let json = json!({"choices": [{"index": 0, "message": message}]}).to_string();
        let response = chat::Response::from_reader(json.as_bytes()).unwrap();
        let found: Vec<_> = response.media().map(bytes).collect();
        assert_eq!(found, vec![PNG; count], "{message}");
        assert!(!format!("{response:?}").contains(&png()[..20]), "{response:?}");

        let request =
            chat::Request::new("m").message(response.message().unwrap()).message(chat::Message::user("?"));
        let body = request.body().unwrap();
        assert_eq!(
            body.segments().filter(|(_, segment)| matches!(segment, niello::Segment::Base64(_))).count(),
            count
        );
        assert!(sent(body).contains(&png()), "{message}");
    }
}

#[test]
fn media_where_an_api_has_no_field_for_it_remains_a_string() {
    let json = json!({
        "candidates": [{"content": {"parts": [
            {"functionCall": {"name": "f", "args": {"image": format!("data:image/png;base64,{}", png())}}},
            {"newPayload": {"inlineData": {"mimeType": "image/png", "data": png()}}},
        ]}, "b64_json": png()}],
    });
    let response = gemini::Response::from_slice(json.to_string().as_bytes()).unwrap();
    let back = serde_json::to_value(&response).unwrap();
    assert_eq!(back["candidates"][0]["content"]["parts"], json["candidates"][0]["content"]["parts"]);
    assert_eq!(back["candidates"][0]["b64_json"], png());
    assert_eq!(response.media().count(), 0);
}

#[test]
fn errors_of_an_api_may_quote_media() {
    let json =
        json!({"error": {"message": "bad image", "details": [{"audio": {"data": png()}}]}}).to_string();
    let error = chat::Response::from_slice(json.as_bytes()).unwrap_err();
    assert_eq!(error.api_error().unwrap().details[0]["audio"]["data"], png());
}

#[test]
fn base64_that_is_not_valid_is_an_error_of_a_stream_and_a_string_in_memory() {
    let json =
        r#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"a/b","data":"no base64"}}]}}]}"#;
    let response = gemini::Response::from_slice(json.as_bytes()).unwrap();
    assert!(serde_json::to_string(&response).unwrap().contains("no base64"));
    let error = gemini::Response::from_reader(json.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Json);
    assert!(error.to_string().contains("$.candidates[0].content.parts[0].inlineData.data"), "{error}");
}

#[test]
fn events_hold_media_and_its_length_does_not_count() {
    let image = vec![7; 100_000];
    let event = json!({"candidates": [{"content": {"parts": [
        {"inlineData": {"mimeType": "image/png", "data": STANDARD.encode(&image)}}]}}]});
    let pretty = serde_json::to_string_pretty(&event).unwrap();
    for stream in [
        format!("data: {event}\n\n").repeat(3),
        format!("data: {event}\n").repeat(3),
        format!("{event}\n").repeat(3),
        format!("[{event},\n{event}\n,{event}]"),
        format!("[{pretty}\n,\n{pretty},\n{pretty}\n]\n"),
        format!("data: {}\n\n", pretty.replace('\n', "\ndata: ")).repeat(3),
    ] {
        for step in [1000, 8191, stream.len()] {
            // The lines of the second stream are one event.
            let mut events = Events::with_limit(1200);
            let mut images = Vec::new();
            let read = |events: &mut Events, images: &mut Vec<Vec<u8>>| {
                for response in events.read::<gemini::Response>() {
                    images.extend(response.unwrap().media().map(bytes));
                }
            };
            for part in stream.as_bytes().chunks(step) {
                events.push(part);
                read(&mut events, &mut images);
            }
            events.finish();
            read(&mut events, &mut images);
            assert_eq!(images.len(), 3, "{}", &stream[..30]);
            assert!(images.iter().all(|found| *found == image));
        }
    }
}

#[test]
fn an_event_with_bad_media_is_one_error_and_later_events_are_read() {
    let long = "A".repeat(5000);
    let mut events = Events::new();
    events.push(
        format!("data: {{\"b64_json\":\"{long}!{long}\"}}\n\ndata: {{\"b64_json\":\"AAAA\"}}\n\n").as_bytes(),
    );
    let error = events.next_event().unwrap().unwrap_err();
    assert!(error.to_string().contains("at position 5000"), "{error}");
    let event = events.next_event().unwrap().unwrap();
    assert_eq!(bytes(event.media()[0].stored()), [0, 0, 0]);

    events.push(format!("data: {{\"b64_json\":\"{long}").as_bytes());
    events.finish();
    let error = events.next_event().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Json);
    assert!(error.to_string().contains("ended within an event"), "{error}");
}

#[test]
fn pieces_of_speech_are_joined() {
    let mut collector = chat::Collector::default();
    for (audio, finish) in [
        (json!({"id": "a1", "data": STANDARD.encode(b"RIFF"), "transcript": "Go"}), json!(null)),
        (json!({"data": STANDARD.encode(b"\x04\0\0\0WAVE"), "transcript": "al!"}), json!(null)),
        (json!({"expires_at": 7}), json!("stop")),
    ] {
        let chunk = json!({"choices": [{"index": 0, "delta": {"audio": audio}, "finish_reason": finish}]});
        let mut extractor = Extractor::new();
        extractor.push(chunk.to_string().as_bytes()).unwrap();
        let chunk = <chat::Chunk as niello::events::FromEvent>::from_event(&extractor.finish().unwrap());
        collector.push(chunk.unwrap().unwrap());
    }
    let response = collector.finish().unwrap();
    let audio = response.choices[0].message.audio.as_ref().unwrap();
    assert_eq!(
        (audio.id.as_deref(), audio.transcript.as_deref(), audio.expires_at),
        (Some("a1"), Some("Goal!"), Some(7))
    );
    let speech = audio.data.as_ref().unwrap().as_media().unwrap();
    assert_eq!((bytes(speech), speech.mime()), (b"RIFF\x04\0\0\0WAVE".to_vec(), "audio/wav"));
}

#[test]
fn strings_in_memory_are_decoded() {
    let inline = gemini::InlineData::new("audio/L16;codec=pcm;rate=24000", "AAEC");
    let media = inline.decode().unwrap();
    assert_eq!((bytes(&media), media.mime()), (vec![0, 1, 2], "audio/L16;codec=pcm;rate=24000"));
    assert_eq!(Base64::from(png()).decode().unwrap().mime(), "image/png");
    assert_eq!(Base64::from("AAEC").decode().unwrap().mime(), "application/octet-stream");
    let media = Source::from("data:video/mp4;base64,AAEC").decode().unwrap();
    assert_eq!((bytes(&media), media.mime()), (vec![0, 1, 2], "video/mp4"));
    for error in [
        Base64::from("AAE!").decode().unwrap_err(),
        Source::from("https://user:secret@example.com/a?key=secret").decode().unwrap_err(),
        Source::from("data:video/mp4,AAEC").decode().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn images_of_a_chat_message_convert_to_gemini() {
    let json = json!({"choices": [{"message": {"role": "assistant", "content": "Here.", "images": [
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{}", png())}}]}}]});
    let response = chat::Response::from_reader(json.to_string().as_bytes()).unwrap();
    let request = chat::Request::new("m").message("Draw.").message(response.message().unwrap());
    let request = request.to_gemini().unwrap();
    assert!(sent(request.body().unwrap()).contains(&format!(r#""data":"{}""#, png())));
}

#[test]
fn text_alone_is_an_event_without_media() {
    let event = Extracted::from("[DONE]");
    assert_eq!((event.text(), event.media().len()), ("[DONE]", 0));
}

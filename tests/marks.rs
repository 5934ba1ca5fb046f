//! Marks in the request types of another crate, whose fields are `String`.

mod common;

use async_openai::types::chat::{
    ChatCompletionRequestMessageContentPartAudio as AudioPart,
    ChatCompletionRequestMessageContentPartImage as ImagePart,
    ChatCompletionRequestMessageContentPartText as TextPart, ChatCompletionRequestUserMessage,
    ChatCompletionRequestUserMessageContent, ChatCompletionRequestUserMessageContentPart as Part,
    CreateChatCompletionRequest, ImageDetail, ImageUrl, InputAudio, InputAudioFormat,
};
use common::{Origin, assert_same, base64_of, noise, rest_of};
use niello::{ErrorKind, Marks, Media, Segment};

/// Returns a request with an image and audio, given as strings.
fn request(image: String, audio: String) -> CreateChatCompletionRequest {
    let parts: Vec<Part> = vec![
        TextPart::from("Who \"speaks\"\n\\?").into(),
        ImagePart::from(ImageUrl { url: image, detail: Some(ImageDetail::High) }).into(),
        AudioPart {
            input_audio: InputAudio { data: audio, format: InputAudioFormat::Wav },
            ..AudioPart::default()
        }
        .into(),
    ];
    let message =
        ChatCompletionRequestUserMessage::from(ChatCompletionRequestUserMessageContent::from(parts));
    CreateChatCompletionRequest {
        model: "system.ai.gemini-3-1-pro".into(),
        messages: vec![message.into()],
        max_completion_tokens: Some(64),
        ..CreateChatCompletionRequest::default()
    }
}

#[test]
fn body_equals_their_json_with_the_encoded_media() {
    let image = noise(70_001);
    for origin in Origin::ALL {
        for len in [1, 2, 3, 768 * 1024 + 1] {
            let sound = noise(len);
            let audio = origin.media(&sound);
            let picture = Media::from_bytes(image.clone(), "image/png").unwrap();
            let mut marks = Marks::new();
            let marked = request(marks.data_uri(&picture), marks.base64(&audio));
            let mut body = marks.body(&marked).unwrap();

            let streamed: Vec<_> = body
                .segments()
                .filter_map(|(_, segment)| match segment {
                    Segment::Base64(media) => Some(media.clone()),
                    _ => None,
                })
                .collect();
            assert_eq!(streamed.len(), 2);
            assert!(streamed[0].ptr_eq(&picture) && streamed[1].ptr_eq(&audio));

            let real = request(format!("data:image/png;base64,{}", base64_of(&image)), base64_of(&sound));
            let expected = serde_json::to_vec(&real).unwrap();
            assert_eq!(body.len(), expected.len() as u64);
            assert_same(&rest_of(&mut body), &expected, format!("{origin:?}, {len} bytes"));
        }
    }
}

#[test]
fn an_unused_mark_is_an_error() {
    let audio = Media::from_bytes("RIFF", "audio/wav").unwrap();
    let mut marks = Marks::new();
    let mark = marks.base64(&audio);
    let error = marks.body(&request("https://example.com/i.png".into(), mark[1..].into())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    marks.body(&request("https://example.com/i.png".into(), mark)).unwrap();
}

#[test]
fn marks_of_two_sets_are_never_equal() {
    let (one, two) =
        (Media::from_bytes("x", "audio/wav").unwrap(), Media::from_bytes("y", "audio/wav").unwrap());
    let (mut a, mut b) = (Marks::new(), Marks::default());
    let (mark_a, mark_b) = (a.base64(&one), b.base64(&two));
    assert_ne!(mark_a, mark_b);
    assert_eq!(
        rest_of(&mut a.body(&[&mark_a, &mark_b]).unwrap()),
        format!(r#"["eA==","{mark_b}"]"#).as_bytes()
    );
}

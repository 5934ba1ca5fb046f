//! The text at the end of each command's `--help`.
//!
//! The examples of a command form a script, which a test runs. In manual pages, an unindented line that ends
//! with a colon becomes a section heading. Lines have at most 75 characters because a manual page
//! indents them by 5 more, and a wrapped example could not be copied.

pub const NIELLO: &str = r#"Examples:
  # Preview a request, then write it to a file
  niello chat --model system.ai.gemini-3-1-pro --video clip.mp4 \
      --text 'Summarize what happens in this video.' --preview
  niello chat --model system.ai.gemini-3-1-pro --video clip.mp4 \
      --text 'Summarize what happens in this video.' -o body.json

  # Send the file with curl
  curl -X POST -T body.json -H 'Expect:' \
      -H 'Content-Type: application/json' \
      -H "Authorization: Bearer $DATABRICKS_TOKEN" \
      "$DATABRICKS_HOST/ai-gateway/mlflow/v1/chat/completions"

  # Use the Google Gemini format, or your own JSON
  niello gemini --audio talk.mp3 --text 'What is said?' -o body.json
  niello fill request.json -o body.json

Environment:
  NO_COLOR  Disables colors and other styles if it is not empty
  TMPDIR    Directory for temporary copies of media read from a pipe

Exit status:
  0  Success
  1  Failure, explained by the last line on standard error
  2  Invalid arguments"#;

/// How the parts of a request are named, in both formats.
macro_rules! sources {
    () => {
        r#"Text:
  TEXT is used verbatim. @FILE reads it from a file, and - from standard
  input; both must be UTF-8. Write @@ for text that starts with @.

Media:
  SRC is a file, a URL, or - for standard input, and an option can have
  several, as in --video *.mp4. Files are embedded as base64. URLs are sent
  unchanged, and the service downloads them.

  The media type is detected from the content or the file extension. To set
  it yourself, append it to SRC: 'clip.bin;type=video/mp4'. If the name
  itself ends with such a suffix, put it in double quotes: '"a;type=b"'."#
    };
}

pub const CHAT: &str = concat!(
    sources!(),
    r#"

Examples:
  # Ask about a video
  niello chat --model system.ai.gemini-3-1-pro --video clip.mp4 \
      --text 'Summarize what happens in this video.' -o body.json

  # Mix text and media; the parts are sent in this order
  niello chat --model system.ai.gemini-3-1-pro \
      --text 'Which is louder, this' --audio a.wav \
      --text 'or this?' --audio https://example.com/b.mp3 -o body.json

  # Read media from a pipe
  ffmpeg -v error -i clip.mp4 -f mp3 - |
      niello chat --model system.ai.gemini-3-1-pro --audio - \
          --text 'Transcribe this audio.' -o body.json

  # Ask about several documents, with the question in a file
  niello chat -m system.ai.gemini-3-1-pro --file *.pdf -t @question.txt \
      -o body.json

  # Set other fields of the request
  niello chat --model system.ai.gemini-3-1-pro --text 'Hello' \
      --set 'reasoning_effort="low"' --set 'metadata={"team":"video"}'

  # Send a shorter body to a server that decodes zstd
  niello chat --model system.ai.gemini-3-1-pro --video clip.mp4 \
      --content-encoding zstd -o body.json.zst
  curl -X POST -T body.json.zst -H 'Expect:' \
      -H 'Content-Encoding: zstd' -H 'Content-Type: application/json' \
      http://localhost:5000/gateway/openai/v1/chat/completions"#
);

pub const GEMINI: &str = concat!(
    sources!(),
    r#"
  A URL needs a type unless its extension shows it, or the file is on
  YouTube or was uploaded to the Files API.

  For videos, ';start=1.5s;end=80s' selects a section, and ';fps=2' sets
  the number of frames per second that the model sees.

Examples:
  # Ask about a recording, and set its media type
  niello gemini --audio 'talk.bin;type=audio/mp3' --text 'What is said?' \
      --max-output-tokens 1024 -o body.json

  # Ask about a section of a YouTube video
  niello gemini --video 'https://youtu.be/9hE5-98ZeCg;start=40s;end=80s' \
      --text 'Summarize what happens here.' -o body.json

  # Set other fields of the request
  niello gemini --text 'Name three colors.' \
      --config 'responseMimeType="application/json"' \
      --set 'labels={"team":"video"}'

  # Send the file with curl; the model is part of the URL
  URL="$DATABRICKS_HOST/serving-endpoints/gemini/v1beta/models"
  curl -X POST -T body.json -H 'Expect:' \
      -H 'Content-Type: application/json' \
      -H "Authorization: Bearer $DATABRICKS_TOKEN" \
      "$URL/databricks-gemini-3-1-pro:generateContent""#
);

pub const FILL: &str = r#"Templates:
  A template is JSON. niello replaces these objects with the base64 of the
  file that they name, either plain or as a data URI:

    {"$base64": {"file": "clip.mp4"}}
    {"$data_uri": {"file": "clip.mp4", "mime": "video/mp4"}}

  Without "mime", the media type is detected. The rest of the template is
  copied verbatim, including the order of keys and the spelling of numbers
  and strings, but without white space between values and without escapes
  in keys that need none.

Examples:
  # Preview a request, then write it to a file
  niello fill request.json --preview
  niello fill request.json -o body.json

  # Read the template from standard input
  echo '{"input": {"$base64": {"file": "clip.mp4"}}}' |
      niello fill - -o body.json

  # Write a request for each video, for a batch API
  for file in *.mp4; do
      printf '{"custom_id": "%s", "body": {"input": ' "$file"
      printf '{"$data_uri": {"file": "%s"}}}}\n' "$file"
  done > templates.jsonl
  niello fill --lines templates.jsonl -o requests.jsonl"#;

pub const EXTRACT: &str = r#"Media:
  These strings are media: base64 in inlineData.data, inline_data.data,
  audio.data, input_audio.data, b64_json and file_data, except in the
  arguments and results of functions; and data URIs with base64 under any
  key but text, content, arguments and input. Base64 is read in the
  standard and the URL-safe alphabet.

  `niello fill` writes base64 in the standard alphabet with padding. It
  writes no white space between values, and no escapes in keys that need
  none. Everything else is the same, byte for byte.

  JSON that contains $base64 or $data_uri is an error, because a template
  made from it could name any file.

Examples:
  # Save the images in a response, and keep the rest
  curl -s -X POST -T body.json -H 'Expect:' \
      -H 'Content-Type: application/json' \
      -H "Authorization: Bearer $DATABRICKS_TOKEN" \
      "$DATABRICKS_HOST/ai-gateway/mlflow/v1/chat/completions" |
      niello extract --dir images -o images/response.json

  # Show what is in a response
  niello extract response.json --list

  # Take a request apart and put it together again
  niello extract body.json --dir parts -o parts/template.json
  niello fill parts/template.json -o same.json

  # Save the images in a streamed response as they arrive
  curl -s -N https://example.com/stream |
      niello extract --events --dir stream"#;

pub const COMPLETIONS: &str = r#"Examples:
  # bash, with the bash-completion package
  dir=~/.local/share/bash-completion/completions
  mkdir -p "$dir" && niello completions bash > "$dir/niello"

  # zsh, in a directory of its $fpath
  niello completions zsh > ~/.zfunc/_niello

  # fish
  niello completions fish > ~/.config/fish/completions/niello.fish

  # PowerShell
  niello completions powershell >> "$PROFILE""#;

pub const MAN: &str = r#"Examples:
  # Read the page of a command
  niello man chat | man -l -

  # Install all pages
  niello man --dir ~/.local/share/man/man1"#;

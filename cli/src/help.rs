//! The end of each help: what an argument may be, and examples.
//!
//! The examples of a command are a script that runs: the tests run it. Of a line at the margin that ends with a
//! colon the manual page makes a section. No line is longer than 75 characters: a page shifts it by 5 more, and
//! what is broken cannot be copied.

pub const NIELLO: &str = r#"Examples:
  # What will be sent? Then write it
  niello chat --model system.ai.gemini-3-1-pro --video clip.mp4 \
      --text 'Summarize what happens in this video.' --preview
  niello chat --model system.ai.gemini-3-1-pro --video clip.mp4 \
      --text 'Summarize what happens in this video.' -o body.json

  # Send it: curl streams the file, and says its length first
  curl -X POST -T body.json -H 'Content-Type: application/json' \
      -H "Authorization: Bearer $DATABRICKS_TOKEN" \
      "$DATABRICKS_HOST/ai-gateway/mlflow/v1/chat/completions"

  # Google Gemini; JSON of your own
  niello gemini --audio talk.mp3 --text 'What is said?' -o body.json
  niello fill request.json -o body.json

Environment:
  NO_COLOR   set to anything: no styles, as where there is no terminal
  TMPDIR     where what comes through a pipe is kept while it is sent

Exit status:
  0  the body, or what was asked for, is written
  1  it is not, and the last line on standard error says why
  2  the arguments are wrong"#;

pub const CHAT: &str = r#"Media:
  SRC is a file, a URL, or - for standard input. A file is sent as base64,
  a URL as it is, for the service to fetch.

  The type of a file is found by its content, then by its extension. Where
  it is not found, or is another, say it: 'clip.bin;type=video/mp4'. A name
  that ends like that stands in quotes of its own: '"clip;type=a"'.

Examples:
  # A question about a video
  niello chat --model system.ai.gemini-3-1-pro --video clip.mp4 \
      --text 'Summarize what happens in this video.' -o body.json

  # Parts stand in the order of their options
  niello chat --model system.ai.gemini-3-1-pro \
      --text 'Which is louder, this' --audio a.wav \
      --text 'or this?' --audio https://example.com/b.mp3 -o body.json

  # From a pipe
  ffmpeg -v error -i clip.mp4 -f mp3 - |
      niello chat --model system.ai.gemini-3-1-pro --audio - \
          --text 'Transcribe this audio.' -o body.json

  # Other fields of the request, by their JSON
  niello chat --model system.ai.gemini-3-1-pro --text 'Hello' \
      --set 'reasoning_effort="low"' --set 'metadata={"team":"video"}'"#;

pub const GEMINI: &str = r#"Media:
  SRC is a file, a URL, or - for standard input. A file is sent as base64,
  a URL as it is, for the service to fetch.

  The type of a file is found by its content, then by its extension. Where
  it is not found, or is another, say it: 'clip.bin;type=video/mp4'. Of a
  video, ';start=1.5s;end=80s' shows a part, and ';fps=2' two pictures of
  each second. A name that ends like that stands in quotes of its own:
  '"clip;type=a"'.

Examples:
  # A question about a sound; its type is given
  niello gemini --audio 'talk.bin;type=audio/mp3' --text 'What is said?' \
      --max-output-tokens 1024 -o body.json

  # A part of a video on YouTube
  niello gemini --video 'https://youtu.be/9hE5-98ZeCg;start=40s;end=80s' \
      --text 'Summarize what happens here.' -o body.json

  # Other fields, by their JSON
  niello gemini --text 'Name three colours.' \
      --config 'responseMimeType="application/json"' \
      --set 'labels={"team":"video"}'

  # Send it: the model stands in the URL
  URL="$DATABRICKS_HOST/serving-endpoints/gemini/v1beta/models"
  curl -X POST -T body.json -H 'Content-Type: application/json' \
      -H "Authorization: Bearer $DATABRICKS_TOKEN" \
      "$URL/databricks-gemini-3-1-pro:generateContent""#;

pub const FILL: &str = r#"Directives:
  Where one of these objects stands, the base64 of a file is sent, bare or
  as a data URI, whose type is found if it is not given:

    {"$base64": {"file": "clip.mp4"}}
    {"$data_uri": {"file": "clip.mp4", "mime": "video/mp4"}}

  A file is relative to the folder of the template. All the rest stays as
  it is written: the order of keys, the spelling of numbers and texts.

Examples:
  # What will be sent? Then write it
  niello fill request.json --preview
  niello fill request.json -o body.json

  # A template from standard input
  echo '{"input": {"$base64": {"file": "clip.mp4"}}}' |
      niello fill - -o body.json"#;

pub const COMPLETIONS: &str = r#"Examples:
  # bash, with the package bash-completion
  folder=~/.local/share/bash-completion/completions
  mkdir -p "$folder" && niello completions bash > "$folder/niello"

  # zsh, in a folder of its $fpath
  niello completions zsh > ~/.zfunc/_niello

  # fish
  niello completions fish > ~/.config/fish/completions/niello.fish

  # PowerShell
  niello completions powershell >> "$PROFILE""#;

pub const MAN: &str = r#"Examples:
  # Read the page of a command
  niello man chat | man -l -

  # Install all of them
  niello man --dir ~/.local/share/man/man1"#;

"""Writes the media of a JSON body, or of the first event of a stream, to a file: `extract.py BODY FILE`."""

import base64
import json
import sys

with open(sys.argv[1], "rb") as file:
    text = file.read()
if text.startswith(b"data: "):
    text = text[len(b"data: ") : text.index(b"\n")]
body = json.loads(text)
with open(sys.argv[2], "wb") as file:
    file.write(base64.b64decode(body["contents"][0]["parts"][0]["inlineData"]["data"]))

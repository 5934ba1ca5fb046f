"""Makes the request as the API's documentation shows it: all in memory."""

import base64
import json
import sys

with open(sys.argv[1], "rb") as file:
    data = base64.b64encode(file.read()).decode("utf-8")

request = {
    "model": "system.ai.gemini-3-1-pro",
    "messages": [
        {
            "role": "user",
            "content": [{"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{data}"}}],
        }
    ],
}
sys.stdout.write(json.dumps(request))

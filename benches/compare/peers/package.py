"""Makes the request with niello's Python package."""

import sys

import niello

url = niello.data_uri(niello.Media.open(sys.argv[1], mime="video/mp4"))
request = {
    "model": "system.ai.gemini-3-1-pro",
    "messages": [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": url}}]}],
}
with open(1, "wb", buffering=0, closefd=False) as out:
    for chunk in niello.json(request):
        left = memoryview(chunk)
        while left:  # a write to a pipe may be short
            left = left[out.write(left) :]

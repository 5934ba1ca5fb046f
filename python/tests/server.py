"""A server that records what clients send: `python server.py LOG [--no-hash]`. It prints its port.

It accepts only requests with a Content-Length, and writes a line of JSON about each to LOG. What it responds depends on
the path:

- `generateContent`: the response of Gemini, or with `streamGenerateContent` its events.
- `images`: a response with an image.
- `/redirect/...`: a redirect with status 307 to the rest of the path.
- `/fail-KEY/...`: status 500 for the first two requests with that key.
- everything else: the response of Chat Completions, or its events if the request has `"stream": true`.
"""

import base64
import collections
import hashlib
import http.server
import json
import re
import sys
import threading

CHAT = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "A cat."}},
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
GEMINI = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "A cat."}]}, "finishReason": "STOP"}],
}
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000
IMAGES = {"created": 1, "data": [{"b64_json": base64.b64encode(IMAGE).decode()}]}
STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")


def delta(finish_reason):
    """An event of Chat Completions."""
    choice = {"index": 0, "finish_reason": finish_reason, "delta": {"role": "assistant", "content": "A cat."}}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


LOG = open(sys.argv[1], "a", buffering=1)
HASHES = "--no-hash" not in sys.argv
failed = collections.Counter()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.respond(200, "application/json", json.dumps(IMAGES if "images" in self.path else CHAT).encode(), {})

    def do_POST(self):
        length = self.headers["Content-Length"]
        record = {"path": self.path, "length": length and int(length), "agent": self.headers["User-Agent"]}
        record["encoding"] = self.headers["Content-Encoding"]
        record["retry"] = self.headers["X-Stainless-Retry-Count"]
        if length is None or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            response = 411, "text/plain", b"send a Content-Length", {}
        elif self.read_body(int(length), record):
            response = self.response(record["edges"])
        else:
            self.close_connection = True
            response = None
        record["status"] = response and response[0]
        # Before the client can look.
        LOG.write(json.dumps(record) + "\n")
        if response:
            self.respond(*response)

    def read_body(self, length, record):
        """Hashes the body. Returns `False` if it is shorter than its Content-Length."""
        digest = hashlib.sha256()
        # google-genai writes the URL-safe alphabet by itself.
        in_standard_alphabet = hashlib.sha256() if "generateContent" in self.path else digest
        decoder = None
        if record["encoding"] == "zstd":
            # Imported here, so that the benchmarks do not need it.
            import zstandard

            decoder = zstandard.ZstdDecompressor().decompressobj()
        buffer = memoryview(bytearray(4 << 20))
        first = last = b""
        while length:
            count = self.rfile.readinto1(buffer[: min(length, len(buffer))])
            if not count:
                return False
            length -= count
            data = buffer[:count]
            if decoder:
                data = decoder.decompress(data)
            if HASHES:
                digest.update(data)
                if in_standard_alphabet is not digest:
                    in_standard_alphabet.update(bytes(data).translate(STANDARD_ALPHABET))
            first = first or bytes(data[:4096])
            last = (last + data[-4096:])[-4096:]
        record["sha256"] = digest.hexdigest()
        record["sha256_in_standard_alphabet"] = in_standard_alphabet.hexdigest()
        record["edges"] = (first + last).decode("latin1")
        return True

    def response(self, edges):
        path = self.path
        if path.startswith("/redirect/"):
            return 307, "text/plain", b"", {"Location": path.removeprefix("/redirect")}
        if key := re.match("/fail-([^/]*)", path):
            failed[key[1]] += 1
            if failed[key[1]] <= 2:
                return 500, "application/json", b'{"error": {"message": "try again"}}', {}
        if "streamGenerateContent" in path:
            return 200, "text/event-stream", b"data: %s\r\n\r\n" % json.dumps(GEMINI).encode() * 2, {}
        if "generateContent" in path:
            return 200, "application/json", json.dumps(GEMINI).encode(), {}
        if "images" in path:
            return 200, "application/json", json.dumps(IMAGES).encode(), {}
        if re.search('"stream": ?true', edges):
            data = json.dumps(delta(None)), json.dumps(delta("stop")), "[DONE]"
            return 200, "text/event-stream", "".join(f"data: {event}\n\n" for event in data).encode(), {}
        return 200, "application/json", json.dumps(CHAT).encode(), {}

    def respond(self, status, content_type, body, headers):
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
# Ends with the process that started it.
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()

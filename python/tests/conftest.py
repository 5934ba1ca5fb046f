"""The server, a clip, and what clients send of it as their documentation shows."""

import base64
import gc
import json
import os
import pathlib
import subprocess
import sys

import pytest


HERE = pathlib.Path(__file__).parent.resolve()
CLIP = HERE.parents[1] / "tests/data/clip.mp4"


class Server:
    """A server in another process."""

    def __init__(self, log):
        self.log = log
        log.touch()
        self.process = subprocess.Popen(
            [sys.executable, HERE / "server.py", log], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"
        self.seen = 0

    def requests(self):
        """Returns the records of the requests since the last call, except those whose body was not complete."""
        lines = self.log.read_text().splitlines()
        new, self.seen = map(json.loads, lines[self.seen :]), len(lines)
        return [record for record in new if record["status"]]

    def same(self, count):
        """Checks that the requests since the last call had the same body. Returns their records."""
        requests = self.requests()
        assert len(requests) == count, requests
        assert len({request["sha256"] for request in requests}) == 1, requests
        assert all(request["length"] > 4_000_000 for request in requests)
        return requests


@pytest.fixture(scope="session")
def server_process(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server") / "log")
    yield server
    server.process.stdin.close()
    server.process.wait(10)


@pytest.fixture
def server(server_process):
    server_process.requests()
    return server_process


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """A real video, made longer by random bytes."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    size = 4 * 2**20
    path.write_bytes(CLIP.read_bytes() + (size + 8).to_bytes(4, "big") + b"mdat" + os.urandom(size))
    return path


def documented_uri(path):
    """A data URI as the documentation of the APIs makes it."""
    return f"data:video/mp4;base64,{base64.b64encode(pathlib.Path(path).read_bytes()).decode()}"


def messages(uri):
    text = {"type": "text", "text": 'What "moves"? \u00e9\u4e16'}
    return [{"role": "user", "content": [text, {"type": "video_url", "video_url": {"url": uri}}]}]


def open_files():
    """The number of open videos, after those that are garbage are closed."""
    gc.collect()
    folder = f"/proc/{os.getpid()}/fd"
    paths = []
    for descriptor in os.listdir(folder):
        try:
            paths.append(os.readlink(f"{folder}/{descriptor}"))
        except FileNotFoundError:
            pass
    return sum(path.endswith(".mp4") for path in paths)



"""Measures clients with niello, and as their documentation shows:
`python measure.py [all|one|same|many|threads|calls] [MIB] [CLIENTS]`.

Needs the packages of tests/requirements.txt, and free memory of 6 times the file. The server is another process, which
hashes only for `same`. Each upload is a process of its own, and the imports are not counted as time.

- `one`: an upload of MIB (1024 by default) with each client: time, CPU time and peak memory, medians of 3. httpx 0.28
  copies the rest of a body after each send, so with 1 GiB it takes minutes as documented; it runs only if you name it.
- `same`: whether the bodies of such uploads are the same: the length and the hash that the server calculates. The hash of
  what google-genai sends is that of the body in the standard alphabet of base64.
- `many`: 16 uploads of 256 MiB at once by one client.
- `threads`: how fast another thread counts during an upload, compared with while nothing happens.
- `calls`: 2,000 requests, and how many files are open after them.
"""

import asyncio
import base64
import contextlib
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
CLIP = HERE.parents[1] / "tests/data/clip.mp4"
TEXT = "Summarize what happens in this video."
CLIENTS = ["openai", "openai-async", "google-genai", "requests", "aiohttp"]


def messages(uri):
    return [
        {
            "role": "user",
            "content": [{"type": "text", "text": TEXT}, {"type": "video_url", "video_url": {"url": uri}}],
        }
    ]


def documented_uri(path):
    # At module level, as in the documentation, the base64 stays alive.
    global encoded
    with open(path, "rb") as file:
        encoded = base64.b64encode(file.read()).decode("utf-8")
    return f"data:video/mp4;base64,{encoded}"


def prepare(client, way):
    """Imports what a way to send needs, and returns a function of a path and a URL that sends."""
    import niello

    marked = way == "niello"
    uri = niello.data_uri if marked else documented_uri
    options = {"api_key": "key", "max_retries": 0}
    if client == "openai":
        import niello.httpx2
        import openai

        def send(path, url):
            if marked:
                options["http_client"] = niello.httpx2.Client()
            openai.OpenAI(base_url=url, **options).chat.completions.create(model="m", messages=messages(uri(path)))

    elif client == "openai-async":
        import niello.httpx2
        import openai

        async def run(path, url):
            if marked:
                options["http_client"] = niello.httpx2.AsyncClient()
            async with openai.AsyncOpenAI(base_url=url, **options) as client:
                await client.chat.completions.create(model="m", messages=messages(uri(path)))

        def send(path, url):
            asyncio.run(run(path, url))

    elif client == "google-genai":
        import niello.httpx2
        from google import genai
        from google.genai import types

        def send(path, url):
            http = {"base_url": url}
            if marked:
                http["httpx_client"] = niello.httpx2.Client()
            data = niello.raw(path) if marked else pathlib.Path(path).read_bytes()
            client = genai.Client(api_key="key", http_options=types.HttpOptions(**http))
            part = types.Part.from_bytes(data=data, mime_type="video/mp4")
            client.models.generate_content(model="m", contents=[part, TEXT])

    elif client == "requests":
        import niello.requests
        import requests

        def send(path, url):
            session = niello.requests.Session() if marked else requests.Session()
            session.post(url, json={"model": "m", "messages": messages(uri(path))}).raise_for_status()

    elif client == "httpx":
        import httpx
        import niello.httpx

        def send(path, url):
            with (niello.httpx if marked else httpx).Client(timeout=600) as client:
                client.post(url, json={"model": "m", "messages": messages(uri(path))}).raise_for_status()

    elif client == "aiohttp":
        import aiohttp
        import niello.aiohttp

        async def run(path, url):
            middlewares = (niello.aiohttp.middleware(),) if marked else ()
            async with aiohttp.ClientSession(middlewares=middlewares) as session:
                async with session.post(url, json={"model": "m", "messages": messages(uri(path))}) as response:
                    response.raise_for_status()

        def send(path, url):
            asyncio.run(run(path, url))

    return send


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak():
    """The peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def upload(client, way, path, url):
    """Sends once in this process. Prints seconds, seconds of CPU time, and MiB."""
    send = prepare(client, way)
    start, before = time.perf_counter(), cpu()
    send(path, url)
    print(time.perf_counter() - start, cpu() - before, peak())


def uploads(path, url):
    """Sends 16 times at once in this process. Prints seconds and MiB."""
    import niello
    import niello.httpx2
    import openai

    async def run():
        options = {"api_key": "key", "max_retries": 0, "http_client": niello.httpx2.AsyncClient()}
        async with openai.AsyncOpenAI(base_url=url, **options) as client:
            create = client.chat.completions.create
            await asyncio.gather(*(create(model="m", messages=messages(niello.data_uri(path))) for _ in range(16)))

    start = time.perf_counter()
    asyncio.run(run())
    print(time.perf_counter() - start, peak())


def count(work):
    """Returns how often per second another thread counts while `work` runs."""
    counted, stop = 0, threading.Event()

    def run():
        nonlocal counted
        while not stop.is_set():
            counted += 1

    thread = threading.Thread(target=run)
    thread.start()
    start, before = time.perf_counter(), counted
    work()
    rate = (counted - before) / (time.perf_counter() - start)
    stop.set()
    thread.join()
    return rate


def threads(path, url):
    """Prints the rates of a thread that counts next to niello and next to the documented way, relative to its rate next to
    a sleep: medians of 5 rounds.
    """
    ways = [prepare("requests", way) for way in ("niello", "documented")]
    rounds = []
    for _ in range(5):
        idle, *rates = count(lambda: time.sleep(1)), *(count(lambda: send(path, url)) for send in ways)
        rounds.append([rate / idle for rate in rates])
    print(*map(statistics.median, zip(*rounds)))


def calls(path, url):
    """Sends 2,000 requests. Prints how many files are open before and after."""
    import niello
    import niello.httpx2
    import openai

    with openai.OpenAI(base_url=url, api_key="key", http_client=niello.httpx2.Client()) as client:
        for number in range(2001):
            client.chat.completions.create(model="m", messages=messages(niello.data_uri(path)))
            if number == 0:
                before = len(os.listdir("/proc/self/fd"))
        print(before, len(os.listdir("/proc/self/fd")))


def child(*arguments):
    """Runs a function of this script in a process of its own. Returns the numbers that it prints."""
    run = subprocess.run([sys.executable, __file__, "--run", *map(str, arguments)], capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    return [float(number) for number in run.stdout.split()]


def make(folder, mib):
    """Creates a video of this many MiB."""
    path = pathlib.Path(folder, f"{mib}.mp4")
    block = os.urandom(2**20)
    with path.open("wb") as file:
        file.write(CLIP.read_bytes() + b"\0\0\0\1mdat" + (mib * 2**20 + 16).to_bytes(8, "big"))
        for _ in range(mib):
            file.write(block)
    return path


@contextlib.contextmanager
def server(folder, *options):
    """Starts the server. Returns its URL and its log."""
    log = pathlib.Path(folder, "log")
    command = [sys.executable, HERE.parent / "tests/server.py", log, *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1", log
    process.stdin.close()
    process.wait(10)


def records(log):
    return [json.loads(line) for line in log.open()]


def main(what, mib, clients):
    model = next((line for line in open("/proc/cpuinfo") if line.startswith("model name")), "?: ?").split(": ")[1]
    print(f"{model.strip()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        if what in ("all", "same"):
            path = make(folder, mib)
            with server(folder) as (url, log):
                for client in clients:
                    for way in "documented", "niello":
                        child("upload", client, way, path, url)
                    documented, marked = records(log)[-2:]
                    same = all(documented[key] == marked[key] for key in ("length", "sha256_in_standard_alphabet"))
                    print(f"{mib} MiB, {client:14}{marked['length']} bytes, {'the same' if same else 'NOT THE SAME'}", flush=True)
            log.unlink()
            path.unlink()
        if what == "same":
            return
        with server(folder, "--no-hash") as (url, log):
            measure(what, mib, clients, folder, url)
            lengths = [record["length"] for record in records(log)]
            print(f"the server received {len(lengths)} requests and {sum(lengths) / 2**30:.1f} GiB")


def measure(what, mib, clients, folder, url):
    if what in ("all", "one"):
        path = make(folder, mib)
        print(f"{mib} MiB: seconds, CPU seconds, peak MiB")
        for client in clients:
            for way in "documented", "niello":
                rounds = [child("upload", client, way, path, url) for _ in range(3)]
                print(f"{client:14}{way:12}{'{:8.2f}{:8.2f}{:8.1f}'.format(*map(statistics.median, zip(*rounds)))}", flush=True)
        path.unlink()
    if what in ("all", "many"):
        print("16 uploads of 256 MiB at once: {:.1f} s, peak {:.1f} MiB".format(*child("uploads", make(folder, 256), url)), flush=True)
    if what in ("all", "threads"):
        rates = child("threads", make(folder, 512), url)
        for way, rate in zip(("niello", "documented"), rates):
            print(f"a thread counts at {100 * rate:.0f}% of its rate during an upload with requests, {way}", flush=True)
    if what in ("all", "calls"):
        print("open files before and after 2,000 requests: {:.0f}, {:.0f}".format(*child("calls", CLIP, url)), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        globals()[sys.argv[2]](*sys.argv[3:])
    else:
        given = dict(enumerate(sys.argv))
        main(given.get(1, "all"), int(given.get(2, 1024)), sys.argv[3:] or CLIENTS)

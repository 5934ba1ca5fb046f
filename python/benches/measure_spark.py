"""Measures Spark workers that send videos: `python measure_spark.py [CLIPS] [MB]`, by default 200 clips of 5 MB.

Needs the packages of tests/requirements.txt and tests/requirements-spark.txt, and Java 17. Each way is a Spark of its own in
local mode with two Python workers, which send to the server of the tests. Prints the peak memory of the larger worker and the
time of the job.

- `nothing`: the workers import the same and send nothing.
- `niello`: `ask` of examples/spark.py.
- `documented`: the same, with base64 as the documentation of the APIs shows it.
- `content`: the same, with the content of the videos in the DataFrame, as the data source `binaryFile` reads it.
"""

import base64
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import pandas
import requests
from pyspark.sql import SparkSession

HERE = pathlib.Path(__file__).parent.resolve()
sys.path.insert(0, str(HERE.parent / "examples"))
import spark as example

WAYS = ["nothing", "niello", "documented", "content"]


def post(url, data):
    uri = f"data:video/mp4;base64,{base64.b64encode(data).decode()}"
    content = [{"type": "text", "text": "Summarize."}, {"type": "video_url", "video_url": {"url": uri}}]
    response = requests.post(url, json={"model": "m", "messages": [{"role": "user", "content": content}]})
    response.raise_for_status()


def ask(way, url):
    """Returns a function for `mapInPandas`."""

    def run(batches):
        for batch in batches:
            for row in batch.itertuples():
                if way == "documented":
                    post(url, pathlib.Path(row.path).read_bytes())
                elif way == "content":
                    post(url, row.content)
            yield pandas.DataFrame({"path": batch["path"], "error": None})

    return example.ask(url, "token", "m") if way == "niello" else run


def measured(run):
    def run_measured(batches):
        for rows in run(batches):
            status = pathlib.Path("/proc/self/status").read_text()
            peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
            yield rows[["path", "error"]].assign(worker=os.getpid(), peak=peak)

    return run_measured


def job(way, folder, url):
    os.environ["PYSPARK_PYTHON"] = sys.executable
    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Arrow's own allocator keeps 4 MiB.
        "spark.executorEnv.ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    session.sparkContext.addPyFile(example.__file__)
    files = session.read.format("binaryFile").load(folder)
    if way == "content":
        frame = files.select("path", "content")
    else:
        frame = session.createDataFrame([(str(path),) for path in pathlib.Path(folder).iterdir()], "path string")
        frame = frame.repartition(4)
    start = time.perf_counter()
    rows = frame.mapInPandas(measured(ask(way, url)), "path string, error string, worker long, peak double").collect()
    seconds = time.perf_counter() - start
    errors, workers = [row.error for row in rows if row.error], {row.worker for row in rows}
    assert not errors and len(workers) == 2, (errors, workers)
    print(f"{len(rows)} clips, {way:12} peak {max(row.peak for row in rows):7.1f} MiB, {seconds:6.1f} s", flush=True)


def main(clips, megabytes):
    start, size = (HERE.parents[1] / "tests/data/clip.mp4").read_bytes(), megabytes * 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        log, videos = pathlib.Path(folder, "log"), pathlib.Path(folder, "videos")
        videos.mkdir()
        for number in range(clips):
            data = os.urandom(size - len(start) - 8)
            videos.joinpath(f"{number}.mp4").write_bytes(start + (len(data) + 8).to_bytes(4, "big") + b"mdat" + data)
        command = [sys.executable, HERE.parent / "tests/server.py", log, "--no-hash"]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        for way in WAYS:
            # Workers import from the working directory.
            subprocess.run([sys.executable, HERE / "measure_spark.py", "--run", way, videos, url], check=True, cwd=folder)
        server.stdin.close()
        server.wait(10)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        job(*sys.argv[2:])
    else:
        main(*map(int, sys.argv[1:] or (200, 5)))

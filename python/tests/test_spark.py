"""Spark workers send and write the requests that Python creates by itself."""

import collections
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("pyspark")
import pandas
from pyspark import cloudpickle
from pyspark.sql import SparkSession

import niello
from conftest import CLIP, HERE, documented_uri

EXAMPLE = HERE.parent / "examples/spark.py"
sys.path.insert(0, str(EXAMPLE.parent))
import spark as example

# The limit for a worker. Python, pyspark, pandas, pyarrow and requests take 141 of it.
PEAK_MIB = 150

# The workers do not import this file.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture(scope="module")
def session():
    # Otherwise the workers are the first Python in PATH.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Arrow's own allocator keeps 4 MiB.
        "spark.executorEnv.ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    session.sparkContext.addPyFile(str(EXAMPLE))
    yield session
    session.stop()


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """200 different videos of 5 MB, in a folder with a space in its name."""
    folder = tmp_path_factory.mktemp("Volumes") / "main default"
    folder.mkdir()
    start, size = CLIP.read_bytes(), 5_000_000
    for number in range(200):
        data = os.urandom(size - len(start) - 8)
        folder.joinpath(f"{number:03}.mp4").write_bytes(start + (len(data) + 8).to_bytes(4, "big") + b"mdat" + data)
    yield folder
    # pytest keeps the folders of the last three runs.
    shutil.rmtree(folder)


def documented(path):
    """The request about a video as the documentation of the API creates it."""
    video = {"type": "video_url", "video_url": {"url": documented_uri(path)}}
    text = {"type": "text", "text": "Summarize what happens in this video."}
    return {"model": "m", "messages": [{"role": "user", "content": [text, video]}]}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def peak():
    """The peak memory of this process in MiB."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measured(run):
    """Adds the worker and its peak memory to the rows of a function for `mapInPandas`."""

    def run_measured(batches):
        for rows in run(batches):
            yield rows.assign(worker=os.getpid(), peak=peak())

    return run_measured


def rows_of(session, clips, run, schema):
    """Runs a function for `mapInPandas` with the paths of the clips and one that does not exist."""
    paths = [*map(str, sorted(clips.iterdir())), str(clips / "nothing.mp4")]
    frame = session.createDataFrame([(path,) for path in paths], "path string").repartition(4)
    rows = frame.mapInPandas(measured(run), schema + ", worker long, peak double").collect()
    assert sorted(row.path for row in rows) == sorted(paths)
    workers = collections.defaultdict(float)
    for row in rows:
        workers[row.worker] = max(workers[row.worker], row.peak)
    print("peak memory of each worker in MiB:", *(f"{peak:.1f}" for peak in workers.values()))
    assert len(workers) == 2 and max(workers.values()) < PEAK_MIB
    (failed,) = (row for row in rows if row.error)
    assert failed.path == paths[-1] and "cannot open" in failed.error and "No such file" in failed.error
    return [row for row in rows if not row.error]


def test_workers_send_the_documented_bodies(server, session, clips):
    rows = rows_of(session, clips, example.ask(server.url + "/v1/chat/completions", "token", "m"), example.RESPONSES)
    assert {json.loads(row.response)["choices"][0]["message"]["content"] for row in rows} == {"A cat."}
    sent = sorted(request["sha256"] for request in server.requests())
    assert sent == sorted(sha256(json.dumps(documented(path)).encode()) for path in clips.iterdir())


def test_workers_send_again_after_errors_of_the_server(server):
    paths = pandas.DataFrame({"path": [str(CLIP), "nothing.mp4"]})
    (rows,) = example.ask(server.url + "/fail-spark/v1", "token", "m")([paths])
    assert list(rows["error"].isna()) == [True, False]
    requests = server.requests()
    assert [request["status"] for request in requests] == [500, 500, 200]
    assert {request["sha256"] for request in requests} == {sha256(json.dumps(documented(CLIP)).encode())}


def test_workers_write_files_of_requests(session, clips, tmp_path):
    rows = rows_of(session, clips, example.batch(str(tmp_path), "m"), example.REQUESTS)
    written = {}
    for file in tmp_path.iterdir():
        assert 0 < file.stat().st_size <= example.FILE_LIMIT
        for line in file.open("rb"):
            written[sha256(line)] = file.name
    for row in rows:
        line = {"custom_id": row.path, "method": "POST", "url": "/v1/chat/completions", "body": documented(row.path)}
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        assert written.pop(sha256(text.encode())) == row.file
    assert not written
    assert len({row.file for row in rows}) > 4


def test_a_failed_line_leaves_the_others_intact(tmp_path, monkeypatch):
    changing = tmp_path / "changing.mp4"
    changing.write_bytes(CLIP.read_bytes() + bytes(10_000_000))
    folder = tmp_path / "requests"
    folder.mkdir()
    monkeypatch.setattr(example, "FILE_LIMIT", 100)
    with example.Files(folder, 7) as files:
        assert files.write(niello.json("a" * 50)) == "part-00007-000.jsonl"
        body = niello.json(["b", niello.Media.open(changing)])
        os.truncate(changing, 5_000_000)
        monkeypatch.setattr(example, "FILE_LIMIT", 10**9)
        with pytest.raises(niello.ChangedError):
            files.write(body)
        monkeypatch.setattr(example, "FILE_LIMIT", 100)
        assert files.write(niello.json("c" * 20)) == "part-00007-000.jsonl"
        assert files.write(niello.json("d" * 50)) == "part-00007-001.jsonl"
        with pytest.raises(niello.TooLargeError, match="102 bytes"):
            files.write(niello.json("e" * 100))
        files.save()
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "part-00007-000.jsonl": f'"{"a" * 50}"\n"{"c" * 20}"\n',
        "part-00007-001.jsonl": f'"{"d" * 50}"\n',
    }


def test_the_example_runs(server, tmp_path):
    videos = tmp_path / "videos"
    for name in "a.mp4", "b c.mp4", "not a video.mp4":
        path = videos / name[0] / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"text" if name[0] == "n" else CLIP.read_bytes())
    variables = {"DATABRICKS_HOST": server.url, "DATABRICKS_TOKEN": "token", "PYSPARK_PYTHON": sys.executable}
    for command in "ask", "batch":
        output = tmp_path / command
        run = subprocess.run(
            [sys.executable, EXAMPLE, command, videos, output, "--model", "m"],
            cwd=tmp_path,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        failed, total = run.stdout.splitlines()
        assert "MimeTypeError" in failed and "not a video.mp4 is text, not media" in failed and total == "1 videos failed"
    sent = {request["sha256"] for request in server.requests()}
    assert sent == {sha256(json.dumps(documented(CLIP)).encode())}
    lines = [json.loads(line) for file in (tmp_path / "batch").iterdir() for line in file.open()]
    assert [line["body"] for line in lines] == [documented(CLIP)] * 2

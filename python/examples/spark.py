"""Asks a model about each video of a folder, with Spark.

    python spark.py ask /Volumes/main/default/videos /Volumes/main/default/responses
    python spark.py batch /Volumes/main/default/videos /Volumes/main/default/requests

`ask` sends a request about each video to Databricks (DATABRICKS_HOST, DATABRICKS_TOKEN) and saves a table of responses.
`batch` writes the requests to files of JSON Lines, which batch APIs take.

The workers stream the videos, however long they are. A video that cannot be read, or a request that fails, becomes a row
with an error, and the job goes on. The workers need niello, requests, pandas and pyarrow.
"""

import argparse
import os
import pathlib
import shutil
import tempfile
import uuid

import niello
import niello.requests
import pandas
import requests
from pyspark import TaskContext
from pyspark.sql import SparkSession
from urllib3.util import Retry

RESPONSES = "path string, response string, error string"
REQUESTS = "path string, file string, error string"

# The Batch API of OpenAI accepts files of up to 200 MB.
FILE_LIMIT = 200_000_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["ask", "batch"])
    parser.add_argument("videos", help="a folder, searched for *.mp4")
    parser.add_argument("output", help="a folder to create: for the table of responses, or for the files of requests")
    parser.add_argument("--model", default="system.ai.gemini-3-1-pro")
    args = parser.parse_args()
    spark = SparkSession.builder.getOrCreate()
    listing = spark.read.format("binaryFile").option("pathGlobFilter", "*.mp4").option("recursiveFileLookup", True)
    # Spark does not read the content, because only the path is selected.
    paths = listing.load(args.videos).select("path")
    if args.command == "ask":
        url = os.environ["DATABRICKS_HOST"] + "/ai-gateway/mlflow/v1/chat/completions"
        responses = paths.mapInPandas(ask(url, os.environ["DATABRICKS_TOKEN"], args.model), RESPONSES)
        responses.write.parquet(args.output)
        rows = spark.read.parquet(args.output)
    else:
        pathlib.Path(args.output).mkdir(parents=True)
        rows = paths.mapInPandas(batch(args.output, args.model), REQUESTS)
    failed = rows.where("error IS NOT NULL").collect()
    for row in failed:
        print(f"{row.path}: {row.error}")
    print(f"{len(failed)} videos failed")


def request(path, model):
    """Returns the request about a video, with a mark in the place of its content."""
    # Spark lists paths with their scheme.
    path = path.removeprefix("dbfs:").removeprefix("file:")
    content = [
        {"type": "text", "text": "Summarize what happens in this video."},
        {"type": "video_url", "video_url": {"url": niello.data_uri(path)}},
    ]
    return {"model": model, "messages": [{"role": "user", "content": content}]}


def ask(url, token, model):
    """Returns a function for `mapInPandas` that sends a request about each path."""

    def send(session, path):
        try:
            response = session.post(url, json=request(path, model), timeout=600)
        except (niello.Error, requests.RequestException) as error:
            return path, None, f"{type(error).__name__}: {error}"
        return (path, response.text, None) if response.ok else (path, None, f"{response.status_code}: {response.text}")

    def run(batches):
        # Each attempt streams the video again.
        retries = Retry(
            5, backoff_factor=1, status_forcelist=[429, 500, 502, 503, 504], allowed_methods=None, raise_on_status=False
        )
        with requests.Session() as session:
            for scheme in "https://", "http://":
                session.mount(scheme, niello.requests.Adapter(max_retries=retries))
            session.headers["Authorization"] = f"Bearer {token}"
            for batch in batches:
                rows = [send(session, path) for path in batch["path"]]
                yield pandas.DataFrame(rows, columns=["path", "response", "error"])

    return run


def batch(folder, model):
    """Returns a function for `mapInPandas` that writes a request about each path to files in a folder."""

    def write(files, path):
        line = {"custom_id": path, "method": "POST", "url": "/v1/chat/completions"}
        try:
            return path, files.write(niello.json(line | {"body": request(path, model)})), None
        except niello.Error as error:
            return path, None, f"{type(error).__name__}: {error}"

    def run(batches):
        with Files(folder, TaskContext.get().partitionId()) as files:
            for batch in batches:
                rows = [write(files, path) for path in batch["path"]]
                yield pandas.DataFrame(rows, columns=["path", "file", "error"])
            files.save()

    return run


class Files:
    """Files of JSON Lines. Each appears in the folder when it is complete.

    Volumes take whole files only, so the lines go to a temporary file of the worker first.
    """

    def __init__(self, folder, partition):
        self.folder, self.partition, self.number = folder, partition, 0
        self.lines = tempfile.TemporaryFile()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()

    def name(self):
        return f"part-{self.partition:05}-{self.number:03}.jsonl"

    def write(self, body):
        """Writes a line, and returns the name of its file. If the line fails, the file is as before."""
        if len(body) >= FILE_LIMIT:
            raise niello.TooLargeError(f"the request has {len(body)} bytes, but a file has at most {FILE_LIMIT}")
        start = self.lines.tell()
        # The length is known before the video is read.
        if start + len(body) >= FILE_LIMIT:
            self.save()
            start = 0
        try:
            shutil.copyfileobj(body, self.lines, 2**20)
        except niello.Error:
            self.lines.seek(start)
            self.lines.truncate()
            raise
        self.lines.write(b"\n")
        return self.name()

    def save(self):
        """Copies the lines to their file, and begins the next one."""
        if self.lines.tell():
            self.lines.seek(0)
            path = os.path.join(self.folder, self.name())
            # Another attempt at this task may write the same file.
            partial = f"{path}.{uuid.uuid4().hex}"
            with open(partial, "wb") as file:
                shutil.copyfileobj(self.lines, file, 2**20)
            os.replace(partial, path)
            self.lines.seek(0)
            self.lines.truncate()
            self.number += 1


if __name__ == "__main__":
    main()

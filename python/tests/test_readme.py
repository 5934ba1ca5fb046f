"""Runs the programs of both README.md as they are printed."""

import os
import re
import subprocess
import sys

import pytest

from conftest import CLIP, HERE

PROGRAMS = re.findall(r"```python\n(.*?)```", (HERE.parent / "README.md").read_text(), re.DOTALL)
SHOWS = ["A cat.", "A cat.", "video/mp4", "niello.Media"]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_programs_of_the_readme_run(server, tmp_path, number):
    (tmp_path / "video.mp4").write_bytes(CLIP.read_bytes())
    (tmp_path / "talk.mp3").write_bytes((CLIP.parent / "media/audio.mp3").read_bytes())
    variables = {"DATABRICKS_HOST": server.url, "DATABRICKS_TOKEN": "token"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAMS[number]],
        cwd=tmp_path,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0 and SHOWS[number] in run.stdout, run.stdout + run.stderr
    (request,) = server.requests()
    assert request["status"] == 200
    if "images" in request["path"]:
        assert (tmp_path / "image-0.png").read_bytes().startswith(b"\x89PNG")
    else:
        sent = "video.mp4" if "video.mp4" in PROGRAMS[number] else "talk.mp3"
        assert request["length"] > (tmp_path / sent).stat().st_size * 4 / 3
        assert "nielloMarkedFile" not in request["edges"]


def test_the_lines_in_the_main_readme_run(server, tmp_path):
    text = (HERE.parents[1] / "README.md").read_text()
    (lines,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "video.mp4").write_bytes(CLIP.read_bytes())
    ask = 'client.chat.completions.create(model="m", messages=[{"role": "user", "content": [part]}])'
    variables = {"OPENAI_BASE_URL": server.url + "/v1", "OPENAI_API_KEY": "key"}
    subprocess.run([sys.executable, "-c", lines + ask], cwd=tmp_path, env={**os.environ, **variables}, check=True)
    (request,) = server.requests()
    assert request["status"] == 200 and request["length"] > CLIP.stat().st_size * 4 / 3

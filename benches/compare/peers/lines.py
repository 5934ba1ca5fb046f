"""Makes requests from the templates of `niello fill --lines`, one at a time, as the API's documentation encodes media."""

import base64
import json
import pathlib
import sys

templates = pathlib.Path(sys.argv[1])


def fill(value):
    directive = value.get("$data_uri")
    if directive is None:
        return value
    with open(templates.parent / directive["file"], "rb") as file:
        data = base64.b64encode(file.read()).decode("utf-8")
    return f"data:{directive['mime']};base64,{data}"


with open(templates) as lines:
    for line in lines:
        request = json.loads(line, object_hook=fill)
        sys.stdout.write(json.dumps(request) + "\n")

"""Parses request bodies with Google's own protobuf classes: check.py BODY.json ...

A key or enum value that the classes lack is an error. The exceptions are listed here: keys and values that are
documented but newer than the package, and extra keys of the tests.
"""

import base64
import json
import sys

from google.ai import generativelanguage_v1beta
from google.protobuf import json_format

# Keys by message: documented by the Gemini API or Vertex AI, but missing in google-ai-generativelanguage 0.12.1.
NEWER = {
    "Blob": {"displayName"},
    "FileData": {"displayName"},
    "FileSearch": {"fileSearchStoreNames", "metadataFilter", "topK"},
    "GenerateContentRequest": {"labels"},
    "GenerationConfig": {"audioTimestamp", "routingConfig"},
    "ImageConfig": {"imageSize"},
    "Part": {"mediaResolution"},
    "SafetySetting": {"method"},
    "ThinkingConfig": {"thinkingLevel"},
}
NEWER_VALUES = {"HARM_CATEGORY_JAILBREAK"}
# Extra keys that the tests set, at any place.
EXTRA = {"vendorField", "x", "x-schema", "x-tool"}


def known(message, value):
    """Returns `value` without the exceptions, and the number of keys that were removed."""
    if message.full_name.startswith("google.protobuf.") or not isinstance(value, dict):
        return value, 0
    kept, dropped = {}, 0
    fields = {field.json_name: field for field in message.fields}
    for key, member in value.items():
        if key in NEWER.get(message.name, ()) or key in EXTRA or is_newer(member):
            dropped += 1
        elif key in fields:
            kept[key], below = known_field(fields[key], member)
            dropped += below
        else:
            kept[key] = member
    return kept, dropped


def is_newer(member):
    return isinstance(member, str) and member in NEWER_VALUES


def known_field(field, value):
    """Does what `known` does for the value of a field, which may be a list or a map."""
    if field.message_type is None:
        return value, 0
    if isinstance(value, list):
        pairs = [known(field.message_type, item) for item in value]
        return [kept for kept, _ in pairs], sum(dropped for _, dropped in pairs)
    if field.message_type.GetOptions().map_entry:
        values = field.message_type.fields_by_name["value"]
        pairs = {key: known_field(values, item) for key, item in value.items()}
        return {key: kept for key, (kept, _) in pairs.items()}, sum(dropped for _, dropped in pairs.values())
    return known(field.message_type, value)


def same_media(part, parsed):
    """Returns whether the class decodes the inline data of a part as Python does."""
    data = part.get("inlineData", {}).get("data")
    return data is None or parsed.inline_data.data == base64.b64decode(data, validate=True)


def check(path):
    """Parses the body in a file, and returns the number of keys that were removed before."""
    request = generativelanguage_v1beta.GenerateContentRequest.pb()
    with open(path, "rb") as file:
        body, dropped = known(request.DESCRIPTOR, json.load(file))
    parsed = json_format.Parse(json.dumps(body), request(), ignore_unknown_fields=False)
    for content, parsed_content in zip(body["contents"], parsed.contents, strict=True):
        for part, parsed_part in zip(content["parts"], parsed_content.parts, strict=True):
            assert same_media(part, parsed_part), "inlineData has different bytes"
    return dropped


def main(paths):
    if not paths:
        sys.exit(__doc__)
    failed = 0
    for path in paths:
        try:
            dropped = check(path)
        except (AssertionError, json_format.ParseError, ValueError) as error:
            failed += 1
            print(f"{path}: {error}", file=sys.stderr)
        else:
            print(f"{path}: ok" + (f", without {dropped} newer or extra keys" if dropped else ""))
    print(f"{len(paths) - failed} of {len(paths)} bodies parse with Google's classes")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main(sys.argv[1:])

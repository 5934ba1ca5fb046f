"""Fails if a dependency requires a later Rust version than Cargo.toml: `cargo metadata | rust_version.py`."""

import json
import sys

metadata = json.load(sys.stdin)
number = lambda version: tuple(int(part) for part in version.split(".")[:2])
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
own = metadata["workspace_members"]

# Skips dependencies that only the tests need.
built, waiting = set(), list(own)
while waiting:
    node = nodes[waiting.pop()]
    if node["id"] not in built:
        built.add(node["id"])
        waiting += [
            dep["pkg"] for dep in node["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])
        ]

lowest = min((packages[id]["rust_version"] for id in own), key=number)
late = [
    f'{package["name"]} {package["version"]} requires Rust {package["rust_version"]}'
    for package in (packages[id] for id in built)
    if package["rust_version"] and number(package["rust_version"]) > number(lowest)
]
if late:
    sys.exit(f"Cargo.toml declares Rust {lowest}, but:\n" + "\n".join(sorted(late)))
print(f"{len(built)} packages declare that they build with Rust {lowest}")

"""Fails where a dependency wants a later Rust than Cargo.toml says: `cargo metadata | rust_version.py`."""

import json
import sys

metadata = json.load(sys.stdin)
number = lambda version: tuple(int(part) for part in version.split(".")[:2])
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
own = metadata["workspace_members"]

# What the tests alone want does not count.
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
    f'{package["name"]} {package["version"]} wants Rust {package["rust_version"]}'
    for package in (packages[id] for id in built)
    if package["rust_version"] and number(package["rust_version"]) > number(lowest)
]
if late:
    sys.exit(f"Cargo.toml says Rust {lowest}, but:\n" + "\n".join(sorted(late)))
print(f"{len(built)} packages build with Rust {lowest}, by what they say")

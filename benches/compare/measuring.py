"""What the scripts share: programs, files, measuring in turn, and where results go."""

import datetime
import json
import os
import platform
import re
import statistics
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MIB = 1 << 20
BLOCK = 4 * MIB


def build():
    """Builds what is measured, and returns the programs by name."""
    programs = {}
    for command in (
        ["cargo", "build", "--release", "-p", "niello-cli"],
        ["cargo", "bench", "--no-run", "--bench", "peers", "--bench", "measure", "--bench", "bodies"],
    ):
        # A program's name is found in what cargo says, wherever it builds.
        built = subprocess.run(
            [*command, "--message-format=json-render-diagnostics"], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        for line in built.stdout.splitlines():
            artifact = json.loads(line)
            if artifact.get("executable"):
                programs[artifact["target"]["name"]] = artifact["executable"]
    return programs


def folder():
    """Where files are made: beside what is built, or where NIELLO_BENCH_DIR says."""
    folder = Path(os.environ.get("NIELLO_BENCH_DIR") or ROOT / "target" / "compare")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def written(path, size):
    """A file of random bytes, written 4 MiB at a time and read once: warm, in folios as large as the page cache
    makes them."""
    with open(path, "wb", buffering=0) as file:
        for at in range(0, size, BLOCK):
            file.write(os.urandom(min(BLOCK, size - at)))
        os.fsync(file.fileno())
    warm(path)
    return path


def sparse(path, size):
    """A file of zeros that takes no room on the disk. Read once, its zeros stand in the page cache as any bytes."""
    with open(path, "wb") as file:
        file.truncate(size)
    warm(path)
    return path


def warm(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(BLOCK):
            pass


def available():
    """Bytes of memory that are free or can be freed."""
    return int(re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) * 1024


def measure(programs, command):
    """Runs a command to /dev/null; what it cost."""
    run = subprocess.run([programs["measure"], *map(str, command)], stdout=subprocess.PIPE, check=True)
    cost = json.loads(run.stdout)
    if cost["status"] != 0:
        raise SystemExit(f"{command[0]} failed with status {cost['status']}")
    cost["cpu"] = cost["user"] + cost["system"]
    return cost


def in_turn(programs, commands, turns):
    """The cost of each command in each of so many turns, each turn beginning with another command."""
    names, costs = list(commands), {name: [] for name in commands}
    for turn in range(turns):
        for index in range(len(names)):
            name = names[(index + turn) % len(names)]
            costs[name].append(measure(programs, commands[name]))
        print(f"turn {turn + 1} of {turns}", flush=True)
    return costs


def median(costs, key):
    return statistics.median(cost[key] for cost in costs)


def machine():
    """What the figures depend on and a reader cannot see."""
    text = Path("/proc/cpuinfo").read_text()
    field = lambda name: re.search(rf"^{name}\s*: (.*)$", text, re.M)
    model, family, number = (found[1] if (found := field(name)) else "" for name in ("model name", "cpu family", "model"))
    flags = (field("flags") or ["", ""])[1].split()
    vectors = [name for name in ("avx2", "avx512vbmi") if name in flags]
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]
    return {
        "cpu": model or platform.processor() or platform.machine(),
        "family": f"family {family} model {number}" if family else "",
        "vectors": ", ".join(vectors),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory) / MIB, 1),
        "kernel": platform.release(),
        "date": datetime.date.today().isoformat(),
    }


def describe(machine):
    parts = [
        f"{machine['cpu']} ({machine['family']}; {machine['vectors'] or 'no AVX2'})",
        f"{machine['cores']} cores",
        f"{machine['memory_gib']} GiB",
        f"Linux {machine['kernel']}",
        machine["date"],
    ]
    return ", ".join(parts)


def results(machine, name):
    """The folder for this machine's results, `name` or one made of its CPU and its cores."""
    made = f"{machine['cpu']} {machine['family']} {machine['cores']} cores"
    folder = HERE.parent / "results" / (name or re.sub(r"[^a-z0-9]+", "-", made.lower()).strip("-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def size(text):
    """Bytes of a size such as 1000, 64K, 256M or 1G."""
    number, unit = re.fullmatch(r"(\d+)([KMG]?)(?:i?B)?", text, re.I).groups()
    return int(number) << {"": 0, "K": 10, "M": 20, "G": 30}[unit.upper()]


def shown(bytes):
    """A size as one reads it."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if bytes >= unit:
            return f"{bytes / unit:.3g} {name}"
    return f"{bytes} B"

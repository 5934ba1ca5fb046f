"""What the scripts share: arguments, building, files, measuring in rounds, and the folder of the results."""

import argparse
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


def arguments(description, size=None, rounds=5):
    """Returns a parser with the arguments that every script has. `size` says what SIZE is the size of."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    if size:
        parser.add_argument("size", nargs="?", default="1G", help=f"size of the {size}, such as 64M (default: 1G)")
    parser.add_argument("--rounds", type=int, default=rounds, help="default: %(default)s")
    parser.add_argument(
        "--keep",
        metavar="MACHINE",
        nargs="?",
        const="",
        help="write the results to benches/results/MACHINE (default: a name made from the CPU and cores) "
        "instead of target/compare/results",
    )
    return parser


def build(benches=("peers", "measure", "bodies")):
    """Builds the command and these programs, and returns their paths by name."""
    programs = {}
    for command in (
        ["cargo", "build", "--release", "-p", "niello-cli"],
        ["cargo", "bench", "--no-run", *(word for bench in benches for word in ("--bench", bench))],
    ):
        # Cargo prints the path of each program, whatever its target directory is.
        built = subprocess.run(
            [*command, "--message-format=json-render-diagnostics"], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        for line in built.stdout.splitlines():
            artifact = json.loads(line)
            if artifact.get("executable"):
                programs[artifact["target"]["name"]] = artifact["executable"]
    return programs


def folder():
    """Returns the folder for files: NIELLO_BENCH_DIR, or one in the target directory."""
    folder = Path(os.environ.get("NIELLO_BENCH_DIR") or ROOT / "target" / "compare")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def written(path, size):
    """Creates a file of random bytes and reads it once.

    It is written 4 MiB at a time, so that the page cache uses the largest folios it has.
    """
    with open(path, "wb", buffering=0) as file:
        for at in range(0, size, BLOCK):
            file.write(os.urandom(min(BLOCK, size - at)))
        os.fsync(file.fileno())
    warm(path)
    return path


def sparse(path, size):
    """Creates a sparse file, which takes no space on disk, and reads it once.

    Its zeros are then in the page cache, as the bytes of any warm file.
    """
    with open(path, "wb") as file:
        file.truncate(size)
    warm(path)
    return path


def warm(path):
    """Reads a file into the page cache."""
    with open(path, "rb", buffering=0) as file:
        while file.read(BLOCK):
            pass


def available():
    """Returns the bytes of memory that are free or can be freed."""
    return int(re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) * 1024


def measure(programs, command):
    """Runs a command with its output to /dev/null, or to a pipe if it begins with --pipe, and returns its cost."""
    run = subprocess.run([programs["measure"], *map(str, command)], stdout=subprocess.PIPE, check=True)
    cost = json.loads(run.stdout)
    if cost["status"] != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed with status {cost['status']}")
    cost["cpu"] = cost["user"] + cost["system"]
    return cost


def in_rounds(programs, commands, rounds):
    """Returns the costs of each command, one for each round. Each round begins with another command."""
    names, costs = list(commands), {name: [] for name in commands}
    for number in range(rounds):
        for index in range(len(names)):
            name = names[(index + number) % len(names)]
            costs[name].append(measure(programs, commands[name]))
        print(f"round {number + 1} of {rounds}", flush=True)
    return costs


def median(costs, key):
    return statistics.median(cost[key] for cost in costs)


def machine():
    """Describes the machine, as far as the figures depend on it."""
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
        "load": os.getloadavg()[0],
        "date": datetime.date.today().isoformat(),
    }


def summary(machine):
    """Returns a short description of the machine, for the subtitle of a plot."""
    return f"{machine['cpu']} ({machine['vectors'] or 'no AVX2'}), {machine['cores']} cores"


def describe(machine):
    """Returns the machine in one line."""
    parts = [
        f"{machine['cpu']} ({machine['family']}; {machine['vectors'] or 'no AVX2'})",
        f"{machine['cores']} cores",
        f"{machine['memory_gib']} GiB",
        f"Linux {machine['kernel']}",
        machine["date"],
    ]
    if "load" in machine:
        parts.append(f"load {machine['load']:.1f} at the start")
    return ", ".join(parts)


def results(machine, keep):
    """Returns the folder for the results: a temporary one, unless `keep` is the name of a folder to keep, or empty."""
    if keep is None:
        folder = ROOT / "target" / "compare" / "results"
    else:
        made = f"{machine['cpu']} {machine['family']} {machine['cores']} cores"
        folder = HERE.parent / "results" / (keep or re.sub(r"[^a-z0-9]+", "-", made.lower()).strip("-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"results: {folder}", flush=True)
    return folder


def size(text):
    """Parses a size such as 1000, 64K, 256M or 1G into bytes."""
    number, unit = re.fullmatch(r"(\d+)([KMG]?)(?:i?B)?", text, re.I).groups()
    return int(number) << {"": 0, "K": 10, "M": 20, "G": 30}[unit.upper()]


def shown(bytes):
    """Formats a size in bytes with its unit."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if bytes >= unit:
            return f"{bytes / unit:.3g} {name}"
    return f"{bytes} B"

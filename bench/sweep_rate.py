"""Rate and memory of `npusim sweep` with the estimate engine: local processes 1 and 2, mpirun with 1 and 2 ranks.

usage: sweep_rate.py NPUSIM SWEEP.json [POINTS]    POINTS: only so many of the sweep's points, drawn at random

Prints one line for each way to run: points a second, seconds, seconds of processor time, and the largest sum of resident
memory of all its processes (sampled five times a second, pages that processes share counted in each). Results of all ways
must be equal.
"""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time


def resident_bytes(root):
    """Resident memory of a process and its descendants."""
    parents, sizes = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        parents[int(entry)], sizes[int(entry)] = int(fields[1]), int(fields[21]) * resource.getpagesize()
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        total += sizes.get(process, 0)
        waiting += [child for child, parent in parents.items() if parent == process]
    return total


def measure(command, out):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    process = subprocess.Popen(command + ["--out", str(out), "--no-confirm", "--quiet"])
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident_bytes(process.pid))
        time.sleep(0.2)
    seconds = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak


def main():
    npusim, sweep = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text())
    if len(sys.argv) > 3:
        sweep["sampling"] = {"method": "random", "points": int(sys.argv[3]), "seed": 1}
    ways = [(f"{jobs} local", [npusim, "sweep"], ["--jobs", str(jobs)]) for jobs in (1, 2)]
    if shutil.which("mpirun"):
        launcher = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n"]
        ways += [(f"{ranks} ranks", launcher + [str(ranks), npusim, "sweep"], []) for ranks in (1, 2)]
    results = set()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "sweep.json")
        file.write_text(json.dumps(sweep))
        for name, command, options in ways:
            # One rank under mpirun runs as without it: as many jobs as ranks, for a fair comparison.
            extra = ["--jobs", "1"] if name == "1 ranks" else options
            out = pathlib.Path(folder, name.replace(" ", "_"))
            seconds, processor, peak = measure(command + [str(file)] + extra, out)
            table = (out / "points.csv").read_text()
            points = table.count("\n") - 1
            results.add(table)
            print(f"{name:8}  {points / seconds:7.0f} points/s  {points} points  {seconds:6.1f} s  {processor:6.1f} s of processor  {peak / 1e6:5.0f} MB", flush=True)
    assert len(results) == 1, "the ways disagree"


if __name__ == "__main__":
    main()

"""Runs every command that the documentation shows: the fenced blocks marked `sh` of README.md and docs/*.md.

usage: run_commands.py ROOT NPUSIM    ROOT: the source tree; NPUSIM: the built tool

A block's words after `sh` say where it runs: nothing, here; `slow`, not here (it builds or installs the project);
`shared`, only beside a folder ../shared. Blocks of one file run in its order in one folder that begins with what the
documents speak of: net.onnx, photos/, val/ with labels.csv, my_npu.json, configs/, scripts/ and docs/. A command line that
begins with $ or is indented under another fence is text. Also refuses what would escape this test: an indented line that
begins with npusim, and fences of unknown words.
"""

import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

KNOWN_WORDS = {(), ("slow",), ("shared",)}
FENCE = re.compile(r"^```(\S*)\s*(.*)$")


def blocks(path):
    """(line, words, commands) of each sh block; AssertionError for what would not be tested."""
    found, current = [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if fence and current is None:
            current = (number, fence[1], tuple(fence[2].split()), [])
        elif fence:
            if current[1] == "sh":
                assert current[2] in KNOWN_WORDS, f"{path.name}:{current[0]}: unknown words {current[2]}"
                found.append((current[0], current[2], "\n".join(current[3])))
            current = None
        elif current is not None:
            current[3].append(line)
        else:
            assert not re.match(r"^    (\S*/)?(npusim|cmake|ctest|scripts/\S+) ", line), (
                f"{path.name}:{number}: a command in an indented block; use ```sh"
            )
    assert current is None, f"{path.name}: a fence is not closed"
    return found


def write_png(path, seed, side=48):
    """An RGB image: a gradient with some texture."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(
        b"\0" + bytes((x * (c + 2) + y * (seed + c) + (x * y >> 2)) & 255 for x in range(side) for c in range(3))
        for y in range(side)
    )
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def furnish(folder, root, tool):
    """The files that the documents speak of."""
    for name in ("bin", "build/release", "photos", "val"):
        (folder / name).mkdir(parents=True)
    for name in ("bin/npusim", "build/release/npusim"):
        (folder / name).symlink_to(tool)
    for name in ("scripts", "docs"):
        (folder / name).symlink_to(root / name)
    subprocess.run([tool, "export", "sqnxt_23v5_1.0_cifar", "-o", folder / "net.onnx", "--quiet"], check=True)
    shutil.copytree(root / "configs", folder / "configs")
    shutil.copy(root / "configs/arch/shift_npu.json", folder / "my_npu.json")
    labels = ["file,label"]
    for index in range(3):
        write_png(folder / "photos" / f"{index}.png", index)
        write_png(folder / "val" / f"{index}.png", index + 7)
        labels.append(f"{index}.png,{index}")
    (folder / "val/labels.csv").write_text("\n".join(labels) + "\n")


def run_file(path, root, tool):
    """Runs the blocks of one document; returns how many ran."""
    ran = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        commands = blocks(path)
        if commands:
            furnish(folder, root, tool)
        for line, words, text in commands:
            if words == ("slow",) or (words == ("shared",) and not (root.parent / "shared").is_dir()):
                print(f"{path.name}:{line}: not run here ({words[0]})")
                continue
            result = subprocess.run(
                ["sh", "-ec", text], cwd=folder, capture_output=True, text=True, timeout=500,
                env={"PATH": f"{folder}/bin:/usr/local/bin:/usr/bin:/bin", "HOME": temporary},
            )
            assert result.returncode == 0, f"{path.name}:{line}: exit code {result.returncode}\n{text}\n{result.stderr}"
            print(f"{path.name}:{line}: ran")
            ran += 1
    return ran


def main():
    root, tool = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    total = sum(run_file(path, root, tool) for path in [root / "README.md", *sorted((root / "docs").glob("*.md"))])
    assert total > 0, "no block was run"
    print(f"{total} blocks ran")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"FAILED: {error}")

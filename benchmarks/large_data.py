#!/usr/bin/env python3
"""Trains on a file larger than memory is meant to hold, and says what that takes.

Usage: large_data.py BIN [FOLDER] [GIGABYTES]

Writes FOLDER/large.bin (20 GB of bytes, rows of 4,096; removed at the end), trains a dense autoencoder an epoch on it,
and opens a sparse file of 100 GB. Prints seconds, and the most memory that the system
counted as the process's (VmHWM, pages of the file included).
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy

WIDTH = 4096
MEGABYTE = 1 << 20


def write_rows(path, gigabytes):
    """Rows of 16 brightnesses each in an order of its own, repeated: cheap to make, and something to learn."""
    generator = numpy.random.default_rng(1)
    levels = generator.integers(0, 256, (64 * MEGABYTE // WIDTH, 16), dtype=numpy.uint8)
    block = numpy.repeat(levels, WIDTH // 16, axis=1).tobytes()
    with open(path, "wb") as file:
        for _ in range(gigabytes * 1000 // 64 + 1):
            file.write(block)


def print_now(text):
    print(text, flush=True)


def run(command):
    """Seconds, peak memory in MB and the output of a command."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}: failed\n{output}")
    return time.monotonic() - start, usage.ru_maxrss / 1024, output


def main():
    programs = pathlib.Path(sys.argv[1])
    base = sys.argv[2] if len(sys.argv) > 2 else None
    gigabytes = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    with tempfile.TemporaryDirectory(dir=base) as folder:
        folder = pathlib.Path(folder)
        data, sparse = folder / "large.bin", folder / "sparse.bin"
        train = [programs / "dense_autoencoder", "--widths", "8", "--epochs", "1", "--batch-size", "1024",
                 "--loss", "mse", "--output-activation", "linear",
                 "--validation", "last:0.01", "--no-figures", "--quiet"]
        with open(sparse, "wb") as file:
            file.truncate(100 * 1000 * MEGABYTE // WIDTH * WIDTH)
        seconds, memory, _ = run(train + ["--dataset", f"raw:{sparse},uint8,{WIDTH}", "--rows", "0-1999", "--out",
                                          folder / "sparse-run"])
        print_now(f"{sparse.stat().st_size / 1e9:.0f} GB, two steps on 2,000 of its rows, from start to end: "
                  f"{seconds:.2f} s, peak memory {memory:.0f} MB")
        write_rows(data, gigabytes)
        rows = data.stat().st_size // WIDTH
        small = folder / "small.bin"
        with open(data, "rb") as file:
            small.write_bytes(file.read(64 * MEGABYTE))
        _, memory, _ = run(train + ["--dataset", f"raw:{small},uint8,{WIDTH}", "--out", folder / "small-run"])
        print_now(f"64 MB in memory: peak memory {memory:.0f} MB")
        seconds, memory, _ = run(train + ["--dataset", f"raw:{data},uint8,{WIDTH}", "--out", folder / "run"])
        print_now(f"{data.stat().st_size / 1e9:.1f} GB, {rows:,} rows, an epoch: {seconds:.0f} s, "
                  f"{rows / seconds:,.0f} rows a second, peak memory {memory:.0f} MB")


if __name__ == "__main__":
    main()

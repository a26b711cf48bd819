#!/usr/bin/env python3
"""How the time to open a file grows with it: `show` opens files of each form, each four times the size of the one before.

    benchmarks/loading.py [BUILD] [--repeats 3] [--megabytes 4,16,64]

Prints a table: seconds of the processor beyond those for a file of a few rows, the least of the repeats. Run it on a
quiet machine: threads that wait for others look for work meanwhile, which counts.
"""

import argparse
import gzip
import pathlib
import resource
import struct
import subprocess
import tempfile

ROW = 64  # values of a row of NPY


def repeated(line, size, head=""):
    lines, written = [head], 0
    for row in range(size):
        lines.append(line(row))
        written += len(lines[-1])
        if written >= size:
            break
    return "".join(lines).encode()


def npy(size):
    rows = max(2, size // (4 * ROW))
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {ROW}), }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header.encode() + bytes(4 * ROW * rows)


def idx(size):
    items = max(2, size // 784)
    return struct.pack(">IIII", 0x803, items, 28, 28) + bytes([16]) * (784 * items)


# (name, how --dataset names it, the bytes of a file of about so many)
FORMS = [
    ("tables of numbers", "csv:{}.csv", lambda size: repeated(lambda i: f"{i % 9},{i % 7},{i % 5},{i % 3}\n", size)),
    ("tables with words", "csv:{}.csv", lambda size: repeated(
        lambda i: f"{i % 9},{'yes' if i % 2 else 'no'},{'red' if i % 3 else 'blue'}\n", size, "n,on,colour\n")),
    ("series", "series:{}.csv", lambda size: repeated(lambda i: f"{i % 9},{i % 7}\n", size, "a,b\n")),
    ("NPY of float32", "npy:{}.npy", npy),
    ("IDX of bytes", "idx:{}.idx", idx),
    ("IDX in gzip", "idx:{}.idx.gz", lambda size: gzip.compress(idx(size), 1)),
]


def processor_seconds(build, dataset):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([build / "bin" / "hourglass", "show", "--dataset", dataset, "--indices", "0", "--numbers"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--megabytes", default="4,16,64")
    choices = parser.parse_args()
    sizes = [int(text) for text in choices.megabytes.split(",")]
    print("| what | " + " | ".join(f"{size} MiB" for size in sizes) + " | growth at four times the size |\n|---" + "|---" * (len(sizes) + 1) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for name, dataset, content in FORMS:
            seconds = []
            for size in [0] + [size << 20 for size in sizes]:
                source = dataset.format(pathlib.Path(folder) / "data")
                pathlib.Path(source.split(":", 1)[1]).write_bytes(content(max(size, 2000)))
                seconds.append(min(processor_seconds(choices.build, source) for _ in range(choices.repeats)))
            own = [each - seconds[0] for each in seconds[1:]]
            growth = [f"{later / earlier:.1f}" for earlier, later in zip(own, own[1:])]
            print(f"| {name} | " + " | ".join(f"{each:.2f} s" for each in own) + f" | {', '.join(growth)} |", flush=True)


if __name__ == "__main__":
    main()

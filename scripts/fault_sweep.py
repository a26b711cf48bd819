#!/usr/bin/env python3
"""Lets each system call of a small run fail once, one after the other, and looks at what is left.

    scripts/fault_sweep.py [build/bin] [--programs train,export,…] [--calls write,fsync,…] [--every N]

For each call to open, write, fsync, rename, read and mmap that a program makes once its libraries are loaded and know the
machine, the program runs again while strace makes that one call fail (ENOSPC, EIO, ENOMEM). Afterwards:

  - the exit code is 0 or 1, and with 1 standard error has one line of the program's own;
  - no temporary file is left, and each file under a final name is whole: JSON can be parsed, a model can be inspected;
  - a training run can be resumed and then has the model, to the byte, of a run that nothing disturbed, unless it failed
    before its first checkpoint: then the same command works again.

Prints a table of calls and faults, and every fault that broke a promise; exit code 1 where one did. Needs strace.
"""
import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ERRORS = {"openat": "EMFILE", "write": "ENOSPC", "writev": "ENOSPC", "pwrite64": "ENOSPC", "fsync": "EIO", "rename": "EIO",
          "read": "EIO", "mmap": "ENOMEM"}
TIME_LIMIT = 60


class Broken(Exception):
    """A promise that did not hold."""


class Program:
    """A command that writes into a folder, and what has to hold of the folder however the command ended."""

    def __init__(self, name, bin_folder, command):
        self.name, self.bin, self.command = name, bin_folder, command

    def line(self, folder):
        return [str(self.bin / self.command[0])] + [part.replace("{out}", str(folder)) for part in self.command[1:]]

    def check(self, folder, exit_code, errors, whole):
        if exit_code not in (0, 1):
            raise Broken(f"expected exit code 0 or 1, found {exit_code}: {errors.strip()[-200:]!r}")
        lines = [line for line in errors.splitlines() if line]
        if exit_code == 1 and (len(lines) != 1 or not lines[0].startswith(self.command[0] + ":")):
            raise Broken(f"expected one line of its own, found {len(lines)}: {errors.strip()[:300]!r}")
        for path in sorted(folder.rglob("*")) if folder.exists() else []:
            if ".tmp" in path.name:
                raise Broken(f"left {path.name}")
            self.check_file(path)
        missing = whole.keys() - contents_of(folder).keys()
        if exit_code == 0 and missing:
            raise Broken(f"exit code 0 without {', '.join(sorted(missing))}")

    def check_file(self, path):
        if path.suffix == ".json":
            json.loads(path.read_text())
        if path.suffix in (".pt", ".pt2", ".onnx"):
            inspected = subprocess.run([self.bin / "inspect", path], capture_output=True, text=True, timeout=TIME_LIMIT)
            if inspected.returncode != 0:
                raise Broken(f"{path.name} is not whole: {inspected.stderr.strip()}")


class Trainer(Program):
    """A run, which can be resumed."""

    def check(self, folder, exit_code, errors, whole):
        super().check(folder, exit_code, errors, {})
        again = self.line(folder)
        if (folder / "run.json").exists():
            again = [again[0], "--resume", str(folder), "--no-figures", "--quiet"]
        resumed = subprocess.run(again, capture_output=True, text=True, timeout=TIME_LIMIT)
        if resumed.returncode != 0:
            raise Broken(f"cannot go on: {resumed.stderr.strip()}")
        if contents_of(folder)["best.pt"] != whole["best.pt"]:
            raise Broken("goes on to another model")


def contents_of(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def calls_of(program, folder, calls):
    """(call, number from 1) of each call behind the last library that was loaded."""
    trace = folder / "trace"
    (folder / "traced").mkdir()
    subprocess.run(["strace", "-f", "-qq", "-o", trace, "-e", "trace=" + ",".join(calls)] + program.line(folder / "traced"),
                   check=True, capture_output=True, timeout=TIME_LIMIT)
    seen, found = Counter(), []
    for line in trace.read_text(errors="replace").splitlines():
        match = re.match(r"\d+ +(\w+)\(", line)
        if not match or "<... " in line:
            continue
        call = match[1]
        seen[call] += 1
        found.append((call, seen[call]))
        # cpuinfo, within LibTorch, ends the program where it cannot look at the processors.
        if re.search(r'openat\(.*(\.so[.0-9]*|"/(sys|proc)/[^"]*)"', line):
            found.clear()
    return found


def sweep(program, folder, calls, every):
    clean = folder / "clean"
    clean.mkdir()
    subprocess.run(program.line(clean), check=True, capture_output=True, timeout=TIME_LIMIT)
    whole = contents_of(clean)
    faults, broken, refused = Counter(), [], Counter()
    for number, (call, k) in enumerate(calls_of(program, folder, calls)):
        if number % every:
            continue
        out = folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        run = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                              "-e", f"inject={call}:error={ERRORS[call]}:when={k}"] + program.line(out),
                             capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT)
        faults[call] += 1
        refused[call] += run.returncode == 1
        try:
            program.check(out, run.returncode, run.stderr, whole)
        except (Broken, json.JSONDecodeError) as problem:
            broken.append(f"{program.name}: {ERRORS[call]} in {call} number {k}: {problem}")
    return faults, refused, broken


def programs_of(bin_folder, folder):
    subprocess.run([bin_folder / "dense_autoencoder", "--epochs", "2", "--no-figures", "--quiet", "--threads", "1", "--out",
                    folder / "model"], check=True, capture_output=True)
    model = str(folder / "model/best.pt")
    few = ["--indices", "0-9"]
    return [
        Trainer("train", bin_folder, ["dense_autoencoder", "--epochs", "3", "--checkpoint-interval", "0", "--no-figures", "--quiet",
                                      "--threads", "1", "--out", "{out}"]),
        Program("export", bin_folder, ["export", model, "--format", "pt2,onnx,c,safetensors,torchscript", "--out", "{out}"]),
        Program("encode", bin_folder, ["encode", model, *few, "--out", "{out}/codes.npy", "--quiet"]),
        Program("reconstruct", bin_folder, ["reconstruct", model, *few, "--out", "{out}", "--quiet"]),
        Program("detect", bin_folder, ["detect_anomalies", model, "--save-threshold", "{out}/limit.json", "--out", "{out}", "--quiet"]),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin", nargs="?", default="build/bin", type=Path)
    parser.add_argument("--programs", default="", help="of train, export, encode, reconstruct, detect; all by default")
    parser.add_argument("--calls", default=",".join(ERRORS), help="all by default")
    parser.add_argument("--every", type=int, default=1, help="only every Nth call")
    chosen = parser.parse_args()
    if shutil.which("strace") is None:
        sys.exit("fault_sweep.py: expected strace, found none: install the package strace")
    problems = []
    print("| program | call | faults | refused with a line | ended well |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for program in programs_of(chosen.bin.resolve(), folder):
            if chosen.programs and program.name not in chosen.programs.split(","):
                continue
            work = folder / program.name
            work.mkdir()
            faults, refused, broken = sweep(program, work, chosen.calls.split(","), chosen.every)
            for call, count in faults.items():
                print(f"| {program.name} | {call} | {count} | {refused[call]} | {count - refused[call]} |", flush=True)
            problems += broken
    print(f"\n{len(problems)} promises broken")
    for problem in problems:
        print("  " + problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

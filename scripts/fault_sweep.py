#!/usr/bin/env python3
"""Lets each call of a small run fail once, one after the other, and looks at what is left.

    scripts/fault_sweep.py [build] [--programs train,export,…] [--calls write,fsync,…] [--most N]
    sudo scripts/fault_sweep.py [build] --disks 40

For each open, read, write, fsync, rename, mmap and allocation (of 4 KiB or more, or of --least-bytes) that a program makes, it runs again while
tests/faults/failing_calls.cpp, preloaded, makes that one call fail. --most takes so many of a kind, evenly spread. With --disks the programs write
to disks of memory instead, from a page up to what they need, so that each fills up at another place. Afterwards:

  - the exit code is 0 or 1, and with 1 standard error has one line of the program's own;
  - no temporary file is left, and each file under a final name is whole: JSON can be parsed, a model can be inspected;
  - a training run can be resumed and then has the model, to the byte, of a run that nothing disturbed, unless it failed
    before its first checkpoint: then the same command works again.

Prints a table of calls and faults, and every fault that broke a promise; exit code 1 where one did.
"""
import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

KERAS_MODEL = Path(__file__).resolve().parent.parent / "tests/fuzz/corpus/keras/model.keras"
CALLS = ["open", "read", "write", "fsync", "rename", "mmap", "alloc"]
TIME_LIMIT = 60


class Broken(Exception):
    """A promise that did not hold."""


class Program:
    """A command that writes into a folder, and what has to hold of the folder however the command ended."""

    def __init__(self, name, bin_folder, command, repeats=True):
        """`repeats`: it writes the same bytes each time."""
        self.name, self.bin, self.command, self.repeats = name, bin_folder, command, repeats

    def line(self, folder):
        return [str(self.bin / self.command[0])] + [part.replace("{out}", str(folder)) for part in self.command[1:]]

    def check(self, folder, exit_code, errors, whole):
        if exit_code not in (0, 1):
            raise Broken(f"expected exit code 0 or 1, found {exit_code}: {errors.strip()[-200:]!r}")
        lines = [line for line in errors.splitlines() if line and not line.startswith("no best.pt2: ")]  # a note
        if exit_code == 1 and (len(lines) != 1 or not lines[0].startswith(self.command[0] + ":")):
            raise Broken(f"expected one line of its own, found {len(lines)}: {errors.strip()[:300]!r}")
        for path in sorted(folder.rglob("*")) if folder.exists() else []:
            if ".tmp" in path.name:
                raise Broken(f"left {path.name}")
            self.check_file(path)
        self.compare(contents_of(folder), exit_code, whole)

    def compare(self, found, exit_code, whole):
        """What is there has to be what an undisturbed command writes, byte for byte."""
        missing = whole.keys() - found.keys()
        if exit_code == 0 and missing:
            raise Broken(f"exit code 0 without {', '.join(sorted(missing))}")
        changed = [name for name, digest in found.items() if whole.get(name, digest) != digest]
        if changed and self.repeats:
            raise Broken(f"other contents of {', '.join(sorted(changed))}")

    def check_file(self, path):
        if path.suffix == ".json":
            json.loads(path.read_text())
        if path.suffix in (".pt", ".pt2", ".onnx"):
            inspected = subprocess.run([self.bin / "inspect", path], capture_output=True, text=True, timeout=TIME_LIMIT)
            if inspected.returncode != 0:
                raise Broken(f"{path.name} is not whole: {inspected.stderr.strip()}")


class Resumable(Program):
    """What the same command, or one of its own, goes on with: afterwards the models are an undisturbed one's."""

    def compare(self, found, exit_code, whole):
        """What was cut short has less, until it has gone on."""

    def again(self, folder):
        return self.line(folder)

    def check(self, folder, exit_code, errors, whole):
        super().check(folder, exit_code, errors, whole)
        resumed = subprocess.run(self.again(folder), capture_output=True, text=True, timeout=TIME_LIMIT)
        if resumed.returncode != 0:
            raise Broken(f"cannot go on: {resumed.stderr.strip()}")
        models = [name for name in whole if name.endswith("best.pt")]
        found = contents_of(folder)
        if any(found[name] != whole[name] for name in models):
            raise Broken("goes on to another model")


class Trainer(Resumable):
    """A run."""

    def again(self, folder):
        line = self.line(folder)
        return [line[0], "--resume", str(folder), "--no-figures", "--quiet"] if (folder / "run.json").exists() else line


def contents_of(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run(line, **environment):
    return subprocess.run(line, capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT,
                          env={**os.environ, **{name: str(value) for name, value in environment.items()}})


class Tally:
    """What became of the faults of a kind."""

    def __init__(self):
        self.faults, self.refused, self.ended_well, self.broken = 0, 0, 0, []

    def add(self, program, folder, ended, whole):
        program.check(folder, ended.returncode, ended.stderr, whole)
        self.refused += ended.returncode == 1
        self.ended_well += ended.returncode == 0

    @contextlib.contextmanager
    def judging(self, program, fault):
        """Counts a fault, and what it broke."""
        self.faults += 1
        try:
            yield
        except (Broken, json.JSONDecodeError, KeyError, subprocess.TimeoutExpired) as problem:
            self.broken.append(f"{program.name}: {fault}: {problem}")
            print("broken: " + self.broken[-1], file=sys.stderr, flush=True)


def spread(count, most):
    """Numbers from 1 to `count`: all, or `most` of them at even distances."""
    if most == 0 or count <= most:
        return range(1, count + 1)
    return [1 + i * count // most for i in range(most)]


def read_counts(path):
    """How many calls of each kind a program made, as the preloaded library wrote it down."""
    pairs = (line.split() for line in path.read_text().splitlines())
    return {call: int(count) for call, count in pairs}


def fail_calls(program, folder, whole, chosen):
    """Kinds of call, one after the other, with a tally of their calls, each failing once."""
    preloaded = {"LD_PRELOAD": chosen.build / "tests/libfailing_calls.so", "FAILING_ALLOC_BYTES": chosen.least_bytes}
    counted = folder / "counts"
    run(program.line(fresh(folder / "out")), FAILING_CALL_COUNTS=counted, **preloaded)
    counts = read_counts(counted)
    for call in chosen.calls.split(","):
        tally = Tally()
        for number in spread(counts[call], chosen.most):
            out = fresh(folder / "out")
            with tally.judging(program, f"{call} number {number} of {counts[call]}"):
                ended = run(program.line(out), FAILING_CALL=f"{call}:{number}", **preloaded)
                tally.add(program, out, ended, whole)
        yield call, tally


@contextlib.contextmanager
def small_disk(folder, kilobytes):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill_disks(program, folder, whole, chosen):
    """The same of disks that are too small, but for programs that write no files."""
    needed = sum(path.stat().st_size for path in (folder / "clean").rglob("*") if path.is_file()) // 1024
    if not whole:
        return
    tally = Tally()
    out = fresh(folder / "out")
    for i in range(chosen.disks):
        kilobytes = 4 + max(4, 2 * needed - 4) * i // chosen.disks
        with small_disk(out, kilobytes), tally.judging(program, f"a disk of {kilobytes} KiB"):
            ended = run(program.line(out))
            subprocess.run(["mount", "-o", "remount,size=1G", out], check=True)
            tally.add(program, out, ended, whole)
    yield "full disk", tally


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def write_interactions(folder):
    """Files of what twelve users chose among six items, and of one more each."""
    files = folder / "chosen.inter", folder / "held_out.inter"
    for path, items in zip(files, [range(4), [4]]):
        lines = [f"u{user}\ti{(user + item) % 6}" for user in range(12) for item in items]
        path.write_text("user_id:token\titem_id:token\n" + "\n".join(lines) + "\n")
    return files


def programs_of(bin_folder, folder):
    subprocess.run([bin_folder / "dense_autoencoder", "--epochs", "2", "--no-figures", "--quiet", "--threads", "1", "--out",
                    folder / "model"], check=True, capture_output=True)
    chosen, held_out = write_interactions(folder)
    subprocess.run([bin_folder / "variational_autoencoder", "--dataset", f"interactions:{chosen}", "--loss", "multinomial",
                    "--output-activation", "linear", "--widths", "8,2", "--epochs", "2", "--no-figures", "--quiet", "--threads", "1", "--out",
                    folder / "tastes"], check=True, capture_output=True)
    model, codes = str(folder / "model/best.pt"), str(folder / "codes.npy")
    few = ["--indices", "0-9"]
    subprocess.run([bin_folder / "encode", model, *few, "--out", codes, "--no-picture", "--quiet"], check=True, capture_output=True)
    return [
        Trainer("train", bin_folder, ["dense_autoencoder", "--epochs", "3", "--checkpoint-interval", "0", "--no-figures", "--quiet",
                                      "--threads", "1", "--out", "{out}"]),
        Program("export", bin_folder, ["export", model, "--format", "pt2,onnx,c,safetensors,torchscript", "--out", "{out}"]),
        Program("encode", bin_folder, ["encode", model, *few, "--out", "{out}/codes.npy", "--quiet"]),
        Program("reconstruct", bin_folder, ["reconstruct", model, *few, "--out", "{out}", "--quiet"]),
        Program("detect", bin_folder, ["detect_anomalies", model, "--save-threshold", "{out}/limit.json", "--out", "{out}", "--quiet"]),
        Program("inspect", bin_folder, ["inspect", model]),
        Program("show", bin_folder, ["show", *few, "--out", "{out}/rows.png", "--quiet"]),
        Program("decode", bin_folder, ["decode", model, codes, "--out", "{out}/items.npy", "--quiet"]),
        Program("generate", bin_folder, ["generate", model, "--at", "0,1", "--out", "{out}", "--quiet"]),
        Program("evaluate", bin_folder, ["evaluate", model, "--out", "{out}/measures.png", "--quiet"]),
        Program("compare", bin_folder, ["compare", str(folder / "model"), "--out", "{out}/runs.csv", "--quiet"]),
        Program("report", bin_folder, ["report", str(folder / "model"), "--out", "{out}/report.html", "--quiet"], repeats=False),
        Program("retrieve", bin_folder, ["retrieve", model, "--query", "3", "--save-index", "{out}/index.npz", "--out", "{out}/found",
                                         "--quiet"]),
        Program("activations", bin_folder, ["activations", model, "--indices", "0", "--save", "{out}/values.npz", "--out", "{out}/maps",
                                            "--quiet"]),
        Program("strongest", bin_folder, ["strongest", model, "--out", "{out}/units.png", "--quiet"]),
        Program("recommend", bin_folder, ["recommend", str(folder / "tastes/best.pt"), "--held-out", str(held_out), "--top", "1", "--out",
                                          "{out}/found.csv", "--quiet"]),
        Program("import", bin_folder, ["import", str(KERAS_MODEL), "--out", "{out}/model.pt", "--quiet"]),
        Resumable("sweep", bin_folder, ["sweep", "--recipe", "digits-2d", "--vary", "learning-rate=1e-3,3e-3", "--epochs", "2",
                                        "--checkpoint-interval", "0", "--threads", "1", "--quiet", "--out", "{out}"]),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", default="build", type=Path)
    parser.add_argument("--programs", default="", help="train,export, say; all by default")
    parser.add_argument("--calls", default=",".join(CALLS), help="all by default")
    parser.add_argument("--most", type=int, default=0, help="faults of a kind in a program; 0: each call")
    parser.add_argument("--least-bytes", type=int, default=4096, help="of memory whose allocation fails (default: %(default)s)")
    parser.add_argument("--disks", type=int, default=0, help="full disks instead of failing calls: so many sizes (needs root)")
    chosen = parser.parse_args()
    chosen.build = chosen.build.resolve()
    problems, faults = [], 0
    print("| program | call | faults | refused with a line | ended well | promise broken |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for program in programs_of(chosen.build / "bin", Path(name)):
            if chosen.programs and program.name not in chosen.programs.split(","):
                continue
            folder = fresh(Path(name) / program.name)
            if run(program.line(fresh(folder / "clean"))).returncode != 0:
                sys.exit(f"fault_sweep.py: {program.name} fails by itself")
            whole = contents_of(folder / "clean")
            for kind, tally in (fill_disks if chosen.disks else fail_calls)(program, folder, whole, chosen):
                row = [program.name, kind, tally.faults, tally.refused, tally.ended_well, len(tally.broken)]
                print(f"| {' | '.join(map(str, row))} |", flush=True)
                problems += tally.broken
                faults += tally.faults
    print(f"\n{faults} faults, {len(problems)} promises broken")
    for problem in problems:
        print("  " + problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

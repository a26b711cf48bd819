#!/usr/bin/env python3
"""Measures the training steps of sparse autoencoders, ours and SAELens', which take turns on the same rows and cores;
sparse.sh prepares what it needs. Every measurement becomes a line of BUILD/benchmarks/sparse.jsonl; of all of them it
makes docs/sparse_performance.md with a chart. Repeated with other rounds or cases, it adds to the lines that are there."""

import argparse
import collections
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BATCH = 1024
Case = collections.namedtuple("Case", "sparsity latents width dead threads")


def cases():
    """Growing widths, two of them with dead latents too, and the other kinds at the small width."""
    sizes = [(1024, 256, 12), (2048, 512, 16), (4096, 768, 25), (8192, 768, 32), (16384, 768, 32)]
    for kind in ("topk", "batch-topk"):
        for latents, width, k in sizes:
            for dead in (0, latents // 10) if latents in (1024, 4096) else (0,):
                for threads in (1, 2):
                    yield Case(f"{kind}:{k}", latents, width, dead, threads)
    for sparsity in ("matryoshka-batch-topk:12,32,128,512", "jumprelu"):
        yield Case(sparsity, 1024, 256, 0, 1)


def rows_of(width, folder):
    """A file of rows that are sums of few of many directions, as the activations of a network are said to be."""
    import numpy

    path = folder / f"rows-{width}.npy"
    if not path.exists():
        random = numpy.random.default_rng(0)
        directions = random.standard_normal((8 * width, width), dtype=numpy.float32)
        directions /= numpy.linalg.norm(directions, axis=1, keepdims=True)
        there = random.random((8 * BATCH, 8 * width), dtype=numpy.float32) < 12 / (8 * width)
        strengths = there * random.normal(4.5, 0.5, there.shape).astype(numpy.float32)
        numpy.save(path, strengths @ directions)
    return path


def command(contender, case, rows, asked):
    ours = [str(asked.build / "benchmarks" / "sparse_speed")]
    peer = [str(asked.build / "saelens-venv" / "bin" / "python"), str(HERE / "peers" / "sae_lens_steps.py")]
    words = ours if contender == "ours" else peer
    words += ["--data", str(rows), "--sparsity", case.sparsity, "--latents", str(case.latents), "--dead", str(case.dead),
              "--threads", str(case.threads), "--seconds", str(asked.seconds)]
    words += ["--warm-steps", "30" if case.latents == 1024 else "3"]
    # On one core, so that a thread is not moved.
    return ["taskset", "-c", str(asked.core)] + words if case.threads == 1 else words


def measure(contender, case, asked):
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(command(contender, case, rows_of(case.width, asked.build / "benchmarks"), asked), text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, env=environment)
    if done.returncode != 0:
        sys.exit(f"sparse_comparison.py: {contender} failed on {case}: {done.stderr.strip().splitlines()[-1:]}")
    line = {"contender": contender, **case._asdict(), "load": os.getloadavg()[0], **json.loads(done.stdout.splitlines()[-1])}
    with asked.results.open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(f"{contender:8} {case.sparsity:14} {case.latents:6} x {case.width} dead {case.dead:5} threads {case.threads}: "
          f"least {min(line['milliseconds']):.2f} ms, median {statistics.median(line['milliseconds']):.2f}", flush=True)


def name_of(case):
    kind = case.sparsity.partition(",")[0].replace("matryoshka-batch-topk", "matryoshka")
    return f"{kind} {case.latents} x {case.width}"


def page_of(times, machine):
    lines = ["# Sparse autoencoders: speed", "",
             "Written by `benchmarks/sparse.sh`: milliseconds of a training step on 1,024 rows, ours and SAELens 6.54.12's own "
             "trainer, which take turns on the same rows and cores in one run: forward, loss, backward, clipping, Adam, and the "
             "counting of dead latents. *Least* and *median* are over all steps of all rounds; the first ratio is of the "
             "least, because other programs share the machine, the second of the median processor time. One thread keeps to one core. Dead latents make the auxiliary loss work.", "",
             machine, "",
             "| sparsity | latents × width | dead | threads | ours: least (median) | SAELens: least (median) | SAELens / ours | by processor time |",
             "|---|---|---|---|---|---|---|---|"]
    for case, by in times.items():
        if len(by) < 4:
            continue
        cells = [f"{min(by[c]):,.2f} ({statistics.median(by[c]):,.2f})" for c in ("ours", "SAELens")]
        ratio = min(by["SAELens"]) / min(by["ours"])
        cpu = statistics.median(by["SAELens cpu"]) / statistics.median(by["ours cpu"])
        lines.append(f"| {case.sparsity} | {case.latents:,} × {case.width} | {case.dead:,} | {case.threads} | {cells[0]} | "
                     f"{cells[1]} | **{ratio:.1f}** | {cpu:.1f} |")
    lines += ["", "![µs a training step of sparse autoencoders of growing width, ours and SAELens', on a logarithmic scale]"
              "(sparse_performance.png)", "",
              "The chart has the steps of one thread without dead latents. SAELens' step is six dense products of 2 · B · D · W "
              "operations; ours has one, and the others only for the active latents (`training/fused/sparse_network.h` "
              "counts them). What remains beside it grows with the parameters: the optimizer reads and writes all of them, from "
              "caches at the small width and from memory at 4,096 × 768, where the ratio is least; from there on it grows. "
              "JumpReLU is measured as it starts, when most latents are active and little is left out."]
    return "\n".join(lines) + "\n"


def machine_text():
    lscpu = subprocess.run(["lscpu"], text=True, capture_output=True).stdout
    model = next((line.split(":")[1].strip() for line in lscpu.splitlines() if line.startswith("Model name")), "?")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], text=True, capture_output=True, cwd=HERE).stdout.strip()
    return (f"{model}, {os.cpu_count()} cores. Run on {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d} (UTC), commit "
            f"{commit}.")


def report(asked):
    times = {}
    loads = []
    for line in asked.results.read_text().splitlines():
        line = json.loads(line)
        case = Case(*(line[field] for field in Case._fields))
        times.setdefault(case, {}).setdefault(line["contender"], []).extend(line["milliseconds"])
        times[case].setdefault(line["contender"] + " cpu", []).extend(line["cpu_milliseconds"])
        loads.append(line["load"])
    order = list(cases())
    times = {case: times[case] for case in order if case in times}
    machine = machine_text() + f" Load while it ran: {min(loads):.1f} to {max(loads):.1f}."
    asked.output.write_text(page_of(times, machine))
    table = asked.build / "benchmarks" / "sparse.csv"
    with table.open("w") as file:
        file.write("recipe,contender,microseconds\n")
        for case, by in times.items():
            if case.threads == 1 and case.dead == 0 and len(by) == 4:
                for contender, name in (("ours", "Hourglass"), ("SAELens", "SAELens")):
                    file.write(f"{name_of(case)},{name},{1e3 * min(by[contender]):.0f}\n")
    subprocess.run([str(asked.build / "benchmarks" / "speed_chart"), str(table), str(asked.output.with_suffix(".png"))],
                   check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build")
    parser.add_argument("--output", type=pathlib.Path, default=HERE.parent / "docs" / "sparse_performance.md")
    parser.add_argument("--rounds", type=int, default=3, help="in each of which both take a turn")
    parser.add_argument("--seconds", type=float, default=2, help="of steps in a turn, five steps at least")
    parser.add_argument("--core", type=int, default=0, help="that one thread keeps to")
    parser.add_argument("--most-latents", type=int, default=16384)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--new", action="store_true", help="forget the lines that are there")
    parser.add_argument("--report-only", action="store_true", help="the page again, from the lines that are there")
    asked = parser.parse_args()
    asked.build = asked.build.resolve()
    asked.results = asked.build / "benchmarks" / "sparse.jsonl"
    if asked.new:
        asked.results.unlink(missing_ok=True)
    if not asked.report_only:
        for _ in range(asked.rounds):
            for case in cases():
                if case.latents <= asked.most_latents and case.threads in asked.threads:
                    for contender in ("ours", "SAELens"):
                        measure(contender, case, asked)
    report(asked)


if __name__ == "__main__":
    main()

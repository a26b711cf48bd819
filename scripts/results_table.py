#!/usr/bin/env python3
"""Writes docs/results.md from the run.json files of scripts/reproduce.sh, and from nothing else.

    results_table.py RUNS_FOLDER OUTPUT      the table
    results_table.py --get RUN_FOLDER KEY…   one value of a run.json, or nothing
"""

import json
import pathlib
import statistics
import sys

HEADER = """# Results

Written by `scripts/reproduce.sh` from the `run.json` files of its runs. *Band*: what the recipe has to reach, at the
epoch that is named, in one column of `metrics.csv`. *Reference*: the same recipe in Keras or PyTorch on the same files,
at that epoch. *Ours*: the mean over the seeds, and each of them where there are several. Time is that of training alone,
for one run.

"""

COLUMNS = ["recipe", "judged by", "published", "reference", "band", "ours", "in band", "epochs run", "validation loss",
           "time"]


def number(value):
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"


def numbers(values):
    return ", ".join(number(value) for value in values)


def clock(seconds):
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def read_run(folder):
    return json.loads((folder / "run.json").read_text())


def row(recipe, runs):
    results = [run["results"] for run in runs]
    expected = [result["expected"] for result in results if result.get("expected")]
    epochs = sorted({result["epochs"] for result in results})
    cells = [f"`{recipe}`"]
    if expected:
        target, values = expected[0], [each["value"] for each in expected]
        mean = statistics.fmean(values)
        ours = number(mean) if len(values) == 1 else f"{number(mean)} ({numbers(values)})"
        cells += [f"{target['column']}, epoch {target['epoch']}", target["published"],
                  numbers(target["reference"]) or "–", f"≤ {number(target['at_most'])}", ours,
                  "yes" if mean <= target["at_most"] else "**no**"]
    else:
        cells += ["not reached yet", "", "", "", "", ""]
    losses = [result["best"]["validation"]["loss"] for result in results if result["best"]["validation"]]
    cells += ["–".join(map(str, epochs)) + f" of {runs[0]['options']['epochs']}",
              number(statistics.fmean(losses)) if losses else "–",
              clock(statistics.median(result["training_seconds"] for result in results))]
    return "| " + " | ".join(cells) + " |"


def machines(runs):
    lines = []
    for run in runs:
        machine = run["machine"]
        line = (f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, "
                f"LibTorch {run['libraries']['libtorch']}, {run['options']['device']}")
        if line not in lines:
            lines.append(line)
    return lines


def write_table(folder, output):
    by_recipe = {}
    for path in sorted(folder.glob("*-seed*/run.json")):
        run = read_run(path.parent)
        if run["results"]:
            by_recipe.setdefault(run["recipe"], []).append(run)
    if not by_recipe:
        raise SystemExit(f"reproduce: no finished run in {folder}")
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += [row(recipe, runs) for recipe, runs in by_recipe.items()]
    all_runs = [run for runs in by_recipe.values() for run in runs]
    text = HEADER + "\n".join(lines) + "\n\nMachine: " + "; ".join(machines(all_runs)) + ".\n"
    output.write_text(text)


def print_value(folder, keys):
    value = read_run(folder)
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if value is not None:
        print(value)


if __name__ == "__main__":
    if sys.argv[1] == "--get":
        print_value(pathlib.Path(sys.argv[2]), sys.argv[3:])
    else:
        write_table(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))

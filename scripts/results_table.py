#!/usr/bin/env python3
"""Writes docs/results.md from the files that scripts/reproduce.sh left, and from nothing else.

    results_table.py RUNS_FOLDER OUTPUT      the table
    results_table.py --get RUN_FOLDER KEY…   one value of a run.json, or nothing
"""

import csv
import json
import pathlib
import re
import statistics
import sys

HEADER = """# Results

Written by `scripts/reproduce.sh` from the `run.json` files of its runs. *Published*: the source's
number; "ours" marks a recipe of this project. *Band*: what the recipe has to reach, at the
epoch that is named, in one column of `metrics.csv`. *Reference*: the same recipe in Keras or PyTorch on the same files,
at that epoch. *Ours*: the mean over the seeds, and each of them where there are several. Time is that of training alone,
for one run, beside whatever else the machine had to do (`benchmarks/` has speeds); *epochs run* tells where a full run was
too long for the machine. *Run on*: the day (UTC) its runs began, and which of the machines below; the rows of recipes that were not
run again stay as they were. The comparisons take `metrics.csv` and what `evaluate --json` measured as well.

"""

COLUMNS = ["recipe", "judged by", "published", "reference", "band", "ours", "in band", "epochs run", "validation loss",
           "time", "run on"]
HEADING = "| " + " | ".join(COLUMNS) + " |"


def number(value):
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"


def mean_and_each(values, text=number):
    """The mean, and in brackets what it is of, where that is more than one."""
    mean = text(statistics.fmean(values))
    return mean if len(values) == 1 else f"{mean} ({', '.join(map(text, values))})"


def clock(seconds):
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def read_run(folder):
    return json.loads((folder / "run.json").read_text())


def read_json(path):
    return json.loads(path.read_text()) if path.exists() else None


def read_metrics(folder):
    path = folder / "metrics.csv"
    return list(csv.DictReader(path.open())) if path.exists() else None


def row(recipe, runs, machines):
    results = [run["results"] for run in runs]
    expected = [result["expected"] for result in results if result.get("expected")]
    epochs = sorted({result["epochs"] for result in results})
    cells = [f"`{recipe}`"]
    if expected:
        target, values = expected[0], [each["value"] for each in expected]
        mean = statistics.fmean(values)
        ours = mean_and_each(values)
        cells += [f"{target['column']}, epoch {target['epoch']}", target["published"],
                  ", ".join(map(number, target["reference"])) or "–", f"≤ {number(target['at_most'])}", ours,
                  "yes" if mean <= target["at_most"] else "**no**"]
    else:
        cells += ["not reached yet", "", "", "", "", ""]
    longest = [result for result in results if result["epochs"] == epochs[-1]]
    losses = [result["best"]["validation"]["loss"] for result in longest if result["best"]["validation"]]
    cells += ["–".join(map(str, epochs)) + f" of {runs[0]['options']['epochs']}",
              number(statistics.fmean(losses)) if losses else "–",
              clock(statistics.median(result["training_seconds"] for result in longest)),
              "; ".join(dict.fromkeys(f"{day(run)}, {machines.letter(machine_text(run))}" for run in runs))]
    return "| " + " | ".join(cells) + " |"


def day(run):
    """The day on which a run began: "20261121-091700" -> "2026-11-21"."""
    started = run["started"]
    return f"{started[:4]}-{started[4:6]}-{started[6:8]}"


def machine_text(run):
    machine = run["machine"]
    return (f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, "
            f"LibTorch {run['libraries']['libtorch']}, {run['options']['device']}")


class Machines:
    """What machines are called in the table: A, B, …, Z, AA, …; one that has a name keeps it."""

    def __init__(self, named):
        self.named = named  # text -> name

    def letter(self, text):
        if text not in self.named:
            number, name = len(self.named) + 1, ""
            while number > 0:
                number, digit = divmod(number - 1, 26)
                name = chr(ord("A") + digit) + name
            self.named[text] = name
        return self.named[text]

    def lines(self):
        return "".join(f"- {name}: {text}\n" for text, name in self.named.items())


# Each comparison gives (what is claimed, ours, the other, whether it holds), or None where runs are missing.

def pca_comparison(folder, recipe):
    judged = read_json(folder / "judged" / f"{recipe}.json")
    if not judged:
        return None
    result = judged["checkpoints"][0]
    ours, pca = result["model"]["mse"], result["pca"]["mse"]
    return (f"`{recipe}` has a smaller error than PCA of its size: MSE of {result['rows']}",
            f"{ours:.5f}", f"PCA of {result.get('pca_size', result['code_size'])}: {pca:.5f}", ours < pca)


def deep_comparison(folder):
    """Hinton & Salakhutdinov 2006: summed over the 784 values of an image, 3.00, and 13.87 by PCA."""
    judged = read_json(folder / "judged" / "mnist-deep-30.json")
    if not judged:
        return None
    result = judged["checkpoints"][0]
    ours, pca = (784 * result[model]["mse"] for model in ("model", "pca"))
    return (f"`mnist-deep-30` has a smaller squared error an image than the one published (Hinton & Salakhutdinov 2006): "
            f"mean of {result['rows']}", f"{ours:.2f}; PCA of 30: {pca:.2f}", "3.00; PCA of 30: 13.87", ours < 3.00)


def contractive_comparison(folder):
    names = ("mnist-contractive-seed1", "mnist-contractive-without")
    runs = [read_json(folder / name / "run.json") for name in names]
    if not all(runs):
        return None
    ours, without = (run["results"]["last"]["validation"] for run in runs)
    row = "norm {jacobian_norm:.3f}, reconstruction {reconstruction:.5f}"
    holds = (ours["jacobian_norm"] < without["jacobian_norm"]
             and ours["reconstruction"] <= 1.05 * without["reconstruction"])
    return ("`mnist-contractive` has a smaller mean Jacobian norm on test images than the same model without the penalty, "
            "at most 5 % worse in reconstruction", row.format(**ours), row.format(**without), holds)


def variational_comparison(folder):
    runs = [read_metrics(folder / f"{recipe}-seed1") for recipe in ("fashion-vae-conv-2d", "fashion-vae-2d")]
    if not all(runs):
        return None
    epoch = min(len(rows) for rows in runs)
    ours, other = (float(rows[epoch - 1]["validation_loss"]) for rows in runs)
    return (f"`fashion-vae-conv-2d` ends below `fashion-vae-2d` at equal epochs: validation loss, epoch {epoch}",
            number(ours), number(other), ours < other)


def denoising_comparison(folder):
    judged = [read_json(folder / "judged" / f"{recipe}-noisy.json") for recipe in ("fashion-denoise", "fashion-conv")]
    runs = [read_json(folder / f"{recipe}-seed1" / "run.json") for recipe in ("fashion-denoise", "fashion-conv")]
    if not all(judged + runs) or len({run["results"]["epochs"] for run in runs}) > 1:
        return None
    ours, other = (each["checkpoints"][0]["model"]["bce"] for each in judged)
    return (f"`fashion-denoise` beats `fashion-conv` on noisy test images, after {runs[0]['results']['epochs']} epochs each: "
            "cross-entropy with the clean ones", number(ours), number(other), ours < other)


def published_comparison(folder, recipe):
    """Of a run that took all its epochs, to as many digits as the published number has."""
    run = read_json(folder / f"{recipe}-seed1" / "run.json")
    if not run or not run["results"] or run["results"]["epochs"] < run["options"]["epochs"]:
        return None
    ours = run["results"]["best"]["validation"]["loss"]
    published = run["results"]["expected"]["published"].removeprefix("best validation ")
    digits = len(published.partition(".")[2])
    return (f"`{recipe}` reaches the published best validation loss, in {run['results']['epochs']} epochs", number(ours),
            published, round(ours, digits) <= float(published))


def recipes_beside_pca(folder):
    """Those that reproduce.sh judged, but for the comparison of noisy images."""
    return sorted(path.stem for path in folder.glob("judged/*.json") if not path.stem.endswith("-noisy"))


def claim_of(line):
    """What a line of the comparisons claims, without what may differ from run to run."""
    return re.split("[:,]", line.split(" | ")[0])[0]


def comparisons(folder, known):
    """The comparisons that can be made, and those `known` from before that cannot be made now."""
    found = [*(pca_comparison(folder, recipe) for recipe in recipes_beside_pca(folder)),
             deep_comparison(folder), contractive_comparison(folder), variational_comparison(folder),
             denoising_comparison(folder),
             *(published_comparison(folder, recipe) for recipe in ("fashion-conv", "fashion-denoise"))]
    lines = [f"| {claim} | {ours} | {other} | {'yes' if holds else '**no**'} |"
             for claim, ours, other, holds in filter(None, found)]
    claims = set(map(claim_of, lines))
    lines += [line for line in known if claim_of(line) not in claims]
    if not lines:
        return ""
    return "\n## Comparisons\n\n| claim | ours | the other | holds |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"


def earlier_parts(output):
    """Rows by recipe, machines and comparisons of the file that is there: what was not run again stays."""
    table, _, claims = (output.read_text() if output.exists() else "").partition("\n## Comparisons\n")
    rows = {line.split("`")[1]: line for line in table.splitlines() if line.startswith("| `")}
    if rows and HEADING not in table.splitlines():
        raise SystemExit(f"reproduce: {output}: expected a table with the columns {', '.join(COLUMNS)}; found another, whose "
                         "rows would not fit")
    machines = [line[2:].split(": ", 1) for line in table.splitlines() if line.startswith("- ")]
    return (rows, Machines({text: name for name, text in machines}),
            [line for line in claims.splitlines() if line.startswith("| `")])


def write_table(folder, output):
    by_recipe = {}
    for path in sorted(folder.glob("*-seed*/run.json")):
        run = read_run(path.parent)
        if run["results"]:
            by_recipe.setdefault(run["recipe"], []).append(run)
    if not by_recipe:
        raise SystemExit(f"reproduce: no finished run in {folder}")
    known_rows, machines, known_claims = earlier_parts(output)
    rows = known_rows | {recipe: row(recipe, runs, machines) for recipe, runs in by_recipe.items()}
    lines = [HEADING, "|" + "---|" * len(COLUMNS)] + [rows[recipe] for recipe in sorted(rows)]
    text = HEADER + "\n".join(lines) + "\n\nMachines:\n\n" + machines.lines()
    text += comparisons(folder, known_claims)
    partial = output.with_name(output.name + ".part")
    partial.write_text(text)
    partial.replace(output)


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

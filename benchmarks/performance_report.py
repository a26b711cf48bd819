#!/usr/bin/env python3
"""Turns the lines of a comparison into docs/performance.md, with a chart drawn by our own figures.

    performance_report.py [--build BUILD] [--results FILE] [--output FILE]

Every number comes from the lines; the prose about what bounds each recipe and what did not help is
performance_notes.md, which becomes the page's last part."""

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys

import report_sections
from contenders import CONTENDERS, recipes
from report_sections import number, table
from sections import compared_variants, values_of

HERE = pathlib.Path(__file__).resolve().parent

HEADER = """# Performance

Written by `benchmarks/compare.sh`, which trains the recipes with Hourglass and with its peers side by side in one run on
one machine; `benchmarks/README.md` says how. A time is that of a training step in whole epochs as a run takes them:
order, gathering of batches and sums of losses included, validation and files not. Contenders take turns, several
rounds. The first tries each number of threads and each setting; those that took at most a quarter longer than the best of
their contender go on, and of these, which have equally many rounds, the best is shown. Peers five times as slow as the
fastest peer have one round alone. *Median* and *least* are over all measurements of what is shown. The JAX scan is written
for dense recipes alone, so it is no contender for convolutions and LSTMs.

"""


class Measured:
    """All values of a contender's best variant on one recipe."""

    def __init__(self, lines):
        values = values_of(lines)
        self.median, self.least = statistics.median(values), min(values)
        self.threads, self.setting = lines[0]["threads"], lines[0]["setting"]
        self.engine, self.loss = lines[0].get("engine", ""), lines[-1]["loss"]
        self.version = lines[0].get("version", "")
        self.multiply_adds = lines[0].get("multiply_adds")  # ours: of an item

    def how(self):
        words = [self.engine or self.setting, f"{self.threads} thread{'' if self.threads == 1 else 's'}"]
        return ", ".join(word for word in words if word)


def measured_times(lines):
    """{recipe: {contender: Measured}} of the variant with the lowest median."""
    return {recipe: {key: min(map(Measured, found), key=lambda one: one.median) for key, found in row.items()}
            for recipe, row in compared_variants(lines).items()}


def geometric_mean(values):
    return math.prod(values) ** (1 / len(values))


def fastest_peer(row, measure="median"):
    peers = {key: one for key, one in row.items() if CONTENDERS[key].script}
    return min(peers, key=lambda key: getattr(peers[key], measure)) if peers else None


def against(times, peer_of, measure="median"):
    """Peer / ours for each recipe that both trained: above 1, ours is faster."""
    found = {}
    for recipe, row in times.items():
        peer = peer_of(row)
        if "hourglass" in row and peer in row:
            found[recipe] = getattr(row[peer], measure) / getattr(row["hourglass"], measure)
    return found


def least_ratios(times):
    """The same of least times, the fastest peer chosen by them."""
    return against(times, lambda row: fastest_peer(row, "least"), "least")


def mean_of_kind(ratios, kind):
    values = [ratio for recipe, ratio in ratios.items() if getattr(recipes.RECIPES[recipe], kind)]
    return f"{geometric_mean(values):.2f}" if values else "–"


def means_by_kind(ratios, beside_keras):
    """One line: a kind of recipes after the other, as the fastest peer may be another one for each."""
    parts = []
    for word, kind in (("dense", "is_dense"), ("convolutional", "is_convolutional"), ("recurrent", "is_recurrent")):
        count = sum(getattr(recipes.RECIPES[recipe], kind) for recipe in ratios)
        if count:
            parts.append(f"{word} ({count}) {mean_of_kind(ratios, kind)} and {mean_of_kind(beside_keras, kind)}")
    return f"By kind of recipe, beside the fastest peer and beside Keras on TensorFlow: {', '.join(parts)}.\n"


def summary(times):
    rows = []
    of_least = least_ratios(times)
    for recipe, row in times.items():
        if "hourglass" not in row:
            continue
        own, peer = row["hourglass"], fastest_peer(row)
        cells = [f"`{recipe}` ({recipes.RECIPES[recipe].batch_size})", f"**{number(own.median)}**"]
        if peer:
            cells += [number(row[peer].median), CONTENDERS[peer].name, f"**{row[peer].median / own.median:.2f}**", f"{of_least[recipe]:.2f}"]
        else:
            cells += ["–", "–", "–", "–"]
        tensorflow = row.get("keras-tensorflow")
        rows.append(cells + [f"{tensorflow.median / own.median:.1f}" if tensorflow else "–"])
    heading = ("recipe (batch)", "ours", "fastest peer", "which", "its time / ours", "of least times", "Keras on TensorFlow / ours")
    text = ("## A training step\n\nMedians, in µs; above 1, ours is faster. *Of least times*: the ratio of the fastest peer's least time to "
            "ours, which the machine's other guests spoil less.\n\n" + table(heading, rows) + "\n")
    ratios = against(times, fastest_peer)
    if ratios:
        text += f"Geometric mean over {len(ratios)} recipes: {geometric_mean(list(ratios.values())):.2f} times as fast as the "
        text += f"fastest peer of each, at the least {min(ratios.values()):.2f} (`{min(ratios, key=ratios.get)}`)"
        beside_keras = against(times, lambda row: "keras-tensorflow")
        if beside_keras:
            text += f"; {geometric_mean(list(beside_keras.values())):.2f} times as fast as Keras on TensorFlow"
        text += ".\n\n" + means_by_kind(ratios, beside_keras)
        text += (f"\nOf least times: {geometric_mean(list(of_least.values())):.2f} times as fast as the fastest peer of each, at the least "
                 f"{min(of_least.values()):.2f} (`{min(of_least, key=of_least.get)}`).\n")
    return text + "\n"


def all_times(times):
    keys = [key for key in CONTENDERS if any(key in row for row in times.values())]
    rows = [[f"`{recipe}`"] + [f"{number(row[key].median)} ({number(row[key].least)})" if key in row else "–"
                               for key in keys] for recipe, row in times.items()]
    text = "### All contenders\n\nµs a step: median (least).\n\n"
    text += table(["recipe", *(CONTENDERS[key].name for key in keys)], rows)
    text += ("\nWhat was best for each, and the loss of its last epoch: all learn, and the faster come further in the time "
             "of a measurement.\n\n")
    rows = [[f"`{recipe}`"] + [f"{row[key].how()}; {row[key].loss:.4g}" if key in row else "–" for key in keys]
            for recipe, row in times.items()]
    return text + table(["recipe", *(CONTENDERS[key].name for key in keys)], rows) + "\n"


def failures(lines):
    """What gave no number, so that nobody takes a gap for a peer that was not asked."""
    answered = {json.dumps([line.get(key) for key in ("section", "recipe", "contender_key", "setting")])
                for line in lines if "error" not in line}
    missing = {}
    for line in lines:
        key = json.dumps([line.get(key) for key in ("section", "recipe", "contender_key", "setting")])
        if "error" in line and key not in answered:
            missing[key] = line
    if not missing:
        return ""
    rows = [[line["section"], f"`{line.get('recipe', '')}`", line.get("contender_key", ""), line["error"]]
            for line in missing.values()]
    return "## Without an answer\n\n" + table(("section", "recipe", "contender", "why"), rows) + "\n"


def draw_chart(times, build, picture):
    """The CSV for speed_chart, and its picture; none where there is nothing to draw or no program that draws."""
    keys = [key for key in CONTENDERS if key != "hourglass-autograd" and any(key in row for row in times.values())]
    program = build / "benchmarks" / "speed_chart"
    if "hourglass" not in keys or not program.exists():
        return ""
    rows = [f"{recipe},{CONTENDERS[key].name},{row[key].median}"
            for key in keys for recipe, row in times.items() if key in row]
    csv = build / "benchmarks" / "speed.csv"
    csv.write_text("\n".join(["recipe,contender,microseconds", *rows]) + "\n")
    subprocess.run([str(program), str(csv), str(picture)], check=True)
    return f"![µs a training step of each recipe, ours and its peers, on a logarithmic scale]({picture.name})\n\n"


def page(lines, build, output):
    order = list(recipes.RECIPES)
    times = dict(sorted(measured_times(lines).items(), key=lambda item: order.index(item[0])))
    text = HEADER + report_sections.machine(lines, times)
    if times:
        text += summary(times) + draw_chart(times, build, output.with_suffix(".png")) + all_times(times)
        text += report_sections.products(lines, times)
    for section in (report_sections.growth, report_sections.inference, report_sections.start_up, report_sections.memory,
                    report_sections.interference):
        text += section(lines)
    text += failures(lines)
    notes = HERE / "performance_notes.md"
    return text + (notes.read_text() if notes.exists() else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build")
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, default=HERE.parent / "docs" / "performance.md")
    asked = parser.parse_args()
    path = asked.results or asked.build / "benchmarks" / "results.jsonl"
    if not path.exists():
        print(f"performance_report.py: {path}: not found; run benchmarks/compare.sh", file=sys.stderr)
        raise SystemExit(1)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    text = page(lines, asked.build, asked.output)
    partial = asked.output.with_name(asked.output.name + ".part")
    partial.write_text(text.rstrip() + "\n")
    partial.replace(asked.output)
    print(f"compare.sh: {asked.output}")


if __name__ == "__main__":
    main()

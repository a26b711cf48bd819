#!/usr/bin/env python3
"""Measures how well anomalies in tables are found, by detect_anomalies --train and by PyOD's detectors; adbench.sh prepares
what it needs. At most 10,000 rows of each set, drawn by seed, without labels; the same rows are judged, by the area under
the ROC curve and average precision. PyOD is given standardised columns; ours standardises itself. Every figure becomes a
line of BUILD/benchmarks/adbench.jsonl; of all lines it makes docs/anomaly_tables.md."""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

HERE = pathlib.Path(__file__).resolve().parents[1]
PEERS = ["IForest", "VAE", "ECOD", "AutoEncoder", "PCA", "DeepSVDD"]
MOST_ROWS = 10_000


def rows_of(path, seed):
    """Values as float64 and labels, 1 for an anomaly."""
    archive = numpy.load(path, allow_pickle=False)
    values, labels = archive["X"].astype(numpy.float64), archive["y"].astype(int).ravel()
    chosen = numpy.random.RandomState(seed).permutation(len(values))[:MOST_ROWS]
    return values[chosen], labels[chosen]


def standardised(values):
    spread = values.std(0)
    constant = spread < 1e-12
    return numpy.where(constant, 0, (values - values.mean(0)) / numpy.where(constant, 1, spread))


def run_ours(values, labels, seed, asked):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        numpy.save(folder / "x.npy", values.astype(numpy.float32))
        numpy.save(folder / "y.npy", labels)
        done = subprocess.run(
            [asked.build / "bin" / "detect_anomalies", "--train", "--dataset", f"npy:{folder}/x.npy,{folder}/y.npy",
             "--anomaly-class", "1", "--seed", str(seed), "--out", folder / "out", "--json", "--quiet"],
            text=True, capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            sys.exit(f"adbench.py: detect_anomalies: {done.stderr.strip()}")
        found = json.loads(done.stdout)
        figures = found["separation"]
        return {"auroc": figures["auroc"], "average_precision": figures["average_precision"],
                "flagged": found["flagged"], "precision": figures["precision"], "recall": figures["recall"]}


def run_peer(name, values, labels, seed):
    import sklearn.metrics
    import torch
    from pyod_detectors import make_detector

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    numpy.random.seed(seed)
    model = make_detector(name, seed, values.shape[1])
    model.fit(standardised(values))
    # ECOD gives infinite scores to values beyond all others.
    scores = numpy.nan_to_num(model.decision_scores_)
    return {"auroc": sklearn.metrics.roc_auc_score(labels, scores),
            "average_precision": sklearn.metrics.average_precision_score(labels, scores)}


def measure(asked):
    lines = read_lines(asked)
    there = {(line["set"], line["detector"], line["seed"]) for line in lines}
    contenders = ["ours", *asked.peers]
    paths = sorted(asked.data.glob("*.npz"), key=lambda path: int(path.stem.split("_")[0]))
    for seed in asked.seeds:
        for path in paths:
            for name in contenders:
                if (path.stem, name, seed) in there:
                    continue
                values, labels = rows_of(path, seed)
                start = time.monotonic()
                figures = run_ours(values, labels, seed, asked) if name == "ours" else run_peer(name, values, labels, seed)
                line = {"set": path.stem, "detector": name, "seed": seed, "rows": len(values), "columns": values.shape[1],
                        "anomalies": int(labels.sum()), "seconds": time.monotonic() - start, **figures}
                with asked.results.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(f"{path.stem:20} {name:12} seed {seed}: AUROC {line['auroc']:.4f}, AP {line['average_precision']:.4f}, "
                      f"{line['seconds']:.1f} s", flush=True)


def read_lines(asked):
    if not asked.results.exists():
        return []
    return [json.loads(line) for line in asked.results.read_text().splitlines()]


def means(lines, detector, seed, figure):
    values = [line[figure] for line in lines if line["detector"] == detector and line["seed"] == seed]
    return statistics.mean(values) if len(values) == asked_sets(lines) else None


def asked_sets(lines):
    return len({line["set"] for line in lines})


def summary_rows(lines):
    seeds = sorted({line["seed"] for line in lines})
    rows = ["| detector | " + " | ".join(f"AUROC, seed {seed}" for seed in seeds) + " | " +
            " | ".join(f"AP, seed {seed}" for seed in seeds) + " | median seconds a set |",
            "|---|" + "---|" * (2 * len(seeds) + 1)]
    for name in ["ours", *PEERS]:
        cells = []
        for figure in ("auroc", "average_precision"):
            for seed in seeds:
                mean = means(lines, name, seed, figure)
                cells.append("" if mean is None else f"{mean:.4f}")
        seconds = [line["seconds"] for line in lines if line["detector"] == name]
        if all(means(lines, name, seed, "auroc") is None for seed in seeds):
            continue
        shown = "**`detect_anomalies --train`**" if name == "ours" else name
        rows.append(f"| {shown} | " + " | ".join(cells) + f" | {statistics.median(seconds):.1f} |")
    return rows


def set_rows(lines):
    by = {}
    for line in lines:
        by.setdefault(line["set"], {}).setdefault(line["detector"], []).append(line)
    peers = [peer for peer in PEERS if means(lines, peer, lines[0]["seed"], "auroc") is not None]
    rows = ["| set | rows | columns | anomalies | ours: AUROC | AP | flagged | of these anomalies | " + " | ".join(peers) + " |",
            "|---|" + "---|" * (7 + len(peers))]
    for name, found in by.items():
        first = found["ours"][0]
        mean = {detector: statistics.mean(line["auroc"] for line in of) for detector, of in found.items()}
        best = max(mean.values())
        shown = {detector: f"**{value:.3f}**" if value == best else f"{value:.3f}" for detector, value in mean.items()}
        ap = statistics.mean(line["average_precision"] for line in found["ours"])
        flagged = statistics.mean(line["flagged"] / line["rows"] for line in found["ours"])
        precision = statistics.mean(line["precision"] for line in found["ours"])
        cells = [name.split("_", 1)[1], f"{first['rows']:,}", f"{first['columns']:,}", f"{first['anomalies'] / first['rows']:.1%}",
                 shown["ours"], f"{ap:.3f}", f"{flagged:.1%}", f"{precision:.0%}"]
        rows.append("| " + " | ".join(cells + [shown.get(peer, "") for peer in peers]) + " |")
    return rows


def report(asked):
    lines = read_lines(asked)
    seeds = sorted({line["seed"] for line in lines})
    text = ["# Anomalies in tables, measured", "",
            "Written by `benchmarks/anomaly/adbench.sh`: 33 labelled sets of ADBench (Han et al. 2022), at most 10,000 rows of "
            "each, drawn by seed. Nobody is told a label: each detector learns from all rows, anomalies among them, and scores "
            "the same rows. One default for all sets. PyOD 3.6.7 runs here, on standardised columns, with its own defaults. "
            "AUROC is the probability that an anomaly scores above a normal row; AP is average precision.", "",
            f"Run on {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d} (UTC).", "",
            "## Means over the sets", "", *summary_rows(lines), "", "## By set", "",
            f"Means over the seeds that were run, of {', '.join(map(str, seeds))}. *Flagged* is the share of rows above the threshold, which nobody "
            "chose, either.", "", *set_rows(lines), ""]
    asked.output.write_text("\n".join(text))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build")
    parser.add_argument("--output", type=pathlib.Path, default=HERE.parent / "docs" / "anomaly_tables.md")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(os.environ.get("HOURGLASS_DATA", ".")) / "adbench")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS, help="beside ours; none: ours alone")
    parser.add_argument("--report-only", action="store_true", help="the page again, from the lines that are there")
    asked = parser.parse_args()
    asked.build = asked.build.resolve()
    asked.results = asked.build / "benchmarks" / "adbench.jsonl"
    if not asked.report_only:
        measure(asked)
    report(asked)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Scores the stream of detect_anomalies on the labelled series of the Numenta Anomaly Benchmark, strictly online, with one
setting for all: an autoencoder of windows of 24 rows is trained on the first 15 % of a file (750 rows at most), and the
whole file then goes through `detect_anomalies --follow - --adapt running`. With --peers, detectors of PyOD are fitted to the
same windows, and their scores of each window go the same way, by the same rule. Writes docs/anomaly_series.md.

  HOURGLASS_DATA=DIR nab.py --tools DIR [--seeds 0 1 2] [--peers]

--tools has nab_score.py. PyOD is that of adbench.sh: run with build/pyod-venv/bin/python."""

import argparse
import csv
import datetime
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parents[1]
WINDOW, REST, LIMIT = 24, 120, 5
TRAINER = ["--window", str(WINDOW), "--network", "dense", "--widths", "16,4", "--activation", "tanh", "--loss", "mse",
           "--output-activation", "linear", "--scale", "robust", "--validation", "none", "--batch-size", "64",
           "--learning-rate", "1e-3", "--no-figures", "--quiet"]
STEPS = 300
PEERS = ["IForest", "ECOD", "PCA", "AutoEncoder", "VAE", "DeepSVDD"]


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def training_rows(rows):
    return min(math.floor(0.15 * len(rows)), 750)


def run(command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"nab.py: {command[0]}: {done.stderr.strip()}")
    return done.stdout


def stream_deviations(path, rows, seed, asked, folder):
    """What the shipped programs say of each row: train on the head, follow the whole file."""
    # Without times, whose gaps a stream does not see either.
    head = folder / "head.csv"
    head.write_text("".join(row["value"] + "\n" for row in [{"value": "value"}, *rows[:training_rows(rows)]]))
    steps_an_epoch = math.ceil((training_rows(rows) - WINDOW + 1) / 64)
    run([asked.build / "bin" / "dense_autoencoder", "--dataset", f"series:{head},value", *TRAINER, "--seed", seed,
         "--epochs", math.ceil(STEPS / steps_an_epoch), "--out", folder / "run"])
    with open(path) as file:
        lines = run([asked.build / "bin" / "detect_anomalies", folder / "run" / "best.pt", "--follow", "-", "--adapt",
                     f"running:{LIMIT},{REST}", "--quiet"], stdin=file)
    deviations = [0.0] * len(rows)
    for line in csv.DictReader(lines.splitlines()):
        deviations[int(line["row"])] = float(line["deviations"])
    return deviations


def running_deviations(scores):
    """The rule `running` on a detector's scores, NaN where there is none yet."""
    count, mean, squares, last, found = 0, 0.0, 0.0, [], []
    for score in scores:
        if math.isnan(score):
            found.append(0.0)
            continue
        deviation = max(0.0, (score - mean) / math.sqrt(squares / count + 1e-3)) if count >= 2 else 0.0
        found.append(deviation if all(deviation > each for each in last) else 0.0)
        last = (last + [deviation])[-REST:]
        count += 1
        difference = score - mean
        mean += difference / count
        squares += difference * (score - mean)
    return found


def peer_deviations(name, rows, seed):
    import numpy
    from pyod_detectors import make_detector

    values = numpy.array([float(row["value"]) for row in rows])
    head = values[:training_rows(rows)]
    low, middle, high = numpy.quantile(head, [0.25, 0.5, 0.75])
    windows = numpy.lib.stride_tricks.sliding_window_view((values - middle) / ((high - low) or head.std() or 1), WINDOW)
    model = make_detector(name, seed, WINDOW)
    try:
        model.fit(windows[:training_rows(rows) - WINDOW + 1])
    except ValueError as refusal:
        print(f"{name}: a series that it refuses: {refusal}", file=sys.stderr)
        return None
    return running_deviations([math.nan] * (WINDOW - 1) + list(map(float, model.decision_function(windows))))


def score_all(name, seed, asked, data, windows):
    """The three profiles' scores of one detector with one seed, and the number of series it refuses, where it never speaks."""
    refused = 0
    with tempfile.TemporaryDirectory() as base:
        base = pathlib.Path(base)
        for series in sorted(windows):
            rows = rows_of(data / series)
            with tempfile.TemporaryDirectory() as folder:
                deviations = (stream_deviations(data / series, rows, seed, asked, pathlib.Path(folder)) if name == "ours"
                              else peer_deviations(name, rows, seed))
            if deviations is None:
                refused += 1
                deviations = [0.0] * len(rows)
            target = base / series
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "w") as file:
                file.write("timestamp,anomaly_score\n")
                for row, deviation in zip(rows, deviations):
                    file.write(f"{row['timestamp']},{deviation / (deviation + 6):.9g}\n")
        text = run([sys.executable, asked.tools / "nab_score.py", data, asked.data / "windows.json", base, "--json"])
        if asked.keep and name == "ours":
            subprocess.run(["cp", "-r", base, asked.keep], check=True)
    return {**json.loads(text), "refused": refused}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=pathlib.Path, required=True, help="the folder of nab_score.py")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(os.environ.get("HOURGLASS_DATA", ".")) / "nab")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build")
    parser.add_argument("--output", type=pathlib.Path, default=HERE.parent / "docs" / "anomaly_series.md")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--peers", action="store_true", help="PyOD's detectors, too")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for our scores")
    asked = parser.parse_args()
    asked.build = asked.build.resolve()
    data = asked.data / "data"
    windows = json.loads((asked.data / "windows.json").read_text())
    rows = []
    for name in ["ours"] + (PEERS if asked.peers else []):
        for seed in asked.seeds if name in ("ours", "IForest", "AutoEncoder") else asked.seeds[:1]:
            rows.append((name, seed, score_all(name, seed, asked, data, windows)))
            print(name, seed, json.dumps(rows[-1][2]), flush=True)
    asked.output.write_text(page(rows, windows))


def page(rows, windows):
    profiles = ("standard", "reward_low_FP", "reward_low_FN")
    shown = {"ours": "**`detect_anomalies --follow`**"}
    table = ["| detector | seed | standard | few false alarms | few misses |", "|---|---|---|---|---|"]
    for name, seed, scores in rows:
        cells = [f"{scores[profile]['score']:.1f}" for profile in profiles]
        note = f" (refuses {scores['refused']} series)" if scores["refused"] else ""
        table.append(f"| {shown.get(name, 'PyOD ' + name)}{note} | {seed} | " + " | ".join(cells) + " |")
    return "\n".join([
        "# Anomalies in series, measured", "",
        f"Written by `benchmarks/anomaly/nab.py`: {len(windows)} labelled series of the Numenta Anomaly Benchmark (Lavin & Ahmad "
        "2015), each row scored from itself and earlier ones alone; 0 is a detector that never speaks, 100 a perfect one, and "
        "one threshold serves all files. One setting for all: windows of "
        f"{WINDOW} rows, an autoencoder {WINDOW}-16-4-16-{WINDOW} trained for about {STEPS} steps on the first 15 % of a file (750 "
        f"rows at most), which are not scored, and the rule `running:{LIMIT},{REST}` on its errors. PyOD 3.6.7's detectors are fitted to "
        "the same windows, and their scores go through the same rule.", "",
        f"Run on {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d} (UTC).", "", *table, "",
        "The benchmark's public board has all 58 files of it, so that its numbers compare only roughly: Windowed Gaussian 39.6, "
        "random cut forest 51.7, KNN-CAD 58.0, the best 74.9, by the standard profile; no autoencoder is on it.", ""])


if __name__ == "__main__":
    main()

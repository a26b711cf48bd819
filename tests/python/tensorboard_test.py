"""What TensorBoard reads of a run: python tensorboard_test.py BIN [OTHER_PYTHON]

Trains with the executables in BIN, and compares the event files with metrics.csv. Where this Python does not import
tensorboard, OTHER_PYTHON is tried (scripts/test.sh makes one).
"""

import csv
import glob
import os
import subprocess
import sys
import tempfile

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    if len(sys.argv) > 2 and os.path.exists(sys.argv[2]):
        os.execv(sys.argv[2], [sys.argv[2], __file__, sys.argv[1]])
    print("SKIPPED: this Python does not import tensorboard")
    sys.exit(77)


def train(binary, *flags):
    program = os.path.join(binary, "variational_autoencoder")
    subprocess.run([program, "--no-figures", "--quiet", *flags], check=True, stdout=subprocess.DEVNULL)


def expect_equal(what, actual, expected):
    if actual != expected:
        raise SystemExit(f"{what}: expected {expected}, found {actual}")
    print(f"ok: {what}")


def expect_curves_of_metrics(folder):
    events = EventAccumulator(folder)
    events.Reload()
    with open(os.path.join(folder, "metrics.csv")) as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("epoch", "seconds")]
    tags = [name if name == "learning_rate" else "/".join(reversed(name.split("_", 1))) for name in names]
    expect_equal("tags", sorted(events.Tags()["scalars"]), sorted(tags))
    for name, tag in zip(names, tags):
        points = events.Scalars(tag)
        expect_equal(f"steps of {tag}", [point.step for point in points], [int(row["epoch"]) for row in rows])
        worst = max(abs(point.value - float(row[name])) / (abs(float(row[name])) + 1e-9) for point, row in zip(points, rows))
        if worst > 1e-6:
            raise SystemExit(f"{tag}: differs from metrics.csv by {worst}")


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        train(binary, "--out", folder, "--threads", "1", "--epochs", "6", "--validation", "split:0.2", "--tensorboard", "--stop-after", "2")
        expect_curves_of_metrics(folder)
        # As after a kill between two checkpoints: an epoch is in the event file that the resumed run repeats.
        state = open(os.path.join(folder, "last.safetensors"), "rb").read()
        train(binary, "--resume", folder, "--stop-after", "4")
        with open(os.path.join(folder, "last.safetensors"), "wb") as file:
            file.write(state)
        # And a record that was only half written.
        last = sorted(glob.glob(os.path.join(folder, "events.out.tfevents.*")))[-1]
        with open(last, "ab") as file:
            file.write(b"\x20\0\0")
        train(binary, "--resume", folder)
        expect_equal("a file a session", len(glob.glob(os.path.join(folder, "events.out.tfevents.*"))), 3)
        expect_curves_of_metrics(folder)


main()

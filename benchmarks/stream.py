"""How fast, and how safe, `detect_anomalies --follow` is: stream.py BIN_FOLDER latency|kills [--rows N] [--kills N] [--seed N]

latency   a row at a time into the tool's standard input, for several models: from writing a row to having read its line.
kills     a file of a million rows that grows while the tool is killed (SIGKILL) at random moments and started again, with
          an adaptive threshold: what it wrote has to equal, byte for byte, what an undisturbed run writes.
A line of JSON a measurement. Takes what it trains and writes into a temporary folder.
"""

import argparse
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

COLUMNS = 8


def table_rows(count, seed, strange_every=0):
    """Lines of COLUMNS numbers: a smooth function of two hidden ones, and noise; each strange_every-th is none of it."""
    generator = random.Random(seed)
    for row in range(count):
        a, b = generator.random(), generator.random()
        values = [a * (i + 1) / COLUMNS + b * (COLUMNS - i) / COLUMNS + generator.gauss(0, 0.02) for i in range(COLUMNS)]
        if strange_every and row % strange_every == strange_every - 1:
            values[generator.randrange(COLUMNS)] += 3
        yield ",".join(f"{value:.4f}" for value in values) + "\n"


HEADER = ",".join(f"x{i}" for i in range(COLUMNS)) + "\n"


class Workplace:
    """Programs, and a folder for their models."""

    def __init__(self, bin_folder, folder):
        self.bin, self.folder = pathlib.Path(bin_folder).resolve(), pathlib.Path(folder)

    def run(self, program, *arguments):
        subprocess.run([self.bin / program, *arguments], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def model(self, name, program, *flags):
        """Trained for a moment, with a threshold beside it."""
        self.run(program, "--out", name, "--epochs", "5", "--no-figures", "--quiet", *flags)
        self.run("detect_anomalies", f"{name}/best.pt", "--save-threshold", f"{name}.json", "--out", f"{name}-found", "--quiet")
        return name

    def table_model(self):
        (self.folder / "train.csv").write_text(HEADER + "".join(table_rows(5000, seed=1)))
        return self.model("table", "dense_autoencoder", "--dataset", "csv:train.csv", "--label-column", "none", "--widths",
                          "16,2", "--loss", "mse", "--output-activation", "linear")

    def command(self, name, source, *flags):
        return [self.bin / "detect_anomalies", f"{name}/best.pt", "--load-threshold", f"{name}.json", "--follow", source, *flags]


# ---- Latency

def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure_latency(place, name, rows, flags):
    tool = subprocess.Popen(place.command(name, "-", *flags), cwd=place.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            bufsize=0)
    tool.stdout.readline()
    milliseconds = []
    for row in rows:
        time.sleep(0.002)  # as rows arrive: the tool sleeps in between
        start = time.perf_counter()
        tool.stdin.write(row.encode())
        tool.stdout.readline()
        milliseconds.append(1000 * (time.perf_counter() - start))
    tool.stdin.close()
    tool.wait()
    return milliseconds[1:]  # the first also compares the ways to compute the model


def latency(place, options):
    digits = [line + "\n" for line in (pathlib.Path(__file__).parent.parent / "sources/digits.csv").read_text().splitlines()]
    digits = (digits * 10)[:options.rows or 3000]
    table = list(table_rows(options.rows or 3000, seed=2))
    subjects = [(place.table_model(), table, "8 columns, dense 16,2"),
                (place.model("dense", "dense_autoencoder"), digits, "digits, dense"),
                (place.model("convolutional", "convolutional_autoencoder"), digits, "digits, convolutional"),
                (place.model("lstm", "lstm_autoencoder"), digits, "digits, LSTM"),
                (place.model("variational", "variational_autoencoder"), digits, "digits, variational (ELBO)")]
    kept = ("--adapt", "dspot:0.0001,100", "--state", "state.json")
    for name, rows, what in subjects:
        for flags in ((), kept):
            (place.folder / "state.json").unlink(missing_ok=True)
            found = measure_latency(place, name, rows, (*flags, "--quiet"))
            print(json.dumps({"model": what, "adapt_and_state": bool(flags), "rows": len(found),
                              "median_ms": round(percentile(found, 0.5), 3), "p99_ms": round(percentile(found, 0.99), 3),
                              "longest_ms": round(max(found), 3)}), flush=True)


# ---- Kills

def memory_mb(process):
    """The greatest resident set so far."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return round(int(line.split()[1]) / 1024, 1)
    return None


def line_count(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def flags_for(name):
    return ("--out", f"{name}.csv", "--state", f"{name}.json", "--adapt", "dspot:0.0001,100", "--quiet")


def undisturbed(place, model, lines):
    """Scores the whole file at once; its memory at a tenth of the rows and at the end."""
    start = time.monotonic()
    tool = subprocess.Popen(place.command(model, "rows.csv", *flags_for("expected")), cwd=place.folder)
    out, early = place.folder / "expected.csv", None
    while (done := line_count(out)) < lines:
        if early is None and done > lines / 10:
            early = memory_mb(tool)
        time.sleep(0.5)
    seconds, late = time.monotonic() - start, memory_mb(tool)
    tool.send_signal(signal.SIGTERM)
    tool.wait()
    print(json.dumps({"rows": lines - 1, "rows_per_second": round((lines - 1) / seconds), "memory_mb_at_a_tenth": early,
                      "memory_mb_at_the_end": late}), flush=True)
    return seconds


def killed(place, model, text, kills, seconds, generator):
    """The file grows by pieces; a new start after each kill."""
    rows, written = place.folder / "growing.csv", 0
    rows.write_text("")
    for kill in range(kills):
        more = len(text) // (kills + 1) + generator.randrange(100)
        with rows.open("a") as file:
            file.write(text[written:written + more])
        written += more
        tool = subprocess.Popen(place.command(model, "growing.csv", *flags_for("found")), cwd=place.folder)
        time.sleep(0.5 + generator.random() * 1.5 * seconds / (kills + 1))
        tool.kill()
        tool.wait()
    with rows.open("a") as file:
        file.write(text[written:])
    tool = subprocess.Popen(place.command(model, "growing.csv", *flags_for("found")), cwd=place.folder)
    while line_count(place.folder / "found.csv") < text.count("\n"):
        time.sleep(0.5)
    tool.send_signal(signal.SIGTERM)
    tool.wait()


def kills(place, options):
    model = place.table_model()
    text = HEADER + "".join(table_rows(options.rows or 1_000_000, seed=3, strange_every=10_000))
    (place.folder / "rows.csv").write_text(text)
    seconds = undisturbed(place, model, text.count("\n"))
    generator = random.Random(options.seed)
    killed(place, model, text, options.kills, seconds, generator)
    expected, found = ((place.folder / f"{name}.csv").read_bytes() for name in ("expected", "found"))
    flagged = [int(line.split(b",")[0]) for line in expected.splitlines() if line.endswith(b",1")]
    planted = set(range(9999, options.rows or 1_000_000, 10_000))
    print(json.dumps({"kills": options.kills, "same_bytes": expected == found, "bytes": len(found),
                      "planted": len(planted), "planted_found": len(planted & set(flagged)),
                      "other_alerts": len(set(flagged) - planted)}), flush=True)
    return 0 if expected == found else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_folder")
    parser.add_argument("what", choices=["latency", "kills"])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return {"latency": latency, "kills": kills}[options.what](Workplace(options.bin_folder, folder), options)


if __name__ == "__main__":
    sys.exit(main())

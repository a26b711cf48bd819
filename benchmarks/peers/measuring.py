"""What all peers share: the command line, the clock, and the JSON line that comes out.

A peer is a function `train(recipe, settings, clock)`: it prepares, then trains epoch after epoch until
`clock.epoch_ended(seconds, loss)` says no. Called with --recipe it measures once; with --serve it reads requests, a
JSON object a line, and answers each with a line, so that imports are paid once.
"""

import argparse
import importlib.metadata
import json
import os
import resource
import sys
import time

import recipes


class Clock:
    """Collects values of µs a step, each over as many whole epochs as fill `seconds`; those before are for warming up,
    compiling among it. One value is enough where an epoch takes ten times as long as asked for."""

    def __init__(self, steps, repeats, seconds):
        self.steps, self.repeats, self.seconds = steps, repeats, seconds
        self.values, self.loss = [], None
        self.spent = self.epochs = 0
        self.warm = False

    def epoch_ended(self, seconds, loss):
        """Whether to go on."""
        self.loss = float(loss)
        self.spent += seconds
        self.epochs += 1
        if not self.warm:
            # Two epochs, as the second may still compile; one is enough where it takes so long.
            if (self.epochs >= 2 and self.spent >= self.seconds / 2) or self.spent >= 20 * self.seconds:
                self.warm, self.spent, self.epochs = True, 0, 0
            return True
        if self.spent < self.seconds:
            return True
        self.values.append(1e6 * self.spent / (self.epochs * self.steps))
        slow = self.spent > 10 * self.seconds
        self.spent = self.epochs = 0
        return len(self.values) < self.repeats and not slow


def since_start():
    """Seconds since this process began."""
    with open("/proc/self/stat") as stat:
        began = int(stat.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    with open("/proc/uptime") as uptime:
        return float(uptime.read().split()[0]) - began


def peak_memory_mb():
    """The whole process's maximum resident set."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def version_of(*packages):
    return ", ".join(f"{package} {importlib.metadata.version(package)}" for package in packages)


def widths_of(text):
    return tuple(int(word) for word in text.split(","))


def common_arguments(description):
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--recipe")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--widths", type=widths_of)
    parser.add_argument("--setting", default="", help="one of the peer's own, see its file")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3, help="that a measurement takes at least")
    parser.add_argument("--serve", action="store_true")
    return parser


def measure(train, request):
    """The fields that every line has but those that the peer adds."""
    recipe = recipes.find(request["recipe"], request.get("batch_size"), request.get("widths"))
    clock = Clock(recipe.epoch_steps, request["repeats"], request["seconds"])
    first_step = train(recipe, request.get("setting", ""), clock)
    return {"recipe": request["recipe"], "batch_size": recipe.batch_size, "steps": recipe.epoch_steps,
            "microseconds_per_step": [round(value, 3) for value in clock.values], "loss": clock.loss,
            "peak_memory_mb": round(peak_memory_mb(), 1), "memory_of": "process, maximum resident set",
            "seconds_to_first_step": first_step}


def main(contender, train, packages, arguments):
    def answer(request):
        try:
            line = measure(train, request)
        except Exception as error:  # noqa: BLE001: a peer that fails on one recipe goes on with the next
            line = {"recipe": request.get("recipe"), "error": f"{type(error).__name__}: {error}".splitlines()[0]}
        line = {"contender": contender, "threads": arguments.threads, "setting": request.get("setting", ""),
                "version": version_of(*packages), **line}
        print(json.dumps(line), flush=True)
        return "error" not in line

    if arguments.serve:
        for text in sys.stdin:
            answer(json.loads(text))
        return
    if not arguments.recipe:
        raise SystemExit(f"{contender}: expected --recipe NAME or --serve")
    wanted = {"recipe": arguments.recipe, "batch_size": arguments.batch_size, "widths": arguments.widths,
              "setting": arguments.setting, "repeats": arguments.repeats, "seconds": arguments.seconds}
    if not answer(wanted):
        raise SystemExit(1)


def now():
    return time.perf_counter()

#!/usr/bin/env python3
"""Measures Hourglass and its peers side by side; compare.sh prepares what it needs. Every measurement becomes a line
of JSON in BUILD/benchmarks/results.jsonl as soon as it is there.

Sections: machine, training, growth, inference, start-up, memory, interference. In `training` the contenders take turns,
recipe by recipe, several rounds; the first round tries every number of threads and setting of each, and the later ones
go on with those that took at most a quarter longer than the best of their contender, without peers that took five times
as long as the fastest peer. The whole takes about 45 minutes on a quiet machine of two cores once torch.compile has its
cache (build/benchmarks/inductor), and --quick 5."""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import sections
from contenders import CONTENDERS, USUAL_CONTENDERS, Failed, Field, recipes, variants

USUAL_RECIPES = tuple(name for name in recipes.RECIPES if name != "fashion-denoise")
FAR_BEHIND = 5
NEAR_THE_BEST = 1.25
QUICK_RECIPES = ("digits-2d", "mnist-2d-relu", "mnist-50", "fashion-conv")


class Results:
    """The lines so far, in memory and in the file."""

    KEY = ("section", "recipe", "contender_key", "what", "setting", "asked_threads", "asked_batch_size", "asked_widths",
           "round")

    def __init__(self, path, resume):
        self.path = path
        if path.exists() and not resume:
            path.replace(path.with_suffix(".previous.jsonl"))
        self.lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def key(self, line):
        return json.dumps([line.get(field) for field in self.KEY])

    def find(self, wanted):
        """The line of an earlier run that has what is wanted; those that failed are tried again."""
        key = self.key(wanted)
        found = [line for line in self.lines if self.key(line) == key and "error" not in line]
        return found[-1] if found else None

    def add(self, line):
        self.lines.append(line)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")


class Comparison:
    def __init__(self, asked):
        self.asked = asked
        self.build = asked.build.resolve()
        self.python = self.build / "benchmarks-venv" / "bin" / "python"
        (self.build / "benchmarks").mkdir(parents=True, exist_ok=True)
        self.results = Results(asked.results or self.build / "benchmarks" / "results.jsonl", asked.resume)
        self.field = Field(self.build, self.python, asked.limit)
        cores = len(os.sched_getaffinity(0))
        self.threads = asked.threads or sorted({1, cores})
        self.cores = cores

    def say(self, text):
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def measured(self, wanted, work, show=lambda line: ""):
        """The line for what is wanted: an earlier one, or `work()`'s; none where it fails."""
        found = self.results.find(wanted)
        if found:
            return found
        try:
            line = wanted | work()
        except Failed as failure:
            line = wanted | {"error": str(failure)}
        self.results.add(line)
        words = [str(wanted[field]) for field in Results.KEY if wanted.get(field) not in (None, "")]
        self.say(" ".join(words) + ": " + (line.get("error") or show(line)))
        return None if "error" in line else line

    def step_time(self, section, recipe, key, variant, round_number=1, batch_size=None, widths=None, alone=False):
        wanted = {"section": section, "recipe": recipe, "contender_key": key, "setting": variant.setting,
                  "asked_threads": variant.threads, "asked_batch_size": batch_size, "asked_widths": widths,
                  "round": round_number}
        request = {"repeats": self.asked.values, "seconds": self.asked.seconds, "batch_size": batch_size,
                   "widths": widths}
        line = self.measured(wanted, lambda: self.field.measure(key, recipe, variant, request, alone), microseconds)
        return statistics.median(line["microseconds_per_step"]) if line else None

    def first_times(self, recipe, key):
        """{variant: µs a step in the first round}, of those that answered."""
        times = {variant: self.step_time("training", recipe, key, variant)
                 for variant in variants(CONTENDERS[key], self.threads)}
        return {variant: value for variant, value in times.items() if value is not None}

    def training(self):
        for name in self.asked.recipes:
            recipe = recipes.RECIPES[name]
            entered = [key for key in self.asked.contenders if CONTENDERS[key].accepts(recipe)]
            first = {key: self.first_times(name, key) for key in entered}
            least = {key: min(times.values()) for key, times in first.items() if times}
            peers = [value for key, value in least.items() if CONTENDERS[key].script]
            turns = [(key, variant) for key in least
                     if not CONTENDERS[key].script or least[key] <= FAR_BEHIND * min(peers)
                     for variant, value in first[key].items() if value <= NEAR_THE_BEST * least[key]]
            for round_number in range(2, self.asked.repeats + 1):
                # Another one begins each round, so that nobody always follows the same one.
                shift = round_number % max(1, len(turns))
                for key, variant in turns[shift:] + turns[:shift]:
                    self.step_time("training", name, key, variant, round_number)

    def run(self):
        try:
            for section in self.asked.sections:
                self.say(f"-- {section}")
                self.training() if section == "training" else getattr(sections, section.replace("-", "_"))(self)
        finally:
            self.field.stop()


def microseconds(line):
    values = line["microseconds_per_step"]
    return f"{statistics.median(values):.4g} µs a step"


def listed(choices, what):
    def parse(text):
        words = text.split(",")
        for word in words:
            if word not in choices:
                raise argparse.ArgumentTypeError(f"expected {what} of {', '.join(choices)}, found '{word}'")
        return words
    return parse


def at_least_one(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, found '{text}'")
    return int(text)


def counts(text):
    return [at_least_one(word) for word in text.split(",")]


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"compare.sh: {message}; --help shows the usage", file=sys.stderr)
        raise SystemExit(2)


def parse(words):
    parser = Parser("compare.sh", description=__doc__, allow_abbrev=False,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", type=listed(recipes.RECIPES, "recipes"), help="comma-separated; usually all but "
                        "fashion-denoise: " + ", ".join(recipes.RECIPES))
    parser.add_argument("--contenders", type=listed(CONTENDERS, "contenders"), default=list(USUAL_CONTENDERS),
                        help=", ".join(CONTENDERS))
    parser.add_argument("--sections", type=listed(sections.ALL, "sections"), help=", ".join(sections.ALL))
    parser.add_argument("--repeats", type=at_least_one, help="rounds of training (3; quick: 1)")
    parser.add_argument("--values", type=at_least_one, default=3, help="measurements in a round")
    parser.add_argument("--seconds", type=float, default=0.3, help="that a measurement takes at least")
    parser.add_argument("--limit", type=float, default=240, help="seconds until an answer counts as missing")
    parser.add_argument("--threads", type=counts, help="numbers of threads to try: 1,2 say (1 and all cores)")
    parser.add_argument("--resume", action="store_true", help="keep the lines that are there, measure what is missing")
    parser.add_argument("--quick", action="store_true",
                        help=f"one round of {', '.join(QUICK_RECIPES)}, without growth")
    parser.add_argument("--report-only", action="store_true", help="write the page from the lines that are there")
    parser.add_argument("--check", action="store_true", help="look at the options alone")
    parser.add_argument("--results", type=pathlib.Path, help="where the lines go")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"), help="the project's build folder")
    asked = parser.parse_args(words)
    asked.recipes = asked.recipes or list(QUICK_RECIPES if asked.quick else USUAL_RECIPES)
    asked.repeats = asked.repeats or (1 if asked.quick else 3)
    asked.sections = asked.sections or [name for name in sections.ALL if not (asked.quick and name == "growth")]
    return asked


def main():
    asked = parse(sys.argv[1:])
    if asked.check:
        return
    try:
        Comparison(asked).run()
    except KeyboardInterrupt:
        print("compare.sh: interrupted; the same command with --resume goes on", file=sys.stderr)
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()

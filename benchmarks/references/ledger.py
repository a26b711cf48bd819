"""What the comparisons with other libraries share: our programs, and docs/published.json, into which figures go as they come."""

import argparse
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import our_programs  # noqa: E402
import published_record  # noqa: E402
from our_programs import BIN, ROOT, told  # noqa: E402, F401  # for the comparisons


def say(text):
    print(f"{pathlib.Path(sys.argv[0]).stem}: {text}", file=sys.stderr, flush=True)


def trained(folder, program, *options, epochs=None):
    """The best checkpoint of a run in the folder, to its end or so many `epochs`."""
    our_programs.trained(folder, program, *options, epochs=epochs)
    return folder / "best.pt"


def chosen(parser, seeds):
    """The parser's arguments, among them `systems`, which are some of those of which there are `seeds`."""
    parser.add_argument("--systems", default=",".join(seeds), help=f"some of {', '.join(seeds)}, separated by commas")
    choices = parser.parse_args()
    choices.systems = choices.systems.split(",")
    for system in choices.systems:
        if system not in seeds:
            parser.error(f"expected systems of {', '.join(seeds)}, found {system}")
    return choices


def compare(description, folder, comparison, seeds, measure):
    """A comparison that has no other options: measures in the folder what is asked for and missing."""
    choices = chosen(parser_of(description), seeds)
    folder.mkdir(parents=True, exist_ok=True)
    measure_missing(comparison, choices.systems, seeds, measure)


def parser_of(description):
    return argparse.ArgumentParser(description=description.splitlines()[0])


def measure_missing(comparison, systems, seeds, measure):
    """Adds measure(system, seed), {measure's name: number}, for each seed of each system that the record lacks, all systems of a seed
    first; writes the page."""
    wanted = [(system, seed) for system in systems for seed in seeds[system]]
    for system, seed in sorted(wanted, key=lambda one: one[1]):
        if str(seed) in published_record.read().get(comparison, {}).get(system, {}):
            continue
        say(f"{system}, seed {seed}")
        published_record.add(measure(system, seed), comparison, system, str(seed))
    subprocess.run([sys.executable, ROOT / "scripts" / "published.py", "--table"], check=True)

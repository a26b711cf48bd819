"""The built programs, for scripts that train and judge with them."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "bin"


def trained(folder, program, *options, epochs=None):
    """The record (run.json) of a run in the folder, from where it was if it had begun there, to its end or so many `epochs`."""
    path = folder / "run.json"
    run = json.loads(path.read_text()) if path.exists() else None
    if run:
        wanted = min(epochs or run["options"]["epochs"], run["options"]["epochs"])
        if (run.get("results") or {}).get("epochs", 0) >= wanted:
            return run
    start = ["--resume", folder] if run else [*options, "--out", folder]
    stop = ["--stop-after", str(epochs)] if epochs else []
    subprocess.run([BIN / program, *start, *stop, "--no-figures", "--log-every", "10"], check=True)
    return json.loads(path.read_text())


def told(program, *options):
    """What a tool says with --json."""
    return json.loads(subprocess.run([BIN / program, *options, "--json"], check=True, capture_output=True, text=True).stdout)

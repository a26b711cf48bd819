"""The parts of docs/performance.md beside the table of training steps; each is empty where nothing was measured."""

import statistics

from contenders import CONTENDERS, recipes
from sections import GROWTH_RECIPE


def of_section(lines, section):
    return [line for line in lines if line["section"] == section and "error" not in line]


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(heading, rows):
    lines = ["| " + " | ".join(heading) + " |", "|" + "---|" * len(heading)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def machine(lines, times):
    found = of_section(lines, "machine")
    if not found:
        return ""
    facts = found[-1]
    versions = sorted({part for row in times.values() for one in row.values() for part in one.version.split(", ") if part})
    peak = ", ".join(f"{value:.0f} on {threads}" for threads, value in facts["peak_gflops"].items())
    described = "; ".join(f"{name}: {value}" for name, value in facts["cpu"].items() if name != "Flags")
    return ("## Machine\n\n"
            f"{described}. {facts['system']}. Vector instructions: {facts['cpu'].get('Flags', 'unknown')}.\n\n"
            f"Matrix products of float32 reach, in GFLOP/s by number of threads: {peak} (the best of PyTorch's, 512, 1024 and "
            f"2048 square, and of the recipes' products by ours on one thread, times the threads). Load when the run began: {facts['load']:.2f}. Run on {facts['day']} (UTC), commit "
            f"{facts['commit']}, Python {facts['python']}, {', '.join(versions)}.\n\n")


def products(lines, times):
    """Speed of the products that our models' layers define."""
    peaks = of_section(lines, "machine")
    rows = []
    for name, row in times.items():
        recipe, own = recipes.RECIPES[name], row.get("hourglass")
        if not own or not own.multiply_adds:
            continue
        # Forward and two gradients, a multiplication and an addition each; nobody needs the gradient of an item.
        of_an_item = 2 * (3 * own.multiply_adds - recipe.first_multiply_adds)
        # The last batch of an epoch may be short: count an epoch's rows.
        operations = of_an_item * recipe.epoch_rows / recipe.epoch_steps
        reached = operations / own.median / 1e3
        peak = peaks[-1]["peak_gflops"].get(str(own.threads)) if peaks else None
        rows.append([f"`{name}`", number(operations / 1e6), own.threads, f"{reached:.3g}",
                     f"{100 * reached / peak:.0f} %" if peak else "–"])
    if not rows:
        return ""
    return ("## Share of the peak\n\nFloating-point operations of the products alone, as the layers define them: forward, the "
            "gradient of each weight, and that of each layer's input but the first's. Of a convolution these are all its weights at "
            "each pixel, of an LSTM all its gates in each step; an upsampling that is folded into its convolution, and minimal "
            "filtering, do fewer, which raises the share. The peak is that of as many threads.\n\n"
            + table(("recipe", "MFLOP a step", "threads", "GFLOP/s", "of the peak"), rows) + "\n")


def growth(lines):
    best = {}
    for line in of_section(lines, "growth"):
        place = (line["asked_batch_size"], tuple(line["asked_widths"] or ()))
        value = statistics.median(line["microseconds_per_step"])
        row = best.setdefault(place, {})
        row[line["contender_key"]] = min(value, row.get(line["contender_key"], value))
    if not best:
        return ""
    keys = [key for key in CONTENDERS if any(key in row for row in best.values())]
    text = f"## Growth\n\n`{GROWTH_RECIPE}` with other batches and widths, ours and the two best peers; µs a step.\n\n"
    for what, wanted in (("batch", lambda place: place[0]), ("width", lambda place: place[1])):
        rows = []
        for place, row in best.items():
            if not wanted(place):
                continue
            own = row.get("hourglass")
            peers = [value for key, value in row.items() if key != "hourglass"]
            ratio = f"{min(peers) / own:.2f}" if own and peers else "–"
            rows.append([place[0] or place[1][0], *(number(row[key]) if key in row else "–" for key in keys), ratio])
        text += table([what, *(CONTENDERS[key].name for key in keys), "fastest peer / ours"], rows) + "\n"
    return text


def inference(lines):
    rates = {}
    for line in of_section(lines, "inference"):
        for rate in line["rates"]:
            by = f"ours, {rate['by']}" if line["contender_key"] == "Hourglass" else rate["by"]
            row = rates.setdefault((line["recipe"], rate["what"]), {})
            row[by] = max(row.get(by, 0), statistics.median(rate["items_per_second"]))
    if not rates:
        return ""
    names = list(dict.fromkeys(by for row in rates.values() for by in row))
    rows = []
    for (recipe, what), row in rates.items():
        own = row.get("ours, the tools")
        peers = [value for by, value in row.items() if not by.startswith("ours")]
        ratio = f"{own / max(peers):.2f}" if own and peers else "–"
        rows.append([f"`{recipe}`", what, *(number(row[by]) if by in row else "–" for by in names), ratio])
    return ("## Inference\n\nItems a second of the same checkpoint over the test images in batches of 1024, at the best "
            "number of threads; every peer's output was compared with the checkpoint's first.\n\n"
            + table(("recipe", "", *names, "ours / fastest peer"), rows) + "\n")


def start_up(lines):
    rows = [[CONTENDERS[line["contender_key"]].name, what, f"{statistics.median(line[key]):.3f}", f"{min(line[key]):.3f}"]
            for line in of_section(lines, "start-up")
            for key, what in (("seconds", line["what"]), ("training_seconds", f"{line['what']}, of which training")) if key in line]
    if not rows:
        return ""
    return ("## Start-up\n\nSeconds from the start of a process, on `digits-2d`: the trainer's `--help`, the first epoch "
            "written to `metrics.csv`, and all 500 epochs without pictures, of which `run.json` tells the training; a peer's first step (JAX: its first epoch, "
            "Keras: likewise), imports and compiling included.\n\n"
            + table(("", "until", "median", "least"), rows) + "\n")


def memory(lines):
    peaks = {}
    for line in of_section(lines, "memory"):
        peaks.setdefault(line["recipe"], {})[line["contender_key"]] = line["peak_memory_mb"]
    rows = []
    for recipe, row in peaks.items():
        own, peer = row.get("hourglass"), row.get("torch-eager")
        rows.append([f"`{recipe}`", number(own) if own else "–", number(peer) if peer else "–",
                     f"{own / peer:.2f}" if own and peer else "–"])
    if not rows:
        return ""
    return ("## Memory\n\nThe maximum resident set of a whole process (libraries, data set and all), in MB of 2²⁰ bytes.\n\n"
            + table(("recipe", "ours", "PyTorch eager", "ours / PyTorch eager"), rows) + "\n")


def interference(lines):
    rows = [[f"`{line['recipe']}`", line.get("threads", "–"), number(line["quiet"]), number(line["busy"]),
             f"{line['ratio']:.2f}"] for line in of_section(lines, "interference")]
    if not rows:
        return ""
    return ("## Beside other programs\n\nµs a step, alone and while as many other processes as there are cores are busy, with "
            "the number of threads that a run takes by itself. On half of the machine twice the time is fair; three times is the limit "
            "that runs keep to.\n\n"
            + table(("recipe", "threads", "alone", "beside busy processes", "times as long"), rows) + "\n")

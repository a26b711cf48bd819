"""The sections of a comparison beside `training`: each is a function that measures and adds its lines."""

import json
import math
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import time

from contenders import CONTENDERS, Failed, Variant, recipes, run_once, trainer_of, variants

ALL = ("machine", "training", "growth", "inference", "start-up", "memory", "interference")

GROWTH_RECIPE = "mnist-50"
GROWTH_BATCHES = (8, 32, 128, 512, 2048, 4096)
GROWTH_WIDTHS = (16, 64, 256, 1024)
INFERENCE_RECIPES = ("mnist-50", "fashion-deep-32", "fashion-vae-2d", "fashion-conv")
INFERENCE_PEERS = ("torch.jit", "onnxruntime", "Keras predict")
MEMORY_RECIPES = ("mnist-2d-relu", "mnist-50", "mnist-2d-linear", "mnist-rows")
INTERFERENCE_RECIPES = ("digits-2d", "mnist-2d-relu", "mnist-50", "fashion-deep-32", "fashion-conv", "digits-rows")
INTERFERENCE_ROUNDS = 3
PEER_SCRIPTS = pathlib.Path(__file__).resolve().parent / "peers"


def machine(comparison):
    """The machine, and what matrix products reach on it."""
    def facts():
        load = os.getloadavg()[0]  # before the products below add to it
        described = subprocess.run(["lscpu"], capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})
        rows = dict(line.split(":", 1) for line in described.stdout.splitlines() if ":" in line)
        wanted = ("Model name", "CPU(s)", "Thread(s) per core", "L1d cache", "L2 cache", "L3 cache", "Flags")
        cpu = {name: rows[name].strip() for name in wanted if name in rows}
        cpu["Flags"] = " ".join(flag for flag in cpu.get("Flags", "").split() if flag.startswith(("avx", "amx", "fma")))
        command = [str(comparison.python), str(PEER_SCRIPTS / "matmul_peak.py"), *map(str, comparison.threads)]
        peak = {str(line["threads"]): line["gflops"] for line in run_once(command, 120, os.environ)}
        # The library behind PyTorch's is slow on processors of another maker than its own.
        ours = max(line["gflops"] for line in run_once([comparison.build / "benchmarks" / "product_speed"], 120, os.environ))
        peak = {threads: max(theirs, ours * int(threads)) for threads, theirs in peak.items()}
        commit = subprocess.run(["git", "-C", str(PEER_SCRIPTS), "describe", "--always", "--dirty"],
                                capture_output=True, text=True).stdout.strip()
        return {"cpu": cpu, "cores": comparison.cores, "system": f"{platform.system()} {platform.release()}",
                "python": platform.python_version(), "peak_gflops": peak, "commit": commit, "load": load,
                "day": time.strftime("%Y-%m-%d", time.gmtime())}
    comparison.measured({"section": "machine"}, facts, lambda line: f"{max(line['peak_gflops'].values()):.0f} GFLOP/s")


def with_most_rounds(found):
    most = max(map(len, found))
    return [lines for lines in found if len(lines) == most]


def compared_variants(lines):
    """{recipe: {contender: the lines of each of its variants}}, a line a round of training. Only variants with the most
    rounds of their contender: one that was dropped after the first met the machine in other seconds than those that went on."""
    found = {}
    for line in lines:
        if line["section"] == "training" and "error" not in line:
            own = found.setdefault(line["recipe"], {}).setdefault(line["contender_key"], {})
            own.setdefault((line["setting"], line["asked_threads"]), []).append(line)
    return {recipe: {key: with_most_rounds(own.values()) for key, own in row.items()} for recipe, row in found.items()}


def values_of(lines):
    return [value for line in lines for value in line["microseconds_per_step"]]


def best_times(lines):
    """{recipe: {contender: lowest median of a variant, µs a step}}."""
    return {recipe: {key: min(statistics.median(values_of(own)) for own in found) for key, found in row.items()}
            for recipe, row in compared_variants(lines).items()}


def two_best_peers(lines):
    """Those with the lowest geometric mean over the dense recipes that all of them trained."""
    best = [times for recipe, times in best_times(lines).items() if recipes.RECIPES[recipe].is_dense]
    peers = [key for key, contender in CONTENDERS.items()
             if contender.script and best and all(key in times for times in best)]
    return sorted(peers, key=lambda key: math.prod(times[key] for times in best))[:2]


def growth(comparison):
    """Step time against batch and width, ours and the two best peers."""
    peers = [key for key in two_best_peers(comparison.results.lines) if key in comparison.asked.contenders]
    if not peers:
        comparison.say("growth: no dense recipe was trained by a peer, so none is the best")
    points = [(batch, None) for batch in GROWTH_BATCHES] + [(None, [width]) for width in GROWTH_WIDTHS]
    for batch, widths in points:
        for key in ["hourglass", *peers]:
            for variant in variants(CONTENDERS[key], comparison.threads):
                comparison.step_time("growth", GROWTH_RECIPE, key, variant, batch_size=batch, widths=widths)


def checkpoint_of(comparison, name):
    """best.pt of one epoch, made once. A whole epoch of a slow recipe is not needed for its speed."""
    folder = comparison.build / "benchmarks" / "checkpoints" / name
    if not (folder / "best.pt").exists():
        shutil.rmtree(folder, ignore_errors=True)
        command = [str(comparison.build / "bin" / trainer_of(recipes.RECIPES[name])), "--recipe", name, "--epochs", "1",
                   "--rows", "0-4999", "--out", str(folder), "--no-figures", "--quiet"]
        run_once(command, 600, os.environ)
    return folder / "best.pt"


def inference(comparison):
    """Items a second of the same checkpoint, ours and the peers'."""
    for name in [name for name in INFERENCE_RECIPES if name in comparison.asked.recipes]:
        measure = {"repeats": comparison.asked.values, "seconds": comparison.asked.seconds}
        for contender in ("Hourglass", *INFERENCE_PEERS):
            for threads in comparison.threads:
                wanted = {"section": "inference", "recipe": name, "contender_key": contender, "asked_threads": threads}

                def work():
                    checkpoint = str(checkpoint_of(comparison, name))
                    if contender == "Hourglass":
                        command = comparison.field.own_command("inference_speed", name, Variant(threads, ""), "auto",
                                                               measure)
                        command.insert(1, checkpoint)
                    else:
                        command = [str(comparison.python), str(PEER_SCRIPTS / "inference.py"), checkpoint, "--recipe",
                                   name, "--by", contender, "--threads", str(threads), "--repeats",
                                   str(measure["repeats"]), "--seconds", str(measure["seconds"])]
                    return {"rates": run_once(command, comparison.asked.limit, os.environ)}

                comparison.measured(wanted, work, lambda line: ", ".join(
                    f"{rate['what']} {statistics.median(rate['items_per_second']):.4g}" for rate in line["rates"]))


def timed_start(comparison, arguments, until=None):
    """Seconds until a trainer ends, or until its metrics.csv has a first row: the first epoch is done then. And those of training, as
    run.json tells them where it ended."""
    folder = comparison.build / "benchmarks" / "start-up"
    shutil.rmtree(folder, ignore_errors=True)
    command = [str(comparison.build / "bin" / "dense_autoencoder"), *arguments]
    if until:
        command += ["--out", str(folder), "--no-figures", "--quiet"]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    metrics = folder / "metrics.csv"
    while until == "first row" and process.poll() is None:
        if metrics.exists() and metrics.read_text().count("\n") > 1:
            break
        time.sleep(0.0005)
    if until != "first row":
        process.wait()
    seconds = time.perf_counter() - begin
    problem = process.communicate()[1]
    if process.returncode:
        raise Failed(problem.strip() or f"exit {process.returncode}")
    return seconds, json.loads((folder / "run.json").read_text())["results"]["training_seconds"] if until == "end" else None


def start_up(comparison):
    """How long a program takes until it works, on the embedded digits."""
    kinds = {"--help": (["--help"], None),
             "first epoch recorded": (["--recipe", "digits-2d", "--epochs", "1"], "first row"),
             "500 epochs": (["--recipe", "digits-2d"], "end")}
    for what, (arguments, until) in kinds.items():
        def starts():
            seconds, training = zip(*(timed_start(comparison, arguments, until) for _ in range(3 if until == "end" else 5)))
            return {"seconds": seconds, **({"training_seconds": training} if until == "end" else {})}
        comparison.measured({"section": "start-up", "contender_key": "hourglass", "what": what}, starts,
                            lambda line: f"{statistics.median(line['seconds']):.3f} s")
    for key in comparison.asked.contenders:
        contender = CONTENDERS[key]
        if not contender.script or key == "torch-compile" or not contender.accepts(recipes.RECIPES["digits-2d"]):
            continue
        def first_step():
            request = {"repeats": 1, "seconds": 0.01}
            line = comparison.field.measure(key, "digits-2d", Variant(1, contender.settings[0]), request, alone=True)
            return {"seconds": [line["seconds_to_first_step"]]}
        comparison.measured({"section": "start-up", "contender_key": key, "what": "first step"}, first_step,
                            lambda line: f"{line['seconds'][0]:.2f} s")


def memory(comparison):
    """Peak memory of whole processes, each new, with one thread."""
    for name in [name for name in MEMORY_RECIPES if name in comparison.asked.recipes]:
        for key in [key for key in ("hourglass", "torch-eager") if key in comparison.asked.contenders]:
            variant = Variant(1, CONTENDERS[key].settings[0])
            comparison.step_time("memory", name, key, variant, alone=True)


def interference(comparison):
    """A step while as many other processes as there are cores are busy, and before and after: of several rounds the middle one, as a virtual
    machine's two cores may be one for a while."""
    for name in [name for name in INTERFERENCE_RECIPES if name in comparison.asked.recipes]:
        def one_round():
            request = {"repeats": comparison.asked.values, "seconds": comparison.asked.seconds}

            def step():
                line = comparison.field.own(name, Variant(0, ""), "auto", request)
                return statistics.median(line["microseconds_per_step"]), line["threads"]

            before, threads = step()
            others = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(comparison.cores)]
            try:
                beside, _ = step()
            finally:
                for other in others:
                    other.kill()
                    other.wait()
            quiet = min(before, step()[0])
            return {"threads": threads, "quiet": quiet, "busy": beside, "ratio": beside / quiet}

        def work():
            rounds = sorted((one_round() for _ in range(INTERFERENCE_ROUNDS)), key=lambda line: line["ratio"])
            return rounds[len(rounds) // 2]

        comparison.measured({"section": "interference", "recipe": name, "contender_key": "hourglass"}, work,
                            lambda line: f"{line['quiet']:.4g} µs quiet, {line['busy']:.4g} µs beside "
                                         f"{comparison.cores} busy processes: {line['ratio']:.2f} times")

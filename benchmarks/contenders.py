"""Who is compared, and how one measurement of each is asked for. The standard library alone.

Ours is a program a measurement. A peer is a process for each number of threads that stays and answers one request
after the other, so that its imports are paid once; between requests it sleeps.
"""

import dataclasses
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))

import recipes  # noqa: E402: found by the line before


@dataclasses.dataclass(frozen=True)
class Contender:
    name: str
    script: tuple = ()  # in peers/, with arguments; empty: ours
    settings: tuple = ("",)
    only: str = ""  # the property of a recipe that it needs
    never: str = ""  # the one that it cannot have
    engine: str = "auto"  # of ours

    def accepts(self, recipe):
        return (not self.only or getattr(recipe, self.only)) and not (self.never and getattr(recipe, self.never))


CONTENDERS = {
    "hourglass": Contender("Hourglass"),
    "hourglass-autograd": Contender("Hourglass, autograd engine", engine="autograd"),
    "keras-jax": Contender("Keras on JAX", ("keras_fit.py", "--backend", "jax"), ("fit", "several-steps")),
    "keras-tensorflow": Contender("Keras on TensorFlow", ("keras_fit.py", "--backend", "tensorflow"),
                                  ("fit", "several-steps", "compiled")),
    "jax-scan": Contender("JAX scan", ("jax_scan.py",), only="is_dense"),
    "torch-eager": Contender("PyTorch eager", ("pytorch.py",), ("eager",)),
    "torch-channels-last": Contender("PyTorch channels last", ("pytorch.py",), ("channels-last",),
                                     only="is_convolutional"),
    "torch-compile": Contender("torch.compile", ("pytorch.py",), ("compile",), never="is_recurrent"),
}
USUAL_CONTENDERS = tuple(key for key in CONTENDERS if key != "hourglass-autograd")


@dataclasses.dataclass(frozen=True)
class Variant:
    """How a contender may run; the best counts."""
    threads: int
    setting: str


def variants(contender, thread_counts):
    return [Variant(threads, setting) for setting in contender.settings for threads in thread_counts]


def trainer_of(recipe):
    """The program that trains it."""
    if recipe.code:
        return "variational_autoencoder"
    if recipe.is_recurrent:
        return "lstm_autoencoder"
    if recipe.is_convolutional:
        return "denoising_autoencoder" if recipe.noise else "convolutional_autoencoder"
    return "dense_autoencoder"


class Failed(Exception):
    """A measurement that gave no number; the text is one line."""


def last_line(text, otherwise):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else otherwise


def run_once(command, limit, environment):
    """The JSON lines that a command prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=environment)
    except subprocess.TimeoutExpired:
        raise Failed(f"no answer within {limit:g} s") from None
    if done.returncode != 0:
        raise Failed(last_line(done.stdout + "\n" + done.stderr, f"exit {done.returncode}"))
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


class Server:
    """A peer's process."""

    def __init__(self, command, environment, log):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                        env=environment)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.lines.put(line)
        self.lines.put(None)

    def ask(self, request, limit):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answer = self.lines.get(timeout=limit)
        except queue.Empty:
            self.stop()
            raise Failed(f"no answer within {limit:g} s") from None
        except BrokenPipeError:
            answer = None
        if answer is None:
            self.stop()
            raise Failed(f"ended without an answer, exit {self.process.returncode}")
        line = json.loads(answer)
        if "error" in line:
            raise Failed(line["error"])
        return line

    def stop(self):
        self.process.kill()
        self.process.wait()


class Field:
    """All contenders, ready to be asked."""

    def __init__(self, build, python, limit):
        self.build, self.python, self.limit = build, str(python), limit
        self.servers = {}
        self.environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": str(build / "benchmarks" / "inductor")}
        self.log = open(build / "benchmarks" / "peers.log", "a")

    def own_command(self, program, recipe, variant, engine, request):
        command = [str(self.build / "benchmarks" / program), "--recipe", recipe, "--engine", engine]
        if variant.threads:
            command += ["--threads", str(variant.threads)]
        for field in ("batch_size", "widths", "repeats", "seconds", "steps"):
            value = request.get(field)
            if value:
                text = ",".join(map(str, value)) if field == "widths" else str(value)
                command += ["--" + field.replace("_", "-"), text]
        return command

    def own(self, recipe, variant, engine, request):
        command = self.own_command("training_speed", recipe, variant, engine,
                                   request | {"steps": recipes.RECIPES[recipe].steps})
        return run_once(command, self.limit, self.environment)[0]

    def peer_command(self, contender, variant):
        return [self.python, str(HERE / "peers" / contender.script[0]), *contender.script[1:],
                "--threads", str(variant.threads)]

    def measure(self, key, recipe, variant, request, alone=False):
        """One line. Alone: in a new process, whose memory and start count."""
        contender = CONTENDERS[key]
        if not contender.script:
            return self.own(recipe, variant, contender.engine, request)
        request = request | {"recipe": recipe, "setting": variant.setting}
        place = (key, variant.threads)
        if place not in self.servers or alone:
            server = Server(self.peer_command(contender, variant) + ["--serve"], self.environment, self.log)
        else:
            server = self.servers[place]
        if not alone:
            self.servers[place] = server
        try:
            return server.ask(request, self.limit)
        except Failed:
            if server.process.poll() is not None:
                self.servers.pop(place, None)
            raise
        finally:
            if alone:
                server.stop()

    def stop(self):
        for server in self.servers.values():
            server.stop()
        self.log.close()

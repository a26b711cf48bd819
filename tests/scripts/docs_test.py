"""Runs every command block of README.md and docs/*.md as a reader would: docs_test.py SOURCE_FOLDER BIN_FOLDER [OTHER_PYTHON]

Commands run one after the other, in a folder that holds the files they name (`best.pt`, `new.csv`, `scans/` …), made of
the embedded digits. Programs are reached through a stand-in that trains for two epochs at most and replaces files that an
earlier command left; everything else is as written. A command that fails is shown with its file, line and message.
Exit codes: 0 all ran, 1 one failed, 77 this Python does not import torch.
"""

import glob
import json
import math
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
import zlib

try:
    import torch
except ImportError:
    print("SKIPPED: this Python does not import torch")
    sys.exit(77)

# What is not run here, and why.
NOT_RUN = [
    (r"scripts/\S+", "a script: only its presence is checked"),
    (r"(cd build && )?(cmake|cpack|ctest)\b", "the tests `install` and `package` build and install"),
    (r"docker |apt |apt-get |sudo |dpkg ", "changes the machine"),
    (r".*/etc/|.*source ", "changes the shell"),
]

STAND_IN = """#!{python}
import os, sys
name = os.path.basename(sys.argv[0])
arguments = sys.argv[1:]
def drop(option):
    if option in arguments:
        place = arguments.index(option)
        del arguments[place:place + 2]
asks = {{"--help", "--version", "--list-recipes", "--resume"}} & set(arguments)
program = arguments[0] if name == "hourglass" else name
if (program.endswith("_autoencoder") or program == "sweep") and not asks:
    drop("--epochs")
    arguments += ["--epochs", "2"]
    if program.startswith("one_class"):
        drop("--pretraining-epochs")
        arguments += ["--pretraining-epochs", "0"]
elif name in {replacing!r} and not asks and "--force" not in arguments:
    arguments.append("--force")
os.execv(os.path.join({bin!r}, name), [name] + arguments)
"""


def programs(bin_folder):
    return sorted(path.name for path in bin_folder.iterdir() if path.is_file() and os.access(path, os.X_OK))


def help_text(bin_folder, program):
    return subprocess.run([bin_folder / program, "--help"], capture_output=True, text=True).stdout


def write_stand_ins(bin_folder, folder):
    folder.mkdir()
    names = programs(bin_folder)
    replacing = [name for name in names if "--force" in help_text(bin_folder, name)]
    script = folder / "stand_in"
    script.write_text(STAND_IN.format(python=sys.executable, replacing=replacing, bin=str(bin_folder)))
    script.chmod(0o755)
    for name in names:
        (folder / name).symlink_to(script)


# ---- The files that the commands name

def png_bytes(rows):
    """A grey image as a PNG file, by the format's page: one byte a pixel, no filters."""
    height, width = len(rows), len(rows[0])

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    pixels = b"".join(b"\0" + bytes(row) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def digit_image(line):
    values = [int(float(cell)) for cell in line.split(",")[:64]]
    return png_bytes([[min(255, 16 * value) for value in values[8 * row:8 * row + 8]] for row in range(8)])


def write_images(folder, lines):
    folder.mkdir(parents=True)
    for place, line in enumerate(lines):
        (folder / f"{place}.png").write_bytes(digit_image(line))


def write_series(path, first_day, count, broken=range(0)):
    """Two channels of a machine, a row every ten minutes; `broken` rows are colder than they should be."""
    lines = ["time,temperature,pressure"]
    for i in range(count):
        day, minute = first_day + i // 144, i % 144 * 10
        temperature = 60 + 5 * math.sin(2 * math.pi * i / 144) - (12 if i in broken else 0)
        lines.append(f"2024-05-{day:02} {minute // 60:02}:{minute % 60:02}:00,{temperature:.3f},{math.cos(i / 9):.4f}")
    path.write_text("\n".join(lines) + "\n")


def write_interactions(path, users, first_film):
    """A line for each film that a user saw: three in a row of the twelve that there are, from the given place on."""
    separator = "\t" if path.suffix == ".tsv" else ","
    films = [(user, (user + first_film + i) % 12) for user in users for i in range(3)]
    path.write_text("".join(f"user{user}{separator}film{film}\n" for user, film in films))


def link_nab(folder):
    """Numenta's repository as far as the commands name it, where its data are at hand."""
    data = pathlib.Path(os.environ.get("HOURGLASS_DATA", "")) / "nab" / "data"
    if data.is_dir():
        (folder / "NAB").mkdir()
        (folder / "NAB" / "data").symlink_to(data.resolve())


def write_files(source, bin_folder, folder):
    """Tables and images of the embedded digits, and runs of the programs that the commands speak of."""
    lines = (source / "sources" / "digits.csv").read_text().splitlines()
    for name, some in (("mine.csv", lines[:400]), ("new.csv", lines[400:500]), ("tomorrow.csv", lines[500:600]),
                       ("scans.csv", lines[600:640])):
        (folder / name).write_text("\n".join(some) + "\n")
    for name, line in (("scan.png", lines[0]), ("scan1.png", lines[1]), ("boot.png", lines[2])):
        (folder / name).write_bytes(digit_image(line))
    write_images(folder / "scans", lines[:3])
    write_images(folder / "shop", lines[:30])
    for digit in range(3):
        write_images(folder / "photos" / str(digit), [line for line in lines if line.endswith(f",{digit}")][:20])

    for name, users, film in (("train.tsv", range(40), 0), ("valid.tsv", range(40), 3), ("test.tsv", range(40), 4),
                              ("new-users.csv", range(40, 50), 0)):
        write_interactions(folder / name, users, film)
    write_series(folder / "sensor.csv", 1, 720)
    write_series(folder / "today.csv", 6, 288, range(200, 220))
    link_nab(folder)

    def train(variant, out, *flags):
        subprocess.run([bin_folder / f"{variant}_autoencoder", "--epochs", "2", "--out", folder / out, "--quiet", *flags],
                       check=True, stdout=subprocess.DEVNULL, cwd=folder)

    train("dense", "runs/mine")
    train("variational", "runs/a", "--no-figures")
    train("dense", "runs/b", "--widths", "32,8", "--no-figures")
    train("dense", "runs/c", "--learning-rate", "0.01", "--no-figures")
    train("denoising", "denoiser", "--no-figures")
    train("conditional", "conditional", "--no-figures")
    train("variational", "films", "--recipe", "ml-100k-vae", "--dataset", "interactions:train.tsv", "--validation", "none", "--no-figures")
    for name, run in (("best", "runs/a"), ("a", "runs/a"), ("b", "runs/b"), ("c", "runs/c"), ("denoiser", "denoiser"),
                      ("conditional", "conditional"), ("films", "films")):
        shutil.copy(folder / run / "best.pt", folder / f"{name}.pt")
    write_third_party_model(folder / "third_party.pt")
    subprocess.run([bin_folder / "export", "runs/mine/best.pt", "--format", "pt2,onnx,safetensors,c", "--out", "."], check=True,
                   stdout=subprocess.DEVNULL, cwd=folder)


def write_third_party_model(path):
    """What somebody else may have trained on Fashion-MNIST."""

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 8))
            self.decoder = torch.nn.Sequential(torch.nn.Linear(8, 784), torch.nn.Sigmoid())

        def forward(self, x):
            return self.decode(self.encode(x))

        @torch.jit.export
        def encode(self, x):
            return self.encoder(x)

        @torch.jit.export
        def decode(self, z):
            return self.decoder(z).view(-1, 1, 28, 28)

    torch.jit.script(Model()).save(str(path))


# ---- Blocks and commands

def blocks(path, language):
    """(line, text) of each fenced block of a language."""
    inside, start, lines = False, 0, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not inside and line.strip() == f"```{language}":
            inside, start, lines = True, number + 1, []
        elif inside and line.strip() == "```":
            inside = False
            yield start, "\n".join(lines)
        elif inside:
            lines.append(line)


def commands(path):
    """(line, command) of each command; lines that end in a backslash go on."""
    for start, text in blocks(path, "sh"):
        command, first = "", start
        for number, line in enumerate(text.splitlines(), start):
            command += line
            if line.endswith("\\"):
                command = command[:-1]
                continue
            if command.strip() and not command.lstrip().startswith("#"):
                yield first, command.strip()
            command, first = "", number + 1


def completed(command, folder):
    """A command with `…` filled in: the folder that a name begins like, or nothing where flags are left out."""

    def existing(match):
        found = sorted(glob.glob(match.group(1) + "*", root_dir=folder))
        return found[0] if found else match.group(0)

    # A shell has an `export` of its own.
    command = command.replace("build/bin/export ", "env export ")
    command = re.sub(r"(\S+)…", existing, command.replace("build/bin/", ""))
    return re.sub(r"(^|\s)…(?=\s|$)", r"\1", command)


def reason_not_to_run(command, folder):
    if "NAB/" in command and not (folder / "NAB").exists() or command.startswith("git clone "):
        return "needs Numenta's data"
    if "runs/daily/" in command and not (folder / "runs" / "daily").exists():
        return "needs the run of a command before it"
    for pattern, reason in NOT_RUN:
        if re.match(pattern, command):
            return reason
    return None


def needs_missing_data(message):
    return "download_data.sh" in message


class Reader:
    """Follows the documents in one folder, and remembers what went wrong."""

    def __init__(self, source, bin_folder, folder, other_python):
        self.source, self.folder, self.other_python = source, folder, other_python
        # PyTorch's own commands, torchrun, lie where its environment keeps scripts, which need not be on the path.
        path = [str(folder.parent / "programs"), os.environ["PATH"], sysconfig.get_path("scripts")]
        self.environment = {**os.environ, "PATH": os.pathsep.join(path)}
        self.ran, self.failures = 0, []
        write_stand_ins(bin_folder, folder.parent / "programs")

    def report(self, where, what, result, seconds):
        if result.returncode == 0:
            self.ran += 1
            print(f"ok      {where}  {what}  ({seconds:.1f} s)")
        elif needs_missing_data(result.stderr):
            print(f"no data {where}  {what}")
        else:
            self.failures.append(where)
            print(f"FAILED  {where}  {what}\n        exit code {result.returncode}: {result.stderr.strip()}")
        sys.stdout.flush()

    def run(self, where, what, arguments):
        start = time.monotonic()
        result = subprocess.run(arguments, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        self.report(where, what, result, time.monotonic() - start)

    def follow_command(self, where, command):
        reason = reason_not_to_run(command, self.folder)
        if reason is None:
            return self.run(where, command, ["bash", "-euc", completed(command, self.folder)])
        script = self.source / command.split()[0]
        if command.startswith("scripts/") and not os.access(script, os.X_OK):
            self.failures.append(where)
            return print(f"FAILED  {where}  {command}\n        there is no such script")
        print(f"not run {where}  {command}  ({reason})")

    def follow_c(self, where, text):
        """A program, with the files of `export` beside it."""
        if not shutil.which("cc"):
            return print(f"not run {where}  C block  (there is no C compiler)")
        (self.folder / "program.c").write_text(text)
        self.run(where, "C block", ["sh", "-ec", "cc -std=c99 -Wall -Wextra -Werror program.c -o program -lm && ./program"])

    def follow_python(self, where, text):
        card = {"hourglass.json": ""}
        torch.jit.load(str(self.folder / "best.pt"), _extra_files=card)
        shape = [2] + json.loads(card["hourglass.json"])["input_shape"]
        if "import onnxruntime" in text:
            return self.follow_onnxruntime(where, text, shape)
        self.run(where, "Python block", [sys.executable, "-W", "ignore", "-c", f"import torch\nx = torch.rand({shape})\n{text}"])

    def follow_onnxruntime(self, where, text, shape):
        python = self.other_python
        if not python or subprocess.run([python, "-c", "import onnxruntime"], capture_output=True).returncode != 0:
            return print(f"not run {where}  Python block  (no Python here imports onnxruntime)")
        items = f"import numpy\nx = numpy.random.rand(*{shape}).astype('float32')\n"
        self.run(where, "Python block", [python, "-c", items + text])

    def follow(self, document):
        name = document.relative_to(self.source)
        for line, command in commands(document):
            self.follow_command(f"{name}:{line}", command)
        for line, text in blocks(document, "python"):
            self.follow_python(f"{name}:{line}", text)
        for line, text in blocks(document, "c"):
            self.follow_c(f"{name}:{line}", text)


def main(source, bin_folder, other_python=None):
    source, bin_folder = pathlib.Path(source).resolve(), pathlib.Path(bin_folder).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "reader"
        folder.mkdir()
        write_files(source, bin_folder, folder)
        reader = Reader(source, bin_folder, folder, other_python)
        for document in [source / "README.md", *sorted((source / "docs").glob("*.md"))]:
            reader.follow(document)
    print(f"{reader.ran} commands ran, {len(reader.failures)} failed")
    return 1 if reader.failures or not reader.ran else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

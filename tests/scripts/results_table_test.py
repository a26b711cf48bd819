"""That running a recipe again changes its row and its comparisons alone in the table of results: python results_table_test.py SCRIPT

The table is made by hand, and so are the records of runs, in the form that the trainers write.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

script = sys.argv[1]
HEADING = ("| recipe | judged by | published | reference | band | ours | in band | epochs run | validation loss | time "
           "| run on |")
ROWS = {
    "digits-2d": "| `digits-2d` | train_loss, epoch 500 | picture only | 0.0327 | ≤ 0.0345 | 0.0334 | yes | 500 of 500 | – "
                 "| 0:21 | 2026-11-21, A |",
    "digits-vae": "| `digits-vae` | validation_loss, epoch 200 | ours | – | ≤ 25.0 | 24.7 | yes | 200 of 200 | 24.6 | 0:03 "
                  "| 2026-11-21, A |",
    "mnist-50": "| `mnist-50` |  odd   spacing stays | | | | | | | | | before 2026-11-25, B; 2026-11-25, A |",
}
MACHINES = ["- A: Old One, 2 cores, Linux 5.1, LibTorch 2.12.0, cpu", "- B: Other, 4 cores, Linux 6.1, LibTorch 2.13.0, cuda"]
CLAIM = "| `mnist-rows` has a smaller error than PCA of its size | 0.00783 | PCA of 32: 0.01683 | yes |"
OTHER_CLAIM = ("| `fashion-denoise` beats `fashion-conv` on noisy test images, after 150 epochs each: cross-entropy with the clean ones "
               "| 0.2869 | 0.4288 | yes |")
TABLE = "\n".join(["# Results", "", "Some words.", "", HEADING, "|" + "---|" * 11, *ROWS.values(), "", "Machines:", "",
                   *MACHINES, "", "## Comparisons", "", "| claim | ours | the other | holds |", "|---|---|---|---|", CLAIM,
                   OTHER_CLAIM, ""])


def run_record(recipe, value, started="20261201-235900", processor="New One", published="ours"):
    epoch = {"epoch": 200, "validation": {"loss": value}}
    return {"recipe": recipe, "started": started, "options": {"epochs": 200, "device": "cpu"},
            "machine": {"processor": processor, "cores": 8, "system": "Linux 7.0"}, "libraries": {"libtorch": "2.13.0"},
            "results": {"epochs": 200, "training_seconds": 61.0, "best": epoch, "last": epoch,
                        "expected": {"column": "validation_loss", "epoch": 200, "at_most": 25.0, "value": value,
                                     "published": published, "reference": []}}}


def add_run(folder, name, record):
    (folder / name).mkdir()
    (folder / name / "run.json").write_text(json.dumps(record))


def write_table(folder, output):
    return subprocess.run([sys.executable, script, str(folder), str(output)], capture_output=True, text=True)


def table_of(lines):
    return {line.split("`")[1]: line for line in lines if line.startswith("| `")}


def check_one_row_changes(folder):
    output = folder / "results.md"
    output.write_text(TABLE)
    add_run(folder, "digits-vae-seed1", run_record("digits-vae", 24.9))
    done = write_table(folder, output)
    assert done.returncode == 0, done.stderr
    lines = output.read_text().splitlines()
    rows = table_of(lines)
    for recipe in ("digits-2d", "mnist-50"):
        assert rows[recipe] == ROWS[recipe], rows[recipe]
    assert "| 24.9 | yes | 200 of 200 | 24.9 | 1:01 | 2026-12-01, C |" in rows["digits-vae"], rows["digits-vae"]
    assert MACHINES[0] in lines and MACHINES[1] in lines, lines
    assert "- C: New One, 8 cores, Linux 7.0, LibTorch 2.13.0, cpu" in lines, lines
    assert CLAIM in lines, lines


def check_another_time_changes_nothing(folder):
    output = folder / "results.md"
    before = output.read_bytes()
    assert write_table(folder, output).returncode == 0
    assert output.read_bytes() == before


def check_runs_on_two_machines_are_told_apart(folder):
    output = folder / "results.md"
    add_run(folder, "digits-vae-seed2", run_record("digits-vae", 24.7, "20261203-000100", "Newer One"))
    assert write_table(folder, output).returncode == 0
    lines = output.read_text().splitlines()
    assert "24.8 (24.9, 24.7)" in table_of(lines)["digits-vae"]
    assert table_of(lines)["digits-vae"].endswith("| 2026-12-01, C; 2026-12-03, D |"), lines


def published_lines(lines):
    return [line for line in lines if "published best validation loss" in line]


def check_published_losses(folder):
    output = folder / "results.md"
    record = run_record("fashion-denoise", 0.28749, published="best validation 0.287")
    record["options"]["epochs"] = 300
    add_run(folder, "fashion-denoise-seed1", record)
    assert write_table(folder, output).returncode == 0
    assert not published_lines(output.read_text().splitlines()), "of a run that is not finished"
    record["options"]["epochs"] = 200
    (folder / "fashion-denoise-seed1" / "run.json").write_text(json.dumps(record))
    add_run(folder, "fashion-conv-seed1", run_record("fashion-conv", 0.2664, published="best validation 0.265"))
    assert write_table(folder, output).returncode == 0
    lines = output.read_text().splitlines()
    claim = "reaches the published best validation loss, in 200 epochs"
    wanted = [f"| `fashion-conv` {claim} | 0.2664 | 0.265 | **no** |", f"| `fashion-denoise` {claim} | 0.2875 | 0.287 | yes |"]
    assert published_lines(lines) == wanted, published_lines(lines)
    assert OTHER_CLAIM in lines and CLAIM in lines, "other claims of the same recipe stay"
    for name in ("fashion-conv-seed1", "fashion-denoise-seed1"):
        (folder / name / "run.json").unlink()
    assert write_table(folder, output).returncode == 0
    assert published_lines(output.read_text().splitlines()) == wanted, "without the runs"


def check_other_columns_are_refused(folder):
    output = folder / "older.md"
    older = TABLE.replace(" | run on |", " |")
    output.write_text(older)
    refused = write_table(folder, output)
    assert refused.returncode == 1 and "expected a table with the columns" in refused.stderr, refused.stderr
    assert output.read_text() == older


with tempfile.TemporaryDirectory() as name:
    runs = pathlib.Path(name)
    check_one_row_changes(runs)
    check_another_time_changes_nothing(runs)
    check_runs_on_two_machines_are_told_apart(runs)
    check_published_losses(runs)
    check_other_columns_are_refused(runs)
print("ok")

"""Every recipe's model in every format: exports_test.py RECIPE_EXPORTS OTHER_PYTHON [RECIPE...]

The program RECIPE_EXPORTS writes the files, and what the C++ module computes for 100 items of the recipe's data. Here
they are opened by torch.export and TorchScript (this Python, which imports torch), by onnxruntime and safetensors
(OTHER_PYTHON, which scripts/test.sh makes) and by a C compiler, at batches of 1, 2 and 33 items. All agree with the
module to 1e-5 of a value's size. Part of it is skipped, and said, where torch, those packages or a compiler are absent.
"""

import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy
except ImportError as error:
    print(f"SKIPPED: {error}")
    sys.exit(77)

TOLERANCE = 1e-5
BATCHES = (1, 2, 33)
# A compiler takes minutes, and gigabytes, for the weights of larger files.
MOST_C_BYTES = 8_000_000


class Recipe:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.card = json.loads((self.folder / "card.json").read_text())
        with numpy.load(self.folder / "items.npz") as saved:
            self.arrays = {name: saved[name] for name in saved.files}
        self.methods = sorted({name.rsplit("_", 1)[0] for name in self.arrays if name.rsplit("_", 1)[-1].isdigit()})

    def arguments(self, method, rows):
        first = self.arrays["z" if method == "decode" else "x"][rows]
        return [first] + ([self.arrays["condition"][rows]] if "condition" in self.arrays else [])

    def compare(self, how, method, rows, found):
        worst = 0.0
        for number, result in enumerate(found):
            expected = self.arrays[f"{method}_{number}"][rows]
            result = numpy.asarray(result).reshape(expected.shape)
            if expected.dtype.kind == "f":
                worst = max(worst, float((abs(result - expected) / (1 + abs(expected))).max()))
            else:
                worst = max(worst, float((result != expected).sum()))
        if not worst <= TOLERANCE:
            raise SystemExit(f"{self.folder.name}: {how}, {method}: differs from the C++ module by {worst:.2g}")
        return worst

    def check(self, how, run):
        """run(method, arguments) -> arrays, for batches of all sizes."""
        worst = 0.0
        for method in self.methods:
            for batch in BATCHES:
                rows = slice(0, batch)
                worst = max(worst, self.compare(how, method, rows, run(method, self.arguments(method, rows))))
        print(f"ok      {self.folder.name:22} {how:22} {worst:.1e}", flush=True)


def listed(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


# ---- By torch

def check_torch(recipe, compiles):
    import torch
    from torch.export.pt2_archive._package import load_pt2

    def with_tensors(call):
        def run(method, arguments):
            with torch.no_grad():
                return [result.numpy() for result in listed(call(method, [torch.from_numpy(a) for a in arguments]))]
        return run

    path = str(recipe.folder / "best.pt2")
    script = torch.jit.load(str(recipe.folder / "best.pt"))
    recipe.check("torch.jit.load", with_tensors(lambda method, arguments: getattr(script, method)(*arguments)))
    forward = torch.export.load(path)
    archive = load_pt2(path)
    if json.loads(archive.extra_files["hourglass.json"]) != recipe.card:
        raise SystemExit(f"{recipe.folder.name}: the archive has another card")
    modules = {name: program.module() for name, program in archive.exported_programs.items()}
    recipe.check("torch.export.load", with_tensors(lambda method, arguments: modules[method](*arguments)))
    names = dict(script.named_parameters())
    for name, value in forward.state_dict.items():
        if name in names and not torch.equal(names[name], value):
            raise SystemExit(f"{recipe.folder.name}: {name} differs in the archive")
    decomposed = forward.run_decompositions().module()
    recipe.methods, all_methods = ["forward"], recipe.methods
    recipe.check("run_decompositions", with_tensors(lambda method, arguments: decomposed(*arguments)))
    example = [torch.from_numpy(a) for a in recipe.arguments("forward", slice(0, 3))]
    sizes = tuple({0: torch.export.Dim.DYNAMIC} for _ in example)
    again = torch.export.export(modules["forward"], tuple(example), dynamic_shapes=sizes).module()
    recipe.check("torch.export again", with_tensors(lambda method, arguments: again(*arguments)))
    if compiles:
        compiled = torch.compile(modules["forward"], dynamic=True)
        recipe.check("torch.compile", with_tensors(lambda method, arguments: compiled(*arguments)))
        package = torch._inductor.aoti_compile_and_package(forward, package_path=str(recipe.folder / "compiled.pt2"))
        runner = torch._inductor.aoti_load_package(package)
        recipe.check("AOTInductor", with_tensors(lambda method, arguments: runner(*arguments)))
    recipe.methods = all_methods


# ---- By onnxruntime and safetensors

def check_others(recipe):
    import onnx
    import onnxruntime
    import safetensors.numpy

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = {}
    for method in recipe.methods:
        path = recipe.folder / ("best.onnx" if method == "forward" else f"best-{method}.onnx")
        onnx.checker.check_model(onnx.load(path), full_check=True)
        sessions[method] = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(method, arguments):
        inputs = [port.name for port in sessions[method].get_inputs()]
        return sessions[method].run(None, dict(zip(inputs, arguments)))

    recipe.check("onnxruntime", run)
    tensors = safetensors.numpy.load_file(recipe.folder / "best.safetensors")
    numpy.savez(recipe.folder / "safetensors.npz", **tensors)


def check_tensors(recipe):
    """What Python's safetensors read, beside the parameters of the TorchScript file."""
    import torch

    script = torch.jit.load(str(recipe.folder / "best.pt"))
    expected = {**dict(script.named_parameters()), **dict(script.named_buffers())}
    with numpy.load(recipe.folder / "safetensors.npz") as found:
        if set(found.files) != set(expected):
            raise SystemExit(f"{recipe.folder.name}: safetensors holds other tensors than TorchScript")
        for name in found.files:
            if not numpy.array_equal(found[name], expected[name].detach().numpy()):
                raise SystemExit(f"{recipe.folder.name}: {name} differs in safetensors")
    print(f"ok      {recipe.folder.name:22} safetensors            {len(expected)} tensors", flush=True)


# ---- By a C compiler

def check_c(recipe, compiler):
    source = recipe.folder / "best.c"
    if source.stat().st_size > MOST_C_BYTES:
        print(f"skipped {recipe.folder.name:22} C: {source.stat().st_size // 1_000_000} MB of weights as text")
        return
    library = recipe.folder / "best.so"
    flags = "-std=c99 -O1 -fPIC -shared -Wall -Wextra -Wpedantic -Werror".split()
    subprocess.run([compiler, *flags, str(source), "-o", str(library), "-lm"], check=True)
    functions = ctypes.CDLL(str(library))

    def array(values):
        kind = numpy.int64 if values.dtype.kind == "i" else numpy.float32
        return numpy.ascontiguousarray(values, dtype=kind)

    def run(method, arguments):
        function = functions["best_" + {"forward": "reconstruct"}.get(method, method)]
        results = []
        number = 0
        while f"{method}_{number}" in recipe.arrays:
            results.append(array(recipe.arrays[f"{method}_{number}"][:len(arguments[0])] * 0))
            number += 1
        if results[0].ndim == 1:  # a number an item, which the function returns
            function.restype = ctypes.c_float
            for row in range(len(arguments[0])):
                passed = [array(argument[row]) for argument in arguments]
                results[0][row] = function(*[ctypes.c_void_p(one.ctypes.data) for one in passed])
            return results
        for row in range(len(arguments[0])):
            passed = [array(argument[row]) for argument in arguments]
            given = [numpy.ascontiguousarray(result[row]) for result in results]
            function(*[ctypes.c_void_p(one.ctypes.data) for one in passed + given])
            for result, one in zip(results, given):
                result[row] = one
        return results

    recipe.check("C", run)


# ---- All of it

def folders_of(root):
    return [root / name for name in sorted(os.listdir(root))]


def main(program, other_python, wanted):
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary)
        subprocess.run([program, str(root), *wanted], check=True)
        if not folders_of(root):
            print("SKIPPED: no recipe's data are here")
            return 77
        has_others = os.path.exists(other_python) and subprocess.run(
            [other_python, __file__, "--others", str(root)]).returncode
        if has_others not in (0, 77, False):
            return 1
        compiler = shutil.which("cc")
        try:
            import torch
        except ImportError as error:
            torch = None
            print(f"SKIPPED: torch: {error}")
        for number, folder in enumerate(folders_of(root)):
            recipe = Recipe(folder)
            if torch:
                check_torch(recipe, compiles=number == 0 and shutil.which("g++") is not None)
                if has_others == 0 and (folder / "safetensors.npz").exists():
                    check_tensors(recipe)
            if compiler:
                check_c(recipe, compiler)
        if not compiler:
            print("SKIPPED: C: there is no cc")
        if has_others != 0 or not (folder / "safetensors.npz").exists():
            print("SKIPPED: onnxruntime and safetensors: scripts/test.sh installs them")
        return 0


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    if sys.argv[1] == "--others":
        try:
            import onnx, onnxruntime, safetensors  # noqa: E401, F401
        except ImportError as error:
            print(f"SKIPPED: {error}")
            sys.exit(77)
        for one in folders_of(pathlib.Path(sys.argv[2])):
            check_others(Recipe(one))
    else:
        sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))

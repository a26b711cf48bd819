"""What onnxruntime computes of ONNX files: python onnx_test.py ONNX_MODELS [OTHER_PYTHON] [CHECKPOINT...]

Runs the program ONNX_MODELS, which exports a model of each network, objective and activation with random weights, and
programs of single operations (or the checkpoints named). Each file passes onnx.checker with full type inference and
strict shape inference, and gives what LibTorch gave at batches of 1, 2 and 33. Where this Python does not import onnx
and onnxruntime, OTHER_PYTHON is tried (scripts/test.sh makes one).
"""

import glob
import os
import subprocess
import sys
import tempfile

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as error:
    if len(sys.argv) > 2 and os.path.exists(sys.argv[2]) and "HOURGLASS_OTHER_PYTHON" not in os.environ:
        os.environ["HOURGLASS_OTHER_PYTHON"] = "1"
        os.execv(sys.argv[2], [sys.argv[2], __file__, *sys.argv[1:]])
    print(f"SKIPPED: {error}")
    sys.exit(77)

# Codes are indices: 1e-5 of the values' size is float32's.
TOLERANCE = 1e-5


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    for port in [*model.graph.input, *model.graph.output]:
        sizes = port.type.tensor_type.shape.dim
        if port in model.graph.input and sizes[0].dim_param != "batch":
            raise SystemExit(f"{path}: the first size of {port.name} is {sizes[0]}, not the batch")
    return model


def sessions(path):
    """With onnxruntime's optimizations, which fuse operations, and without."""
    for level in (onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        yield onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def arrays_of(saved, kind, batch):
    prefix = f"batch{batch}_{kind}_"
    return {name[len(prefix):]: saved[name] for name in saved.files if name.startswith(prefix)}


def difference(path, what, found, expected):
    if found.dtype == bool:
        found = found.astype(numpy.uint8)
    if found.shape != expected.shape or found.dtype != expected.dtype:
        raise SystemExit(f"{path}: {what}: expected {expected.dtype} {expected.shape}, "
                         f"found {found.dtype} {found.shape}")
    if found.dtype.kind != "f":
        worst = float((found != expected).sum())
    else:
        worst = float((numpy.abs(found - expected) / (1 + numpy.abs(expected))).max(initial=0))
    if not worst <= TOLERANCE:
        raise SystemExit(f"{path}: {what}: differs by {worst}")
    return worst


def compare(path):
    check(path)
    saved = numpy.load(path[:-len("onnx")] + "npz")
    worst = 0.0
    for session in sessions(path):
        names = [output.name for output in session.get_outputs()]
        for batch in (1, 2, 33):
            found = session.run(names, arrays_of(saved, "input", batch))
            expected = arrays_of(saved, "output", batch)
            if list(expected) != names:
                raise SystemExit(f"{path}: expected outputs {list(expected)}, found {names}")
            for name, value in zip(names, found):
                worst = max(worst, difference(path, f"{name} at batch {batch}", value, expected[name]))
    return worst


def main():
    program, checkpoints = sys.argv[1], sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, folder, *checkpoints], check=True)
        paths = sorted(glob.glob(os.path.join(folder, "*.onnx")))
        failures, worst = [], 0.0
        for path in paths:
            try:
                found = compare(path)
            except (SystemExit, Exception) as error:
                failures.append(f"{os.path.basename(path)}: {str(error).splitlines()[0]}")
                continue
            worst = max(worst, found)
            print(f"ok: {os.path.basename(path)}: {found:.1e}")
        print(f"{len(paths) - len(failures)} of {len(paths)} files, largest difference {worst:.1e}")
        if failures or not paths:
            raise SystemExit("\n".join(["failed:", *failures]))


main()

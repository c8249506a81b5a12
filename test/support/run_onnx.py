# Loads each model of a folder, 0.onnx, 1.onnx, ..., has onnx check it and onnxruntime answer the rows in 0.json, 1.json, ...; prints a line of JSON for each: the
# answers row by row, or what was wrong.

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime

folder = pathlib.Path(sys.argv[1])
onnxruntime.set_default_logger_severity(3)


def answer(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == 8 and [(o.domain, o.version) for o in model.opset_import] == [("", 17)]
    for value in (*model.graph.input, *model.graph.output):
        rows, _ = value.type.tensor_type.shape.dim
        assert rows.dim_param == "rows", value
    names = [tensor.name for tensor in model.graph.initializer] + [node.output[0] for node in model.graph.node]
    assert len(set(names)) == len(names) and all(name.isidentifier() for name in names), names
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    dtype = {"tensor(float)": numpy.float32, "tensor(double)": numpy.float64}[given.type]
    rows = numpy.array(json.loads(path.with_suffix(".json").read_text()), dtype)
    (outputs,) = session.run(["outputs"], {"inputs": rows})
    assert outputs.dtype == dtype
    (first,) = session.run(None, {"inputs": rows[:1]})
    assert numpy.allclose(first, outputs[:1], 1e-5, 1e-5, equal_nan=True)
    operators = sorted({node.op_type for node in model.graph.node})
    return {"outputs": outputs.tolist(), "type": str(dtype.__name__), "operators": operators}


for path in sorted(folder.glob("*.onnx"), key=lambda path: int(path.stem)):
    try:
        result = answer(path)
    except Exception as error:
        result = {"error": f"{path.name}: {error}"}
    print(json.dumps(result))

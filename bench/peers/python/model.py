"""Writes `model.onnx` of a case's folder, the network with its first weights, for onnxruntime: `python model.py FOLDER`."""

import os
import sys

import onnx
from onnx import TensorProto, helper, numpy_helper
from protocol import read_arrays, read_case

OPERATORS = {"relu": "Relu", "sigmoid": "Sigmoid", "softmax": "Softmax"}


def main(folder):
    case = read_case(folder)
    _, _, layers = read_arrays(case)
    nodes, constants, last = [], [], "x"
    for l, (layer, (weights, biases)) in enumerate(zip(case.network.layers, layers)):
        constants += [numpy_helper.from_array(weights, f"weights{l}"), numpy_helper.from_array(biases, f"biases{l}")]
        nodes.append(helper.make_node("Gemm", [last, f"weights{l}", f"biases{l}"], [f"z{l}"]))
        last = f"z{l}"
        if layer.activation in OPERATORS:
            nodes.append(helper.make_node(OPERATORS[layer.activation], [last], [f"y{l}"]))
            last = f"y{l}"
    nodes[-1].output[0] = "y"
    graph = helper.make_graph(
        nodes,
        case.name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, case.network.inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, case.outputs])],
        constants,
    )
    # Not the newest of either, so that every onnxruntime of the last years reads it.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, os.path.join(folder, "model.onnx"))


main(sys.argv[1])

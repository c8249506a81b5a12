"""What a worker understands: JSON lines on its standard input, an answer to each on its standard output. See ../worker.ts.

Nothing but the standard library is imported here, since the case `load` counts what a peer imports.
"""

import json
import os
import platform
import sys
import time
from types import SimpleNamespace


class Unsupported(Exception):
    """A peer raises it in `prepare` for a case that it has no means for."""


def serve(prepare):
    """Answers until the input ends.

    `prepare(case, threads)` does everything that may be done before the clock starts and answers a session, which has
    `precision`, `threads`, `versions`;
    `reset()`, which puts the first weights back, where the case trains;
    `run()`, the timed part;
    `result()`, an array of float64 by which it is seen that all compute the same: parameters in the order of the file `weights`, or outputs.
    """
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    session = None
    for line in sys.stdin:
        message = json.loads(line)
        command = message["command"]
        try:
            if command == "prepare":
                start = time.perf_counter()
                session = prepare(read_case(message["folder"]), message.get("threads"))
                seconds = time.perf_counter() - start
                answer = {
                    "seconds": seconds,
                    "precision": session.precision,
                    "threads": session.threads,
                    "versions": {"python": platform.python_version(), **session.versions},
                }
            elif command == "run":
                answer = {"seconds": [sample(session, message["calls"]) for _ in range(message["samples"])]}
            elif command == "result":
                with open(message["file"], "wb") as file:
                    file.write(session.result().astype("float64").tobytes())
                answer = {}
            else:
                raise ValueError(f"unknown command {command}")
        except Unsupported as error:
            answer = {"unsupported": str(error)}
        except Exception as error:  # a peer that fails is reported, whatever it was
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def sample(session, calls):
    if hasattr(session, "reset"):
        session.reset()
    run = session.run
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return time.perf_counter() - start


def read_case(folder):
    with open(os.path.join(folder, "case.json"), encoding="utf-8") as file:
        case = json.load(file, object_hook=lambda pairs: SimpleNamespace(**pairs))
    case.outputs = case.network.layers[-1].units
    case.folder = folder
    return case


def read_arrays(case):
    """`inputs` (rows, inputs), `targets` (rows, outputs), and for each layer the first weights (inputs, units) and biases (units) or None."""
    import numpy as np

    def read(name):
        return np.fromfile(os.path.join(case.folder, name), case.precision)

    flat, at, width, layers = read("weights"), 0, case.network.inputs, []
    for layer in case.network.layers:
        weights = flat[at : at + width * layer.units].reshape(width, layer.units)
        at += weights.size
        biases = flat[at : at + layer.units] if layer.bias else None
        at += layer.units if layer.bias else 0
        layers.append((weights, biases))
        width = layer.units
    return read("inputs").reshape(case.rows, -1), read("targets").reshape(case.rows, -1), layers


def batches(case):
    """(from, to) of each batch of an epoch."""
    return [(i, min(i + case.batchSize, case.rows)) for i in range(0, case.rows, case.batchSize)]

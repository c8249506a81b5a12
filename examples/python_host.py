"""The tutorial's network in Python, without JavaScript: wasmtime runs the bare module, and the bits are the same.

    pip install wasmtime
    python examples/python_host.py [path/to/feedforward.wasm]

docs/abi.md explains every number here.
"""

import struct
import sys
from pathlib import Path

from wasmtime import Engine, Instance, Module, Store

DEFAULT_WASM = Path(__file__).resolve().parent.parent / "dist" / "feedforward.wasm"
PAGE = 65536

# Offsets of header fields, and of the first entry of the layer table.
INPUTS, LAYER_COUNT, SEED, LEARNING_RATE = 4, 8, 12, 24
SAMPLE_CAPACITY, TRAINING, SAMPLE_ROWS, BATCH_ROWS = 32, 36, 40, 44
EPOCH_TARGET, HISTORY_INTERVAL, HISTORY_LENGTH, EPOCH = 48, 56, 64, 72
HISTORY, SAMPLE_INPUTS, SAMPLE_TARGETS = 124, 132, 136
HISTORY_WIDTH = 452
LAYER_TABLE, UNITS, ACTIVATION, WEIGHTS, TRAINABLE = 608, 0, 4, 20, 36
SIGMOID, OK, MORE = 1, 0, 1


class Core:
    """The module's exports, and its memory as little-endian numbers."""

    def __init__(self, wasm):
        self.store = Store(Engine())
        exports = Instance(self.store, Module.from_file(self.store.engine, str(wasm)), []).exports(self.store)  # imports nothing
        self.memory = exports["memory"]
        self.exports = exports

    def call(self, name, *arguments):
        return self.exports[name](self.store, *arguments)

    def write(self, address, layout, *values):
        self.memory.write(self.store, struct.pack("<" + layout, *values), address)

    def read(self, address, layout):
        size = struct.calcsize("<" + layout)
        return struct.unpack("<" + layout, self.memory.read(self.store, address, address + size))

    def grow_to(self, end):
        missing = end - self.memory.data_len(self.store)
        if missing > 0:
            self.memory.grow(self.store, -(-missing // PAGE))


def main():
    core = Core(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_WASM)
    assert core.call("abiVersion") == 1
    base = core.call("heapBase")

    # A host that computes other bits than it must finds out here.
    core.grow_to(base + core.call("selfTestBytes"))
    status = core.call("selfTest", base)
    assert status == OK, f"self-test: status {status}"
    print("self-test passed")

    # One sigmoid neuron with 3 inputs. Fields that are left at 0: no bias, uniform weights, squared error, gradients summed, plain descent
    # at a constant rate.
    core.write(base, "768x")  # header and layer table
    core.write(base, "I", 8)  # f64
    core.write(base + INPUTS, "III", 3, 1, 1)  # inputs, layers, seed
    core.write(base + LEARNING_RATE, "d", 1.0)
    core.write(base + SAMPLE_CAPACITY, "II", 4, 1)  # rows, for training
    core.write(base + LAYER_TABLE, "II", 1, SIGMOID)  # units, activation
    core.write(base + LAYER_TABLE + TRAINABLE, "I", 1)
    size = core.call("layout", base)
    assert size > 0, f"layout: status {-size}"
    core.grow_to(base + int(size))
    core.call("initialize", base)

    (weights,) = core.read(base + LAYER_TABLE + WEIGHTS, "I")
    print("Beginning Randomly Generated Weights:", core.read(base + weights, "3d"))

    inputs, targets = core.read(base + SAMPLE_INPUTS, "II")
    core.write(base + inputs, "12d", 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1)
    core.write(base + targets, "4d", 0, 1, 1, 0)
    core.write(base + SAMPLE_ROWS, "IIdd", 4, 4, 15000, 5000)  # rows, rows of a step, epochs, an entry of the history every so many

    # A slice of the training at a time, so that a host could report or stop in between.
    status = MORE
    while status == MORE:
        status = core.call("train", base, 4000)
        (history,), (length,) = core.read(base + HISTORY, "I"), core.read(base + HISTORY_LENGTH, "I")
        (width,) = core.read(base + HISTORY_WIDTH, "I")
        entries = core.read(base + history, f"{width * length}d")  # each begins with epoch, loss, validation loss, learning rate
        for epoch, loss in zip(entries[0::width], entries[1::width]):
            print(f"epoch {epoch:.0f}, loss:", loss)
        core.write(base + HISTORY_LENGTH, "I", 0)
    assert status == OK, f"train: status {status}"

    trained = core.read(base + weights, "3d")
    print("Ending Weights After Training:", trained)

    # `think` reads the first rows of the samples and writes its outputs over their targets.
    core.write(base + inputs, "3d", 1, 0, 0)
    status = core.call("think", base, 1)
    assert status == OK, f"think: status {status}"
    (answer,) = core.read(base + targets, "d")
    print("Considering New Situation: 1 0 0")
    print("New Output data:", answer)

    assert trained == (10.087408960563154, -0.2069536618062991, -4.83757834715658), trained
    assert answer == 0.9999584016709994, answer
    print("Wow, we did it!")


if __name__ == "__main__":
    main()

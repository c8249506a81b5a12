// Every wrong input is refused by the error that names the argument, what was expected and what came, before anything has changed: the
// network's bytes are compared, and then a twin that never saw the bad call trains to the same bits.

import { runInNewContext } from "node:vm";
import { type Layer, NeuralNetwork, TrainingError } from "feedforward";
import { describe, expect, test } from "vitest";

const INPUTS = [
  [0, 0, 1],
  [1, 1, 1],
  [1, 0, 1],
];
const TARGETS = [
  [0, 1],
  [1, 0],
  [1, 1],
];

/** Everything that a network is: its parameters, and what it becomes when trained on. */
function bytesOf(network: NeuralNetwork): Uint8Array[] {
  return network.layers.flatMap(({ weights, biases }) => [weights, biases].map((view) => new Uint8Array(view.slice().buffer)));
}

function fresh(precision: "float64" | "float32" = "float64"): NeuralNetwork {
  const layers = [{ units: 4, activation: "tanh" }, { units: 2 }] as const;
  const network = new NeuralNetwork({ inputs: 3, layers, precision, optimizer: { name: "sgd", learningRate: 0.5 } });
  network.train(INPUTS, TARGETS, 3);
  return network;
}

/** Expects that `call` throws just this, and leaves the network as it was. */
function refuses(
  call: (network: NeuralNetwork) => unknown,
  kind: typeof TypeError | typeof RangeError,
  message: string,
  precision?: "float32",
): void {
  const network = fresh(precision);
  const before = bytesOf(network);
  let thrown: unknown;
  try {
    call(network);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(kind);
  expect((thrown as Error).message).toBe(message);
  expect(bytesOf(network)).toEqual(before);
  const twin = fresh(precision);
  network.train(INPUTS, TARGETS, 5);
  twin.train(INPUTS, TARGETS, 5);
  expect(bytesOf(network)).toEqual(bytesOf(twin));
}

/** The same table with one number replaced. */
function withBad(table: readonly (readonly number[])[], row: number, column: number, value: unknown): number[][] {
  const copy = table.map((numbers) => numbers.slice());
  (copy[row] as unknown[])[column] = value;
  return copy;
}

function detached(length: number): Float64Array {
  const data = new Float64Array(length);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  return data;
}

// Callers without types can pass anything.
// biome-ignore lint/suspicious/noExplicitAny: the point of these tests
type Anything = any;

const NUMBERS: [value: unknown, kind: typeof TypeError | typeof RangeError, shown: string][] = [
  [Number.NaN, RangeError, "NaN"],
  [Number.POSITIVE_INFINITY, RangeError, "Infinity"],
  [Number.NEGATIVE_INFINITY, RangeError, "-Infinity"],
  ["1", TypeError, '"1"'],
  [null, TypeError, "null"],
  [undefined, TypeError, "undefined"],
  [true, TypeError, "true"],
  [1n, TypeError, "1n"],
  [{}, TypeError, "an object"],
];

describe("a number in a table", () => {
  for (const [value, kind, shown] of NUMBERS) {
    test(`${shown} is refused with row and column`, () => {
      const inputs = withBad(INPUTS, 2, 1, value);
      const targets = withBad(TARGETS, 1, 0, value);
      refuses((n) => n.train(inputs, TARGETS, 1), kind, `inputs[2][1]: expected a finite number, got ${shown}`);
      refuses((n) => n.train(INPUTS, targets, 1), kind, `targets[1][0]: expected a finite number, got ${shown}`);
      refuses((n) => n.think(inputs), kind, `inputs[2][1]: expected a finite number, got ${shown}`);
    });
  }

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("%s is refused in typed rows, flat tables and single rows", (value) => {
    const message = (where: string) => `${where}: expected a finite number, got ${value}`;
    const typed = withBad(INPUTS, 1, 2, value).map((row) => Float64Array.from(row));
    refuses((n) => n.train(typed, TARGETS, 1), RangeError, message("inputs[1][2]"));
    const data = Float32Array.from(withBad(INPUTS, 1, 2, value).flat());
    refuses((n) => n.train({ data, rows: 3 }, TARGETS, 1), RangeError, message("inputs[1][2]"));
    refuses((n) => n.think({ data, rows: 3 }), RangeError, message("inputs[1][2]"));
    refuses((n) => n.think([1, value, 0]), RangeError, message("inputs[1]"));
    refuses((n) => n.think(Float64Array.of(1, value, 0)), RangeError, message("inputs[1]"));
  });

  test("a hole is refused like undefined", () => {
    const holey = INPUTS.map((row) => row.slice());
    delete (holey[1] as Anything)[0];
    refuses((n) => n.train(holey, TARGETS, 1), TypeError, "inputs[1][0]: expected a finite number, got undefined");
    // biome-ignore lint/suspicious/noSparseArray: the point of this test
    refuses((n) => n.think([1, , 0] as Anything), TypeError, "inputs[1]: expected a finite number, got undefined");
  });

  test("a hole in place of a row is refused", () => {
    const rows = INPUTS.slice();
    delete rows[1];
    refuses((n) => n.train(rows, TARGETS, 1), TypeError, "inputs[1]: expected a row of 3 numbers, got undefined");
  });

  test("a number beyond float32 is refused where the network is float32", () => {
    const message = "inputs[0][1]: expected a finite number that float32 can hold, got 3.5e+38";
    refuses((n) => n.train(withBad(INPUTS, 0, 1, 3.5e38), TARGETS, 1), RangeError, message, "float32");
    refuses((n) => n.think({ data: Float64Array.of(1, 3.5e38, 0), rows: 1 }), RangeError, message, "float32");
    // The largest float32 and what rounds to it are finite there.
    expect(fresh("float32").think([3.4028235677973e38, 0, 0]).every(Number.isFinite)).toBe(true);
  });
});

describe("a table", () => {
  test("without rows", () => {
    refuses((n) => n.train([], [], 1), RangeError, "inputs: expected at least one row, got none");
    refuses((n) => n.train(INPUTS, [], 1), RangeError, "targets: expected at least one row, got none");
    refuses((n) => n.think([] as number[][]), RangeError, "inputs: expected at least one row, got none");
    const column = new NeuralNetwork();
    expect(() => column.train(INPUTS, new Float64Array(0), 1)).toThrow(new RangeError("targets: expected at least one row, got none"));
    refuses(
      (n) => n.think({ data: new Float64Array(0), rows: 0 }),
      RangeError,
      "inputs.rows: expected a whole number from 1 to 9007199254740991, got 0",
    );
  });

  test("with ragged rows", () => {
    const ragged = [
      [0, 0, 1],
      [1, 1],
      [1, 0, 1],
    ];
    refuses((n) => n.train(ragged, TARGETS, 1), RangeError, "inputs[1]: expected 3 numbers, got 2");
    refuses((n) => n.think(ragged), RangeError, "inputs[1]: expected 3 numbers, got 2");
    refuses(
      (n) =>
        n.train(
          INPUTS,
          [
            [0, 1],
            [1, 0],
            [1, 1, 1],
          ],
          1,
        ),
      RangeError,
      "targets[2]: expected 2 numbers, got 3",
    );
  });

  test("of another width", () => {
    refuses(
      (n) =>
        n.train(
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          TARGETS,
          1,
        ),
      RangeError,
      "inputs[0]: expected 3 numbers, got 2",
    );
    refuses((n) => n.think([1, 0]), RangeError, "inputs: expected 3 numbers, got 2");
    refuses((n) => n.think([1, 0, 0, 0]), RangeError, "inputs: expected 3 numbers, got 4");
    refuses((n) => n.think([[]]), RangeError, "inputs[0]: expected 3 numbers, got 0");
    refuses(
      (n) => n.think(new Float64Array(6)),
      RangeError,
      "inputs: expected 3 numbers, got 6; several rows in one typed array are passed as { data, rows }",
    );
    refuses((n) => n.think({ data: new Float64Array(7), rows: 2 }), RangeError, "inputs.data: expected 2 rows × 3 = 6 numbers, got 7");
  });

  test("of targets with another length than the inputs", () => {
    refuses((n) => n.train(INPUTS, TARGETS.slice(1), 1), RangeError, "targets: expected 3 rows, as many as inputs, got 2");
    refuses((n) => n.train(INPUTS, [0, 1], 1), RangeError, "targets: expected 3 rows, as many as inputs, got 1");
  });

  test("that is no table", () => {
    const expected = "expected an array of rows, one row, or { data: a typed array, rows: their number }";
    for (const [value, shown] of [
      [undefined, "undefined"],
      [null, "null"],
      ["101", '"101"'],
      [7, "7"],
      [{}, "an object"],
      [new Map(), "an object (Map)"],
    ]) {
      refuses((n) => n.think(value as Anything), TypeError, `inputs: ${expected}, got ${shown}`);
      refuses((n) => n.train(INPUTS, value as Anything, 1), TypeError, `targets: ${expected}, got ${shown}`);
    }
    refuses((n) => n.think(new BigInt64Array(3) as Anything), TypeError, `inputs: ${expected}, got a BigInt64Array of 3 elements`);
    refuses((n) => n.think(["1", "0", "0"] as Anything), TypeError, 'inputs[0]: expected a finite number, got "1"');
    refuses((n) => n.think([[1, 0, 0], "100"] as Anything), TypeError, 'inputs[1]: expected a row of 3 numbers, got "100"');
    refuses(
      (n) => n.think({ data: [1, 0, 0], rows: 1 } as Anything),
      TypeError,
      "inputs.data: expected a typed array of numbers, got an array of 3 elements",
    );
    refuses(
      (n) => n.think({ data: new Float64Array(3), rows: "1" } as Anything),
      TypeError,
      'inputs.rows: expected a whole number from 1 to 9007199254740991, got "1"',
    );
  });

  test("whose buffer is detached", () => {
    const message = (where: string) => `${where}: expected numbers, got a typed array whose buffer is detached (it was transferred)`;
    refuses((n) => n.think(detached(3)), TypeError, message("inputs"));
    refuses((n) => n.think({ data: detached(3), rows: 1 }), TypeError, message("inputs.data"));
    refuses(
      (n) =>
        n.train(
          [Float64Array.of(1, 0, 0), detached(3)],
          [
            [0, 1],
            [1, 0],
          ],
          1,
        ),
      TypeError,
      message("inputs[1]"),
    );
    refuses((n) => n.train(INPUTS, { data: detached(6), rows: 3 }, 1), TypeError, message("targets.data"));
    const column = new NeuralNetwork();
    expect(() => column.train(INPUTS, detached(3), 1)).toThrow(new TypeError(message("targets")));
  });
});

describe("values that are not what they seem", () => {
  const foreign = runInNewContext("({ Float64Array, BigInt64Array, DataView })") as typeof globalThis;
  const expected = "expected an array of rows, one row, or { data: a typed array, rows: their number }";

  test("typed arrays of another realm are checked as our own", () => {
    const bad = foreign.Float64Array.of(Number.NaN, 1, 0);
    refuses((n) => n.think({ data: bad, rows: 1 }), RangeError, "inputs[0][0]: expected a finite number, got NaN");
    refuses((n) => n.think(bad), RangeError, "inputs[0]: expected a finite number, got NaN");
    refuses((n) => n.think([bad]), RangeError, "inputs[0][0]: expected a finite number, got NaN");
    const large = foreign.Float64Array.of(1e300, 1, 2);
    const message = "inputs[0][0]: expected a finite number that float32 can hold, got 1e+300";
    refuses((n) => n.think({ data: large, rows: 1 }), RangeError, message, "float32");
    expect(Array.from(fresh().think(foreign.Float64Array.of(1, 0, 0)))).toEqual(fresh().think([1, 0, 0]));
  });

  test.each([
    [new BigUint64Array(3), "a BigUint64Array of 3 elements"],
    [new foreign.BigInt64Array(3), "a BigInt64Array of 3 elements"],
    [new DataView(new ArrayBuffer(24)), "an object (DataView)"],
    [new foreign.DataView(new ArrayBuffer(24)), "an object (DataView)"],
  ])("%o is no row", (value, shown) => {
    refuses((n) => n.think(value as Anything), TypeError, `inputs: ${expected}, got ${shown}`);
    refuses((n) => n.think([value] as Anything), TypeError, `inputs[0]: expected a row of 3 numbers, got ${shown}`);
    refuses(
      (n) => n.think({ data: value, rows: 1 } as Anything),
      TypeError,
      `inputs.data: expected a typed array of numbers, got ${shown}`,
    );
    refuses((n) => n.sigmoid(value as Anything), TypeError, `sigmoid: expected a number or an array of numbers, got ${shown}`);
  });

  test("a getter is read once, and may not use the network that reads", () => {
    let reads = 0;
    const row = [1, 0, 0];
    Object.defineProperty(row, 1, { get: () => (reads++ === 0 ? 0 : Number.NaN) });
    expect(fresh().think([row])).toEqual(fresh().think([[1, 0, 0]]));
    expect(reads).toBe(1);

    const using = (n: NeuralNetwork, use: (n: NeuralNetwork) => unknown) =>
      Object.defineProperty([1, 0, 0], 1, {
        get: () => {
          use(n);
          return 0;
        },
      });
    refuses(
      (n) => n.think(using(n, () => n.think([5, 5, 5]))),
      TypeError,
      "inputs: expected an array that does not use the network while it is read",
    );
    // Tables are read into a copy, so that the inner use does no harm.
    const network = fresh();
    expect(network.think([using(network, (n) => n.think([[5, 5, 5]]))])).toEqual(fresh().think([[1, 0, 0]]));
    const gone = fresh();
    expect(() => gone.think([using(gone, (n) => n.dispose())])).toThrow(new TypeError("think: this network has been disposed"));
    const trained = fresh();
    expect(() => trained.train([using(trained, (n) => n.dispose())], [[0, 1]], 1)).toThrow(
      new TypeError("train: this network has been disposed"),
    );
  });

  test("a network's own weights are data like others, also where memory has to grow for them", () => {
    const layers = [{ units: 300 }];
    const network = new NeuralNetwork({ inputs: 3, layers });
    const twin = new NeuralNetwork({ inputs: 3, layers });
    const targets = { data: new Uint8Array(300 * 300), rows: 300 };
    const data = (network.layers[0] as Layer).weights;
    const copy = data.slice();
    network.train({ data, rows: 300 }, targets, 1);
    twin.train({ data: copy, rows: 300 }, targets, 1);
    expect(bytesOf(network)).toEqual(bytesOf(twin));
  });
});

describe("iterations, epochs and batches", () => {
  const expected = "expected a whole number from 0 to 9007199254740991";
  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("%s iterations", (value) => {
    refuses((n) => n.train(INPUTS, TARGETS, value), RangeError, `iterations: ${expected}, got ${value}`);
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: value }), RangeError, `epochs: ${expected}, got ${value}`);
  });

  test("more epochs than can be counted over the network's life", () => {
    const most = Number.MAX_SAFE_INTEGER;
    refuses((n) => n.train(INPUTS, TARGETS, most), RangeError, `epochs: expected at most ${most - 3} more for this network, got ${most}`);
  });

  test.each([0, -1, 2.5, Number.NaN])("batches of %s rows", (batchSize) => {
    const message = `batchSize: expected a whole number from 1 to 9007199254740991, got ${batchSize}`;
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, batchSize }), RangeError, message);
  });

  test("a history interval of 0", () => {
    const message = "historyInterval: expected a whole number from 1 to 9007199254740991, got 0";
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, historyInterval: 0 }), RangeError, message);
  });

  test("of the wrong kind", () => {
    refuses(
      (n) => n.train(INPUTS, TARGETS, "5" as Anything),
      TypeError,
      'options: expected the number of iterations or an object with epochs, got "5"',
    );
    refuses(
      (n) => n.train(INPUTS, TARGETS, undefined as Anything),
      TypeError,
      "options: expected the number of iterations or an object with epochs, got undefined",
    );
    refuses((n) => n.train(INPUTS, TARGETS, {} as Anything), TypeError, `epochs: ${expected}, got undefined`);
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: "5" } as Anything), TypeError, `epochs: ${expected}, got "5"`);
  });

  test("an unknown key names the nearest known one", () => {
    refuses(
      (n) => n.train(INPUTS, TARGETS, { epochs: 1, batchsize: 2 } as Anything),
      TypeError,
      'options: unknown option "batchsize"; did you mean "batchSize"?',
    );
    refuses(
      (n) => n.train(INPUTS, TARGETS, { epochs: 1, q: 2 } as Anything),
      TypeError,
      'options: unknown option "q"; known are epochs, batchSize, shuffle, validation, earlyStopping, sampleWeights, classWeights, metrics, onEpoch, onStep, resume, historyInterval',
    );
  });
});

describe("options of a network", () => {
  function rejects(options: unknown, kind: typeof TypeError | typeof RangeError, message: string): void {
    expect(() => new NeuralNetwork(options as Anything)).toThrow(kind);
    expect(() => new NeuralNetwork(options as Anything)).toThrow(new kind(message));
  }
  const layers = [{ units: 1 }];

  test.each([0, -1, 1.5, Number.NaN, 1e12, "4", undefined])("units: %s", (units) => {
    const kind = typeof units === "number" ? RangeError : TypeError;
    const shown = typeof units === "string" ? `"${units}"` : units;
    const message = `layers[1].units: expected a whole number from 1 to 1073741824, got ${shown}`;
    rejects({ inputs: 3, layers: [{ units: 2 }, { units }] }, kind, message);
  });

  test("a network that 4 GiB cannot hold states the bytes it needs", () => {
    const wide = { inputs: 40_000, layers: [{ units: 40_000 }], precision: "float32" };
    let message = "";
    try {
      new NeuralNetwork(wide as Anything);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      message = (error as Error).message;
    }
    const bytes = Number(
      /^the network needs (\d+) bytes \(6\.0 GiB\), but WebAssembly can address 4 GiB \(4294967296 bytes\)$/.exec(message)?.[1],
    );
    // Weights and biases alone, and not a megabyte more for the rest.
    expect(bytes).toBeGreaterThan(40_000 * 40_001 * 4);
    expect(bytes).toBeLessThan(40_000 * 40_001 * 4 + 2 ** 20);
  });

  test("more rows than memory holds leave the network as it was", () => {
    const network = fresh();
    const before = bytesOf(network);
    // A table that claims more rows than it has is refused before it is read.
    expect(() => network.think({ data: new Float64Array(3), rows: 2 ** 40 })).toThrow(RangeError);
    // 2²⁰ rows of 600 numbers fit into 4 GiB by themselves in float32, but not with the outputs.
    const wide = new NeuralNetwork({ inputs: 2, layers: [{ units: 2000 }], precision: "float32" });
    const weights = bytesOf(wide);
    const data = new Uint8Array(2 * 540_000);
    expect(() => wide.think({ data, rows: 540_000 })).toThrow(
      /^the network needs 4\d{9} bytes \(4\.\d GiB\), but WebAssembly can address 4 GiB/,
    );
    expect(bytesOf(wide)).toEqual(weights);
    // What there is room for is laid out as before.
    const twin = new NeuralNetwork({ inputs: 2, layers: [{ units: 2000 }], precision: "float32" });
    const rows = Array.from({ length: 20 }, (_, r) => [r, -r]);
    expect(wide.think(rows)).toEqual(twin.think(rows));
    expect(bytesOf(network)).toEqual(before);
  });

  test.each([0, -3, 2.5, 1e12])("inputs: %s", (inputs) => {
    rejects({ inputs, layers }, RangeError, `inputs: expected a whole number from 1 to 1073741824, got ${inputs}`);
  });

  test("no inputs, no layers, wrong layers", () => {
    rejects({ layers }, TypeError, "inputs: expected the width of an input row, got undefined");
    rejects({ inputs: 3, layers: [] }, RangeError, "layers: expected at least one layer, got none");
    rejects({ inputs: 3, layers: { units: 1 } }, TypeError, "layers: expected an array of layers, got an object");
    rejects({ inputs: 3, layers: [4] }, TypeError, "layers[0]: expected an object, got 4");
    // biome-ignore lint/suspicious/noSparseArray: the point of this test
    rejects({ inputs: 3, layers: [{ units: 1 }, , { units: 1 }] }, TypeError, "layers[1]: expected an object, got undefined");
    rejects({ inputs: 3, layers: [{ units: 1, bias: 1 }] }, TypeError, "layers[0].bias: expected true or false, got 1");
    rejects(null, TypeError, "options: expected an object, got null");
    rejects([3, 4, 1], TypeError, "options: expected an object, got an array of 3 elements");
    rejects(new Map([["inputs", 5]]), TypeError, "options: expected an object, got an object (Map)");
    rejects(new Uint8Array(0), TypeError, "options: expected an object, got a Uint8Array of 0 elements");
  });

  test("an unknown activation lists the known ones", () => {
    const expected =
      "layers[0].activation: expected one of sigmoid, tanh, relu, leakyRelu, elu, selu, gelu, silu, softplus, softsign, linear, softmax";
    rejects({ inputs: 3, layers: [{ units: 1, activation: "maxout" }] }, RangeError, `${expected}, got "maxout"`);
    rejects(
      { inputs: 3, layers: [{ units: 1, activation: "softmex" }] },
      RangeError,
      `${expected}, got "softmex"; did you mean "softmax"?`,
    );
    rejects(
      { inputs: 3, layers: [{ units: 1, activation: "sigmiod" }] },
      RangeError,
      `${expected}, got "sigmiod"; did you mean "sigmoid"?`,
    );
    rejects({ inputs: 3, layers: [{ units: 1, activation: Math.tanh }] }, TypeError, `${expected}, got a function`);
    rejects({ inputs: 3, layers: [{ units: 1, activation: "constructor" }] }, RangeError, `${expected}, got "constructor"`);
  });

  test("unknown keys name the nearest known one", () => {
    rejects({ input: 3, layers }, TypeError, 'options: unknown option "input"; did you mean "inputs"?');
    rejects({ inputs: 3, layers: [{ unit: 3 }] }, TypeError, 'layers[0]: unknown option "unit"; did you mean "units"?');
    rejects(
      { inputs: 3, layers, optimizer: { name: "sgd", learningrate: 1 } },
      TypeError,
      'optimizer: unknown option "learningrate"; did you mean "learningRate"?',
    );
    rejects(
      { learningRate: 1 },
      TypeError,
      'options: unknown option "learningRate"; it belongs into optimizer: { name: "sgd", learningRate }',
    );
  });

  test("null is not the same as leaving an option out", () => {
    rejects({ inputs: null, layers }, TypeError, "inputs: expected a whole number from 1 to 1073741824, got null");
    rejects({ layers: null }, TypeError, "layers: expected an array of layers, got null");
    rejects({ inputs: 3, layers: [{ units: 1, bias: null }] }, TypeError, "layers[0].bias: expected true or false, got null");
    rejects({ seed: null }, TypeError, "seed: expected a whole number from 0 to 4294967295, got null");
    rejects({ precision: null }, TypeError, "precision: expected one of float64, float32, got null");
    rejects(
      { optimizer: null },
      TypeError,
      "optimizer: expected one of sgd, rmsprop, adagrad, adam, amsgrad, adamW, nadam, lion, lbfgs, got null",
    );
    rejects({ optimizer: { name: "sgd", learningRate: null } }, TypeError, "optimizer.learningRate: expected a number, got null");
    rejects({ core: null }, TypeError, "core: expected a WebAssembly.Module, got null");
    const whole = "expected a whole number from 1 to 9007199254740991, got null";
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, batchSize: null } as Anything), TypeError, `batchSize: ${whole}`);
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, historyInterval: null } as Anything), TypeError, `historyInterval: ${whole}`);
  });

  test("a learning rate that float32 rounds away", () => {
    const message = "optimizer.learningRate: expected a finite number above 0 that float32 can hold";
    for (const learningRate of [1e-50, 1e39]) {
      const shown = String(learningRate);
      rejects({ precision: "float32", optimizer: { name: "sgd", learningRate } }, RangeError, `${message}, got ${shown}`);
      expect(new NeuralNetwork({ optimizer: { name: "sgd", learningRate } }).seed).toBe(1);
    }
  });

  test("names, numbers and modules of the wrong kind", () => {
    rejects(
      { inputs: 3, layers: [{ units: 1, initializer: "unifrom" }] },
      RangeError,
      "layers[0].initializer: expected one of uniform, zeros, constant, glorotUniform, glorotNormal, heUniform, heNormal, " +
        'lecunUniform, lecunNormal, orthogonal, values, got "unifrom"; did you mean "uniform"?',
    );
    rejects(
      { loss: "squareError" },
      RangeError,
      "loss: expected one of squaredError, absoluteError, huber, binaryCrossEntropy, crossEntropy, " +
        'got "squareError"; did you mean "squaredError"?',
    );
    rejects({ reduction: "avg" }, RangeError, 'reduction: expected one of sum, mean, got "avg"');
    rejects({ precision: "float16" }, RangeError, 'precision: expected one of float64, float32, got "float16"; did you mean "float64"?');
    const optimizers = "expected one of sgd, rmsprop, adagrad, adam, amsgrad, adamW, nadam, lion, lbfgs";
    rejects({ optimizer: "adamax" }, RangeError, `optimizer: ${optimizers}, got "adamax"; did you mean "adam"?`);
    rejects({ optimizer: { name: "newton" } }, RangeError, `optimizer.name: ${optimizers}, got "newton"`);
    rejects({ optimizer: {} }, TypeError, `optimizer.name: ${optimizers}, got undefined`);
    for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      rejects(
        { optimizer: { name: "sgd", learningRate: rate } },
        RangeError,
        `optimizer.learningRate: expected a finite number above 0, got ${rate}`,
      );
    }
    rejects({ optimizer: { name: "sgd", learningRate: "1" } }, TypeError, 'optimizer.learningRate: expected a number, got "1"');
    for (const seed of [-1, 0.5, 2 ** 32, Number.NaN]) {
      rejects({ seed }, RangeError, `seed: expected a whole number from 0 to 4294967295, got ${seed}`);
    }
    rejects({ seed: "1" }, TypeError, 'seed: expected a whole number from 0 to 4294967295, got "1"');
    rejects({ core: new Uint8Array(8) }, TypeError, "core: expected a WebAssembly.Module, got a Uint8Array of 8 elements");
    const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    rejects({ core: empty }, TypeError, "core: expected a feedforward core with ABI version 1");
  });
});

describe("targets that outputs cannot reach", () => {
  /** Expects that training a fresh network of these options throws just this and changes nothing, and that it can be trained afterwards. */
  function refusesTargets(options: object, targets: Anything, message: string, more: object = {}): void {
    const make = () => new NeuralNetwork({ inputs: 3, seed: 5, ...(options as Anything) });
    const network = make();
    const before = bytesOf(network);
    expect(() => network.train(INPUTS, targets, { epochs: 3, ...more })).toThrow(new RangeError(message));
    expect(bytesOf(network)).toEqual(before);
    const twin = make();
    const reachable = INPUTS.map((_, row) => Array.from({ length: network.outputs }, (_, unit) => Number(unit === row % network.outputs)));
    for (const each of [network, twin]) each.train(INPUTS, reachable, 2);
    expect(bytesOf(network)).toEqual(bytesOf(twin));
    expect(bytesOf(network)).not.toEqual(before);
  }
  const classes = { layers: [{ units: 3, activation: "softmax" }] };

  test.each([
    ["sigmoid", 1.5, "from 0 to 1"],
    ["sigmoid", -0.25, "from 0 to 1"],
    ["tanh", -1.5, "from -1 to 1"],
    ["softsign", 2, "from -1 to 1"],
    ["relu", -1, "from 0 on"],
    ["softplus", -1, "from 0 on"],
  ])("%s: %s", (activation, bad, range) => {
    const message = `targets[2][1]: expected a number ${range}, as ${activation} outputs are, got ${bad}`;
    refusesTargets({ layers: [{ units: 4 }, { units: 2, activation }] }, withBad(TARGETS, 2, 1, bad), message);
  });

  test("linear outputs, and those that dropout or a residual widens, take any", () => {
    for (const layer of [{ activation: "linear" }, { activation: "sigmoid", dropout: 0.5 }]) {
      const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 2, ...layer }] as Anything });
      expect(network.train(INPUTS, withBad(TARGETS, 0, 0, -7), 1).loss).toHaveLength(1);
    }
    const residual = new NeuralNetwork({ inputs: 3, layers: [{ units: 3, residual: true }] });
    expect(residual.train(INPUTS, withBad(INPUTS, 0, 0, -7), 1).loss).toHaveLength(1);
  });

  test("rows of probabilities that do not sum to 1", () => {
    const rows = [
      [0, 1, 0],
      [0.5, 0.25, 0.25],
      [0.5, 0.5, 0.25],
    ];
    refusesTargets(classes, rows, "targets[2]: expected numbers that sum to 1, got a sum of 1.25");
    refusesTargets(classes, withBad(rows, 1, 0, -0.5), "targets[1][0]: expected a number from 0 to 1, as softmax outputs are, got -0.5");
  });

  test("class numbers that are none", () => {
    for (const bad of [3, -1, 0.5]) {
      refusesTargets(classes, [0, bad, 2], `targets[1]: expected a class number from 0 to 2, got ${bad}`);
    }
    refusesTargets(classes, [0, 1], "targets: expected 3 rows, as many as inputs, got 2");
  });

  test("of validation rows", () => {
    const validation = { inputs: INPUTS, targets: [0, 1, 4] };
    refusesTargets(classes, [0, 1, 2], "validation.targets[2]: expected a class number from 0 to 2, got 4", { validation });
    const network = new NeuralNetwork({ inputs: 3, ...(classes as Anything) });
    const run = { epochs: 1, validation: { inputs: INPUTS, targets: INPUTS.map(() => [1, 0, 0]) } };
    expect(() => network.train(INPUTS, [0, 1, 2], run)).toThrow(new TypeError("validation.targets: expected class numbers as in targets"));
  });
});

describe("options of a run", () => {
  test.each<[options: object, kind: typeof TypeError | typeof RangeError, message: string]>([
    [{ shuffle: 1 }, TypeError, "shuffle: expected true or false, got 1"],
    [{ validation: 5 }, TypeError, "validation: expected an object, got 5"],
    [{ validation: { split: 1 } }, RangeError, "validation.split: expected a number from 0 up to but not including 1, got 1"],
    [{ validation: { split: 0.99 } }, RangeError, "validation.split: expected rows on both sides, got 0.99 of 3 rows"],
    [
      { validation: { inputs: INPUTS, targets: TARGETS.slice(1) } },
      RangeError,
      "validation.targets: expected 3 rows, as many as inputs, got 2",
    ],
    [{ validation: { inputs: [[1, 2]], targets: [[0, 1]] } }, RangeError, "validation.inputs[0]: expected 3 numbers, got 2"],
    [{ earlyStopping: 5 }, TypeError, "earlyStopping: expected an object, got 5"],
    [{ earlyStopping: { patience: 0 } }, RangeError, "earlyStopping.patience: expected a whole number from 1 to 4294967295, got 0"],
    [{ earlyStopping: { minimumChange: -1 } }, RangeError, "earlyStopping.minimumChange: expected a finite number from 0 on, got -1"],
    [
      { earlyStopping: { monitor: "validationLoss" } },
      RangeError,
      "earlyStopping.monitor: expected validation rows to go with validationLoss",
    ],
    [{ onEpoch: 5 }, TypeError, "onEpoch: expected a function, got 5"],
    [{ sampleWeights: [1, 2] }, RangeError, "sampleWeights: expected 3 numbers, one for each row, got 2"],
    [{ sampleWeights: [1, -1, 2] }, RangeError, "sampleWeights[1]: expected a number from 0 on, got -1"],
  ])("%j", (options, kind, message) => {
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, ...options } as Anything), kind, message);
  });
});

describe("layers, losses, optimizers and schedules that do not fit", () => {
  test.each<[options: object, kind: typeof TypeError | typeof RangeError, message: string]>([
    [
      { layers: [{ units: 2, activation: "softmax" }, { units: 1 }] },
      RangeError,
      "layers[0].activation: expected softmax on the last layer only",
    ],
    [
      { layers: [{ units: 2, residual: true }] },
      RangeError,
      "layers[0].residual: expected as many units as inputs, got 2 units and 3 inputs",
    ],
    [{ layers: [{ units: 2, dropout: 1 }] }, RangeError, "layers[0].dropout: expected a number from 0 up to but not including 1, got 1"],
    [
      { layers: [{ units: 1, activation: { name: "relu", slope: 1 } }] },
      TypeError,
      'layers[0].activation: unknown option "slope"; known are name',
    ],
    [{ layers: [{ units: 1, normalization: "group" }] }, RangeError, 'layers[0].normalization: expected one of layer, batch, got "group"'],
    [
      { layers: [{ units: 1, normalization: { name: "layer", momentum: 0.5 } }] },
      TypeError,
      'layers[0].normalization: unknown option "momentum"; known are name, epsilon',
    ],
    [{ layers: [{ units: 1, l1: -1 }] }, RangeError, "layers[0].l1: expected a finite number from 0 on, got -1"],
    [{ layers: [{ units: 1, maxNorm: 0 }] }, RangeError, "layers[0].maxNorm: expected a finite number above 0, got 0"],
    [{ layers: [{ units: 1, initializer: "constant" }] }, TypeError, "layers[0].initializer.value: expected a number, got undefined"],
    [{ loss: "crossEntropy" }, RangeError, "loss: expected the last layer's activation to be softmax for crossEntropy, got sigmoid"],
    [
      { layers: [{ units: 2, activation: "softmax", dropout: 0.5 }] },
      RangeError,
      "loss: expected the last layer to have neither dropout nor residual for crossEntropy",
    ],
    [{ loss: { name: "huber", delta: 0 } }, RangeError, "loss.delta: expected a finite number above 0, got 0"],
    [{ loss: { name: "squaredError", delta: 1 } }, TypeError, 'loss: unknown option "delta"; known are name'],
    [
      { optimizer: { name: "adam", momentum: 0.9 } },
      TypeError,
      'optimizer: unknown option "momentum"; known are name, learningRate, schedule, clipValue, clipNorm, beta1, beta2, epsilon, weightDecay',
    ],
    [{ optimizer: { name: "sgd", nesterov: true } }, RangeError, "optimizer.nesterov: expected a momentum above 0 to go with it"],
    [
      { optimizer: { name: "sgd", momentum: 1 } },
      RangeError,
      "optimizer.momentum: expected a number from 0 up to but not including 1, got 1",
    ],
    [{ optimizer: { name: "rmsprop", rho: 1 } }, RangeError, "optimizer.rho: expected a number from 0 up to but not including 1, got 1"],
    [{ optimizer: { name: "adam", clipNorm: 0 } }, RangeError, "optimizer.clipNorm: expected a finite number above 0, got 0"],
    [
      { optimizer: { name: "adam", schedule: { name: "step" } } },
      TypeError,
      "optimizer.schedule.steps: expected a whole number from 1 to 9007199254740991, got undefined",
    ],
    [
      { optimizer: { name: "adam", schedule: "cosin" } },
      RangeError,
      'optimizer.schedule: expected one of constant, step, exponential, inverseScaling, cosine, plateau, got "cosin"; did you mean "cosine"?',
    ],
    [
      { optimizer: { name: "adam", schedule: { name: "cosine", steps: 10, factor: 1 } } },
      TypeError,
      'optimizer.schedule: unknown option "factor"; known are name, warmUp, steps, floor',
    ],
    [
      { optimizer: { name: "adam", schedule: { name: "exponential", steps: 5, factor: 2 } } },
      RangeError,
      "optimizer.schedule.factor: expected a number above 0 and up to 1, got 2",
    ],
  ])("%j", (options, kind, message) => {
    const make = () => new NeuralNetwork({ inputs: 3, layers: [{ units: 1 }], ...options } as Anything);
    expect(make).toThrow(kind);
    expect(make).toThrow(new kind(message));
  });
});

describe("a disposed network", () => {
  test("refuses every use and may be disposed of again", () => {
    const network = fresh();
    const [layer] = network.layers;
    network.dispose();
    network.dispose();
    const message = (method: string) => new TypeError(`${method}: this network has been disposed`);
    expect(() => network.think([1, 0, 0])).toThrow(message("think"));
    expect(() => network.think(INPUTS)).toThrow(message("think"));
    expect(() => network.train(INPUTS, TARGETS, 1)).toThrow(message("train"));
    expect(() => network.sigmoid(0)).toThrow(message("sigmoid"));
    expect(() => network.sigmoidDerivative(0)).toThrow(message("sigmoidDerivative"));
    expect(() => network.synapticWeights).toThrow(message("layers[0].weights"));
    expect(() => layer?.weights).toThrow(message("layers[0].weights"));
    expect(() => layer?.biases).toThrow(message("layers[0].biases"));
  });

  test("is what `using` leaves behind", () => {
    const network = fresh();
    network[Symbol.dispose]();
    expect(() => network.think([1, 0, 0])).toThrow(TypeError);
  });
});

describe("sigmoid and sigmoidDerivative", () => {
  test("of anything but numbers", () => {
    refuses((n) => n.sigmoid("0" as Anything), TypeError, 'sigmoid: expected a number or an array of numbers, got "0"');
    refuses((n) => n.sigmoid([0, null] as Anything), TypeError, "sigmoid[1]: expected a number, got null");
    refuses(
      (n) => n.sigmoidDerivative({} as Anything),
      TypeError,
      "sigmoidDerivative: expected a number or an array of numbers, got an object",
    );
    refuses(
      (n) => n.sigmoid(detached(2)),
      TypeError,
      "sigmoid: expected numbers, got a typed array whose buffer is detached (it was transferred)",
    );
  });
});

describe("training that diverges", () => {
  /** A linear network on unscaled inputs: every step multiplies the error. */
  function diverging(precision: "float64" | "float32"): NeuralNetwork {
    const layers = [
      { units: 3, activation: "linear" },
      { units: 1, activation: "linear" },
    ] as const;
    return new NeuralNetwork({ inputs: 2, layers, precision, optimizer: { name: "sgd", learningRate: 1 } });
  }
  const inputs = [
    [100, -50],
    [30, 80],
    [-60, 20],
  ];
  const targets = [[1], [0], [1]];

  test.each(["float64", "float32"] as const)(
    "stops at the step, keeps the weights of the step before and goes on afterwards (%s)",
    (precision) => {
      const network = diverging(precision);
      let error: unknown;
      try {
        network.train(inputs, targets, { epochs: 1000, batchSize: 2 });
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(TrainingError);
      const { iteration, epoch, message } = error as TrainingError;
      expect(iteration).toBeGreaterThan(1);
      expect(epoch).toBe(Math.ceil(iteration / 2));
      expect(message).toContain(`at iteration ${iteration} (epoch ${epoch}, batch ${iteration % 2 === 1 ? 1 : 2})`);
      expect(message).toContain("smaller learning rate (it is 1)");

      // The same run, cut just before the step that failed.
      const cut = diverging(precision);
      cut.train(inputs, targets, { epochs: epoch - 1, batchSize: 2 });
      if (iteration % 2 === 0) cut.train(inputs.slice(0, 2), targets.slice(0, 2), 1);
      expect(bytesOf(network)).toEqual(bytesOf(cut));
      expect(network.layers.every(({ weights }) => weights.every(Number.isFinite))).toBe(true);

      // Weights that are set right again can be trained, from the first row of the samples on and with no memory of the run that failed.
      const other = diverging(precision);
      for (const { layers } of [network, other]) {
        for (const { weights, biases } of layers) {
          weights.fill(0.001);
          biases.fill(0);
        }
      }
      const again = [network, other].map((n) =>
        n.train(
          [
            [0.1, 0.2],
            [0.3, 0.1],
            [0.2, 0.2],
          ],
          [[1], [0], [1]],
          { epochs: 2, batchSize: 2 },
        ),
      );
      expect(bytesOf(network)).toEqual(bytesOf(other));
      expect(again[0]?.loss).toEqual(again[1]?.loss);
    },
  );

  test.each(["float64", "float32"] as const)("in the middle of an epoch leaves nothing of that epoch behind (%s)", (precision) => {
    const far = precision === "float64" ? 1e200 : 1e30;
    const network = diverging(precision);
    const twin = diverging(precision);
    expect(() =>
      network.train(
        [
          [0.1, 0.2],
          [far, far],
        ],
        [[1], [0]],
        { epochs: 1, batchSize: 1 },
      ),
    ).toThrow(TrainingError);
    twin.train([[0.1, 0.2]], [[1]], 1);
    expect(bytesOf(network)).toEqual(bytesOf(twin));
    // The twin counts one epoch more, since its run was not broken off.
    const [after, expected] = [network, twin].map(
      (n) =>
        n.train(
          [
            [0.3, 0.1],
            [0.2, 0.2],
          ],
          [[1], [0]],
          { epochs: 2, batchSize: 1 },
        ).loss,
    );
    expect(after).toEqual(expected);
    expect(bytesOf(network)).toEqual(bytesOf(twin));
  });
});

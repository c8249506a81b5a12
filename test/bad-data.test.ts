// Data that cannot be used.

import { runInNewContext } from "node:vm";
import { type Layer, type LayerOptions, NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { type Anything, detached, expectSameNetwork, fresh, INPUTS, type Kind, refuses, TARGETS, withBad } from "./support/bad-input.js";

const NUMBERS: [value: unknown, kind: Kind, shown: string][] = [
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
    const message = (where: string) => `${where}: expected numbers, got a typed array whose buffer was transferred`;
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
    // Whole numbers are not looked at; they are known by their kind, not by how its name begins.
    class Interval extends Float64Array {}
    class Int32Scaled extends Float64Array {}
    expect(() => fresh().think(new Int32Scaled([1, Number.NaN, 0]))).toThrow("inputs[1]: expected a finite number, got NaN");
    const numbers = new Interval([1, Number.NaN, 0]);
    refuses((n) => n.think({ data: numbers, rows: 1 }), RangeError, "inputs[0][1]: expected a finite number, got NaN");
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
    refuses(
      (n) => n.think([[1, 0, 0], using(n, () => n.think([[5, 5, 5]]))]),
      TypeError,
      "inputs: expected an array that does not use the network while it is read",
    );
    refuses(
      (n) => n.think([using(n, () => n.gradients([[1, 0, 0]], [[0, 1]]))]),
      TypeError,
      "inputs: expected an array that does not use the network while it is read",
    );
    // A snapshot makes room, and takes what was read away with the memory that was there.
    const large = () => new NeuralNetwork({ inputs: 3, layers: [{ units: 300 }, { units: 300 }, { units: 2 }] });
    for (const rows of [(row: Anything) => row, (row: Anything) => [row]]) {
      const network = large();
      network.think([9, 9, 9]);
      expect(() => network.think(rows(using(network, (n) => n.snapshot())))).toThrow(
        new TypeError("inputs: expected an array that does not use the network while it is read"),
      );
      expect(network.think([1, 2, 3])).toEqual(large().think([1, 2, 3]));
    }
    // What is read for a run is read into a copy, so that the inner use does no harm.
    const network = fresh();
    network.train([using(network, (n) => n.think([[5, 5, 5]]))], [[0, 1]], 1);
    const plain = fresh();
    plain.train([[1, 0, 0]], [[0, 1]], 1);
    expect(network.snapshot()).toEqual(plain.snapshot());
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
    expectSameNetwork(network, twin.snapshot());
  });
});

describe("targets that outputs cannot reach", () => {
  /** Expects that training a fresh network of these options throws just this and changes nothing, and that it can be trained afterwards. */
  function refusesTargets(options: object, targets: Anything, message: string, more: object = {}): void {
    const make = () => new NeuralNetwork({ inputs: 3, seed: 5, ...(options as Anything) });
    const network = make();
    const before = network.snapshot();
    expect(() => network.train(INPUTS, targets, { epochs: 3, ...more })).toThrow(new RangeError(message));
    expectSameNetwork(network, before);
    const twin = make();
    const reachable = INPUTS.map((_, row) => Array.from({ length: network.outputs }, (_, unit) => Number(unit === row % network.outputs)));
    for (const each of [network, twin]) each.train(INPUTS, reachable, 2);
    expectSameNetwork(network, twin.snapshot());
    expect(network.snapshot()).not.toEqual(before);
  }
  const classes = { layers: [{ units: 3, activation: "softmax" }] };

  test.each([
    ["sigmoid", 1.5, "from 0 to 1"],
    ["sigmoid", -0.25, "from 0 to 1"],
    ["tanh", -1.5, "from -1 to 1"],
    ["softsign", 2, "from -1 to 1"],
    ["relu", -1, "from 0 on"],
    ["softplus", -1, "from 0 on"],
    ["elu", -1.5, "from -1 on"],
    ["selu", -1.8, "from -1.7581 on"],
    ["gelu", -0.2, "from -0.17 on"],
    ["silu", -0.3, "from -0.2785 on"],
  ])("%s: %s", (activation, bad, range) => {
    const message = `targets[2][1]: expected a number ${range}, as ${activation} outputs are, got ${bad}`;
    refusesTargets({ layers: [{ units: 4 }, { units: 2, activation }] }, withBad(TARGETS, 2, 1, bad), message);
  });

  test("elu goes by its alpha", () => {
    const layers: LayerOptions[] = [{ units: 4 }, { units: 2, activation: { name: "elu", alpha: 2 } }];
    expect(new NeuralNetwork({ inputs: 3, layers }).train(INPUTS, withBad(TARGETS, 2, 1, -1.5), 1).loss).toHaveLength(1);
    refusesTargets({ layers }, withBad(TARGETS, 2, 1, -2.5), "targets[2][1]: expected a number from -2 on, as elu outputs are, got -2.5");
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

  test.each([10, 1000, 100_000])("of the last of %i rows leave think as it was", (rows) => {
    const network = new NeuralNetwork({ inputs: 3, ...(classes as Anything) });
    const expected = network.think([1, 2, 3]);
    const inputs = Array.from({ length: rows }, () => [9, 9, 9]);
    const labels = inputs.map((_, row) => (row === rows - 1 ? 7 : 1));
    expect(() => network.train(inputs, labels, { epochs: 1, batchSize: 7 })).toThrow(
      new RangeError(`targets[${rows - 1}]: expected a class number from 0 to 2, got 7`),
    );
    expect(network.think([1, 2, 3])).toEqual(expected);
    expect(network.think([[1, 2, 3]])).toEqual([expected]);
    // Also where they became so between two epochs.
    const changing = Uint8Array.from(labels.fill(1));
    const onEpoch = () => {
      network.think(inputs);
      changing[rows - 1] = 7;
    };
    expect(() => network.train(inputs, changing, { epochs: 2, batchSize: 7, onEpoch })).toThrow("expected a class number");
    expect(network.think([1, 2, 3])).toEqual(network.think([[1, 2, 3]])[0]);
  });

  test("class numbers for a loss that takes rows", () => {
    const squared = { layers: [{ units: 3, activation: "softmax" }], loss: "squaredError" };
    const message = "targets: expected rows of 3 numbers; class numbers go with the loss crossEntropy only";
    for (const labels of [[0, 1, 2], Uint8Array.of(0, 1, 2)]) refusesTargets(squared, labels, message);
  });

  test("of validation rows", () => {
    const validation = { inputs: INPUTS, targets: [0, 1, 4] };
    refusesTargets(classes, [0, 1, 2], "validation.targets[2]: expected a class number from 0 to 2, got 4", { validation });
    const network = new NeuralNetwork({ inputs: 3, ...(classes as Anything) });
    const run = { epochs: 1, validation: { inputs: INPUTS, targets: INPUTS.map(() => [1, 0, 0]) } };
    expect(() => network.train(INPUTS, [0, 1, 2], run)).toThrow(new TypeError("validation.targets: expected class numbers as in targets"));
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
    refuses((n) => n.sigmoid(detached(2)), TypeError, "sigmoid: expected numbers, got a typed array whose buffer was transferred");
  });
});

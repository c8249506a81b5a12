import type { ActivationName, NeuralNetwork, Precision, ReductionName } from "feedforward";

// A network as one would write it first: plain loops over plain arrays, every sum in the ascending order that the library promises. With
// linear and relu layers nothing but +, − and × is left, so its numbers must equal the core's bit for bit. With sigmoid and tanh they
// may differ by what Math.exp and Math.tanh differ from the core's own functions, about an ulp each.
//
// For float32 each operation is computed in f64 and rounded, which is the float32 operation exactly: 53 bits are more than twice 24 and 2
// (S. A. Figueroa, "When is double rounding innocuous?", 1995).

/** Values of an activation, and its slopes by the output. */
interface OracleActivation {
  value(z: number): number;
  slope(y: number): number;
}

const ACTIVATIONS: Readonly<Partial<Record<ActivationName, OracleActivation>>> = {
  sigmoid: { value: (z) => 1 / (1 + Math.exp(-z)), slope: (y) => y * (1 - y) },
  tanh: { value: Math.tanh, slope: (y) => 1 - y * y },
  relu: { value: (z) => Math.max(z, 0), slope: (y) => (y > 0 ? 1 : 0) },
  linear: { value: (z) => z, slope: () => 1 },
};

interface OracleLayer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: OracleActivation;
  /** (inputs, units) */
  readonly weights: Float64Array;
  /** (units), or empty */
  readonly biases: Float64Array;
}

/** Numbers in rows, one after the other. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export class Oracle {
  readonly layers: readonly OracleLayer[];
  readonly #round: (x: number) => number;

  /** An oracle with a copy of the network's parameters and in its precision. */
  constructor(network: NeuralNetwork) {
    this.#round = rounding(network.precision);
    this.layers = network.layers.map(({ inputs, units, activation, weights, biases }) => ({
      inputs,
      units,
      activation: ACTIVATIONS[activation] as OracleActivation,
      weights: Float64Array.from(weights),
      biases: Float64Array.from(biases),
    }));
  }

  /** The outputs for rows of inputs. */
  think(inputs: readonly (readonly number[])[]): number[][] {
    return toRows(this.#forward(toMatrix(inputs)).at(-1) as Matrix);
  }

  /** The weighted sums before each layer's activation, for rows of inputs: shows how far relu is from its kink. */
  weightedSums(inputs: readonly (readonly number[])[]): number[][] {
    const outputs = this.#forward(toMatrix(inputs));
    return this.layers.map((layer, l) => Array.from(this.#sums(outputs[l] as Matrix, layer).data));
  }

  /** One step of gradient descent over all rows given; the loss before it. */
  step(inputs: readonly (readonly number[])[], targets: readonly (readonly number[])[], rate: number, reduction: ReductionName): number {
    const x = toMatrix(inputs);
    const t = toMatrix(targets);
    const outputs = this.#forward(x);
    const deltas = this.#deltas(outputs, t, reduction);
    const gradients = this.layers.map((_, l) => this.#gradient(outputs[l] as Matrix, deltas[l] as Matrix));
    this.layers.forEach((layer, l) => {
      const gradient = gradients[l] as { dW: Float64Array; db: Float64Array };
      this.#descend(layer.weights, gradient.dW, rate);
      this.#descend(layer.biases, gradient.db, rate);
    });
    const loss = squaredError(outputs.at(-1) as Matrix, t);
    return reduction === "mean" ? loss / x.rows : loss;
  }

  /** Weights, then biases, layer by layer. */
  parameters(): number[] {
    return this.layers.flatMap(({ weights, biases }) => [...weights, ...biases]);
  }

  /** The input and every layer's output. */
  #forward(x: Matrix): Matrix[] {
    const outputs = [x];
    for (const layer of this.layers) {
      const z = this.#sums(outputs.at(-1) as Matrix, layer);
      outputs.push({ ...z, data: z.data.map((sum) => this.#round(layer.activation.value(sum))) });
    }
    return outputs;
  }

  /** Z = b + X · W, the bias first, then the inputs in ascending order. */
  #sums(x: Matrix, { inputs, units, weights, biases }: OracleLayer): Matrix {
    const round = this.#round;
    const data = new Float64Array(x.rows * units);
    for (let row = 0; row < x.rows; row++) {
      const sums = data.subarray(row * units, (row + 1) * units);
      sums.set(biases);
      for (let i = 0; i < inputs; i++) {
        const input = x.data[row * inputs + i] as number;
        for (let u = 0; u < units; u++) sums[u] = round((sums[u] as number) + round(input * (weights[i * units + u] as number)));
      }
    }
    return { rows: x.rows, columns: units, data };
  }

  /** Each layer's dZ, from the last to the first. */
  #deltas(outputs: readonly Matrix[], t: Matrix, reduction: ReductionName): Matrix[] {
    const round = this.#round;
    const last = this.layers.length - 1;
    const scale = reduction === "mean" ? round(1 / t.rows) : 1;
    const y = outputs[last + 1] as Matrix;
    const errors = y.data.map((output, i) => round(round(output - (t.data[i] as number)) * scale));
    const deltas: Matrix[] = [];
    deltas[last] = this.#timesSlope({ ...y, data: errors }, y, (this.layers[last] as OracleLayer).activation);
    for (let l = last; l > 0; l--) {
      const back = this.#backPropagated(deltas[l] as Matrix, this.layers[l] as OracleLayer);
      deltas[l - 1] = this.#timesSlope(back, outputs[l] as Matrix, (this.layers[l - 1] as OracleLayer).activation);
    }
    return deltas;
  }

  /** dX = dZ · Wᵀ, the units in ascending order. */
  #backPropagated(d: Matrix, { inputs, units, weights }: OracleLayer): Matrix {
    const round = this.#round;
    const data = new Float64Array(d.rows * inputs);
    for (let row = 0; row < d.rows; row++) {
      for (let i = 0; i < inputs; i++) {
        let sum = 0;
        for (let u = 0; u < units; u++) {
          sum = round(sum + round((d.data[row * units + u] as number) * (weights[i * units + u] as number)));
        }
        data[row * inputs + i] = sum;
      }
    }
    return { rows: d.rows, columns: inputs, data };
  }

  /** d ⊙ f′, with a slope of several operations rounded after each of them. */
  #timesSlope(d: Matrix, y: Matrix, activation: OracleActivation): Matrix {
    const data = d.data.map((value, i) => this.#round(value * this.#round(activation.slope(y.data[i] as number))));
    return { ...d, data };
  }

  /** dW = Xᵀ · dZ and db = 1ᵀ · dZ, the rows in ascending order. */
  #gradient(x: Matrix, d: Matrix): { dW: Float64Array; db: Float64Array } {
    const round = this.#round;
    const dW = new Float64Array(x.columns * d.columns);
    const db = new Float64Array(d.columns);
    for (let row = 0; row < x.rows; row++) {
      const deltas = d.data.subarray(row * d.columns, (row + 1) * d.columns);
      for (let u = 0; u < d.columns; u++) db[u] = round((db[u] as number) + (deltas[u] as number));
      for (let i = 0; i < x.columns; i++) {
        const input = x.data[row * x.columns + i] as number;
        for (let u = 0; u < d.columns; u++) {
          const at = i * d.columns + u;
          dW[at] = round((dW[at] as number) + round(input * (deltas[u] as number)));
        }
      }
    }
    return { dW, db };
  }

  /** w ← w − rate · g; layers without biases have none to change. */
  #descend(w: Float64Array, g: Float64Array, rate: number): void {
    const round = this.#round;
    for (let i = 0; i < w.length; i++) w[i] = round((w[i] as number) - round(round(rate) * (g[i] as number)));
  }
}

/** ½ Σ (y − t)² over all rows, in f64 for both precisions. */
export function squaredError(y: Pick<Matrix, "data">, t: Pick<Matrix, "data">): number {
  return y.data.reduce((sum, output, i) => sum + 0.5 * (output - (t.data[i] as number)) ** 2, 0);
}

function rounding(precision: Precision): (x: number) => number {
  return precision === "float32" ? Math.fround : (x) => x;
}

function toMatrix(rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, columns: (rows[0] as readonly number[]).length, data: Float64Array.from(rows.flat()) };
}

function toRows({ rows, columns, data }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * columns, (row + 1) * columns)));
}

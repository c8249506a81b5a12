/**
 * The best plain TypeScript for exactly one neuron: 3 inputs, a sigmoid, no bias, the tutorial's training over any table of rows. Weights and
 * gradient are locals while it trains; nothing general is left.
 */
export class OneNeuron {
  readonly weights = new Float64Array(3);

  think(row: readonly number[]): number[] {
    const w = this.weights;
    const z = (row[0] as number) * (w[0] as number) + (row[1] as number) * (w[1] as number) + (row[2] as number) * (w[2] as number);
    return [1 / (1 + Math.exp(-z))];
  }

  train(inputs: readonly (readonly number[])[], targets: readonly (readonly number[])[], iterations: number): void {
    const x = Float64Array.from(inputs.flat());
    const t = Float64Array.from(targets.flat());
    let w0 = this.weights[0] as number;
    let w1 = this.weights[1] as number;
    let w2 = this.weights[2] as number;
    for (let iteration = 0; iteration < iterations; iteration++) {
      let g0 = 0;
      let g1 = 0;
      let g2 = 0;
      for (let row = 0, at = 0; row < t.length; row++, at += 3) {
        const x0 = x[at] as number;
        const x1 = x[at + 1] as number;
        const x2 = x[at + 2] as number;
        const y = 1 / (1 + Math.exp(-(x0 * w0 + x1 * w1 + x2 * w2)));
        const d = ((t[row] as number) - y) * (y * (1 - y));
        g0 += x0 * d;
        g1 += x1 * d;
        g2 += x2 * d;
      }
      w0 += g0;
      w1 += g1;
      w2 += g2;
    }
    this.weights.set([w0, w1, w2]);
  }
}

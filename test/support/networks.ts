import fc from "fast-check";
import type { ActivationName, LayerOptions, NetworkOptions, Precision, ReductionName } from "feedforward";

/** One, and what no vector, tile or pair divides. */
export const SIZES = [1, 3, 4, 5, 7, 17, 33] as const;

/** A network's options with everything said that the tests need to know. */
export type Shape = NetworkOptions & {
  readonly inputs: number;
  readonly layers: readonly LayerOptions[];
  readonly precision: Precision;
  readonly reduction: ReductionName;
  readonly optimizer: { readonly name: "sgd"; readonly learningRate: number };
};

/** Random networks of one to three layers of such sizes, which learn from up to 33 rows without diverging. */
export function networks(activations: readonly ActivationName[]): fc.Arbitrary<Shape> {
  return fc
    .record({
      inputs: fc.constantFrom(...SIZES),
      layers: fc.array(
        fc.record({
          units: fc.constantFrom(...SIZES),
          activation: fc.constantFrom(...activations),
          bias: fc.boolean(),
          initializer: fc.constant("uniform" as const),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      precision: fc.constantFrom<Precision>("float64", "float32"),
      reduction: fc.constantFrom<ReductionName>("sum", "mean"),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      share: fc.constantFrom(0.5, 0.3),
    })
    .map(({ share, ...shape }) => ({ ...shape, optimizer: { name: "sgd", learningRate: share * safeRate(shape) } }));
}

/**
 * About the largest learning rate with which even linear layers cannot diverge: the inverse of the loss's largest curvature. For a row that is the
 * square of the inputs' length, a third of their number, times that of each matrix's norm, which for (n, m) uniform numbers from −1 to 1 is
 * about (√n + √m)² / 3.
 */
function safeRate({ inputs, layers, reduction }: Pick<Shape, "inputs" | "layers" | "reduction">): number {
  let curvature = layers.length * (1 + inputs / 3) * (reduction === "sum" ? Math.max(...SIZES) : 1);
  let width = inputs;
  for (const { units } of layers) {
    curvature *= 1 + (Math.sqrt(width) + Math.sqrt(units)) ** 2 / 3;
    width = units;
  }
  return 1 / curvature;
}

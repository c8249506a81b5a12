import { randomSource } from "./data.js";

/** `count` numbers spread evenly from `from` to `to`. */
export function uniform(seed: number, count: number, from: number, to: number): number[] {
  const random = randomSource(seed);
  // Two draws fill the 53 bits.
  return Array.from({ length: count }, () => from + (to - from) * (random() + random() / 2 ** 32));
}

/** `count` numbers of both signs whose magnitudes are spread evenly over the powers of two from 2^`from` to 2^`to`. */
export function logarithmic(seed: number, count: number, from: number, to: number): number[] {
  const random = randomSource(seed);
  // The exponent in two factors, since 2^−1074 times a number above 1 must not be rounded twice.
  return uniform(seed + 1, count, from, to).map((exponent) => (random() < 0.5 ? -1 : 1) * 2 ** exponent);
}

/** Both neighbours of each (k + ½) · `period`: where an argument reduction changes to the next multiple and its remainder is largest. */
export function betweenHalves(period: number, from: number, to: number): number[] {
  const numbers: number[] = [];
  for (let k = from; k < to; k++) {
    const x = (k + 0.5) * period;
    numbers.push(x * (1 - 2 ** -52), x, x * (1 + 2 ** -52));
  }
  return numbers;
}

/** Every `stride`-th float32 of both signs from `from` to `to`, subnormal ones too, in arrays of at most 2^16. */
export function* everyFloat32({ stride, from, to }: { stride: number; from: number; to: number }): Generator<Float32Array> {
  for (const [sign, limit] of [
    [1, to],
    [-1, -from],
  ] as const) {
    const end = new Uint32Array(Float32Array.of(limit).buffer)[0] as number;
    for (let start = 0; start <= end; start += stride * 2 ** 16) {
      const count = Math.min(2 ** 16, Math.floor((end - start) / stride) + 1);
      const numbers = new Float32Array(count);
      const bits = new Uint32Array(numbers.buffer);
      for (let i = 0; i < count; i++) bits[i] = start + i * stride + (sign < 0 ? 2 ** 31 : 0);
      yield numbers;
    }
  }
}

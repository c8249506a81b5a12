// The elementary functions to more than 200 bits, in integer arithmetic: slow, and simple enough to be believed.

/** The number m · 2^e. */
export interface Exact {
  readonly m: bigint;
  readonly e: number;
}

/** Bits behind the point of fixed-point numbers. */
const BITS = 320;
const ONE = 1n << BigInt(BITS);

/** ln 2 = 18 artanh(1/26) − 2 artanh(1/4801) + 8 artanh(1/8749). */
const LN2 = 18n * inverseArtanh(26n) - 2n * inverseArtanh(4801n) + 8n * inverseArtanh(8749n);

/** artanh(1/n) = Σ 1 / ((2k + 1) n^(2k + 1)), in fixed point. */
function inverseArtanh(n: bigint): bigint {
  let sum = 0n;
  let power = ONE / n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power /= n * n;
  }
  return sum;
}

/** A finite double as it is. */
export function exact(x: number): Exact {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  const exponent = Number((word >> 52n) & 0x7ffn);
  const fraction = word & ((1n << 52n) - 1n);
  const m = exponent === 0 ? fraction : fraction | (1n << 52n);
  return { m: word >> 63n ? -m : m, e: Math.max(exponent, 1) - 1075 };
}

/** m · 2^e in units of 2^unit, rounded down. */
function inUnits({ m, e }: Exact, unit: number): bigint {
  return e >= unit ? m << BigInt(e - unit) : m >> BigInt(unit - e);
}

/** e^x for a finite x of at most a few thousand: 2^n · e^r with |r| ≤ ½ ln 2, and e^r = (e^(r/256))^256 by its series. */
export function exponential(x: number): Exact {
  const fixed = inUnits(exact(x), -BITS);
  const n = (2n * fixed + LN2) / (2n * LN2) - (2n * fixed + LN2 < 0n ? 1n : 0n);
  const r = (fixed - n * LN2) >> 8n;
  let sum = ONE;
  let term = ONE;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = ((term * r) / k) >> BigInt(BITS);
    sum += term;
  }
  for (let i = 0; i < 8; i++) sum = (sum * sum) >> BigInt(BITS);
  return { m: sum, e: Number(n) - BITS };
}

/** 1 / (1 + e^−x) = E / (1 + E) with E = e^x, to BITS digits of its own, however small it is. */
export function sigmoid(x: number): Exact {
  const { m, e } = exponential(x);
  if (e > 0) return { m: ONE, e: -BITS }; // E > 2^320: the difference from 1 is far below every precision
  const digits = BITS - e;
  return { m: (m << BigInt(digits)) / (m + (1n << BigInt(-e))), e: -digits };
}

/** (E − 1) / (E + 1) with E = e^2x; below 2^−60, where E − 1 has lost too many digits, x itself, of which tanh x differs by x³/3. */
export function tanh(x: number): Exact {
  if (Math.abs(x) < 2 ** -60) return exact(x);
  if (Math.abs(x) > 100) return { m: x > 0 ? ONE : -ONE, e: -BITS };
  const { m, e } = exponential(2 * x);
  const one = 1n << BigInt(-e);
  return { m: ((m - one) << BigInt(BITS)) / (m + one), e: -BITS };
}

/** A floating-point format: bits of the significand, and the exponents of the smallest normal number and of the first beyond the range. */
export interface Format {
  readonly precision: number;
  readonly least: number;
  readonly beyond: number;
}
export const FLOAT64: Format = { precision: 53, least: -1022, beyond: 1024 };
export const FLOAT32: Format = { precision: 24, least: -126, beyond: 128 };

/**
 * How far `y` is from `truth` in units in the last place, which is the distance of neighbours in the format where `truth` lies. What lies beyond
 * the range, infinities too, counts as the power of two that is the first number there; NaN is infinitely far.
 */
export function ulpsBetween(y: number, truth: Exact, format: Format): number {
  if (Number.isNaN(y)) return Number.POSITIVE_INFINITY;
  const size = truth.m < 0n ? -truth.m : truth.m;
  const binade = size.toString(2).length - 1 + truth.e;
  const unit = Math.min(Math.max(binade, format.least), format.beyond - 1) - format.precision + 1 - GUARD;
  const given = Number.isFinite(y) ? exact(y) : { m: BigInt(Math.sign(y)), e: format.beyond };
  const wanted = binade < format.beyond ? truth : { m: truth.m / size, e: format.beyond };
  const difference = Number(inUnits(given, unit) - inUnits(wanted, unit));
  return Math.abs(difference) / 2 ** GUARD;
}

/** Bits below the last place that `ulpsBetween` looks at. */
const GUARD = 40;

/**
 * The same for float32 with a double as truth, for millions of values: where the truth is right to 2 ulps of f64, it is so to 2^−28 ulp of
 * float32.
 */
export function ulpsOfFloat32(y: number, truth: number): number {
  if (Number.isNaN(y)) return Number.POSITIVE_INFINITY;
  double[0] = truth;
  const binade = Math.min(Math.max((((words[1] as number) >>> 20) & 0x7ff) - 1023, FLOAT32.least), FLOAT32.beyond - 1);
  const limit = 2 ** FLOAT32.beyond;
  return Math.abs(clamp(y, limit) - clamp(truth, limit)) * 2 ** (FLOAT32.precision - 1 - binade);
}

function clamp(x: number, limit: number): number {
  return Math.min(Math.max(x, -limit), limit);
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer); // little-endian, as WebAssembly's hosts are: the exponent stands in the second word

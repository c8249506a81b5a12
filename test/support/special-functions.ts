// log, erf and the activations that are made of them and of e^x, to more than 100 bits, in integer arithmetic like reference.ts;
// mpmath 1.4.1 agrees to 2^−107.

import { type Exact, exact, exponential, sigmoid } from "./reference.js";

/** Bits behind the point of fixed-point numbers. */
const BITS = 320;
const SHIFT = BigInt(BITS);
const ONE = 1n << SHIFT;

/** Below 2^SMALL the first terms of a series are the function, to 2 · |SMALL| bits: fixed point would have lost its digits. */
const SMALL = -100;

/** ln 2 = 2 artanh(1/3). */
const LN2 = 2n * inverseSeries(3n, 1n);

/** π by Machin's formula. */
const PI = 4n * (4n * inverseSeries(5n, -1n) - inverseSeries(239n, -1n));

/** 2 / √π = √(4 / π). */
const TWO_OVER_ROOT_PI = squareRoot(((4n * ONE) << (2n * SHIFT)) / PI);

/** Σ sign^k / ((2k + 1) n^(2k + 1)): artanh(1/n) for sign 1, arctan(1/n) for −1. */
function inverseSeries(n: bigint, sign: bigint): bigint {
  let sum = 0n;
  let power = ONE / n;
  for (let k = 1n, s = 1n; power !== 0n; k += 2n, s *= sign) {
    sum += (s * power) / k;
    power /= n * n;
  }
  return sum;
}

function squareRoot(square: bigint): bigint {
  let root = 1n << BigInt((square.toString(2).length / 2 + 1) | 0);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function times(a: bigint, b: bigint): bigint {
  return (a * b) >> SHIFT;
}

/** In fixed point, rounded down. */
function fixed({ m, e }: Exact): bigint {
  return e >= -BITS ? m << BigInt(e + BITS) : m >> BigInt(-BITS - e);
}

/** log u = 2 artanh((u − 1) / (u + 1)) in fixed point, for u near 1. */
function logNearOne(u: bigint): bigint {
  const s = ((u - ONE) << SHIFT) / (u + ONE);
  const square = times(s, s);
  let sum = 0n;
  for (let k = 1n, power = s; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = times(power, square);
  }
  return 2n * sum;
}

/** log x for a finite x > 0: x = 2^n · u with u from ¾ to 1½. */
export function logarithm(x: number): Exact {
  const { m, e } = exact(x);
  const digits = m.toString(2).length;
  let n = e + digits;
  let u = m << BigInt(BITS - digits);
  if (u < (3n * ONE) / 4n) {
    u *= 2n;
    n--;
  }
  return { m: BigInt(n) * LN2 + logNearOne(u), e: -BITS };
}

/** erf x = 2/√π Σ (−1)^k x^(2k+1) / (k! (2k + 1)), whose largest term for |x| ≤ 13 is below 2^250; 1 beyond. */
export function errorFunction(x: number): Exact {
  if (Math.abs(x) > 13) return { m: x > 0 ? ONE : -ONE, e: -BITS };
  const { m, e } = exact(x);
  if (Math.abs(x) < 2 ** SMALL) return { m: m * TWO_OVER_ROOT_PI, e: e - BITS };
  // More bits behind the point, since large terms cancel.
  const more = 512n;
  const one = 1n << more;
  const z = e + 512 >= 0 ? m << BigInt(e + 512) : m >> BigInt(-512 - e);
  const square = (z * z) / one;
  let sum = 0n;
  for (let k = 0n, term = z; term !== 0n; ) {
    sum += term / (2n * k + 1n);
    k++;
    term = -(term * square) / (one * k);
  }
  return { m: (sum * TWO_OVER_ROOT_PI) >> more, e: -BITS };
}

/** z Φ(z), for z whose Φ(z) has a hundred bits in fixed point: z > −17. */
export function gelu(z: number): Exact {
  // erf(z/√2) with z/√2 as a number of its own would not be exact: Φ by its series in z²/2.
  const { m, e } = exact(z);
  const more = 512n;
  const one = 1n << more;
  if (Math.abs(z) < 2 ** SMALL) return { m, e: e - 1 };
  if (z > 17) return { m, e };
  const x = e + 512 >= 0 ? m << BigInt(e + 512) : m >> BigInt(-512 - e);
  const square = (x * x) / one;
  let sum = 0n;
  for (let k = 0n, term = x; term !== 0n; ) {
    sum += term / (2n * k + 1n);
    k++;
    term = -(term * square) / (2n * one * k);
  }
  // Φ = ½ + Σ / √(2π), and 1/√(2π) = 2/√π / (2 √2).
  const rootTwo = squareRoot(2n << (2n * SHIFT));
  const factor = (TWO_OVER_ROOT_PI << SHIFT) / (2n * rootTwo);
  const phi = ONE / 2n + ((sum * factor) >> more);
  return { m: m * phi, e: e - BITS };
}

/** z σ(z). */
export function silu(z: number): Exact {
  const { m, e } = exact(z);
  const s = sigmoid(z);
  return { m: m * s.m, e: e + s.e };
}

/** log(1 + e^z) = max(z, 0) + log(1 + e^−|z|). */
export function softplus(z: number): Exact {
  const small = exponential(-Math.abs(z));
  if (z < SMALL) return small;
  return { m: (z > 0 ? fixed(exact(z)) : 0n) + logNearOne(ONE + fixed(small)), e: -BITS };
}

/** e^z − 1 for z < 0, else z. */
export function elu(z: number): Exact {
  if (z >= 0 || z > -(2 ** SMALL)) return exact(z);
  return { m: fixed(exponential(Math.max(z, -700))) - ONE, e: -BITS };
}

/** Klambauer et al.'s numbers to the digits that their code and PyTorch's has. */
const SELU_SCALE = decimal("1.0507009873554804934193349852946");
const SELU_ALPHA = decimal("1.6732632423543772848170429916717");

/** scale · z, or scale · alpha · (e^z − 1). */
export function selu(z: number): Exact {
  const { m, e } = elu(z);
  return { m: m * (z < 0 ? times(SELU_SCALE, SELU_ALPHA) : SELU_SCALE), e: e - BITS };
}

function decimal(digits: string): bigint {
  const [whole, rest] = digits.split(".") as [string, string];
  return (BigInt(whole + rest) << SHIFT) / 10n ** BigInt(rest.length);
}

/** z / (1 + |z|). */
export function softsign(z: number): Exact {
  const { m, e } = exact(z);
  const size = m < 0n ? -m : m;
  // Both over 2^e, with 200 digits more than the divisor has.
  const scale = e < 0 ? 1n << BigInt(-e) : 1n;
  const divisor = e < 0 ? scale + size : 1n + (size << BigInt(e));
  const digits = divisor.toString(2).length + 200;
  return { m: ((e < 0 ? m : m << BigInt(e)) << BigInt(digits)) / divisor, e: -digits };
}

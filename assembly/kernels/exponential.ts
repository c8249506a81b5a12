import { add, allBelow, mul, scaleByBits, splat, sub, vectorBytes } from "./lanes";

// e^x = 2^n · e^r with n the whole number nearest to x / ln 2, so that |r| ≤ ln 2 / 2, and
//   e^r = 1 + r + r² · P(r),  P of least maximal error on that interval (Remez, 50 digits): 2^−64 relative for f64, 2^−34 for f32.
// r is kept as a difference of two numbers, high − low: ln 2 is split so that n · LN2_HIGH is exact (Cody and Waite, "Software Manual for
// the Elementary Functions", 1980), and the rounding error of 1 + high is added back (Dekker's fast two-sum). What is left is the
// error of the last addition and a little more: the tests measure at most 0.67 ulp for f64 and 0.73 for f32 (0.5 would be exact rounding),
// and 0.79 for results that are subnormal, which are rounded twice.

// The numbers stand in memory, each as often as a vector has lanes: V8 makes a v128.const by three instructions each time, but a load by one
// (e^x of a vector of f64 took 10.1 ns and takes 7.3 on a Zen 4). They are never written.
const TABLE_64 = memory.data<f64>([
  1.4426950408889634, 1.4426950408889634, // 1 / ln 2
  6755399441055744.0, 6755399441055744.0, // 1.5 · 2^52
  0.6931471803691238, 0.6931471803691238, // ln 2, its first 32 bits
  1.9082149292705877e-10, 1.9082149292705877e-10, // and the rest
  0.5, 0.5, // P, constant term first
  0.16666666666666682, 0.16666666666666682,
  0.041666666666666095, 0.041666666666666095,
  0.008333333333316982, 0.008333333333316982,
  0.0013888888889116355, 0.0013888888889116355,
  0.00019841269896515726, 0.00019841269896515726,
  2.4801586925730275e-5, 2.4801586925730275e-5,
  2.7557234727270407e-6, 2.7557234727270407e-6,
  2.7557582270241543e-7, 2.7557582270241543e-7,
  2.5112084683824813e-8, 2.5112084683824813e-8,
  2.082658653474631e-9, 2.082658653474631e-9,
], 16);
const TABLE_32 = memory.data<f32>([
  1.4426950216293335, 1.4426950216293335, 1.4426950216293335, 1.4426950216293335,
  12582912.0, 12582912.0, 12582912.0, 12582912.0, // 1.5 · 2^23
  0.693145751953125, 0.693145751953125, 0.693145751953125, 0.693145751953125, // ln 2, its first 15 bits
  1.4286068203094172e-6, 1.4286068203094172e-6, 1.4286068203094172e-6, 1.4286068203094172e-6,
  0.5, 0.5, 0.5, 0.5,
  0.1666666567325592, 0.1666666567325592, 0.1666666567325592, 0.1666666567325592,
  0.04166629537940025, 0.04166629537940025, 0.04166629537940025, 0.04166629537940025,
  0.008333497680723667, 0.008333497680723667, 0.008333497680723667, 0.008333497680723667,
  0.0013944703387096524, 0.0013944703387096524, 0.0013944703387096524, 0.0013944703387096524,
  0.000197902976651676, 0.000197902976651676, 0.000197902976651676, 0.000197902976651676,
], 16);

/** Places in both tables. */
const PER_LN2: usize = 0;
const MAGIC: usize = 16; // adding it leaves x rounded to a whole number in the low bits
const LN2_HIGH: usize = 32;
const LN2_LOW: usize = 48;
const P: usize = 64;

/** Below this |x| both x's exponential and its inverse are normal numbers, so vectors need no care at the ends of the range. */
const NORMAL_64: f64 = 708.0;
const NORMAL_32: f32 = 87.0;

/** Largest x whose exponential is finite, and smallest whose exponential does not round to 0. */
const LARGEST_64: f64 = 709.782712893384;
const SMALLEST_64: f64 = -745.1332191019412;
const LARGEST_32: f32 = 88.72283;
const SMALLEST_32: f32 = -103.97208;

function constant<T, V>(place: usize): V {
  return load<V>((sizeof<T>() == 8 ? TABLE_64 : TABLE_32) + place);
}

function largest<T>(): T {
  if (sizeof<T>() == 8) return LARGEST_64 as T;
  return LARGEST_32 as T;
}

/** x / ln 2 rounded to a whole number, plus MAGIC: the whole number stands in the low bits. */
function shiftedQuotient<T, V>(x: V): V {
  return add<T, V>(mul<T, V>(x, constant<T, V>(PER_LN2)), constant<T, V>(MAGIC));
}

function highPart<T, V>(x: V, n: V): V {
  return sub<T, V>(x, mul<T, V>(n, constant<T, V>(LN2_HIGH)));
}

function lowPart<T, V>(n: V): V {
  return mul<T, V>(n, constant<T, V>(LN2_LOW));
}

/** r² · P(r) − low: what e^r has beyond 1 + high. */
function tail<T, V>(high: V, low: V): V {
  const r = sub<T, V>(high, low);
  const r2 = mul<T, V>(r, r);
  // Terms are paired (Estrin's scheme): a chain of 4 steps instead of 10.
  let p = add<T, V>(pair<T, V>(P, r), mul<T, V>(pair<T, V>(P + 32, r), r2));
  const p45 = pair<T, V>(P + 64, r);
  if (sizeof<T>() == 8) {
    const r4 = mul<T, V>(r2, r2);
    const p47 = add<T, V>(p45, mul<T, V>(pair<T, V>(P + 96, r), r2));
    const p8a = add<T, V>(pair<T, V>(P + 128, r), mul<T, V>(constant<T, V>(P + 160), r2));
    p = add<T, V>(p, mul<T, V>(add<T, V>(p47, mul<T, V>(p8a, r4)), r4));
  } else {
    p = add<T, V>(p, mul<T, V>(mul<T, V>(p45, r2), r2));
  }
  return sub<T, V>(mul<T, V>(p, r2), low);
}

/** The polynomial of two coefficients at `place` and behind. */
function pair<T, V>(place: usize, r: V): V {
  return add<T, V>(constant<T, V>(place), mul<T, V>(constant<T, V>(place + 16), r));
}

/** e^r for the reduced r = high − low. */
function reducedExponential<T, V>(high: V, low: V): V {
  const one = splat<T, V>(1 as T);
  const sum = add<T, V>(one, high);
  const lost = add<T, V>(sub<T, V>(one, sum), high);
  return add<T, V>(sum, add<T, V>(lost, tail<T, V>(high, low)));
}

/** Whether `normalExponential` may be used on `x` and −`x`. */
export function isNormalRange<T, V>(x: V): bool {
  if (sizeof<T>() == 8) return allBelow<T, V>(x, NORMAL_64 as T);
  return allBelow<T, V>(x, NORMAL_32 as T);
}

/** e^x for x within the range that `isNormalRange` allows. */
export function normalExponential<T, V>(x: V): V {
  const shifted = shiftedQuotient<T, V>(x);
  const n = sub<T, V>(shifted, constant<T, V>(MAGIC));
  return scaleByBits<T, V>(reducedExponential<T, V>(highPart<T, V>(x, n), lowPart<T, V>(n)), shifted);
}

/** e^x for every x: ∞ above the range, 0 below, NaN for NaN; the same bits as `normalExponential` where that is allowed. */
export function exponential<T>(x: T): T {
  if (isNormalRange<T, T>(x)) return normalExponential<T, T>(x);
  if (isNaN<T>(x)) return x;
  if (x > largest<T>()) return Infinity as T;
  if (x < (sizeof<T>() == 8 ? (SMALLEST_64 as T) : (SMALLEST_32 as T))) return 0 as T;
  const n = sub<T, T>(shiftedQuotient<T, T>(x), constant<T, T>(MAGIC));
  const y = reducedExponential<T, T>(highPart<T, T>(x, n), lowPart<T, T>(n));
  // 2^n may lie outside the normal numbers: scale by two factors, of which only the second can round.
  const half = (n as i32) >> 1;
  return (y * powerOfTwo<T>(half) * powerOfTwo<T>((n as i32) - half)) as T;
}

/** Whether e^−x overflows. */
export function inverseOverflows<T>(x: T): bool {
  return x < -largest<T>();
}

function powerOfTwo<T>(n: i32): T {
  if (sizeof<T>() == 8) return reinterpret<f64>(((n + 1023) as i64) << 52) as T;
  return reinterpret<f32>((n + 127) << 23) as T;
}

/** e^x − 1 for x from 0 to the largest that `isNormalRange` allows, without the loss of digits near 0. */
export function exponentialMinusOne<T, V>(x: V): V {
  const one = splat<T, V>(1 as T);
  const shifted = shiftedQuotient<T, V>(x);
  const n = sub<T, V>(shifted, constant<T, V>(MAGIC));
  const high = highPart<T, V>(x, n);
  const rest = tail<T, V>(high, lowPart<T, V>(n));
  // 2^n · (1 + high + rest) − 1 = (2^n − 1) + 2^n · high + 2^n · rest; the first sum's rounding error is added back.
  const power = scaleByBits<T, V>(one, shifted);
  const whole = sub<T, V>(power, one);
  const part = mul<T, V>(power, high);
  const sum = add<T, V>(whole, part);
  const lost = add<T, V>(sub<T, V>(whole, sum), part);
  return add<T, V>(sum, add<T, V>(lost, mul<T, V>(power, rest)));
}

/** e^x in place for `count` elements from `p` on. */
export function exponentials<T>(p: usize, count: usize): void {
  const end = p + count * sizeof<T>();
  if (ASC_FEATURE_SIMD) {
    const vectorEnd = p + vectorBytes<T>(count);
    for (; p < vectorEnd; p += sizeof<v128>()) {
      const x = load<v128>(p);
      if (isNormalRange<T, v128>(x)) {
        store<v128>(p, normalExponential<T, v128>(x));
      } else {
        for (let i: usize = 0; i < sizeof<v128>(); i += sizeof<T>()) store<T>(p + i, exponential<T>(load<T>(p + i)));
      }
    }
  }
  for (; p < end; p += sizeof<T>()) store<T>(p, exponential<T>(load<T>(p)));
}

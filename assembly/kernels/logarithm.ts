
import { add, div, mul, splat, sub } from "./lanes";
import { polynomial } from "./polynomial";

// log(1 + f) = f − (h − s · (h + R)) with s = f / (2 + f), h = f² / 2 and R = s² · P(s²): log((1 + s) / (1 − s)) = 2 s + s³ · P(s²), written so
// that f, which is exact, carries most of the result (as in Sun's fdlibm). P has an error of 2^−75 relative to the result in f64, 2^−38 in
// f32, for |s| ≤ 1/3.

const P_64 = memory.data<f64>([
  0.6666666666666666, 0.6666666666666666,
  0.3999999999999999, 0.3999999999999999,
  0.28571428571430646, 0.28571428571430646,
  0.22222222221965002, 0.22222222221965002,
  0.18181818200619665, 0.18181818200619665,
  0.1538461450282375, 0.1538461450282375,
  0.13333361208850322, 0.13333361208850322,
  0.11764095602848897, 0.11764095602848897,
  0.10535664027764964, 0.10535664027764964,
  0.09424219882613685, 0.09424219882613685,
  0.09414171794037218, 0.09414171794037218,
  0.04698362550336966, 0.04698362550336966,
  0.1576745683227723, 0.1576745683227723,
], 16);
const P_32 = memory.data<f32>([
  0.6666666865348816, 0.6666666865348816, 0.6666666865348816, 0.6666666865348816,
  0.40000054240226746, 0.40000054240226746, 0.40000054240226746, 0.40000054240226746,
  0.28568384051322937, 0.28568384051322937, 0.28568384051322937, 0.28568384051322937,
  0.223017618060112, 0.223017618060112, 0.223017618060112, 0.223017618060112,
  0.17145493626594543, 0.17145493626594543, 0.17145493626594543, 0.17145493626594543,
  0.21800239384174347, 0.21800239384174347, 0.21800239384174347, 0.21800239384174347,
], 16);

const LN2_HIGH_64: f64 = 0.6931471803691238;
const LN2_LOW_64: f64 = 1.9082149292705877e-10;

/** What f has beyond log(1 + f): h − s · (h + R). */
function excess<T, V>(f: V): V {
  const s = div<T, V>(f, add<T, V>(splat<T, V>(2 as T), f));
  const s2 = mul<T, V>(s, s);
  const p = sizeof<T>() == 8 ? polynomial<T, V>(P_64, 13, s2) : polynomial<T, V>(P_32, 6, s2);
  const h = mul<T, V>(mul<T, V>(splat<T, V>(0.5 as T), f), f);
  return sub<T, V>(h, mul<T, V>(s, add<T, V>(h, mul<T, V>(s2, p))));
}

/** log(1 + u) for u from 0 to 1. */
export function logOnePlus<T, V>(u: V): V {
  return sub<T, V>(u, excess<T, V>(u));
}

/** log x: −∞ for 0, NaN below and for NaN, ∞ for ∞. */
export function logarithm(x: f64): f64 {
  if (!(x > 0)) return x == 0 ? -Infinity : NaN;
  if (x == Infinity) return x;
  let exponent: i64 = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984.0; // 2^54
    exponent = -54;
  }
  // x = 2^exponent · m with m from √½ to √2, by adding to the bits what √½ lacks to 1.
  const bits = reinterpret<i64>(x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  exponent += (bits >> 52) - 1023;
  const m = reinterpret<f64>((bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);
  const f = m - 1;
  const k = exponent as f64;
  return k * LN2_HIGH_64 - (excess<f64, f64>(f) - k * LN2_LOW_64 - f);
}

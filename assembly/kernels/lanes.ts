// The only file that knows v128. `T` is the element (f32 or f64); `V` is either v128, several elements at once, or `T` itself.
// `isVector<V>()` is decided at compile time, so each use costs the one instruction it names.

/** Elements in one `V`. */
export function lanes<T, V>(): usize {
  return sizeof<V>() / sizeof<T>();
}

/**
 * The bytes that whole vectors take which hold `count` elements. Loops over elements run in whole vectors to the end: what lies behind the last
 * element of a region is padding (see layout.ts), where anything may be computed. In the scalar build a vector is one element.
 */
export function spanBytes<T, V>(count: usize): usize {
  return (count * sizeof<T>() + sizeof<V>() - 1) & ~(sizeof<V>() - 1);
}

/** The bytes of whole vectors among `count` elements, where what lies behind them must not be touched. */
export function vectorBytes<T>(count: usize): usize {
  return ((count * sizeof<T>()) / sizeof<v128>()) * sizeof<v128>();
}

export function splat<T, V>(x: T): V {
  if (isVector<V>()) return v128.splat<T>(x);
  return x;
}

export function add<T, V>(a: V, b: V): V {
  if (isVector<V>()) return v128.add<T>(a, b);
  return (a + b) as V;
}

export function sub<T, V>(a: V, b: V): V {
  if (isVector<V>()) return v128.sub<T>(a, b);
  return (a - b) as V;
}

export function mul<T, V>(a: V, b: V): V {
  if (isVector<V>()) return v128.mul<T>(a, b);
  return (a * b) as V;
}

export function div<T, V>(a: V, b: V): V {
  if (isVector<V>()) return v128.div<T>(a, b);
  return (a / b) as V;
}

export function abs<T, V>(x: V): V {
  if (isVector<V>()) return v128.abs<T>(x);
  return (x < (0 as V) ? -x : x) as V;
}


/** `magnitude` with the sign bit of `sign`. */
export function copySign<T, V>(magnitude: V, sign: V): V {
  if (isVector<V>()) return v128.bitselect(sign, magnitude, v128.splat<T>(-0.0 as T));
  return copysign<V>(magnitude, sign);
}

/** x where x ≥ 0, else 0; NaN stays NaN, which `max` would do too but at three times the instructions on x86. */
export function positivePart<T, V>(x: V): V {
  if (isVector<V>()) return v128.pmax<T>(x, v128.splat<T>(0));
  return x < (0 as V) ? (0 as V) : x;
}

/** The smaller of `x` and `limit`; NaN stays NaN. */
export function atMost<T, V>(x: V, limit: V): V {
  if (isVector<V>()) return v128.pmin<T>(x, limit);
  return limit < x ? limit : x;
}

/** `x` where `condition` is above 0, else +0. */
export function whereAboveZero<T, V>(condition: V, x: V): V {
  if (isVector<V>()) return v128.and(x, v128.gt<T>(condition, v128.splat<T>(0)));
  return condition > (0 as V) ? x : (0 as V);
}

/** Whether every lane of |x| lies below `limit`. NaN does not. */
export function allBelow<T, V>(x: V, limit: T): bool {
  if (isVector<V>()) {
    const within = v128.lt<T>(v128.abs<T>(x), v128.splat<T>(limit));
    if (sizeof<T>() == 8) return i64x2.all_true(within);
    return i32x4.all_true(within);
  }
  return abs<T, V>(x) < (limit as V);
}

/** `x` · 2^n by adding to the exponent, `n` being the low bits of each lane of `bits`: x and the result must be normal numbers. */
export function scaleByBits<T, V>(x: V, bits: V): V {
  if (isVector<V>()) {
    if (sizeof<T>() == 8) return i64x2.add(x, i64x2.shl(bits, 52));
    return i32x4.add(x, i32x4.shl(bits, 23));
  }
  if (sizeof<T>() == 8) return reinterpret<f64>(reinterpret<i64>(x as f64) + (reinterpret<i64>(bits as f64) << 52)) as V;
  return reinterpret<f32>(reinterpret<i32>(x as f32) + (reinterpret<i32>(bits as f32) << 23)) as V;
}

/** `below` where x < limit, `otherwise` where not or where x is NaN. */
export function select<T, V>(x: V, limit: V, below: V, otherwise: V): V {
  if (isVector<V>()) return v128.bitselect(below, otherwise, v128.lt<T>(x, limit));
  return x < limit ? below : otherwise;
}

export function squareRoot<T, V>(x: V): V {
  if (isVector<V>()) return v128.sqrt<T>(x);
  return sqrt<V>(x);
}

/** The greater of two numbers that are not NaN. */
export function greater<T, V>(a: V, b: V): V {
  if (isVector<V>()) return v128.pmax<T>(a, b);
  return a < b ? b : a;
}

/** 1 above 0, −1 below, 0 at 0. */
export function sign<T, V>(x: V): V {
  const zero = splat<T, V>(0 as T);
  const above = select<T, V>(zero, x, splat<T, V>(1 as T), zero);
  return select<T, V>(x, zero, splat<T, V>(-1 as T), above);
}

/** Transposes a square of a vector's elements: its rows are `fromRow` and `toRow` bytes apart. */
export function transpose<T>(from: usize, fromRow: usize, to: usize, toRow: usize): void {
  const r0 = load<v128>(from);
  const r1 = load<v128>(from + fromRow);
  if (sizeof<T>() == 8) {
    store<v128>(to, v128.shuffle<f64>(r0, r1, 0, 2));
    store<v128>(to + toRow, v128.shuffle<f64>(r0, r1, 1, 3));
    return;
  }
  const r2 = load<v128>(from + 2 * fromRow);
  const r3 = load<v128>(from + 3 * fromRow);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  store<v128>(to, v128.shuffle<f64>(low01, low23, 0, 2));
  store<v128>(to + toRow, v128.shuffle<f64>(low01, low23, 1, 3));
  store<v128>(to + 2 * toRow, v128.shuffle<f64>(high01, high23, 0, 2));
  store<v128>(to + 3 * toRow, v128.shuffle<f64>(high01, high23, 1, 3));
}

/**
 * A number in memory, in all lanes. One instruction where `splat` of a `load` is two; but Cranelift makes a slow one of it, so loops that it counts in
 * load and splat.
 */
export function splatFrom<T>(p: usize): v128 {
  return v128.load_splat<T>(p);
}

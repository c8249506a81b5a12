import { Activation } from "../../src/abi";
import { exponential, inverseOverflows, isNormalRange, normalExponential } from "./exponential";
import { hyperbolicTangent } from "./hyperbolic-tangent";
import { add, div, mul, positivePart, splat, sub, vectorBytes, whereAboveZero } from "./lanes";

// An activation is a class without data: `value` gives y = f(z), and `timesSlope` d · f′ with the slope f′ expressed by y.
// The compiler makes one loop of each, since `changetype<A>(0).value` is known to it; `activate` and `multiplyBySlope` choose among them.

@unmanaged
export class Linear {
  value<T, V>(z: V): V {
    return z;
  }
  timesSlope<T, V>(d: V, y: V): V {
    return d;
  }
}

/** 1 / (1 + e^−z), and e^z where e^−z would overflow: the tutorial's formula, precise to the smallest number. f′ = y (1 − y). */
@unmanaged
export class Sigmoid {
  value<T, V>(z: V): V {
    if (!isNormalRange<T, V>(z)) return farSigmoids<T, V>(z);
    const one = splat<T, V>(1 as T);
    return div<T, V>(one, add<T, V>(one, normalExponential<T, V>(sub<T, V>(splat<T, V>(0 as T), z))));
  }
  timesSlope<T, V>(d: V, y: V): V {
    return mul<T, V>(d, mul<T, V>(y, sub<T, V>(splat<T, V>(1 as T), y)));
  }
}

/** tanh z. f′ = 1 − y². */
@unmanaged
export class Tanh {
  value<T, V>(z: V): V {
    return hyperbolicTangent<T, V>(z);
  }
  timesSlope<T, V>(d: V, y: V): V {
    return mul<T, V>(d, sub<T, V>(splat<T, V>(1 as T), mul<T, V>(y, y)));
  }
}

/** max(z, 0). f′ is 1 above 0, else 0. */
@unmanaged
export class Relu {
  value<T, V>(z: V): V {
    return positivePart<T, V>(z);
  }
  timesSlope<T, V>(d: V, y: V): V {
    return whereAboveZero<T, V>(y, d);
  }
}

/** y = f(z) in place for `count` elements from `p` on. */
export function activate<T>(activation: Activation, p: usize, count: usize): void {
  switch (activation) {
    case Activation.Sigmoid: return values<Sigmoid, T>(p, count);
    case Activation.Tanh: return values<Tanh, T>(p, count);
    case Activation.Relu: return values<Relu, T>(p, count);
  }
}

/** d ← d ⊙ f′ for `count` elements, f′ from the values at `y`. */
export function multiplyBySlope<T>(activation: Activation, d: usize, y: usize, count: usize): void {
  switch (activation) {
    case Activation.Sigmoid: return slopes<Sigmoid, T>(d, y, count);
    case Activation.Tanh: return slopes<Tanh, T>(d, y, count);
    case Activation.Relu: return slopes<Relu, T>(d, y, count);
  }
}

/** y ← f′ for `count` elements, f′ from the values that stand at `y`. */
export function slopesOf<T>(activation: Activation, y: usize, count: usize): void {
  const end = y + count * sizeof<T>();
  for (; y < end; y += sizeof<T>()) store<T>(y, slopeOf<T>(activation, load<T>(y)));
}

function slopeOf<T>(activation: Activation, y: T): T {
  switch (activation) {
    case Activation.Sigmoid: return changetype<Sigmoid>(0).timesSlope<T, T>(1 as T, y);
    case Activation.Tanh: return changetype<Tanh>(0).timesSlope<T, T>(1 as T, y);
    case Activation.Relu: return changetype<Relu>(0).timesSlope<T, T>(1 as T, y);
    default: return changetype<Linear>(0).timesSlope<T, T>(1 as T, y);
  }
}

function values<A, T>(p: usize, count: usize): void {
  const f = changetype<A>(0);
  const end = p + count * sizeof<T>();
  if (ASC_FEATURE_SIMD) {
    const vectorEnd = p + vectorBytes<T>(count);
    for (; p < vectorEnd; p += sizeof<v128>()) store<v128>(p, f.value<T, v128>(load<v128>(p)));
  }
  for (; p < end; p += sizeof<T>()) store<T>(p, f.value<T, T>(load<T>(p)));
}

function slopes<A, T>(d: usize, y: usize, count: usize): void {
  const f = changetype<A>(0);
  const end = d + count * sizeof<T>();
  if (ASC_FEATURE_SIMD) {
    const vectorEnd = d + vectorBytes<T>(count);
    for (; d < vectorEnd; d += sizeof<v128>(), y += sizeof<v128>()) {
      store<v128>(d, f.timesSlope<T, v128>(load<v128>(d), load<v128>(y)));
    }
  }
  for (; d < end; d += sizeof<T>(), y += sizeof<T>()) store<T>(d, f.timesSlope<T, T>(load<T>(d), load<T>(y)));
}

/** The sigmoid lane by lane, where one of them is too far from 0 for vectors. */
function farSigmoids<T, V>(z: V): V {
  if (isVector<V>()) {
    let y = z;
    y = v128.replace_lane<T>(y, 0, farSigmoid<T>(v128.extract_lane<T>(z, 0)));
    y = v128.replace_lane<T>(y, 1, farSigmoid<T>(v128.extract_lane<T>(z, 1)));
    if (sizeof<T>() == 8) return y;
    y = v128.replace_lane<T>(y, 2, farSigmoid<T>(v128.extract_lane<T>(z, 2)));
    return v128.replace_lane<T>(y, 3, farSigmoid<T>(v128.extract_lane<T>(z, 3)));
  }
  return farSigmoid<V>(z);
}

function farSigmoid<T>(z: T): T {
  if (inverseOverflows<T>(z)) return exponential<T>(z);
  return ((1 as T) / ((1 as T) + exponential<T>(-z as T))) as T;
}

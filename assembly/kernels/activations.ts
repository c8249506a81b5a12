import { Activation } from "../../src/abi";
import { cut, ELEMENTS } from "../cuts";
import { errorFunction } from "./error-function";
import { exponential, exponentialMinusOne, inverseOverflows, isNormalRange, normalExponential } from "./exponential";
import { hyperbolicTangent } from "./hyperbolic-tangent";
import { abs, add, atMost, div, mul, positivePart, select, spanBytes, splat, sub, whereAboveZero } from "./lanes";
import { logOnePlus } from "./logarithm";

// An activation is a class without data: `value` gives y = f(z), and `timesSlope` d · f′ with the slope f′ expressed by y, or by z where
// `slopeNeedsSum`. `a` is its parameter, where it has one. The compiler makes one loop of each, since `changetype<A>(0).value` is known to it.

/** Klambauer et al.'s λ, and λ times their α. */
const SELU_SCALE: f64 = 1.0507009873554805;
const SELU_BELOW: f64 = 1.7580993408473766;

/** The sigmoid, in line: a call for each vector would cost the smallest networks a tenth of their time. */
class Logistic {
  @inline
  static at<T, V>(z: V): V {
    if (!isNormalRange<T, V>(z)) return far<Sigmoid, T, V>(z);
    const one = splat<T, V>(1 as T);
    return div<T, V>(one, add<T, V>(one, normalExponential<T, V>(sub<T, V>(splat<T, V>(0 as T), z))));
  }
}

/** 1 / (1 + e^−z), and e^z where e^−z would overflow: the tutorial's formula, precise to the smallest number. f′ = y (1 − y). */
@unmanaged
class Sigmoid {
  value<T, V>(z: V, a: T): V {
    return Logistic.at<T, V>(z);
  }
  far<T>(z: T): T {
    if (inverseOverflows<T>(z)) return exponential<T>(z);
    return ((1 as T) / ((1 as T) + exponential<T>(-z as T))) as T;
  }
  timesSlope<T, V>(d: V, y: V, a: T): V {
    return mul<T, V>(d, mul<T, V>(y, sub<T, V>(splat<T, V>(1 as T), y)));
  }
}

/** tanh z. f′ = 1 − y². */
@unmanaged
class Tanh {
  value<T, V>(z: V, a: T): V {
    return hyperbolicTangent<T, V>(z);
  }
  timesSlope<T, V>(d: V, y: V, a: T): V {
    return mul<T, V>(d, sub<T, V>(splat<T, V>(1 as T), mul<T, V>(y, y)));
  }
}

/** max(z, 0). f′ is 1 above 0, else 0. */
@unmanaged
class Relu {
  value<T, V>(z: V, a: T): V {
    return positivePart<T, V>(z);
  }
  timesSlope<T, V>(d: V, y: V, a: T): V {
    return whereAboveZero<T, V>(y, d);
  }
}

/** z from 0 on, a · z below. f′ is 1 or a. */
@unmanaged
class LeakyRelu {
  value<T, V>(z: V, a: T): V {
    return select<T, V>(z, splat<T, V>(0 as T), mul<T, V>(splat<T, V>(a), z), z);
  }
  timesSlope<T, V>(d: V, y: V, a: T): V {
    return select<T, V>(splat<T, V>(0 as T), y, d, mul<T, V>(splat<T, V>(a), d));
  }
}

/** z from 0 on, a · (e^z − 1) below. f′ is 1 or y + a. Clevert, Unterthiner, Hochreiter 2015. */
@unmanaged
class Elu {
  value<T, V>(z: V, a: T): V {
    return select<T, V>(z, splat<T, V>(0 as T), mul<T, V>(splat<T, V>(a), negativeExponentialMinusOne<T, V>(z)), z);
  }
  timesSlope<T, V>(d: V, y: V, a: T): V {
    return select<T, V>(splat<T, V>(0 as T), y, d, mul<T, V>(d, add<T, V>(y, splat<T, V>(a))));
  }
}

/** λ · elu with the constants that keep mean 0 and variance 1. f′ is λ or y + λ a. Klambauer, Unterthiner, Mayr, Hochreiter 2017. */
@unmanaged
class Selu {
  value<T, V>(z: V, a: T): V {
    const below = mul<T, V>(splat<T, V>(SELU_BELOW as T), negativeExponentialMinusOne<T, V>(z));
    return select<T, V>(z, splat<T, V>(0 as T), below, mul<T, V>(splat<T, V>(SELU_SCALE as T), z));
  }
  timesSlope<T, V>(d: V, y: V, a: T): V {
    const above = mul<T, V>(d, splat<T, V>(SELU_SCALE as T));
    return select<T, V>(splat<T, V>(0 as T), y, above, mul<T, V>(d, add<T, V>(y, splat<T, V>(SELU_BELOW as T))));
  }
}

/** z Φ(z) with the normal distribution Φ(z) = (1 + erf(z / √2)) / 2, exactly. f′ = Φ(z) + z φ(z), from z. Hendrycks, Gimpel 2016. */
@unmanaged
class Gelu {
  value<T, V>(z: V, a: T): V {
    return mul<T, V>(z, normalDistribution<T, V>(z));
  }
  timesSlope<T, V>(d: V, z: V, a: T): V {
    const half = mul<T, V>(mul<T, V>(splat<T, V>(0.5 as T), z), z);
    // φ is 0 long before the exponent leaves the range of normal numbers.
    const exponent = atMost<T, V>(half, splat<T, V>(sizeof<T>() == 8 ? (700 as T) : (80 as T)));
    const density = mul<T, V>(splat<T, V>(0.3989422804014327 as T), normalExponential<T, V>(sub<T, V>(splat<T, V>(0 as T), exponent)));
    return mul<T, V>(d, add<T, V>(normalDistribution<T, V>(z), mul<T, V>(z, density)));
  }
}

/** z σ(z), also called swish. f′ = σ + z σ (1 − σ), from z. */
@unmanaged
class Silu {
  value<T, V>(z: V, a: T): V {
    return mul<T, V>(z, logistic<T, V>(z));
  }
  timesSlope<T, V>(d: V, z: V, a: T): V {
    const s = logistic<T, V>(z);
    const rest = mul<T, V>(z, sub<T, V>(splat<T, V>(1 as T), s));
    return mul<T, V>(d, mul<T, V>(s, add<T, V>(splat<T, V>(1 as T), rest)));
  }
}

/** log(1 + e^z) = max(z, 0) + log(1 + e^−|z|). f′ = σ(z), from z. */
@unmanaged
class Softplus {
  value<T, V>(z: V, a: T): V {
    if (!isNormalRange<T, V>(z)) return far<Softplus, T, V>(z);
    const e = normalExponential<T, V>(sub<T, V>(splat<T, V>(0 as T), abs<T, V>(z)));
    return add<T, V>(positivePart<T, V>(z), logOnePlus<T, V>(e));
  }
  far<T>(z: T): T {
    return (positivePart<T, T>(z) + logOnePlus<T, T>(exponential<T>(-abs<T, T>(z) as T))) as T;
  }
  timesSlope<T, V>(d: V, z: V, a: T): V {
    return mul<T, V>(d, logistic<T, V>(z));
  }
}

/** z / (1 + |z|). f′ = (1 − |y|)². */
@unmanaged
class Softsign {
  value<T, V>(z: V, a: T): V {
    return div<T, V>(z, add<T, V>(splat<T, V>(1 as T), abs<T, V>(z)));
  }
  timesSlope<T, V>(d: V, y: V, a: T): V {
    const rest = sub<T, V>(splat<T, V>(1 as T), abs<T, V>(y));
    return mul<T, V>(d, mul<T, V>(rest, rest));
  }
}

/** Whether the slope is computed from the sum z, which then must be kept beside the value, and not from the value y. */
export function slopeNeedsSum(activation: Activation): bool {
  return activation == Activation.Gelu || activation == Activation.Silu || activation == Activation.Softplus;
}

/** y = f(z) for `count` elements; `y` may be `z`. Softmax is a function of a row and left to softmax.ts. */
export function activate<T>(activation: Activation, a: T, z: usize, y: usize, count: usize): void {
  if (CUTS) {
    for (; count > ELEMENTS; count -= ELEMENTS, z += ELEMENTS * sizeof<T>(), y += ELEMENTS * sizeof<T>()) {
      activateSome<T>(activation, a, z, y, ELEMENTS);
      cut(ELEMENTS << 2);
    }
  }
  activateSome<T>(activation, a, z, y, count);
}

function activateSome<T>(activation: Activation, a: T, z: usize, y: usize, count: usize): void {
  switch (activation) {
    case Activation.Sigmoid: return values<Sigmoid, T>(a, z, y, count);
    case Activation.Tanh: return values<Tanh, T>(a, z, y, count);
    case Activation.Relu: return values<Relu, T>(a, z, y, count);
    case Activation.LeakyRelu: return values<LeakyRelu, T>(a, z, y, count);
    case Activation.Elu: return values<Elu, T>(a, z, y, count);
    case Activation.Selu: return values<Selu, T>(a, z, y, count);
    case Activation.Gelu: return values<Gelu, T>(a, z, y, count);
    case Activation.Silu: return values<Silu, T>(a, z, y, count);
    case Activation.Softplus: return values<Softplus, T>(a, z, y, count);
    case Activation.Softsign: return values<Softsign, T>(a, z, y, count);
    default: if (y != z) memory.copy(y, z, count * sizeof<T>());
  }
}

/** d ← d ⊙ f′ for `count` elements; `s` holds the values, or the sums where `slopeNeedsSum`. */
export function multiplyBySlope<T>(activation: Activation, a: T, d: usize, s: usize, count: usize): void {
  if (CUTS) {
    for (; count > ELEMENTS; count -= ELEMENTS, d += ELEMENTS * sizeof<T>(), s += ELEMENTS * sizeof<T>()) {
      multiplySome<T>(activation, a, d, s, ELEMENTS);
      cut(ELEMENTS << 2);
    }
  }
  multiplySome<T>(activation, a, d, s, count);
}

function multiplySome<T>(activation: Activation, a: T, d: usize, s: usize, count: usize): void {
  switch (activation) {
    case Activation.Sigmoid: return slopes<Sigmoid, T>(a, d, s, count);
    case Activation.Tanh: return slopes<Tanh, T>(a, d, s, count);
    case Activation.Relu: return slopes<Relu, T>(a, d, s, count);
    case Activation.LeakyRelu: return slopes<LeakyRelu, T>(a, d, s, count);
    case Activation.Elu: return slopes<Elu, T>(a, d, s, count);
    case Activation.Selu: return slopes<Selu, T>(a, d, s, count);
    case Activation.Gelu: return slopes<Gelu, T>(a, d, s, count);
    case Activation.Silu: return slopes<Silu, T>(a, d, s, count);
    case Activation.Softplus: return slopes<Softplus, T>(a, d, s, count);
    case Activation.Softsign: return slopes<Softsign, T>(a, d, s, count);
  }
}

function values<A, T>(a: T, z: usize, y: usize, count: usize): void {
  if (ASC_FEATURE_SIMD) valuesBy<A, T, v128>(a, z, y, count);
  else valuesBy<A, T, T>(a, z, y, count);
}

function slopes<A, T>(a: T, d: usize, s: usize, count: usize): void {
  if (ASC_FEATURE_SIMD) slopesBy<A, T, v128>(a, d, s, count);
  else slopesBy<A, T, T>(a, d, s, count);
}

function valuesBy<A, T, V>(a: T, z: usize, y: usize, count: usize): void {
  const f = changetype<A>(0);
  const end = z + spanBytes<T, V>(count);
  for (; z < end; z += sizeof<V>(), y += sizeof<V>()) store<V>(y, f.value<T, V>(load<V>(z), a));
}

function slopesBy<A, T, V>(a: T, d: usize, s: usize, count: usize): void {
  const f = changetype<A>(0);
  const end = d + spanBytes<T, V>(count);
  for (; d < end; d += sizeof<V>(), s += sizeof<V>()) store<V>(d, f.timesSlope<T, V>(load<V>(d), load<V>(s), a));
}

/** s ← f′ for `count` elements that no padding follows; `s` holds values or sums as in `multiplyBySlope`. */
export function slopesOf<T>(activation: Activation, a: T, s: usize, count: usize, scratch: usize): void {
  for (const end = s + count * sizeof<T>(); s < end; s += sizeof<T>()) {
    store<T>(scratch, 1 as T);
    store<T>(scratch + 16, load<T>(s));
    multiplyBySlope<T>(activation, a, scratch, scratch + 16, 1);
    store<T>(s, load<T>(scratch));
  }
}

function logistic<T, V>(z: V): V {
  return Logistic.at<T, V>(z);
}

/** A size from which on e^−size − 1 rounds to −1. */
function roundsToOne<T>(): T {
  return sizeof<T>() == 8 ? (40.0 as T) : (20.0 as T);
}

/** e^z − 1 for z ≤ 0, as −m / (1 + m) with m = e^−z − 1: no digits are lost near 0. */
function negativeExponentialMinusOne<T, V>(z: V): V {
  const size = atMost<T, V>(abs<T, V>(z), splat<T, V>(roundsToOne<T>()));
  const m = exponentialMinusOne<T, V>(size);
  return sub<T, V>(splat<T, V>(0 as T), div<T, V>(m, add<T, V>(splat<T, V>(1 as T), m)));
}

/** Φ(z) = (1 + erf(z / √2)) / 2. */
function normalDistribution<T, V>(z: V): V {
  const e = errorFunction<T, V>(mul<T, V>(splat<T, V>(0.7071067811865476 as T), z));
  return mul<T, V>(splat<T, V>(0.5 as T), add<T, V>(splat<T, V>(1 as T), e));
}


/** An activation lane by lane, where one of them is too far from 0 for vectors. */
function far<A, T, V>(z: V): V {
  if (isVector<V>()) {
    let y = z;
    y = v128.replace_lane<T>(y, 0, changetype<A>(0).far<T>(v128.extract_lane<T>(z, 0)));
    y = v128.replace_lane<T>(y, 1, changetype<A>(0).far<T>(v128.extract_lane<T>(z, 1)));
    if (sizeof<T>() == 8) return y;
    y = v128.replace_lane<T>(y, 2, changetype<A>(0).far<T>(v128.extract_lane<T>(z, 2)));
    return v128.replace_lane<T>(y, 3, changetype<A>(0).far<T>(v128.extract_lane<T>(z, 3)));
  }
  return changetype<A>(0).far<V>(z);
}

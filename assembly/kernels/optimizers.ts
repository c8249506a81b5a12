import { Optimizer } from "../../src/abi";
import { add, div, greater, mul, sign, spanBytes, squareRoot, sub } from "./lanes";

// An optimizer is a class without data: `step` answers the new weight for weight w and gradient g, and reads and writes its moments, which stand
// `stride` bytes apart at `m`. The numbers it needs are the same for every parameter: they were computed once for the step and stand in a
// table, each as often as a vector has lanes. Formulas are PyTorch's; docs/guide/optimizers.md names them.

/** Places in the table. */
export const RATE: usize = 0;
export const BETA1: usize = 16;
export const BETA1_REST: usize = 32; // 1 − beta1
export const BETA2: usize = 48;
export const BETA2_REST: usize = 64; // 1 − beta2
export const EPSILON: usize = 80;
export const KEEP: usize = 96; // what decoupled weight decay leaves of a weight
export const MOMENT_FACTOR: usize = 112; // of the first moment in the step, corrected for its bias
export const GRADIENT_FACTOR: usize = 128; // of the gradient in nadam's step
export const ROOT_FACTOR: usize = 144; // of the second moment's root, corrected for its bias

/** Bytes of the table. */
export const RATES_BYTES: u32 = 160;

/** w − rate · g */
@unmanaged
class Descent {
  step<T, V>(w: V, g: V, m: usize, stride: usize, rates: usize): V {
    return sub<T, V>(w, mul<T, V>(load<V>(rates, RATE), g));
  }
}

/** m ← β₁ m + g; w − rate · m */
@unmanaged
class Momentum {
  step<T, V>(w: V, g: V, m: usize, stride: usize, rates: usize): V {
    const moment = add<T, V>(mul<T, V>(load<V>(rates, BETA1), load<V>(m)), g);
    store<V>(m, moment);
    return sub<T, V>(w, mul<T, V>(load<V>(rates, RATE), moment));
  }
}

/** m ← β₁ m + g; w − rate · (g + β₁ m) */
@unmanaged
class Nesterov {
  step<T, V>(w: V, g: V, m: usize, stride: usize, rates: usize): V {
    const beta = load<V>(rates, BETA1);
    const moment = add<T, V>(mul<T, V>(beta, load<V>(m)), g);
    store<V>(m, moment);
    return sub<T, V>(w, mul<T, V>(load<V>(rates, RATE), add<T, V>(g, mul<T, V>(beta, moment))));
  }
}

/** s ← β₂ s + (1 − β₂) g²; w − rate · g / (√s + ε) */
@unmanaged
class RmsProp {
  step<T, V>(w: V, g: V, m: usize, stride: usize, rates: usize): V {
    const s = decayed<T, V>(m, BETA2, mul<T, V>(g, g), rates);
    return sub<T, V>(w, div<T, V>(mul<T, V>(load<V>(rates, RATE), g), add<T, V>(squareRoot<T, V>(s), load<V>(rates, EPSILON))));
  }
}

/** s ← s + g²; w − rate · g / (√s + ε) */
@unmanaged
class AdaGrad {
  step<T, V>(w: V, g: V, m: usize, stride: usize, rates: usize): V {
    const s = add<T, V>(load<V>(m), mul<T, V>(g, g));
    store<V>(m, s);
    return sub<T, V>(w, div<T, V>(mul<T, V>(load<V>(rates, RATE), g), add<T, V>(squareRoot<T, V>(s), load<V>(rates, EPSILON))));
  }
}

/** m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w · keep − rate · m̂ / (√v̂ + ε). AdamW is the same with a decay that keeps less than all. */
@unmanaged
class Adam {
  step<T, V>(w: V, g: V, m: usize, stride: usize, rates: usize): V {
    const moment = decayed<T, V>(m, BETA1, g, rates);
    const v = decayed<T, V>(m + stride, BETA2, mul<T, V>(g, g), rates);
    return moved<T, V>(w, mul<T, V>(load<V>(rates, MOMENT_FACTOR), moment), v, rates);
  }
}

/** Adam with the largest v so far in place of v. */
@unmanaged
class AmsGrad {
  step<T, V>(w: V, g: V, m: usize, stride: usize, rates: usize): V {
    const moment = decayed<T, V>(m, BETA1, g, rates);
    const v = decayed<T, V>(m + stride, BETA2, mul<T, V>(g, g), rates);
    const largest = greater<T, V>(load<V>(m + 2 * stride), v);
    store<V>(m + 2 * stride, largest);
    return moved<T, V>(w, mul<T, V>(load<V>(rates, MOMENT_FACTOR), moment), largest, rates);
  }
}

/** Adam with Nesterov's look ahead: the step's direction is a mean of gradient and moment. */
@unmanaged
class Nadam {
  step<T, V>(w: V, g: V, m: usize, stride: usize, rates: usize): V {
    const moment = decayed<T, V>(m, BETA1, g, rates);
    const v = decayed<T, V>(m + stride, BETA2, mul<T, V>(g, g), rates);
    const direction = add<T, V>(mul<T, V>(load<V>(rates, GRADIENT_FACTOR), g), mul<T, V>(load<V>(rates, MOMENT_FACTOR), moment));
    return moved<T, V>(w, direction, v, rates);
  }
}

/** u = sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g; w · keep − rate · u */
@unmanaged
class Lion {
  step<T, V>(w: V, g: V, m: usize, stride: usize, rates: usize): V {
    const before = load<V>(m);
    const u = sign<T, V>(add<T, V>(mul<T, V>(load<V>(rates, BETA1), before), mul<T, V>(load<V>(rates, BETA1_REST), g)));
    decayed<T, V>(m, BETA2, g, rates);
    return sub<T, V>(mul<T, V>(w, load<V>(rates, KEEP)), mul<T, V>(load<V>(rates, RATE), u));
  }
}

/** The moment at `p` becomes β · moment + (1 − β) · x; `beta` is the place of β, behind which 1 − β stands. */
function decayed<T, V>(p: usize, beta: usize, x: V, rates: usize): V {
  const moment = add<T, V>(mul<T, V>(load<V>(rates + beta), load<V>(p)), mul<T, V>(load<V>(rates + beta + 16), x));
  store<V>(p, moment);
  return moment;
}

/** w · keep − direction / (√v · rootFactor + ε) */
function moved<T, V>(w: V, direction: V, v: V, rates: usize): V {
  const root = add<T, V>(mul<T, V>(squareRoot<T, V>(v), load<V>(rates, ROOT_FACTOR)), load<V>(rates, EPSILON));
  return sub<T, V>(mul<T, V>(w, load<V>(rates, KEEP)), div<T, V>(direction, root));
}

/** Parameters' worth of moments that an optimizer keeps. */
export function momentsOf(optimizer: Optimizer): u32 {
  switch (optimizer) {
    case Optimizer.Sgd: return 0;
    case Optimizer.Adam:
    case Optimizer.Nadam: return 2;
    case Optimizer.AmsGrad: return 3;
    default: return 1;
  }
}

/** One step for `count` parameters at `w`, their gradient at `g`, their moments at `m`; what follows them up to a whole vector is lost. */
export function updateParameters(
  element: u32, optimizer: Optimizer, w: usize, g: usize, m: usize, stride: usize, rates: usize, count: usize
): void {
  if (element == 8) updateAs<f64>(optimizer, w, g, m, stride, rates, count);
  else updateAs<f32>(optimizer, w, g, m, stride, rates, count);
}

function updateAs<T>(optimizer: Optimizer, w: usize, g: usize, m: usize, stride: usize, rates: usize, count: usize): void {
  switch (optimizer) {
    case Optimizer.Sgd: return update<Descent, T>(w, g, m, stride, rates, count);
    case Optimizer.Momentum: return update<Momentum, T>(w, g, m, stride, rates, count);
    case Optimizer.Nesterov: return update<Nesterov, T>(w, g, m, stride, rates, count);
    case Optimizer.RmsProp: return update<RmsProp, T>(w, g, m, stride, rates, count);
    case Optimizer.AdaGrad: return update<AdaGrad, T>(w, g, m, stride, rates, count);
    case Optimizer.Adam: return update<Adam, T>(w, g, m, stride, rates, count);
    case Optimizer.AmsGrad: return update<AmsGrad, T>(w, g, m, stride, rates, count);
    case Optimizer.Nadam: return update<Nadam, T>(w, g, m, stride, rates, count);
    case Optimizer.Lion: return update<Lion, T>(w, g, m, stride, rates, count);
  }
}

function update<O, T>(w: usize, g: usize, m: usize, stride: usize, rates: usize, count: usize): void {
  if (ASC_FEATURE_SIMD) updateBy<O, T, v128>(w, g, m, stride, rates, count);
  else updateBy<O, T, T>(w, g, m, stride, rates, count);
}

function updateBy<O, T, V>(w: usize, g: usize, m: usize, stride: usize, rates: usize, count: usize): void {
  const o = changetype<O>(0);
  const end = w + spanBytes<T, V>(count);
  for (; w < end; w += sizeof<V>(), g += sizeof<V>(), m += sizeof<V>()) {
    store<V>(w, o.step<T, V>(load<V>(w), load<V>(g), m, stride, rates));
  }
}

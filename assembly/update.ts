import { mul, parameterVectorBytes, splat, sub } from "./kernels/lanes";
import { largestMagnitude } from "./kernels/magnitude";
import { Network } from "./layout";

/** Whether the gradient is finite and one step along it cannot carry a parameter beyond the range of `T`. */
export function isStepFinite<T>(network: Network): bool {
  const largest = largestMagnitude<T>(network.at(network.gradient), network.parameterCount);
  const step = (largest * (network.learningRate as T)) as T;
  const bound: T = sizeof<T>() == 8 ? ((f64.MAX_VALUE / 4) as T) : ((f32.MAX_VALUE / 4) as T);
  if (!(largest < (Infinity as T) && step < bound)) return false;
  // A step below a quarter of a unit in the last place of the largest number cannot carry even that beyond it.
  const harmless: T = sizeof<T>() == 8 ? ((f64.MAX_VALUE * f64.EPSILON * 0.125) as T) : ((f32.MAX_VALUE * f32.EPSILON * 0.125) as T);
  return step < harmless || largestMagnitude<T>(network.at(network.parameters), network.parameterCount) < bound;
}

/** Gradient descent: w ← w − learningRate · dw for all parameters. */
export function descend<T>(network: Network): void {
  let w = network.at(network.parameters);
  let g = network.at(network.gradient);
  const rate = network.learningRate as T;
  const count: usize = network.parameterCount;
  const end = w + count * sizeof<T>();
  if (ASC_FEATURE_SIMD) {
    const vectorEnd = w + parameterVectorBytes<T>(count);
    for (; w < vectorEnd; w += sizeof<v128>(), g += sizeof<v128>()) descendOne<T, v128>(w, g, rate);
  }
  for (; w < end; w += sizeof<T>(), g += sizeof<T>()) descendOne<T, T>(w, g, rate);
}

function descendOne<T, V>(w: usize, g: usize, rate: T): void {
  store<V>(w, sub<T, V>(load<V>(w), mul<T, V>(splat<T, V>(rate), load<V>(g))));
}

import { add, mul } from "./lanes";

// Coefficients of least maximal error (Remez, 45 digits) stand in tables, each as often as a vector has lanes, since one load costs V8 a third of a
// v128.const.

/** Σ cᵢ xⁱ for i < `count`, c₀ first in `table`. Even and odd terms are two chains that do not wait for each other. `count` ≥ 3. */
export function polynomial<T, V>(table: usize, count: usize, x: V): V {
  const x2 = mul<T, V>(x, x);
  let at = table + (count - 1) * sizeof<v128>();
  let p = load<V>(at);
  let q = load<V>(at - sizeof<v128>());
  for (at -= 2 * sizeof<v128>(); at > table; at -= 2 * sizeof<v128>()) {
    p = add<T, V>(mul<T, V>(p, x2), load<V>(at));
    q = add<T, V>(mul<T, V>(q, x2), load<V>(at - sizeof<v128>()));
  }
  // p ends at an even or an odd power, as `count` is odd or even.
  if (at == table) return add<T, V>(add<T, V>(mul<T, V>(p, x2), load<V>(at)), mul<T, V>(q, x));
  return add<T, V>(mul<T, V>(p, x), q);
}

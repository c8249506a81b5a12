import { add, mul, splat, splatFrom } from "./lanes";

// The product with an A of one row, which holds a number of B for one use only: it is as fast as B comes from memory. See product.ts for the parameters.

/**
 * The product for an A of one row, a depth that 4 divides and `bytes` of columns that two vectors divide: four terms at a time, so that B is read once
 * and in the order in which it lies. `start` is 0 or a row.
 */
export function oneRow<T>(a: usize, aDepth: usize, b: usize, bDepth: usize, c: usize, start: usize, depth: usize, bytes: usize): void {
  const stop = b + depth * bDepth;
  const end = c + bytes;
  const zero = splat<T, v128>(0 as T);
  for (; b != stop; start = c) {
    const x0 = splatFrom<T>(a);
    a += aDepth;
    const x1 = splatFrom<T>(a);
    a += aDepth;
    const x2 = splatFrom<T>(a);
    a += aDepth;
    const x3 = splatFrom<T>(a);
    a += aDepth;
    let b0 = b;
    let b1 = b0 + bDepth;
    let b2 = b1 + bDepth;
    let b3 = b2 + bDepth;
    b = b3 + bDepth;
    let from = start;
    for (let to = c; to != end; to += 2 * sizeof<v128>()) {
      let s0 = zero, s1 = zero;
      if (start) s0 = load<v128>(from), s1 = load<v128>(from, sizeof<v128>());
      s0 = add<T, v128>(s0, mul<T, v128>(x0, load<v128>(b0))), s1 = add<T, v128>(s1, mul<T, v128>(x0, load<v128>(b0, sizeof<v128>())));
      s0 = add<T, v128>(s0, mul<T, v128>(x1, load<v128>(b1))), s1 = add<T, v128>(s1, mul<T, v128>(x1, load<v128>(b1, sizeof<v128>())));
      s0 = add<T, v128>(s0, mul<T, v128>(x2, load<v128>(b2))), s1 = add<T, v128>(s1, mul<T, v128>(x2, load<v128>(b2, sizeof<v128>())));
      s0 = add<T, v128>(s0, mul<T, v128>(x3, load<v128>(b3))), s1 = add<T, v128>(s1, mul<T, v128>(x3, load<v128>(b3, sizeof<v128>())));
      store<v128>(to, s0), store<v128>(to, s1, sizeof<v128>());
      from += 2 * sizeof<v128>();
      b0 += 2 * sizeof<v128>();
      b1 += 2 * sizeof<v128>();
      b2 += 2 * sizeof<v128>();
      b3 += 2 * sizeof<v128>();
    }
  }
}

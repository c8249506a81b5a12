import { cut } from "../cuts";
import { read } from "./elements";

// Sums over very many numbers are f64, in four interleaved partial sums: element i goes into sum i mod 4. That is fast, since an addition need not
// wait for the one before, and the same however the work is split, as long as the pieces start at multiples of 4 or are blocks of a fixed size.

@unmanaged
class Squares {
  term(x: f64, y: f64): f64 {
    const difference = x - y;
    return difference * difference;
  }
}

@unmanaged
class Products {
  term(x: f64, y: f64): f64 {
    return x * y;
  }
}

@unmanaged
class Magnitudes {
  term(x: f64, y: f64): f64 {
    return Math.abs(x);
  }
}

@unmanaged
class Values {
  term(x: f64, y: f64): f64 {
    return x;
  }
}

/** Σ of `count` elements of `element` bytes each. */
export function sumOf(p: usize, count: usize, element: usize): f64 {
  return interleaved<Values>(p, 0, 0, count, element);
}

/** Σ |x| of `count` elements. */
export function sumOfMagnitudes(p: usize, count: usize, element: usize): f64 {
  return interleaved<Magnitudes>(p, 0, 0, count, element);
}

/** Σ (x − c)² of `count` elements. */
export function sumOfSquares(p: usize, c: f64, count: usize, element: usize): f64 {
  return interleaved<Squares>(p, 0, c, count, element);
}

/** Σ x y of `count` elements. */
export function dot(x: usize, y: usize, count: usize, element: usize): f64 {
  return interleaved<Products>(x, y, 0, count, element);
}

/** Elements that are summed at once where there are very many; block sums are added in ascending order. */
const BLOCK: usize = 4096;

/** Σ x y over all parameters, say. */
export function dotOfBlocks(x: usize, y: usize, count: usize, element: usize): f64 {
  let sum: f64 = 0;
  for (; count > BLOCK; count -= BLOCK, x += BLOCK * element, y += BLOCK * element) {
    sum += dot(x, y, BLOCK, element);
    cut(BLOCK);
  }
  return sum + dot(x, y, count, element);
}

/** Σ |x|, likewise. */
export function magnitudeOfBlocks(x: usize, count: usize, element: usize): f64 {
  let sum: f64 = 0;
  for (; count > BLOCK; count -= BLOCK, x += BLOCK * element) {
    sum += sumOfMagnitudes(x, BLOCK, element);
    cut(BLOCK);
  }
  return sum + sumOfMagnitudes(x, count, element);
}

/** Σ term(x, y), with y from the elements at `y`, or the number `c` where `y` is 0. */
function interleaved<F>(x: usize, y: usize, c: f64, count: usize, element: usize): f64 {
  const f = changetype<F>(0);
  let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0;
  const padded = (count + 3) & ~3;
  // The sums change places with each element, so that s0 is always the one whose turn it is; at the end each is back in its own.
  for (let i: usize = 0; i < padded; i++, x += element) {
    const sum = i < count ? s0 + f.term(read(x, element), y ? read(y + i * element, element) : c) : s0;
    s0 = s1;
    s1 = s2;
    s2 = s3;
    s3 = sum;
    cut(1);
  }
  return s0 + s1 + (s2 + s3);
}

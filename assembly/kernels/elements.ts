// Elements whose type is known at run time only: for what is done once, or seldom, the code is there once for both precisions. Arithmetic is f64;
// `rounded` brings a sum or product of two f32 to what f32 arithmetic would have made of it.

/** The element at `p`, of `element` bytes. */
export function read(p: usize, element: usize): f64 {
  return element == 8 ? load<f64>(p) : (load<f32>(p) as f64);
}

/** Rounds x to an element of `element` bytes at `p`. */
export function write(p: usize, x: f64, element: usize): void {
  if (element == 8) store<f64>(p, x);
  else store<f32>(p, x as f32);
}

/** x as an element of `element` bytes would hold it. */
export function rounded(x: f64, element: usize): f64 {
  return element == 8 ? x : ((x as f32) as f64);
}

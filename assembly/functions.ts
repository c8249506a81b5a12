// A module of its own for the tests, which compile it with the core's options (scripts/build.mjs): e^x, log x and erf x alone, which the core has within activations and
// losses only. No part of the package.

import { read, write } from "./kernels/elements";
import { errorFunction } from "./kernels/error-function";
import { exponentials } from "./kernels/exponential";
import { spanBytes } from "./kernels/lanes";
import { logarithm } from "./kernels/logarithm";

/** The first address that is free. */
export function heapBase(): usize {
  return (__heap_base + 63) & ~63;
}

/** Applies e^x (`fn` 0), log x (1) or erf x (2) in place to `count` numbers of `elementBytes` bytes each at `p`, as the core's `apply` does activations. */
export function apply(fn: u32, elementBytes: u32, p: usize, count: usize): void {
  if (elementBytes == 8) applyTo<f64>(fn, p, count);
  else applyTo<f32>(fn, p, count);
}

function applyTo<T>(fn: u32, p: usize, count: usize): void {
  if (fn == 0) return exponentials<T>(p, count);
  if (fn == 1) return logarithms(p, count, sizeof<T>());
  if (ASC_FEATURE_SIMD) errorFunctions<T, v128>(p, count);
  else errorFunctions<T, T>(p, count);
}

function logarithms(p: usize, count: usize, element: usize): void {
  for (const end = p + count * element; p < end; p += element) write(p, logarithm(read(p, element)), element);
}

function errorFunctions<T, V>(p: usize, count: usize): void {
  for (const end = p + spanBytes<T, V>(count); p < end; p += sizeof<V>()) store<V>(p, errorFunction<T, V>(load<V>(p)));
}

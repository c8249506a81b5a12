import { cut, ELEMENTS } from "../cuts";
import { vectorBytes } from "./lanes";

// Without its sign bit, a larger floating-point number is a larger integer, infinity is above all finite numbers and NaN above infinity. So the
// largest magnitude is a maximum of integers: one instruction, the same in any order, and nothing that is not finite can hide.

/** The largest |x| of `count` elements of `element` bytes from `p` on, or something not finite if one of them is not; for f64 rounded down to 20 bits. */
export function largestMagnitude(p: usize, count: usize, element: usize): f64 {
  if (!CUTS) return largestOfSome(p, count, element);
  let most: f64 = 0;
  for (; count > ELEMENTS; count -= ELEMENTS, p += ELEMENTS * element) {
    const largest = largestOfSome(p, ELEMENTS, element);
    if (!(largest < Infinity)) return largest;
    most = max<f64>(most, largest);
    cut(ELEMENTS >> 1);
  }
  // A maximum with NaN is NaN.
  return max<f64>(most, largestOfSome(p, count, element));
}

function largestOfSome(p: usize, count: usize, element: usize): f64 {
  if (element == 8) return largestAs<f64>(p, count);
  return largestAs<f32>(p, count) as f64;
}

function largestAs<T>(p: usize, count: usize): T {
  const end = p + count * sizeof<T>();
  let largest: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const vectorEnd = p + vectorBytes<T>(count);
    // f64: the upper halves hold sign, exponent and 20 bits of the fraction, which suffices here, and 64-bit maxima do not exist.
    const mask = sizeof<T>() == 8 ? v128.splat<u64>(0x7fffffff00000000) : v128.splat<u32>(0x7fffffff);
    let most = v128.splat<u32>(0);
    for (; p < vectorEnd; p += sizeof<v128>()) most = v128.max<u32>(most, v128.and(load<v128>(p), mask));
    largest = max(
      max(v128.extract_lane<u32>(most, 0), v128.extract_lane<u32>(most, 1)),
      max(v128.extract_lane<u32>(most, 2), v128.extract_lane<u32>(most, 3))
    );
  }
  // Little-endian: the upper half of an f64 is its last four bytes.
  for (; p < end; p += sizeof<T>()) largest = max(largest, load<u32>(p, sizeof<T>() - 4) & 0x7fffffff);
  if (sizeof<T>() == 8) return reinterpret<f64>((largest as u64) << 32) as T;
  return reinterpret<f32>(largest) as T;
}

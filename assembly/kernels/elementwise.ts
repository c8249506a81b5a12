import { cut, ELEMENTS } from "../cuts";
import { add, atMost, greater, mul, spanBytes, splat, sub } from "./lanes";

/** y ← y + x for `count` elements. */
export function addInto<T>(y: usize, x: usize, count: usize): void {
  if (CUTS) {
    for (; count > ELEMENTS; count -= ELEMENTS, y += ELEMENTS * sizeof<T>(), x += ELEMENTS * sizeof<T>()) {
      addSome<T>(y, x, ELEMENTS);
      cut(ELEMENTS >> 1);
    }
  }
  addSome<T>(y, x, count);
}

function addSome<T>(y: usize, x: usize, count: usize): void {
  if (ASC_FEATURE_SIMD) addBy<T, v128>(y, x, count);
  else addBy<T, T>(y, x, count);
}

function addBy<T, V>(y: usize, x: usize, count: usize): void {
  const end = y + spanBytes<T, V>(count);
  for (; y < end; y += sizeof<V>(), x += sizeof<V>()) store<V>(y, add<T, V>(load<V>(y), load<V>(x)));
}

/** to ← y + factor · x for `count` elements of `element` bytes. */
export function addScaled(to: usize, y: usize, x: usize, factor: f64, count: usize, element: usize): void {
  if (CUTS) {
    for (; count > ELEMENTS; count -= ELEMENTS, to += ELEMENTS * element, y += ELEMENTS * element, x += ELEMENTS * element) {
      addSomeScaled(to, y, x, factor, ELEMENTS, element);
      cut(ELEMENTS >> 1);
    }
  }
  addSomeScaled(to, y, x, factor, count, element);
}

function addSomeScaled(to: usize, y: usize, x: usize, factor: f64, count: usize, element: usize): void {
  if (element == 8) addScaledAs<f64>(to, y, x, factor, count);
  else addScaledAs<f32>(to, y, x, factor as f32, count);
}

function addScaledAs<T>(to: usize, y: usize, x: usize, factor: T, count: usize): void {
  if (ASC_FEATURE_SIMD) addScaledBy<T, v128>(to, y, x, factor, count);
  else addScaledBy<T, T>(to, y, x, factor, count);
}

function addScaledBy<T, V>(to: usize, y: usize, x: usize, factor: T, count: usize): void {
  const end = to + spanBytes<T, V>(count);
  for (; to < end; to += sizeof<V>(), y += sizeof<V>(), x += sizeof<V>()) {
    store<V>(to, add<T, V>(load<V>(y), mul<T, V>(splat<T, V>(factor), load<V>(x))));
  }
}

/** y ← y · factor for `count` elements. */
export function scale(y: usize, factor: f64, count: usize, element: usize): void {
  if (CUTS) {
    for (; count > ELEMENTS; count -= ELEMENTS, y += ELEMENTS * element) {
      scaleSome(y, factor, ELEMENTS, element);
      cut(ELEMENTS >> 1);
    }
  }
  scaleSome(y, factor, count, element);
}

function scaleSome(y: usize, factor: f64, count: usize, element: usize): void {
  if (element == 8) scaleAs<f64>(y, factor, count);
  else scaleAs<f32>(y, factor as f32, count);
}

function scaleAs<T>(y: usize, factor: T, count: usize): void {
  if (ASC_FEATURE_SIMD) scaleBy<T, v128>(y, factor, count);
  else scaleBy<T, T>(y, factor, count);
}

function scaleBy<T, V>(y: usize, factor: T, count: usize): void {
  const end = y + spanBytes<T, V>(count);
  for (; y < end; y += sizeof<V>()) store<V>(y, mul<T, V>(load<V>(y), splat<T, V>(factor)));
}

/** y ← y clipped to ± limit for `count` elements. */
export function clip(y: usize, limit: f64, count: usize, element: usize): void {
  if (CUTS) {
    for (; count > ELEMENTS; count -= ELEMENTS, y += ELEMENTS * element) {
      clipSome(y, limit, ELEMENTS, element);
      cut(ELEMENTS >> 1);
    }
  }
  clipSome(y, limit, count, element);
}

function clipSome(y: usize, limit: f64, count: usize, element: usize): void {
  if (element == 8) clipAs<f64>(y, limit, count);
  else clipAs<f32>(y, limit as f32, count);
}

function clipAs<T>(y: usize, limit: T, count: usize): void {
  if (ASC_FEATURE_SIMD) clipBy<T, v128>(y, limit, count);
  else clipBy<T, T>(y, limit, count);
}

function clipBy<T, V>(y: usize, limit: T, count: usize): void {
  const most = splat<T, V>(limit);
  const least = sub<T, V>(splat<T, V>(0 as T), most);
  const end = y + spanBytes<T, V>(count);
  for (; y < end; y += sizeof<V>()) store<V>(y, greater<T, V>(least, atMost<T, V>(load<V>(y), most)));
}

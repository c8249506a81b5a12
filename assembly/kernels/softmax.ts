import { cut } from "../cuts";
import { read } from "./elements";
import { exponentials } from "./exponential";
import { dot, sumOf } from "./sums";

/** y = e^(z − max z) / Σ e^(z − max z) of each row. `z`, `y` (rows, units); `y` may be `z`. */
export function softmax<T>(z: usize, y: usize, rows: usize, units: usize): void {
  const bytes = units * sizeof<T>();
  for (; rows > 0; rows--, z += bytes, y += bytes) {
    const largest = load<T>(z + indexOfLargest(z, units, sizeof<T>()) * sizeof<T>());
    for (let i: usize = 0; i < bytes; i += sizeof<T>()) store<T>(y + i, (load<T>(z + i) - largest) as T);
    exponentials<T>(y, units);
    const sum = sumOf(y, units, sizeof<T>()) as T;
    for (let i: usize = 0; i < bytes; i += sizeof<T>()) store<T>(y + i, (load<T>(y + i) / sum) as T);
    cut(units << 3);
  }
}

/** d ← y ⊙ (d − Σ d y) of each row: from the derivative by the outputs to that by the sums. `d`, `y` (rows, units). */
export function softmaxBackward<T>(d: usize, y: usize, rows: usize, units: usize): void {
  const bytes = units * sizeof<T>();
  for (; rows > 0; rows--, d += bytes, y += bytes) {
    const mean = dot(d, y, units, sizeof<T>()) as T;
    for (let i: usize = 0; i < bytes; i += sizeof<T>()) store<T>(d + i, (load<T>(y + i) * (load<T>(d + i) - mean)) as T);
    cut(units << 2);
  }
}

/** The first of the largest elements. NaN is never the largest, but makes the row's sum NaN. */
export function indexOfLargest(p: usize, count: usize, element: usize): usize {
  let index: usize = 0;
  for (let i: usize = 1; i < count; i++) {
    if (read(p + i * element, element) > read(p + index * element, element)) index = i;
  }
  return index;
}

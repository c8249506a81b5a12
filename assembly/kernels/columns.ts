import { cut } from "../cuts";
import { add, splat, vectorBytes } from "./lanes";

/** s (columns) = Σ over the rows of d (rows, columns), `rowBytes` apart, in ascending order, added to what stands in `s` when `continues`. */
export function columnSums<T>(d: usize, rowBytes: usize, s: usize, rows: usize, columns: usize, continues: bool): void {
  const end = s + columns * sizeof<T>();
  if (ASC_FEATURE_SIMD) {
    const vectorEnd = s + vectorBytes<T>(columns);
    for (; s < vectorEnd; s += sizeof<v128>(), d += sizeof<v128>()) {
      columnSum<T, v128>(d, rowBytes, s, rows, continues);
      cut(rows);
    }
  }
  for (; s < end; s += sizeof<T>(), d += sizeof<T>()) columnSum<T, T>(d, rowBytes, s, rows, continues);
}

function columnSum<T, V>(d: usize, rowBytes: usize, s: usize, rows: usize, continues: bool): void {
  let total = continues ? load<V>(s) : splat<T, V>(0 as T);
  const end = d + rows * rowBytes;
  for (; d != end; d += rowBytes) total = add<T, V>(total, load<V>(d));
  store<V>(s, total);
}

import { cut } from "./cuts";
import { read, rounded, write } from "./kernels/elements";
import { Network } from "./layout";

// Dropout (Srivastava et al. 2014), inverted: what is kept is divided by the share that is kept, so that thinking needs no correction. Whether
// a unit of a row is kept is decided by a counter-based generator, Philox 4×32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as
// 1, 2, 3"), of seed, layer, step, row and unit alone: any part of a mask can be made again by anyone, so none is stored.

const MULTIPLIER_0: u64 = 0xd2511f53;
const MULTIPLIER_1: u64 = 0xcd9e8d57;
const WEYL_0: u32 = 0x9e3779b9;
const WEYL_1: u32 = 0xbb67ae85;

/** Drops units of layer `l` in `y` (rows, units), or, with the same mask, derivatives by them; `row` is the first row's place in the batch. */
export function dropOut(network: Network, l: u32, y: usize, rows: usize, row: usize): void {
  const layer = network.layer(l);
  const units: usize = layer.units;
  const element: usize = network.elementBytes;
  const kept = rounded(1 / (1 - layer.dropout), element);
  // A word below this is dropped. dropout < 1.
  const threshold = (layer.dropout * 4294967296.0) as u32;
  const step = network.step as u64;
  for (let r = row; r < row + rows; r++) {
    for (let unit: usize = 0; unit < units; unit += 4) {
      let c0 = (unit >> 2) as u32;
      let c1 = r as u32;
      let c2 = step as u32;
      let c3 = (step >> 32) as u32;
      let k0 = network.seed;
      let k1 = l;
      for (let round = 0; round < 10; round++) {
        const p0 = MULTIPLIER_0 * (c0 as u64);
        const p1 = MULTIPLIER_1 * (c2 as u64);
        c0 = ((p1 >> 32) as u32) ^ c1 ^ k0;
        c1 = p1 as u32;
        c2 = ((p0 >> 32) as u32) ^ c3 ^ k1;
        c3 = p0 as u32;
        k0 += WEYL_0;
        k1 += WEYL_1;
      }
      for (let i = unit; i < unit + 4 && i < units; i++, y += element) {
        write(y, c0 >= threshold ? read(y, element) * kept : 0, element);
        c0 = c1;
        c1 = c2;
        c2 = c3;
      }
    }
    cut(units << 3);
  }
}

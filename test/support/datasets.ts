import { readFileSync } from "node:fs";

/** Examples with the class of each, from 0 on. */
export interface Examples {
  readonly inputs: number[][];
  readonly labels: number[];
}

export interface Dataset {
  readonly train: Examples;
  readonly test: Examples;
}

/** A file of test/data, which make_data.py has written: numbers, class, and which part a row belongs to. */
export function readDataset(name: "iris" | "digits"): Dataset {
  const [, ...lines] = readFileSync(new URL(`../data/${name}.csv`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n");
  const parts = { train: { inputs: [], labels: [] }, test: { inputs: [], labels: [] } } as Dataset;
  for (const line of lines) {
    const cells = line.split(",");
    const split = cells.pop() as keyof Dataset;
    parts[split].labels.push(Number(cells.pop()));
    parts[split].inputs.push(cells.map(Number));
  }
  return parts;
}

/** Each column minus the training rows' mean, divided by their standard deviation, the root of the mean square. Sums go down the rows. */
export function standardized({ train, test }: Dataset): Dataset {
  const rows = train.inputs.length;
  const columns = (train.inputs[0] as number[]).map((_, column) => {
    const values = train.inputs.map((row) => row[column] as number);
    const mean = values.reduce((sum, x) => sum + x, 0) / rows;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / rows);
    return { mean, deviation };
  });
  return mapped({ train, test }, (x, column) => {
    const { mean, deviation } = columns[column] as (typeof columns)[number];
    return (x - mean) / deviation;
  });
}

/** Pixels from 0 to 16 become numbers from 0 to 1. */
export function sixteenths(data: Dataset): Dataset {
  return mapped(data, (x) => x / 16);
}

function mapped({ train, test }: Dataset, fn: (x: number, column: number) => number): Dataset {
  const of = ({ inputs, labels }: Examples): Examples => ({ inputs: inputs.map((row) => row.map(fn)), labels });
  return { train: of(train), test: of(test) };
}

/**
 * The two spirals of Lang and Witbrock, "Learning to tell two spirals apart" (1988): 97 points on each of two arms that wind three times around
 * the origin, coordinates from −6.5 to 6.5 to five decimals, class 1 and, mirrored in the origin, class 0. The decimals make the points the same
 * in every host, whatever its sine.
 */
export function twoSpirals(): Examples {
  const rounded = (x: number) => Math.round(x * 1e5) / 1e5;
  const inputs: number[][] = [];
  const labels: number[] = [];
  for (let i = 0; i <= 96; i++) {
    const angle = (i * Math.PI) / 16;
    const radius = (6.5 * (104 - i)) / 104;
    const [x, y] = [rounded(radius * Math.sin(angle)), rounded(radius * Math.cos(angle))] as const;
    inputs.push([x, y], [-x, -y]);
    labels.push(1, 0);
  }
  return { inputs, labels };
}

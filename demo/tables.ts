/** What a network is to learn: rows of inputs, the target of each, and a situation to ask about. */
export interface Table {
  readonly inputs: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
  /** The answers that stand when nobody types one. */
  readonly situation: readonly number[];
  /** Whether one straight cut through the inputs parts the targets, so that a single neuron can learn them. */
  readonly separable: boolean;
}

export const TABLES = {
  /** The tutorial's: the target is the first input. */
  tutorial: {
    inputs: [
      [0, 0, 1],
      [1, 1, 1],
      [1, 0, 1],
      [0, 1, 1],
    ],
    targets: [[0], [1], [1], [0]],
    situation: [1, 0, 0],
    separable: true,
  },
  /** Exclusive or: the target is 1 where the inputs differ. Minsky and Papert's example of what one neuron cannot do ("Perceptrons", 1969). */
  xor: {
    inputs: [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    targets: [[0], [1], [1], [0]],
    situation: [1, 0],
    separable: false,
  },
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;

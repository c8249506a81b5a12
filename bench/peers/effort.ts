/** How long to measure. */
export interface Effort {
  /** Rounds in which each peer has one turn. */
  readonly rounds: number;
  /** Seconds of one turn, in which a peer takes at least one sample. */
  readonly turn: number;
  /** Seconds of work before the first round, for engines that optimize while they run. */
  readonly warmup: number;
  /** New processes of the cases that start one for each run. */
  readonly processes: number;
}

export const FULL: Effort = { rounds: 7, turn: 0.1, warmup: 1, processes: 7 };

/** Shows that everything works. The figures mean nothing. */
export const QUICK: Effort = { rounds: 2, turn: 0, warmup: 0, processes: 1 };

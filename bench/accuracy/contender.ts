/** One fit: right answers among the test rows, and how long it took, from making the network on. */
export interface Fit {
  readonly correct: number;
  readonly milliseconds: number;
}

export interface Contender {
  readonly implementation: string;
  readonly threads: number;
  fit(seed: number): Promise<Fit>;
}

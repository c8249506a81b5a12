/** The tutorial's table, its first weights (NumPy's, seed 1), how often it trains, and its question. */
export const INPUTS = [
  [0, 0, 1],
  [1, 1, 1],
  [1, 0, 1],
  [0, 1, 1],
];
export const TARGETS = [[0], [1], [1], [0]];
export const BEGINNING = [-0.165955990594852, 0.4406489868843162, -0.9997712503653102];
export const ITERATIONS = 15_000;
export const QUESTION = [1, 0, 0];

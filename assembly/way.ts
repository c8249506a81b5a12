// The way of a chunk's rows through the network and back. All of it owns rows but for some stages, which may own columns: by these a team cuts the way into parts (team.ts). Of L layers
// the way has 2 L passages, there through layer 0 … L − 1 and back through L − 1 … 0. A place is in front of a stage, in the order in which they are passed.
//
//   there   0 weighted sums · 1 statistics of a batch · 2 normalisation by known statistics, activation, dropout, residual
//   back    0 residual, dropout, activation · 1 statistics of a batch, a normalisation's gradient · 2 normalisation by known statistics · 3 input gradient

/** Stages of a passage, whether each is passed or not. */
export const STAGES: u32 = 4;

/** The stages that may own columns. */
export const enum There {
  Sums = 0,
  Statistics = 1,
  Rest = 2,
}
export const enum Back {
  Activation = 0,
  Statistics = 1,
  Normalization = 2,
  InputGradient = 3,
}

/** Where the passage through layer `l` begins on the way there. */
export function placeThere(l: u32): u32 {
  return l * STAGES;
}

/** Where the passage through layer `l` of `layers` begins on the way back. */
export function placeBack(l: u32, layers: u32): u32 {
  return (2 * layers - 1 - l) * STAGES;
}

/** Where the way of `layers` layers turns. */
export function turnOf(layers: u32): u32 {
  return layers * STAGES;
}

/** Where the way of `layers` layers ends. */
export function endOf(layers: u32): u32 {
  return 2 * turnOf(layers);
}

/** Whether the stage at `place` is in the part of the way between `from` and `to`. Only a team passes it in parts. */
export function isBetween(place: u32, from: u32, to: u32): bool {
  return !ASC_FEATURE_THREADS || (from <= place && place < to);
}

/** A peer that has no means for a case, which it says itself. */
export class UnsupportedError extends Error {}

/** A peer that computes something else is not timed. */
export class DifferentResultError extends Error {}

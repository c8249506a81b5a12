/** Selu above 0, and below: λ, and λ · α, as the core has them. */
export const SELU_SCALE = 1.0507009873554805;
export const SELU_BELOW = 1.7580993408473766;

/** √½, in gelu's Φ(z) = (1 + erf(z √½)) / 2. */
export const ROOT_HALF = Math.SQRT1_2;

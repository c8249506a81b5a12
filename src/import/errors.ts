import { describe } from "../errors.js";

/**
 * Why something was not imported. `"syntax"`: not what its format allows, or cut off. `"limit"`: larger than this reader takes. `"unsupported"`: understood, but nothing that
 * a network here can be. `"ambiguous"`: the file does not say what has to be known; the message names the option that does. `"mismatch"`: sizes that do not fit each other, a class that
 * comes twice. `"value"`: a number that is not finite, or not in the network's precision, or a class's that is not exact.
 */
export type ImportErrorCode = "syntax" | "limit" | "unsupported" | "ambiguous" | "mismatch" | "value";

/** What was to be imported is no network, or none that can be one here. The message says where. */
export class ImportError extends Error {
  override readonly name = "ImportError";
  declare readonly code: ImportErrorCode;

  constructor(code: ImportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** "name: expected what, got that", the last where something is given that came. */
export function unexpected(code: ImportErrorCode, name: string, expected: string, ...got: readonly unknown[]): ImportError {
  return new ImportError(code, `${name}: expected ${expected}${got.length > 0 ? `, got ${describe(got[0])}` : ""}`);
}

/** How many names a message lists. */
export const SHOWN = 20;

/** Names as a message lists them, of `total` the first ones. */
export function list(names: readonly string[], total = names.length): string {
  const shown = names.slice(0, SHOWN).join(", ");
  return total > SHOWN ? `${shown} and ${total - SHOWN} more` : shown;
}

/** The library's own error with another message; what else was thrown, as it is: it is the user's. */
export function reworded(error: unknown, words: (message: string) => string): unknown {
  const kind = Object(error).constructor;
  if (kind === TypeError || kind === RangeError || (error as Error)?.name === "TrainingError") {
    try {
      (error as Error).message = words((error as Error).message);
    } catch {
      // A frozen one is the user's too.
    }
  }
  return error;
}

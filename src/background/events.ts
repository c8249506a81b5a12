/** Resolves when other events have had their turn. Not by a timer, which browsers hold back for 4 ms. */
export function otherEvents(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (task: () => void) => void };
  return new Promise((resolve) => {
    if (setImmediate) return setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

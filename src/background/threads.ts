// Workers of browsers, Deno and Bun, and those of Node, behind one interface.

/** The other side of a conversation. */
export interface Peer<Sent, Received> {
  send(message: Sent, transfer: readonly ArrayBufferLike[]): void;
  receive(listener: (message: Received) => void): void;
}

/** A worker as its owner sees it. */
export interface Thread<Sent, Received> extends Peer<Sent, Received> {
  /** Called once, when it fails or ends by itself. */
  onEnd(listener: (error: Error) => void): void;
  /** Whether it keeps the process alive, where a process ends when there is nothing left to do. */
  keepAlive(keeps: boolean): void;
  end(): void;
}

interface NodeWorker {
  postMessage(message: unknown, transfer: readonly unknown[]): void;
  on(event: string, listener: (value: never) => void): void;
  ref(): void;
  unref(): void;
  terminate(): unknown;
}

interface NodeThreads {
  readonly parentPort: NodeWorker | null;
  readonly Worker: new (address: URL | string, options: { readonly execArgv: readonly string[] }) => NodeWorker;
}

/** Node's module, which bundlers must not look for. */
async function nodeThreads(): Promise<NodeThreads | undefined> {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (!process?.versions?.node) return undefined;
  const name = "node:worker_threads";
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as NodeThreads;
}

/** The thread that has started this worker. */
export async function parentOf<Sent, Received>(): Promise<Peer<Sent, Received>> {
  const port = (await nodeThreads())?.parentPort;
  if (port) {
    return {
      send: (message, transfer) => port.postMessage(message, transfer),
      receive: (listener) => port.on("message", listener),
    };
  }
  const scope = globalThis as unknown as Worker;
  return {
    send: (message, transfer) => scope.postMessage(message, transfer as Transferable[]),
    receive: (listener) => scope.addEventListener("message", ({ data }) => listener(data)),
  };
}

/** Starts the package's worker, or the one at `address`. It may fail later: see `onEnd`. */
export async function startThread<Sent, Received>(address?: string): Promise<Thread<Sent, Received>> {
  const threads = await nodeThreads();
  // Not the expression below, or bundlers would bring the worker twice.
  const here: string = import.meta.url;
  if (threads) {
    // Without the process's own options, of which some are for its program only: with --input-type no worker starts.
    return ofNode(new threads.Worker(address === undefined ? new URL("./worker.js", here) : new URL(address), { execArgv: [] }));
  }
  // Bundlers look for just this expression.
  return ofBrowser(
    address === undefined
      ? new Worker(new URL("./worker.js", import.meta.url), { type: "module" })
      : new Worker(address, { type: "module" }),
  );
}

function ofNode<Sent, Received>(worker: NodeWorker): Thread<Sent, Received> {
  return {
    send: (message, transfer) => worker.postMessage(message, transfer),
    receive: (listener) => worker.on("message", listener),
    onEnd(listener) {
      worker.on("error", listener);
      worker.on("exit", (code: number) => listener(new Error(`it ended with code ${code}`)));
    },
    keepAlive: (keeps) => (keeps ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
}

function ofBrowser<Sent, Received>(worker: Worker): Thread<Sent, Received> {
  return {
    send: (message, transfer) => worker.postMessage(message, transfer as Transferable[]),
    receive: (listener) => worker.addEventListener("message", ({ data }) => listener(data)),
    onEnd: (listener) => worker.addEventListener("error", ({ message }) => listener(new Error(message || "it could not be loaded"))),
    keepAlive() {},
    end: () => worker.terminate(),
  };
}

import { testCore } from "../core.js";
import { unpacked } from "./base64.js";
import { CuttingCore } from "./cuts.js";
import { onIdle, rest } from "./pool.js";
import { MOST_KEPT } from "./team.js";

// Where the calling thread gets a core from whose calls are cut: loaded when it is first needed, and kept for the next session.

let compiling: Promise<WebAssembly.Module> | undefined;

/** The one that waits for work, with the memory of its last network. */
let idle: CuttingCore | undefined;

onIdle(() => {
  idle = undefined;
});

/** Keeps it for the next session, unless it is in the midst of a call that was given up. */
export function releaseCore(cutting: CuttingCore): void {
  if (cutting.isCut || cutting.core.memory.buffer.byteLength > MOST_KEPT) return;
  idle = cutting;
  rest();
}

/** An instance with a memory of its own; nothing where none can be had, as where a page does not serve it. */
export async function cuttingCore(milliseconds: number): Promise<CuttingCore | undefined> {
  const known = idle;
  idle = undefined;
  if (known) return known;
  try {
    compiling ??= (async () => {
      const { default: base64 } = await import("#slices");
      const module = await unpacked(base64);
      testCore(new CuttingCore(module, milliseconds).core);
      return module;
    })();
    return new CuttingCore(await compiling, milliseconds);
  } catch {
    // Steps are whole then, and the next run asks again.
    compiling = undefined;
    return undefined;
  }
}

// The same bits in every JavaScript engine that there is here, by `train` and in the background: Node's releases, Bun and Deno, Chromium, Firefox and WebKitGTK.
// `npm ci` in test/engines and Debian's packages chromium, firefox-esr, webkit2gtk-driver, xvfb and xauth bring them; .ci/run installs all.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import * as library from "feedforward";
import { scalarCore } from "feedforward/scalar";
import { chromium } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type Outcome, task } from "./engines/task.js";
import { findChromium, need } from "./support/programs.js";
import { serve } from "./support/server.js";

const MINUTE = 60_000;
const FOLDER = join(process.cwd(), "test/engines/node_modules");

let expected: Outcome["digests"];

/** What an engine says of the three ways. */
const WITHOUT_SHARING = {
  worker: { path: "worker", threads: 1, why: "threads: 1 was asked for" },
  slices: { path: "slices", threads: 1, why: "worker: false was asked for" },
  threads: { path: "worker", threads: 1, why: "this page is not cross-origin isolated, so its workers share no memory" },
};
const WITH_THREADS = { ...WITHOUT_SHARING, threads: { path: "threads", threads: 2, why: "threads: 2 was asked for" } };

/** The headers of a page that is cross-origin isolated. */
const ISOLATION = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

beforeAll(async () => {
  expected = (await task(library)).digests;
  expect(Object.keys(expected)).toHaveLength(24);
  // What was cut, saved and gone on with is what was not cut.
  for (const name of ["float64", "float32"]) expect(expected[`${name}, from a file`]).toBe(expected[`${name}, train`]);
  for (const what of ["a stream", "answers", "long steps"]) {
    const digests = Object.entries(expected).filter(([name]) => name.startsWith(what));
    expect(new Set(digests.map(([, digest]) => digest)).size).toBe(1);
  }
});

/** A file, where it is there. */
const found = (path: string) => (existsSync(path) ? path : undefined);
const installed = (path: string) => found(join(FOLDER, path));

test("the scalar build", async () => {
  expect((await task(library, { core: scalarCore() })).digests).toEqual(expected);
});

test.for([
  ["Node 22", "node-22/bin/node", []],
  ["Node 24", "node-24/bin/node", []],
  ["Bun", ".bin/bun", ["run"]],
  ["Deno", ".bin/deno", ["run", "--allow-read", "--allow-env"]],
] as const)("%s", { timeout: 2 * MINUTE }, ([name, path, args], context) => {
  const program = need(context, installed(path), `there is no ${name} (npm ci in test/engines)`);
  const { status, stdout, stderr } = spawnSync(program, [...args, "test/engines/console.js"], { encoding: "utf8", timeout: MINUTE });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { digests, capabilities } = JSON.parse(stdout) as Outcome;
  expect(digests).toEqual(expected);
  expect(capabilities).toEqual(WITH_THREADS);
});

/** What a page is told to do: import the library and the task, and answer. A text, since vitest would put functions of its own in place of imports. */
const PROGRAM =
  'Promise.all([import("/dist/feedforward.js"), import("/test/engines/task.js")]).then(([library, { task }]) => task(library))';

describe("browsers", () => {
  type Page = (address: string) => Promise<unknown>;

  const BROWSERS: [name: string, open: (context: Parameters<typeof need>[0]) => Page][] = [
    ["Chromium", inChromium],
    ["Firefox", inFirefox],
    // WebKitGTK shares memory only when it is told to.
    ["WebKitGTK told to share memory", (context) => inWebKit(context, { JSC_useSharedArrayBuffer: "1" })],
  ];
  const visits = BROWSERS.flatMap(([name, open]) => [
    { name, open, isolation: "isolated", headers: ISOLATION, said: WITH_THREADS, most: 3 },
    // One for all runs, one after the other.
    { name, open, isolation: "not isolated", headers: {}, said: WITHOUT_SHARING, most: 1 },
  ]);
  const alone = { threads: { path: "worker", threads: 1, why: "this host's workers share no memory" } };
  visits.push({
    name: "WebKitGTK",
    open: inWebKit,
    isolation: "isolated",
    headers: ISOLATION,
    said: { ...WITHOUT_SHARING, ...alone },
    most: 1,
  });
  test.for(visits)("$name, $isolation", { timeout: 3 * MINUTE }, async ({ open, headers, said, most }, context) => {
    const run = open(context);
    const server = await serve(process.cwd(), headers);
    try {
      const { digests, capabilities, workers } = (await run(
        `http://127.0.0.1:${(server.address() as AddressInfo).port}/dist/async.js`,
      )) as Outcome;
      expect(digests).toEqual(expected);
      expect(capabilities).toEqual(said);
      expect(workers).toBe(most);
    } finally {
      server.close();
    }
  });

  function inChromium(context: Parameters<typeof need>[0]): Page {
    const executablePath = need(context, findChromium(), "there is no Chromium (/usr/bin/chromium or FEEDFORWARD_CHROMIUM)");
    return async (address) => visit(await chromium.launch({ executablePath, args: ["--no-sandbox"], timeout: MINUTE }), address);
  }

  function inFirefox(context: Parameters<typeof need>[0]): Page {
    const executablePath = need(context, found("/usr/bin/firefox-esr"), "there is no Firefox (/usr/bin/firefox-esr)");
    const driver = need(context, installed("puppeteer-core/package.json"), "there is no puppeteer-core (npm ci in test/engines)");
    return async (address) => {
      const { default: puppeteer } = await import(createRequire(driver).resolve("puppeteer-core"));
      return visit(await puppeteer.launch({ browser: "firefox", executablePath, headless: true, timeout: MINUTE }), address);
    };
  }

  async function visit(browser: Browser, address: string): Promise<unknown> {
    try {
      const page = await browser.newPage();
      await page.goto(address);
      return await page.evaluate(PROGRAM);
    } finally {
      await browser.close();
    }
  }

  function inWebKit(context: Parameters<typeof need>[0], environment: Readonly<Record<string, string>> = {}): Page {
    const binary = need(
      context,
      found("/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser"),
      "there is no WebKitGTK (webkit2gtk-driver)",
    );
    const xvfb = need(context, found("/usr/bin/xvfb-run"), "there is no xvfb-run, which WebKitGTK needs");
    const selenium = need(context, installed("selenium-webdriver/package.json"), "there is no selenium-webdriver (npm ci in test/engines)");
    return async (address) => {
      const { Builder, Capabilities } = createRequire(selenium)("selenium-webdriver");
      const port = await freePort();
      const driver = spawn(xvfb, ["-a", "WebKitWebDriver", `--port=${port}`], {
        stdio: "ignore",
        detached: true,
        env: { ...process.env, ...environment },
      });
      try {
        await answers(`http://127.0.0.1:${port}/status`);
        const capabilities = new Capabilities()
          .set("browserName", "MiniBrowser")
          .set("webkitgtk:browserOptions", { binary, args: ["--automation"] });
        const session = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build();
        try {
          await session.manage().setTimeouts({ script: MINUTE, pageLoad: MINUTE });
          await session.get(address);
          return await session.executeAsyncScript(`const tell = arguments[0]; ${PROGRAM}.then(tell, (error) => tell(String(error)));`);
        } finally {
          await session.quit();
        }
      } finally {
        // With the display and all that was started in it.
        if (driver.pid !== undefined) process.kill(-driver.pid);
      }
    };
  }
});

/** What Playwright's and Puppeteer's browsers have in common. */
interface Browser {
  newPage(): Promise<{ goto(address: string): Promise<unknown>; evaluate(program: string): Promise<unknown> }>;
  close(): Promise<void>;
}

/** A port that nobody listens at. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Resolves when somebody answers there. */
async function answers(address: string): Promise<void> {
  for (const end = Date.now() + MINUTE; ; ) {
    try {
      await fetch(address);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

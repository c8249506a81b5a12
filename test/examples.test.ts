// The three ways of use, each as its example file: Node, a browser page, a host in another language.

import { spawnSync } from "node:child_process";
import type { AddressInfo } from "node:net";
import { chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import { findChromium, findPython, need } from "./support/programs.js";
import { serve } from "./support/server.js";

const MINUTE = 60_000;
const ENDING = ["10.087408960563154", "-0.2069536618062991", "-4.83757834715658"];
const ANSWER = "0.9999584016709994";

describe("examples/node.mjs", () => {
  test("trains the tutorial's network and a deeper one", { timeout: MINUTE }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["examples/node.mjs"], { encoding: "utf8", timeout: MINUTE });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const number of [...ENDING, ANSWER]) expect(stdout).toContain(number);
    const outputs = stdout.slice(stdout.indexOf("Exclusive or, outputs:")).match(/\d\.\d+/g) ?? [];
    expect(outputs.map((output) => Math.round(Number(output)))).toEqual([0, 1, 1, 0]);
  });
});

describe("examples/browser.html", () => {
  test("shows table, weights and answer in Chromium", { timeout: 2 * MINUTE }, async (context) => {
    const executablePath = need(context, findChromium(), "there is no Chromium (/usr/bin/chromium or FEEDFORWARD_CHROMIUM)");
    const server = await serve(process.cwd());
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"], timeout: MINUTE });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(MINUTE / 2);
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("requestfailed", (request) => complaints.push(request.url()));

      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/examples/browser.html`);
      await page.waitForSelector('html[data-state="trained"]', { state: "attached" });
      const rows = async (id: string) => {
        const found = await page.locator(`#${id} tbody tr`).all();
        return Promise.all(found.map(async (row) => (await row.locator("td").allTextContents()).join("|")));
      };
      expect(await rows("rows")).toEqual(["0 0 1|0|0.0078639", "1 1 1|1|0.9935863", "1 0 1|1|0.9947790", "0 1 1|0|0.0064032"]);
      expect(await rows("weights")).toEqual([
        "input 1|-0.16595599|10.08740896",
        "input 2|0.44064899|-0.20695366",
        "input 3|-0.99977125|-4.83757835",
      ]);
      expect(await page.textContent("#status")).toMatch(/^15,000 iterations in \d+\.\d ms/);
      expect(await page.textContent("#answer")).toBe("0.9999584");

      await page.getByLabel("User Input One").fill("0");
      expect(await page.textContent("#answer")).toBe("0.5");
      await page.getByLabel("User Input One").fill("");
      expect(await page.textContent("#answer")).toBe("…");
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      server.close();
    }
  });
});

describe("examples/python_host.py", () => {
  test.for(["feedforward.wasm", "feedforward.scalar.wasm"])("trains to the same bits with %s", { timeout: 2 * MINUTE }, (file, context) => {
    const python = need(context, findPython("wasmtime"), "there is no Python with wasmtime (python3 or FEEDFORWARD_PYTHON)");
    const options = { encoding: "utf8", timeout: MINUTE } as const;
    const { status, stdout, stderr } = spawnSync(python, ["examples/python_host.py", `dist/${file}`], options);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("self-test passed");
    for (const number of [...ENDING, ANSWER]) expect(stdout).toContain(number);
  });
});

// Every JavaScript example in the documentation runs, and each `console.log(…); // this` prints just this.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  ...["docs", "docs/guide"].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`)),
].filter((name) => name.endsWith(".md"));
const EXAMPLES = PAGES.flatMap((page) =>
  [...readFileSync(page, "utf8").matchAll(/^```js\n(.*?)^```$/gms)].map((match, i) => ({ page, number: i + 1, code: match[1] as string })),
);

describe("documentation", () => {
  test("has examples", () => {
    expect(EXAMPLES.filter(({ page }) => page === "README.md").length).toBeGreaterThanOrEqual(4);
    const guide = PAGES.filter((page) => page.startsWith("docs/guide/"));
    expect(guide.length).toBeGreaterThanOrEqual(8);
    for (const page of guide)
      expect(
        EXAMPLES.some((example) => example.page === page),
        page,
      ).toBe(true);
  });

  test.each(EXAMPLES)("$page, example $number", ({ code }) => {
    const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" });
    expect(printed.trimEnd().split("\n")).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
  });

  test("links lead to files", () => {
    let checked = 0;
    for (const page of PAGES) {
      for (const [, target] of readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        expect(() => readFileSync(new URL(target as string, `file://${process.cwd()}/${page}`)), `${page}: ${target}`).not.toThrow();
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(0);
  });
});

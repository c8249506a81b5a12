import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Wide networks take seconds on a slow machine; a test that hangs should still end.
    testTimeout: 120_000,
  },
});

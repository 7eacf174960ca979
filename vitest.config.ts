import { defineConfig } from "vitest/config";

/** Each of these keeps the machine busy by itself or starts programs of its own: one after the other, after the rest. */
const heavy = ["tests/bookshop*.test.ts", "tests/readme.test.ts", "tests/rules.test.ts", "tests/semantics*.test.ts", "src/python/corpus.test.ts", "tests/**/*.heavy.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "light",
          setupFiles: ["tests/support/one-seed.ts"],
          include: ["src/**/*.test.ts", "tests/**/*.test.ts", "bench/**/*.test.mjs"],
          exclude: heavy,
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "heavy",
          setupFiles: ["tests/support/one-seed.ts"],
          include: heavy,
          maxWorkers: 1,
          testTimeout: 300_000,
          hookTimeout: 900_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

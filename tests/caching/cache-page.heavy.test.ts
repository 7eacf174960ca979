/** What `CACHE-S` says of `cache_page()`, seen in Django itself. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { djangoPython } from "../support/scripts.ts";

test("cache_page() shows one user's page to the next unless what is below it tells them apart", async () => {
  const python = await djangoPython();
  const shown: unknown = JSON.parse(execFileSync(python, [path.join(import.meta.dirname, "cache_page.py")], { encoding: "utf8" }));
  expect(shown).toEqual({
    cache_page: ["ann", "ann"],
    "vary_on_cookie below": ["ann", "bob"],
    "vary_on_cookie above": ["ann", "ann"],
    "another header": ["ann", "ann"],
    private: ["ann", "bob"],
    never_cache: ["ann", "bob"],
  });
});

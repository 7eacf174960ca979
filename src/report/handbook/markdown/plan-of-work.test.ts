import { expect, test } from "vitest";
import type { Pages } from "./context.ts";
import type { Patches } from "../patches.ts";
import { patchWords } from "./plan-of-work.ts";

const handbook = { project: { commit: "1f9933f" } } as Pages["handbook"];

function wordsOf(first: string, second: string): string {
  const files = new Map([first, second].map((name) => [name, ""]));
  return patchWords(handbook, { files, after: new Map([[second, ["a"]]]), insteadOf: new Map(), within: new Map() } satisfies Partial<Patches> as Patches);
}

test("a patch on top of another stands alone by `fix`, an index of the search by its migration's dependencies", () => {
  const byFix =
    "1 of all 2 apply by themselves to the tree as it was analysed (`1f9933f`); the other 1 change the same lines or migrations as those that they name, and take `luthier fix --select ID` to stand alone";
  expect(wordsOf("n-plus-one-a.patch", "n-plus-one-b.patch")).toContain(`${byFix}.`);
  expect(wordsOf("missing-index-a.patch", "missing-index-b.patch")).toContain(`${byFix}; indexes of \`missing-index\`, which \`fix\` does not search for,`);
});

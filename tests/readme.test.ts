/** What the README shows is what the program says. `npm run generate` writes it anew. */
import path from "node:path";
import { expect, test } from "vitest";
import { readme, repository } from "./support/generated-docs.ts";

test("the README's run and table of rules are real", async () => {
  await expect(await readme()).toMatchFileSnapshot(path.join(repository, "README.md"));
});

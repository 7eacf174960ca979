/** The bookshop of a million rows, as it was looked at for the demo: an index that a small shop does not want. */
import path from "node:path";
import { expect, test } from "vitest";
import type { Snapshot } from "../src/model/index.ts";
import { readSnapshot, writeSnapshot } from "../src/sources/snapshot-file.ts";
import { useBuiltCli } from "./support/built-cli.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const run = useBuiltCli();

/** What the shop asks of payments, payment_of() of catalog/queries.py among it. */
function payments(): Snapshot {
  const { snapshot: taken } = readSnapshot(path.resolve("examples/bookshop/demo/snapshot.json.gz"));
  const servers = taken.servers.map((one) => ({ ...one, statements: one.statements.filter(({ sql }) => sql.includes("orders_payment")) }));
  return { ...taken, servers };
}

test("finds the index on a payment's reference", async () => {
  const folder = temporaryFolder();
  writeSnapshot(path.join(folder, ".luthier", "snapshot.json.gz"), payments());
  const { stdout, stderr, status } = await run(["check", folder, "--phantom", "--select", "missing-index", "--format", "json", "--fail-on", "never"], folder);
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly { readonly claim: string; readonly confidence: string }[] };
  expect(findings.map(({ claim }) => claim)).toContainEqual(
    expect.stringMatching(/^An index on `orders_payment \(provider_reference.*` takes the estimated cost of 1 statement from 1,\d+ to \d+(\.\d+)?\.$/),
  );
}, 120_000);

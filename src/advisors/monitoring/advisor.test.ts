import { describe, expect, test } from "vitest";
import { NO_DEPLOYMENT } from "../../deployment/no-deployment.ts";
import type { Advice, AdvisorInput, Snapshot } from "../../model/index.ts";
import { openDatabase } from "../../open-database.ts";
import { smallSnapshot } from "../../../tests/support/small-catalog.ts";
import { advisor } from "./advisor.ts";

const BASE: Omit<AdvisorInput, "database"> = { source: null, deployment: NO_DEPLOYMENT, recording: null, thresholds: {}, findings: [] };

async function adviceOf(snapshot: Snapshot | null, thresholds: Readonly<Record<string, number>> = {}): Promise<Advice> {
  const database = snapshot === null ? null : await openDatabase({ snapshot, file: "snapshot.json.gz", plans: [], logged: [], stamp: "" }, null);
  const [advice] = await advisor.advise({ ...BASE, database, thresholds });
  return advice ?? expect.fail("no advice");
}

const SHOP = smallSnapshot([{ name: "orders", columns: { id: "bigint" } }]);
const textOf = ({ artefacts }: Advice, name: string): string => artefacts.find(({ path }) => path === name)?.text ?? expect.fail(name);

describe("monitoring", () => {
  test("without a database it names the command, and writes nothing", async () => {
    expect(await adviceOf(null)).toMatchObject({ section: "5.3", artefacts: [], tables: [], missing: "needs a database: luthier snapshot --db URL" });
  });

  test("every sentence carries a name or a figure of the database", async () => {
    const { claim, reasons, examined, missing } = await adviceOf(SHOP);
    expect(claim.split(" ").length).toBeLessThanOrEqual(30);
    for (const sentence of [claim, ...reasons, examined]) expect(sentence).toMatch(/\d|shop/);
    expect(missing).toContain("shop");
  });

  test("a threshold of the configuration stands in the rules and in their tests", async () => {
    const advice = await adviceOf(SHOP, { "monitoring.idle-in-transaction": 77 });
    expect(textOf(advice, "prometheus/rules.yml")).toContain('luthier_session_longest_idle_in_transaction_seconds{job="shop-postgres"}) > 77');
    expect(textOf(advice, "prometheus/rules_test.yml")).toContain("A transaction has been idle for 78 s");
  });

  test("equal evidence gives equal files", async () => {
    expect(await adviceOf(SHOP)).toEqual(await adviceOf(SHOP));
  });

  test("names are text wherever they stand", async () => {
    const name = "a'b\"c\\d {{ .X }}\n`|<script>";
    const advice = await adviceOf(smallSnapshot([{ name, columns: { id: "bigint" } }]));
    expect(textOf(advice, "exporter/queries.yaml")).toContain("E'a''b\"c\\\\d {{ .X }}");
    expect(textOf(advice, "monitoring.md")).not.toContain("<script>");
    expect(textOf(advice, "prometheus/rules.yml")).not.toMatch(/[^"]\{\{ \.X/);
  });

  test("no secret is written, and no password is asked for in a URL", async () => {
    const advice = await adviceOf(SHOP);
    for (const { text } of advice.artefacts) expect(text).not.toMatch(/password=|:\/\/[^/\s]*:[^/\s]*@/i);
  });
});

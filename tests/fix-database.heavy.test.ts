/** Findings about a database, mended as a user would do it: luthier fix, makemigrations --check, migrate, another look, and all the way back. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Finding, Report } from "../src/model/index.ts";
import { useBuiltCli } from "./support/built-cli.ts";
import { lastCommitted, migratable, startShop, type Shop } from "./support/mended-bookshop.ts";

/** Rules whose fixes keep out of each other's way, so that each of them is tried without the others' help. */
const TOGETHER: readonly (readonly string[])[] = [
  [
    "duplicate-index",
    "redundant-index",
    "constant-column-index",
    "missing-foreign-key-index",
    "partial-index",
    "never-null-nullable",
    "char-padding",
    "timestamp-without-time-zone",
    "integer-exhaustion",
  ],
  ["unused-index", "json-not-jsonb", "float-for-money", "foreign-key-type-mismatch", "autovacuum-settings"],
  ["useless-like-index", "null-heavy-index", "uuid-as-text", "missing-natural-key", "low-hot-updates"],
];
const RULES = TOGETHER.flat();

const run = useBuiltCli();
let shop: Shop;
let before: Report;
let schema: string;

beforeAll(async () => {
  shop = await startShop(run);
  before = await shop.check();
  schema = shop.schema();
});
afterAll(() => shop.stop());

test.each(RULES)("%s finds something that a migration mends", (rule) => {
  expect(migratable(before, [rule]).length).toBeGreaterThan(0);
});

describe.each([...TOGETHER.map((rules) => [rules.join(", "), rules] as const), ["all of them at once", RULES] as const])("%s", (_name, rules) => {
  test("is mended, and comes back", async () => {
    const written = await shop.fix("--unsafe", "--select", rules.join(","));
    const skipped = [...written.stderr.matchAll(/^Skipped: (\w+) /gm)].map(([, id = ""]) => id);
    const mended = migratable(before, rules).filter(({ id }) => !skipped.some((short) => id.startsWith(short)));
    expect(written.stderr).not.toContain("Dropped:");
    expect(mended.length).toBeGreaterThan(0);
    expect(changes().filter((line) => !INTENDED.test(line))).toEqual([]);
    expect(newMigrations().filter((file) => !written.stderr.includes(`${file}\n`))).toEqual([]);
    try {
      shop.manage("check", "migrate");
      const left = migratable(await shop.check(), RULES);
      expect(left.filter(({ id }) => mended.some((one) => one.id === id)).map(describeFinding)).toEqual([]);
      expect(
        left
          .filter(({ rule }) => INNOCENT.includes(rule))
          .filter(({ id }) => !before.findings.some((one) => one.id === id))
          .map(describeFinding),
      ).toEqual([]);
    } finally {
      shop.manage(...appsOf(newMigrations()).map((app) => `migrate ${app} ${lastCommitted(shop, app)}`));
      shop.restore();
    }
    expect(shop.schema()).toBe(schema);
  });
});

/** Models that git has, and migrations that it has not. */
const INTENDED = /^ M \w+\/models\.py$|^\?\? \w+\/migrations\/\d{4}_\w+\.py$/;

/**
 * Not to be provoked by mending something else. What may be: an index that is new has no scans yet, and these counters are said to be old; which
 * of two equal indexes is the one too many goes by their age, which the way back changes; and beside a unique index of two columns, one of the
 * first column is too much.
 */
const MAY_FOLLOW: readonly string[] = ["unused-index", "duplicate-index", "redundant-index"];
const INNOCENT: readonly string[] = RULES.filter((rule) => !MAY_FOLLOW.includes(rule));

const changes = (): readonly string[] => shop.status();
const newMigrations = (): readonly string[] => changes().flatMap((line) => /^\?\? (\S+\/migrations\/\S+\.py)$/.exec(line)?.[1] ?? []);
const appsOf = (files: readonly string[]): readonly string[] => [...new Set(files.map((file) => file.split("/")[0] ?? ""))];
const describeFinding = ({ rule, claim, fixes: [first] }: Finding): string => `${rule}: ${claim} (${first?.title ?? "no fix"})`;

/** Last, since what was dropped as invalid does not come back. */
describe("SQL to run yourself", () => {
  const SQL_RULES = ["invalid-index", "numeric-as-integer", "autovacuum-settings"];

  test("is printed whole, and its findings are gone once it was run", async () => {
    const { stdout, stderr } = await shop.fix("--dry-run", "--unsafe", "--select", SQL_RULES.join(","));
    expect(stdout).not.toContain("autovacuum_enabled");
    const fixes = before.findings.filter(({ rule, fixes: [first] }) => SQL_RULES.includes(rule) && first?.kind === "sql");
    expect(fixes.map(({ rule }) => rule).toSorted()).toEqual(SQL_RULES.toSorted());
    const flat = stderr.replaceAll(/\s+/g, " ");
    for (const {
      fixes: [first],
    } of fixes)
      for (const statement of first?.sql?.forward ?? []) expect(flat).toContain(`${statement};`);
    for (const {
      fixes: [first],
    } of fixes)
      shop.sql(first?.sql?.forward ?? [], first?.sql?.isTransactional ?? true);
    const left = (await shop.check()).findings;
    expect(left.filter(({ id }) => fixes.some((one) => one.id === id)).map(describeFinding)).toEqual([]);
    for (const {
      fixes: [first],
    } of fixes)
      shop.sql(first?.sql?.reverse ?? [], first?.sql?.isTransactional ?? true);
    expect(shop.schema()).toBe(schema);
  });
});

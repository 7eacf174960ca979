// The same questions to a server and to its phantom; and indexes that are really built on the one and only thought of on the other.
import { readPlan } from "../../build/postgres/plans/read-plan.js";
import { indexedTable } from "../../build/sources/phantom/indexed-table.js";

/** @typedef {import("../../src/model/index.ts").PlanNode} PlanNode */
/** @typedef {import("../../src/sources/phantom/open-phantom.ts").Phantom} Phantom */
/** @typedef {import("pg").Client} Client */
/** @typedef {{ sql: string, isSamePlan: boolean, isSameTree: boolean, error: number, costs: readonly [number, number], plans: readonly [string, string] }} Answer */
/** @typedef {{ index: string, statements: readonly string[] }} Candidate */
/** @typedef {{ index: string, sql: string, uses: readonly [boolean, boolean], isSameTree: boolean, error: number, costs: readonly [number, number], rows: readonly [number, number], pages: readonly [number, number], basis: string, isExpression: boolean, method: string, plans: readonly [string, string] }} Pair */

/** @param {Client} client @param {string} sql @returns {Promise<PlanNode>} */
async function realPlan(client, sql) {
  const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${sql}`);
  const plan = readPlan(rows[0]?.["QUERY PLAN"][0], { file: "", line: 0 });
  if (plan === null) throw new Error(`no plan of ${sql}`);
  return plan.root;
}

/** All that EXPLAIN says of a plan but for its figures: nodes, relations, indexes, conditions, keys. @param {PlanNode} node @returns {unknown} */
function wholeShape(node) {
  const words = Object.entries(node.raw).filter(([key]) => !/Cost|Rows|Width|Workers|^Plans$/.test(key));
  return [Object.fromEntries(words), ...node.children.map((child) => wholeShape(child))];
}

const NODE = ["Node Type", "Join Type", "Relation Name", "Strategy", "Partial Mode", "Parent Relationship"];

/** The tree of nodes over relations, whatever the indexes are called. @param {PlanNode} node @returns {unknown} */
function treeOf(node) {
  return [NODE.map((key) => node.raw[key] ?? null), ...node.children.map((child) => treeOf(child))];
}

/** For reading. @param {PlanNode} node @returns {string} */
function brief(node) {
  const what = node.index ?? node.relation;
  return `${node.type}${what === null ? "" : `[${what}]`}${node.children.length > 0 ? `(${node.children.map((child) => brief(child)).join(", ")})` : ""}`;
}

/** @param {unknown} one @param {unknown} other */
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** @param {Client} client @param {Phantom} phantom @param {string} sql @returns {Promise<Answer | null>} null where the server itself has no plan */
export async function ask(client, phantom, sql) {
  const real = await realPlan(client, sql).catch(() => null);
  if (real === null) return null;
  const root = (await phantom.plan(sql).catch(() => null))?.root;
  if (root === undefined)
    return { sql, isSamePlan: false, isSameTree: false, error: Infinity, costs: [real.cost.total, Infinity], plans: [brief(real), "none"] };
  return {
    sql,
    isSamePlan: isSame(wholeShape(real), wholeShape(root)),
    isSameTree: isSame(treeOf(real), treeOf(root)),
    error: relative(real, root),
    costs: [real.cost.total, root.cost.total],
    plans: [brief(real), brief(root)],
  };
}

/** @param {PlanNode} real @param {PlanNode} root */
function relative(real, root) {
  return Math.abs(root.cost.total - real.cost.total) / Math.max(real.cost.total, 0.01);
}

/** @param {string} sql */
const named = (sql) => sql.replace(/^(\s*CREATE\s+(?:UNIQUE\s+)?INDEX)\s+(?:CONCURRENTLY\s+)?(?:"?\w+"?\s+)?ON\b/i, "$1 luthier_probe ON");

/**
 * Builds the index, asks, and rolls back. CREATE INDEX counts the table's rows anew up to version 17, which nobody can know before: the counters of before
 * are put back. The table's row is written first, since what is written in place outlives a rollback on a row that is older.
 *
 * An expression has no statistics before the next ANALYZE, which is what the phantom foresees.
 *
 * @param {Client} client @param {Candidate} candidate
 */
async function build(client, { index, statements }) {
  const sql = named(index);
  const table = await indexedTable(sql);
  await client.query("BEGIN");
  try {
    const tree = (
      await client.query(
        "SELECT c.oid, c.reltuples, c.relpages, c.relallvisible FROM pg_class c WHERE c.oid = $1::regclass OR c.oid IN (SELECT relid FROM pg_partition_tree($1::regclass))",
        [table],
      )
    ).rows;
    await client.query("UPDATE pg_class SET relpages = relpages WHERE oid = ANY ($1)", [tree.map(({ oid }) => oid)]);
    await client.query(sql);
    const { rows: expressions } = await client.query("SELECT 1 FROM pg_index WHERE indexrelid = 'luthier_probe'::regclass AND 0 = ANY (indkey::int2[])");
    if (expressions.length > 0) await client.query(`ANALYZE ${table}`);
    for (const one of tree)
      await client.query("UPDATE pg_class SET reltuples = $2, relpages = $3, relallvisible = $4 WHERE oid = $1", [
        one.oid,
        one.reltuples,
        one.relpages,
        one.relallvisible,
      ]);
    const { rows: parts } = await client.query(
      "SELECT c.relname AS name, pg_relation_size(c.oid)::float8 / 8192 AS pages, m.amname AS method FROM pg_class c JOIN pg_am m ON m.oid = c.relam WHERE c.oid = 'luthier_probe'::regclass OR c.oid IN (SELECT relid FROM pg_partition_tree('luthier_probe'))",
    );
    const plans = [];
    for (const one of statements) plans.push(await realPlan(client, one));
    return {
      sql,
      plans,
      names: new Set(parts.map(({ name }) => name)),
      isExpression: expressions.length > 0,
      pages: parts.reduce((sum, one) => sum + one.pages, 0),
      method: parts[0]?.method ?? "",
    };
  } finally {
    await client.query("ROLLBACK");
  }
}

/** @param {PlanNode} node @param {ReadonlySet<string>} names @returns {boolean} */
const usesOf = (node, names) => (node.index !== null && names.has(node.index)) || node.children.some((child) => usesOf(child, names));

/** @param {Client} client @param {Phantom} phantom @param {Candidate} candidate @returns {Promise<Pair[]>} */
export async function tryIndex(client, phantom, candidate) {
  const real = await build(client, candidate);
  return await phantom.whatIf({ add: [real.sql] }, async ({ plan, indexes: [added] }) => {
    /** @type {Pair[]} */
    const pairs = [];
    if (added === undefined) return pairs;
    const names = new Set(added.parts.map(({ name }) => name));
    for (const [at, sql] of candidate.statements.entries()) {
      const [truth, { root }] = [real.plans[at], await plan(sql)];
      if (truth === undefined) continue;
      const uses = /** @type {const} */ ([usesOf(truth, real.names), usesOf(root, names)]);
      pairs.push({
        index: real.sql,
        sql,
        uses,
        isSameTree: uses[0] === uses[1] && isSame(treeOf(truth), treeOf(root)),
        error: relative(truth, root),
        costs: [truth.cost.total, root.cost.total],
        rows: [truth.planRows, root.planRows],
        pages: [real.pages, added.size.pages],
        basis: added.size.basis,
        isExpression: real.isExpression,
        method: real.method,
        plans: [brief(truth), brief(root)],
      });
    }
    return pairs;
  });
}

/** The value that so great a share of others does not exceed. @param {readonly number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

import { formatCount, formatMilliseconds, formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Judgement, QueryShape, Rule, RuleInput, Statement, Table, Unjudged } from "../../model/index.ts";
import { isTable, ownTables as tablesIn, predicatesOn, shapesIn } from "../../sql/compare-shapes.ts";
import { chainsIn, keywordLookups, type Chain } from "../chains.ts";
import { catalogEvidence, counterEvidence, gapIn, NEEDS_STATEMENTS } from "../database/evidence.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { withChangeProofs } from "../database/change-proof.ts";
import { newestBound, withBound } from "./bounded.ts";
import { partitionsOf } from "../database/partitions.ts";
import { isWithin } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "partition-key-unused",
    chapter: "1.4",
    summary: "A query reads every partition, since it does not name the key",
    severity: "info",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  proposes: true,
  judge: (input) => {
    const { database, thresholds } = input;
    const parents = database.tables.filter((one) => one.kind === "partitioned" && one.partitionOf === null && partitionsOf(database, one).length > 1);
    const least = thresholds["partition-key-unused"] ?? LEAST_CALLS;
    const judgement: Judgement = {
      drafts: parents.flatMap((parent) => draftsOf(input, parent, least)),
      unjudged: unseen(database, parents),
      examined: formatCount(parents.length, "partitioned table"),
    };
    return withChangeProofs(judgement, database, { standsOn: () => "plans" });
  },
};

/** Calls from which it is told, and from which it is a warning (pgdoctor: 100 and 1,000). */
const LEAST_CALLS = 100;
const MANY_CALLS = 1000;

function unseen(database: Database, parents: readonly Table[]): Unjudged[] {
  if (parents.length === 0 || database.workload.statements.length > 0) return [];
  return [gapIn(database, "statements") ?? { object: "", why: NEEDS_STATEMENTS }];
}

function draftsOf(input: DatabaseInput, parent: Table, least: number): DatabaseDraft[] {
  const { database, source } = input;
  const keys = (parent.partitioning?.columns ?? []).flatMap((column) => column ?? []);
  if (keys.length === 0) return [];
  const guilty = database.statementsOn(parent).filter(({ shape }) => shape !== null && readsAll(shape, parent, keys));
  const seen = guilty.filter(({ calls }) => calls >= least);
  const sites = guilty.flatMap(({ written }) => written.sites);
  const written =
    source === null
      ? []
      : chainsWithout(source, database, parent, keys).filter(({ span }) => !sites.some((site) => isWithin(site.span, span) || isWithin(span, site.span)));
  return [...seen.map((one) => ofStatement(database, parent, keys, one)), ...written.map((chain) => ofChain(database, parent, keys, chain))];
}

/** A scope that has the table, and no condition on any column of the key: of WHERE, or of a join. */
function readsAll(shape: QueryShape, { schema, name }: Table, keys: readonly string[]): boolean {
  const wanted = schema === "public" ? name : `${schema}.${name}`;
  return shapesIn(shape).some((one) => {
    if (one.kind === "insert" || !tablesIn(one).some((table) => isTable(table, wanted))) return false;
    const alone = { ...one, subqueries: [] };
    const isAsked = predicatesOn(alone, wanted).some(({ column, predicate }) => keys.includes(column.name) && PRUNING.has(predicate.operator));
    return !isAsked && !one.joins.some(({ on }) => on.some(({ left, right }) => keys.includes(left.name) || keys.includes(right.name)));
  });
}

const PRUNING: ReadonlySet<string> = new Set(["=", "in", "<", "<=", ">", ">=", "between", "is null"]);

/** Planned with a lower bound of the key, that of the newest partition: with an older one more are left. */
function triesOf(database: Database, parent: Table, statement: Statement): Pick<DatabaseDraft, "tries"> {
  const bound = newestBound(parent, partitionsOf(database, parent));
  const sql = bound === null ? null : withBound(statement, parent, bound);
  return sql === null
    ? {}
    : {
        tries: {
          kind: "restated",
          key: `condition ${parent.oid} ${statement.id}`,
          object: `table ${parent.schema}.${parent.name}`,
          rewrites: [{ statement: statement.id, sql }],
          isAtMost: true,
        },
      };
}

function ofStatement(database: Database, parent: Table, keys: readonly string[], statement: Statement): DatabaseDraft {
  const { id, calls, meanMs, totalMs, written } = statement;
  const count = partitionsOf(database, parent).length;
  const model = modelLabel(database, parent);
  return {
    key: [shortName(parent), id],
    severity: calls >= MANY_CALLS ? "warning" : "info",
    claim: `A statement called ${formatNumber(calls)} times, ${formatMilliseconds(meanMs)} ms each, reads all ${count} partitions of \`${shortName(parent)}\`: it does not name ${keys.join(", ")}.`,
    ...words(keys),
    ...(model === undefined ? {} : { model }),
    places: [
      { role: "statement", object: id },
      tableSpot(parent, parent.partitioning?.definition),
      ...written.sites.slice(0, 3).map(({ span, how }) => ({ role: "queryset" as const, span, label: how })),
    ],
    evidence: [counterEvidence(database, { calls, milliseconds: Math.round(totalMs), partitions: count })],
    fixes: [],
    ...triesOf(database, parent, statement),
  };
}

const words = (keys: readonly string[]): Pick<DatabaseDraft, "reason" | "remedy" | "doubt"> => ({
  reason: "Nothing is pruned: each partition is opened, locked and looked up in, and planning takes longer with each one that is added.",
  remedy: `Add a condition on ${keys.join(", ")}, if only a lower bound.`,
  doubt: "where rows of all times are wanted there is none to add; an index on each partition keeps it cheap",
});

/** Chains that filter the model and never by the key, as far as all of their conditions can be read. */
function chainsWithout(source: RuleInput, database: Database, parent: Table, keys: readonly string[]): Chain[] {
  const model = database.modelOf(parent);
  if (model === null) return [];
  return chainsIn(source).filter((chain) => {
    const filters = chain.calls.filter(({ name }) => FILTERS.has(name));
    if (chain.model.label !== model.label || chain.origin.kind !== "manager" || filters.length === 0) return false;
    if (filters.some(({ args, keywords }) => args.length > 0 || keywords.some(({ name }) => name === ""))) return false;
    return !filters.some((call) =>
      keywordLookups(source, model, call).some(
        ({ fields: [first] }) =>
          first !== undefined && keys.some((key) => database.fieldOf(parent, key) === first || first.name === key || first.attname === key),
      ),
    );
  });
}

const FILTERS: ReadonlySet<string> = new Set(["filter", "get", "exclude"]);

function ofChain(database: Database, parent: Table, keys: readonly string[], chain: Chain): DatabaseDraft {
  const count = partitionsOf(database, parent).length;
  return {
    key: [shortName(parent), chain.origin.symbol],
    confidence: "likely",
    claim: `\`${chain.origin.symbol.split(".").at(-1) ?? ""}\` asks all ${count} partitions of \`${shortName(parent)}\`: its filter does not name ${keys.join(", ")}.`,
    ...words(keys),
    model: chain.model.label,
    places: [tableSpot(parent, parent.partitioning?.definition), { role: "queryset", span: chain.span }],
    evidence: [catalogEvidence(database, { partitions: count }), { kind: "inferred", note: "the queryset, from the source; no statement of it was counted" }],
    fixes: [],
  };
}

import { replaceIndex, type IndexSpec } from "../../fixes/migrations/index.ts";
import { formatBytes, formatNumber, formatPercent } from "../../model/numbers.ts";
import type { Column, Database, DatabaseDraft, DatabaseInput, Index, Judgement, Rule, Statement, Table } from "../../model/index.ts";
import { catalogEvidence, counterEvidence, tooYoung, workloadEvidence } from "../database/evidence.ts";
import { foreignKeysServedBy } from "../database/foreign-keys.ts";
import { heapBytes, indexBytes, judgedTables, ownIndexes, rowsOf, writesOf } from "../database/index-figures.ts";
import { isDroppable } from "../database/index-structure.ts";
import { declarationSpots, indexSpot, modelLabel, shortName, tableSpot } from "../database/names.ts";
import { NOT_COMPARED, proposalOf, withProposalProofs } from "../database/proposal.ts";
import { sentFrom, statementSpot } from "../database/statement-places.ts";
import { conditionsOf, orderOf, shareOf, statementsIn, usesOf, type ColumnCondition } from "../database/statement-use.ts";

/** This project's notes on PostgreSQL: 0.99 is safe, 0.95 the least. */
const LEAST_CORRELATION = 0.99;
/** The same notes: 131,072 pages, 1 GiB. */
const LEAST_BYTES = 1_073_741_824;
/** The same notes: rows that are updated or deleted leave room for new rows out of order. */
const MOST_CHANGED = 0.05;
/** Pages of the table that one range sums up (PostgreSQL: 128), and bytes of such a sum, rounded up (brin_tuple.h; ours). */
const RANGE_PAGES = 128;
const RANGE_BYTES = 32;

const RANGES: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "between"]);
/** Types whose values grow as rows are added. */
const ORDERED: ReadonlySet<string> = new Set(["timestamptz", "timestamp", "date", "int4", "int8"]);

export const rule: Rule = {
  meta: {
    id: "brin-index",
    chapter: "1.2",
    summary: "Rows lie in the order of a column that a B-tree indexes row by row",
    severity: "info",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  proposes: true,
  judge: (input) => {
    const tables = judgedTables(input.database).filter((table) => isBig(table, input));
    const verdicts = tables.flatMap((table) => candidatesOf(table, input.database).map((candidate) => judgeCandidate(candidate, input)));
    const judgement = {
      drafts: verdicts.flatMap((one) => one.drafts),
      unjudged: verdicts.flatMap((one) => one.unjudged),
      examined: `${tables.length} big tables`,
    };
    return withProposalProofs(judgement, input.database);
  },
};

function isBig(table: Table, { database, thresholds }: DatabaseInput): boolean {
  return (heapBytes(table, database) ?? 0) >= (thresholds["brin-index.bytes"] ?? LEAST_BYTES);
}

interface Candidate {
  readonly table: Table;
  readonly index: Index;
  readonly column: Column;
}

/** B-trees on one ordered column that only queries need. */
function candidatesOf(table: Table, database: Database): readonly Candidate[] {
  return ownIndexes(table, database).flatMap((index) => {
    if (!index.valid || index.method !== "btree" || index.predicate !== null || index.keys.length !== 1 || index.include.length > 0 || !isDroppable(index))
      return [];
    if (foreignKeysServedBy(index, table, database).length > 0) return [];
    const column = database.column(table, index.keys[0]?.column ?? "");
    return column === null || !ORDERED.has(column.typeName) ? [] : [{ table, index, column }];
  });
}

const SILENT = { drafts: [], unjudged: [] } as const;

function judgeCandidate({ table, index, column }: Candidate, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { database, thresholds } = input;
  const object = `index ${index.schema}.${index.name}`;
  const correlation = column.statistics?.correlation ?? null;
  if (correlation === null)
    return { drafts: [], unjudged: [{ object, why: "needs the statistics of its column: ANALYZE has not run, or the role may not read them" }] };
  if (Math.abs(correlation) < (thresholds["brin-index"] ?? LEAST_CORRELATION)) return SILENT;
  const asked = usesOf(table, database).flatMap((use) => conditionsOf(use).filter((one) => one.column === column.name && one.wrappers.length === 0));
  if (isAskedOtherwise(table, column.name, asked, database)) return SILENT;
  const writes = writesOf(table, database);
  const why = tooYoung(database, undefined, object);
  if (writes === null || why !== null) return { drafts: [], unjudged: [why ?? { object, why: "needs the counters of its table's writes" }] };
  const rows = rowsOf(table, database) ?? 0;
  if (writes.updated + writes.deleted > Math.max(rows, writes.inserted) * (thresholds["brin-index.changed"] ?? MOST_CHANGED)) return SILENT;
  return { drafts: [toDraft({ table, index, column, correlation, statements: statementsIn(asked) }, input)], unjudged: [] };
}

/** BRIN finds ranges: neither one row among many nor an order. */
function isAskedOtherwise(table: Table, column: string, asked: readonly ColumnCondition[], database: Database): boolean {
  const isOther = asked.some(({ predicate }) => !RANGES.has(predicate.operator) || predicate.negated);
  return isOther || usesOf(table, database).some((use) => use.shape.limit !== null && orderOf(use)[0]?.column === column);
}

interface Found extends Candidate {
  readonly correlation: number;
  readonly statements: readonly Statement[];
}

function toDraft({ table, index, column, correlation, statements }: Found, input: DatabaseInput): DatabaseDraft {
  const { database } = input;
  const bytes = indexBytes(index, database) ?? 0;
  const pages = (heapBytes(table, database) ?? 0) / database.server.blockSize;
  const after = Math.max(3 * database.server.blockSize, Math.ceil(pages / RANGE_PAGES) * RANGE_BYTES);
  const model = modelLabel(database, table);
  const spec: IndexSpec = { method: "brin", keys: [{ kind: "column", column: column.name }], options: { autosummarize: true } };
  const asked =
    statements.length === 0
      ? "No statement with a condition on it was seen."
      : `${formatNumber(statements.length)} ${statements.length === 1 ? "statement asks" : "statements ask"} for ranges of it, ${formatPercent(shareOf(statements))} of all statements' time.`;
  return {
    key: [shortName(table), index.name],
    claim: `Rows of \`${shortName(table)}\` lie in the order of \`${column.name}\`; index \`${shortName(index)}\` takes ${formatBytes(bytes)}, a BRIN index an estimated ${formatBytes(after)}.`,
    reason: `The correlation is ${correlation.toFixed(3)}, so each stretch of ${RANGE_PAGES} pages holds a narrow range of values, and its least and greatest are enough to skip it. ${asked}`,
    remedy: `Replace it by a BRIN index on \`${column.name}\` with \`autosummarize\`.`,
    doubt: `a narrow range or one value is found more slowly by BRIN, which reads whole stretches; ${NOT_COMPARED}`,
    ...(model === undefined ? {} : { model }),
    places: [
      indexSpot(index, formatBytes(bytes)),
      tableSpot(table, `correlation ${correlation.toFixed(3)}`),
      ...statements.slice(0, 3).map((one) => statementSpot(one)),
      ...declarationSpots(database.declarationOf(index), "declared here"),
      ...statements.slice(0, 3).flatMap(sentFrom),
    ],
    evidence: [
      catalogEvidence(database, { bytes, correlation }),
      counterEvidence(database),
      ...(statements.length === 0 ? [] : [workloadEvidence(database, { statements: statements.length })]),
    ],
    impact: { bytes: { before: bytes, after } },
    // First the new one, then the old one goes.
    fixes: [replaceIndex(input, table, index, spec)],
    proposes: proposalOf({ table, spec, statements, instead: index, saves: "bytes" }, database),
  };
}

import { addIndex } from "../../fixes/migrations/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import type { Constraint, Database, DatabaseDraft, DatabaseInput, Judgement, Rule, Table, Unjudged } from "../../model/index.ts";
import { catalogEvidence, catalogGaps, counterEvidence, gapIn } from "../database/evidence.ts";
import { foreignKeysOf, servesForeignKey } from "../database/foreign-keys.ts";
import { judgedTables, rowsOf, writesOf } from "../database/index-figures.ts";
import { declarationSpots, modelLabel, shortName, tableSpot } from "../database/names.ts";

/** Ours: the rows of a hundred or two pages are read in about a millisecond, with or without an index. */
const LEAST_ROWS = 10_000;

export const rule: Rule = {
  meta: {
    id: "missing-foreign-key-index",
    chapter: "1.2",
    summary: "No index begins with the columns of a foreign key",
    severity: "warning",
    confidence: "certain",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const gaps = catalogGaps(input.database, "indexes", "constraints");
    if (gapIn(input.database, "indexes") !== null) return { drafts: [], unjudged: gaps, examined: "" };
    const keys = judgedTables(input.database).flatMap((table) => foreignKeysOf(table, input.database).map((key) => ({ table, key })));
    const missing = keys.filter(({ table, key }) => !input.database.indexesOf(table).some((index) => servesForeignKey(index, key)));
    const verdicts = missing.map(({ table, key }) => judgeKey(table, key, input));
    return {
      drafts: verdicts.flatMap((one) => one.drafts),
      unjudged: [...verdicts.flatMap((one) => one.unjudged), ...gaps],
      examined: `${keys.length} foreign keys`,
    };
  },
};

type Verdict = Pick<Judgement, "drafts" | "unjudged">;

function judgeKey(table: Table, key: Constraint, input: DatabaseInput): Verdict {
  const rows = rowsOf(table, input.database);
  if (rows === null) return { drafts: [], unjudged: [neverCounted(table)] };
  const least = input.thresholds["missing-foreign-key-index"] ?? LEAST_ROWS;
  return rows < least ? { drafts: [], unjudged: [] } : { drafts: [toDraft(table, key, rows, input)], unjudged: [] };
}

function neverCounted(table: Table): Unjudged {
  return { object: `table ${table.schema}.${table.name}`, why: "needs the number of rows: neither VACUUM nor ANALYZE has counted them" };
}

function toDraft(table: Table, key: Constraint, rows: number, input: DatabaseInput): DatabaseDraft {
  const { database } = input;
  const columns = key.columns.join(", ");
  const parent = database.table(key.references?.table ?? -1);
  const parentName = parent === null ? "the other table" : `\`${shortName(parent)}\``;
  const gone = parent === null ? null : (writesOf(parent, database)?.deleted ?? null);
  const model = modelLabel(database, table);
  const [column] = key.columns;
  return {
    key: [shortName(table), key.name],
    severity: gone === null || gone > 0 || hasAction(key) ? "warning" : "info",
    claim: `\`${shortName(table)}.${columns}\` refers to ${parentName} without an index: each delete there reads all ${formatNumber(Math.round(rows))} rows here.`,
    reason: `${deletesInWords(gone, parentName, database)} Joins from ${parentName} and lists of one parent's rows read the whole table too.`,
    remedy: `Take \`db_index=False\` off the field, or add an index that begins with \`${columns}\`.`,
    doubt: `costs nothing while no row of ${parentName} is deleted, no key there is changed, and nothing asks for the rows of one`,
    ...(model === undefined ? {} : { model }),
    ...relationOf(table, key, database),
    places: [
      tableSpot(table, `${formatNumber(Math.round(rows))} rows`),
      ...declarationSpots(column === undefined ? null : database.declarationOfColumn(table, column), "declared here"),
    ],
    evidence: [catalogEvidence(database, { rows }), ...(gone === null ? [] : [counterEvidence(database, { deleted: gone })])],
    impact: { rows: { before: rows, per: "delete" } },
    fixes: [addIndex(input, table, { keys: key.columns.map((one) => ({ kind: "column", column: one })) })],
  };
}

/** ON DELETE and ON UPDATE that find the rows in order to change them. */
function hasAction({ references }: Constraint): boolean {
  return references !== null && ["cascade", "set null", "set default"].some((action) => action === references.onDelete || action === references.onUpdate);
}

function deletesInWords(gone: number | null, parent: string, database: Database): string {
  if (gone === null) return "How many were deleted is not known.";
  const days = database.age.days === null ? "" : ` in ${Math.max(1, Math.floor(database.age.days))} days`;
  return gone === 0 ? `None of ${parent} was deleted${days}.` : `${formatNumber(gone)} of ${parent} were deleted${days}.`;
}

function relationOf(table: Table, { columns }: Constraint, database: Database): { readonly relation?: string } {
  const [column] = columns;
  const field = column === undefined ? null : database.fieldOf(table, column);
  return field === null ? {} : { relation: field.name };
}

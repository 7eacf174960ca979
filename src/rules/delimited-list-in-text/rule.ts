import type { Column, Database, DatabaseDraft, Field, FindingDraft, Model, Rule, RuleInput, Span, Spot, Table, Unjudged } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { isList } from "../../postgres/text-patterns.ts";
import { columnName, columnSpots, isTextType, modelOfTable, sampleEvidence, samplesOf } from "../database/column-facts.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { fromSource } from "../database/from-source.ts";
import { shortName } from "../database/names.ts";
import { chainsIn, keywordLookups } from "../chains.ts";
import { sourceText } from "../code.ts";

/** Share of the known values that are lists; this project's notes (2.a.4). */
const LEAST_SHARE = 0.5;
/** Fewer values or rows show no habit; ours. */
const LEAST_VALUES = 10;
const LEAST_ROWS = 100;

export const rule: Rule = {
  meta: {
    id: "delimited-list-in-text",
    chapter: "1.1",
    summary: "A text column holds lists",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => searchesIn(input).map(sourceDraft),
  judge: ({ database, source, thresholds }) => {
    const least = thresholds["delimited-list-in-text"] ?? LEAST_SHARE;
    const searches = source === null ? [] : searchesIn(source);
    const columns = database.tables
      .filter((table) => table.partitionOf === null)
      .flatMap((table) => table.columns.filter(isTextType).map((column) => ({ table, column })));
    return {
      drafts: [
        ...columns.flatMap(({ table, column }) =>
          toDrafts(table, column, least, database).map((draft) =>
            withSearches(
              draft,
              searches.find((one) => isOf(one, table, column, database)),
            ),
          ),
        ),
        ...fromSource(searches.filter(({ model }) => database.tableOf(model) === null).map(sourceDraft), "the snapshot has no table of the model"),
      ],
      unjudged: unjudged(database),
      examined: `${columns.length} text columns`,
    };
  },
};

const REASON = "A search for one entry is LIKE '%entry%', which reads every row; entries have no foreign key, no count and no unique constraint.";
const REMEDY = "Use a many-to-many relation, or an `ArrayField` with a GIN index where entries are plain words.";
const DOUBT = "a list that is only stored and shown as a whole costs nothing";

/** Redaction leaves no values to look at, and without a sample nothing else tells. */
function unjudged({ snapshot }: Database): Unjudged[] {
  if (snapshot.data !== "redacted" || snapshot.samples.length > 0) return [];
  return [{ object: "", why: "needs values of the statistics, which redaction dropped, or a sample of rows: luthier snapshot --sample" }];
}

function toDrafts(table: Table, column: Column, least: number, database: Database): DatabaseDraft[] {
  const sample = samplesOf(database, "pattern").find((one) => one.pattern === "list" && one.table === table.oid && one.column === column.name);
  if (sample !== undefined) {
    if (sample.rows < LEAST_ROWS || sample.matching < sample.rows * least) return [];
    const base = `${formatNumber(sample.matching)} of ${formatNumber(sample.rows)} rows`;
    return [toDraft(table, column, base, database, [sampleEvidence(database, table, sample.rows, { lists: sample.matching })])];
  }
  const values = knownValues(column);
  const lists = values.filter(isList).length;
  if (values.length < LEAST_VALUES || lists < values.length * least) return [];
  const base = `${lists} of ${values.length} known values`;
  return [toDraft(table, column, base, database, [catalogEvidence(database, { values: values.length, lists })])];
}

// -------------------------------------------------------------------------------------------------------------- source

/** Queries that look for an entry with the separators around it. */
interface Search {
  readonly model: Model;
  readonly field: Field;
  readonly spans: readonly Span[];
}

const CONDITIONS: ReadonlySet<string> = new Set(["filter", "exclude", "get"]);
const TEXTS = /\.(?:CharField|TextField)$/;

function searchesIn(input: RuleInput): Search[] {
  const found = new Map<string, { model: Model; field: Field; spans: Span[] }>();
  for (const chain of chainsIn(input)) {
    for (const { keyword, fields, rest } of chain.calls
      .filter(({ name }) => CONDITIONS.has(name))
      .flatMap((call) => keywordLookups(input, chain.model, call))) {
      const [field] = fields;
      if (
        field === undefined ||
        fields.length > 1 ||
        !TEXTS.test(field.type) ||
        !/^i?contains$/.test(rest.join("__")) ||
        !isEntry(sourceText(input, chain.span.file, keyword.value))
      )
        continue;
      const key = `${chain.model.concrete}.${field.name}`;
      const search = found.get(key) ?? { model: chain.model, field, spans: [] };
      if (!search.spans.some(({ start }) => start === chain.span.start)) search.spans.push(chain.span);
      found.set(key, search);
    }
  }
  return [...found.values()].filter(({ model }) => model.cls.module.origin === "project");
}

/** `f",{word},"`, `"," + word + ","`: one separator on either side. */
function isEntry(text: string): boolean {
  return /^f?(["'])([,;|])\{[^{}]+\}\2\1$/.test(text) || /^(["'])([,;|])\1 \+ .+ \+ \1\2\1$/.test(text);
}

function sourceDraft({ model, field, spans }: Search): FindingDraft {
  return {
    key: [model.label, field.name],
    claim: `Queries look for entries of a list in the text \`${model.name}.${field.name}\`, with separators around each.`,
    reason: REASON,
    remedy: REMEDY,
    doubt: DOUBT,
    model: model.label,
    places: [{ role: "definition", span: field.span }, ...searchSpots(spans)],
    fixes: [],
  };
}

function searchSpots(spans: readonly Span[]): Spot[] {
  return spans.slice(0, 5).map((span) => ({ role: "queryset", span, label: "looks for one entry" }));
}

function isOf({ model, field }: Search, table: Table, column: Column, database: Database): boolean {
  return database.tableOf(model)?.oid === table.oid && (field.column ?? field.name) === column.name;
}

function withSearches(draft: DatabaseDraft, search: Search | undefined): DatabaseDraft {
  return search === undefined ? draft : { ...draft, places: [...draft.places, ...searchSpots(search.spans)] };
}

// ------------------------------------------------------------------------------------------------------------ database

function knownValues({ statistics }: Column): string[] {
  return [...(statistics?.commonValues ?? []), ...(statistics?.histogram ?? [])].filter((value) => value !== "");
}

function toDraft(table: Table, column: Column, base: string, database: Database, evidence: DatabaseDraft["evidence"]): DatabaseDraft {
  return {
    key: [shortName(table), column.name],
    claim: `\`${columnName(table, column.name)}\` holds lists in one text: ${base}.`,
    reason: REASON,
    remedy: REMEDY,
    doubt: DOUBT,
    ...modelOfTable(database, table),
    places: columnSpots(database, table, [column.name]),
    evidence,
    fixes: [],
  };
}

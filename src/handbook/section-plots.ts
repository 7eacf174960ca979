/** Plots that belong to one section. */
import type { ScopeSample } from "../model/recording.ts";
import type { Plot } from "../model/plot.ts";
import { formatCount, formatMilliseconds, formatNumber, formatSpan } from "../model/numbers.ts";
import { indexMaps } from "./index-maps.ts";
import type { Work } from "./input.ts";
import { modelsPlot } from "./models-plot.ts";
import { sizesPlot, sourceLinesPlot } from "./overview.ts";
import { naptime } from "../rules/database/table-options.ts";

export function plotsOf(section: string, work: Work): readonly Plot[] {
  switch (section) {
    case "1.2":
      return indexMaps(work);
    case "1.4":
      return present(sizesPlot(work));
    case "2.1":
      return present(sourceLinesPlot(work));
    case "2.4":
      return present(waterfallPlot(work), endpointsPlot(work), modelsPlot(work));
    case "5.1":
      return present(deadRowsPlot(work));
    default:
      return [];
  }
}

function present(...plots: readonly (Plot | null)[]): readonly Plot[] {
  return plots.filter((one) => one !== null);
}

// ---------------------------------------------------------------------------------------------- waterfall

/** A request with fewer statements has nothing to show. */
const LEAST_STATEMENTS = 3;

/** Of the route whose requests lose most in loops of queries, or else spend most in the database, the sample nearest to its median. */
export function waterfallPlot({ recordings, read }: Pick<Work, "recordings" | "read">): Plot | null {
  const recording = recordings.at(-1);
  if (recording === undefined) return null;
  const scopes = recording.scopes
    .filter(({ kind }) => kind === "request" || kind === "task" || kind === "command")
    .toSorted((a, b) => b.databaseTime.sum - a.databaseTime.sum || (a.label < b.label ? -1 : 1));
  const candidates = scopes.flatMap((scope) => {
    const samples = recording.samples.filter(
      ({ label, kind, statements }) => label === scope.label && kind === scope.kind && statements.length >= LEAST_STATEMENTS,
    );
    const [sample] = samples.toSorted((a, b) => Math.abs(a.duration - scope.duration.median) - Math.abs(b.duration - scope.duration.median));
    return sample === undefined ? [] : [{ sample, scopes: scope.scopes, looped: timeInLoops(sample) * scope.scopes }];
  });
  const [first] = candidates.toSorted((a, b) => b.looped - a.looped);
  return first === undefined ? null : toWaterfall(first.sample, { folder: recording.folder, scopes: first.scopes, read });
}

function timeInLoops({ statements }: ScopeSample): number {
  const loops = loopsOf(statements);
  return statements.reduce((sum, { group, duration }) => sum + (group !== null && (loops.get(group) ?? 0) > 1 ? duration : 0), 0);
}

/** How often each loop sends its statement. */
function loopsOf(statements: ScopeSample["statements"]): ReadonlyMap<string, number> {
  const loops = new Map<string, number>();
  for (const { group } of statements) if (group !== null) loops.set(group, (loops.get(group) ?? 0) + 1);
  return loops;
}

function toWaterfall(sample: ScopeSample, { folder, scopes, read }: { readonly folder: string; readonly scopes: number; readonly read: Work["read"] }): Plot {
  const count = sample.statements.length + sample.more;
  const most = Math.max(0, ...loopsOf(sample.statements).values());
  const inDatabase = sample.statements.reduce((sum, one) => sum + one.duration, 0);
  return {
    kind: "waterfall",
    question: `What does one ${sample.kind} to ${sample.label} do?`.replace("one task to", "one run of").replace("one command to", "one run of"),
    answer: `${formatCount(count, "statement")} in ${formatMilliseconds(sample.duration / 1000)} ms, ${formatMilliseconds(inDatabase / 1000)} ms of them in the database${most > 1 ? `; one loop sends ${formatNumber(most)}` : ""}.`,
    source: `${folder}: the sample nearest to the median of ${formatCount(scopes, "run")}`,
    label: sample.label,
    duration: sample.duration / 1000,
    statements: sample.statements.map(({ at, duration, sql, stack, group }) => {
      const frame = stack.find(({ owner }) => owner === "project");
      const code =
        frame === undefined
          ? ""
          : (read(frame.file)
              ?.split(/\r\n|\n|\r/)
              [frame.line - 1]?.trim() ?? "");
      return {
        at: at / 1000,
        duration: duration / 1000,
        label: code === "" ? sql.slice(0, 60) : code,
        sql,
        group,
        place: frame === undefined ? null : `${frame.file}:${frame.line}`,
      };
    }),
    more: sample.more,
  };
}

// ---------------------------------------------------------------------------------------------- endpoints

const MOST_ENDPOINTS = 24;

/** How statements grow from the smaller recording to the larger one; rows are those of the largest fetch in each. */
function endpointsPlot({ recordings }: Work): Plot | null {
  const [small] = recordings;
  const large = recordings.at(-1);
  if (recordings.length < 2 || small === undefined || large === undefined) return null;
  const before = new Map(small.scopes.map((one) => [`${one.kind}\n${one.label}`, one]));
  const endpoints = large.scopes.flatMap((scope) => {
    const known = before.get(`${scope.kind}\n${scope.label}`);
    if (known === undefined || scope.kind === "process" || scope.kind === "setup") return [];
    const points = [
      { rows: rowsOf(small, scope.label), queries: known.statements.median },
      { rows: rowsOf(large, scope.label), queries: scope.statements.median },
    ];
    const [first, last] = points;
    const slope = first === undefined || last === undefined || last.rows <= first.rows ? null : (last.queries - first.queries) / (last.rows - first.rows);
    return [{ label: scope.label, points, slope }];
  });
  const sorted = endpoints.toSorted((a, b) => (b.slope ?? -1) - (a.slope ?? -1) || (a.label < b.label ? -1 : 1)).slice(0, MOST_ENDPOINTS);
  const growing = endpoints.filter(({ slope }) => slope !== null && slope > 0.1);
  const [top] = sorted;
  if (top === undefined) return null;
  return {
    kind: "endpoints",
    question: "Which endpoints grow with the page size?",
    answer:
      growing.length === 0
        ? `None of ${formatNumber(endpoints.length)} sends more statements with more rows.`
        : `${formatNumber(growing.length)} of ${formatNumber(endpoints.length)}; ${top.label} sends ${formatNumber(top.slope ?? 0)} statements a row.`,
    source: `${small.folder} and ${large.folder}`,
    endpoints: sorted,
  };
}

function rowsOf(recording: Work["recordings"][number], label: string): number {
  const rows = [...recording.rowClusters].flatMap(({ occurrences }) => occurrences.filter((one) => one.label === label).map((one) => one.rows.median));
  return Math.max(0, ...rows);
}

// ---------------------------------------------------------------------------------------------- dead rows

const MOST_TABLES = 12;

function deadRowsPlot({ evidence: { database } }: Work): Plot | null {
  if (database === null) return null;
  const threshold = database.settingNumber("autovacuum_vacuum_threshold");
  const factor = database.settingNumber("autovacuum_vacuum_scale_factor");
  if (threshold === null || factor === null) return null;
  const tables = database.tables
    .flatMap((table) => {
      const counters = database.tableCounters(table);
      if (counters === null || counters.deadRows === 0) return [];
      const own = (name: string, usual: number): number => Number(table.options[name] ?? usual);
      const trigger = own("autovacuum_vacuum_threshold", threshold) + own("autovacuum_vacuum_scale_factor", factor) * Math.max(0, table.reltuples);
      const name = table.schema === "public" ? table.name : `${table.schema}.${table.name}`;
      const points = [...earlierDead(table, database), { at: database.server.counters.at, dead: counters.deadRows }];
      return [{ name, trigger, points }];
    })
    .toSorted((a, b) => ratio(b) - ratio(a) || (a.name < b.name ? -1 : 1));
  const late = tables.filter((one) => ratio(one) > 1);
  const [top] = tables;
  if (top === undefined) return null;
  const dead = top.points.at(-1)?.dead ?? 0;
  return {
    kind: "dead-rows",
    question: "Does autovacuum keep up?",
    answer: `${late.length === 0 ? `All of ${formatNumber(tables.length)} tables with dead rows are below their trigger` : `${formatNumber(late.length)} of ${formatNumber(tables.length)} tables with dead rows ${late.length === 1 ? "is" : "are"} past the trigger`}: \`${top.name}\` has ${formatNumber(dead)} at a trigger of ${formatNumber(Math.round(top.trigger))}.${late.length === 0 ? "" : ` Autovacuum looks every ${formatSpan(naptime(database) * DAY_MS)}, and may come yet.`}`,
    source: `counters of ${database.catalog.database.name}, ${database.snapshot.takenAt.slice(0, 10)}${top.points.length < 2 ? "; one look, no trend" : ""}`,
    tables: tables.slice(0, MOST_TABLES),
  };
}

const DAY_MS = 86_400_000;

type DeadTable = Extract<Plot, { kind: "dead-rows" }>["tables"][number];

const ratio = ({ points, trigger }: DeadTable): number => (points.at(-1)?.dead ?? 0) / Math.max(1, trigger);

function earlierDead(
  { schema, name }: { readonly schema: string; readonly name: string },
  { earlier }: NonNullable<Work["evidence"]["database"]>,
): DeadTable["points"] {
  const snapshot = earlier?.snapshot;
  const server = snapshot?.servers[0];
  const table = snapshot?.catalog.tables.find((one) => one.schema === schema && one.name === name);
  const dead = table === undefined ? undefined : server?.counters.tables[table.oid]?.deadRows;
  return dead === undefined || server === undefined ? [] : [{ at: server.counters.at, dead }];
}

/** Where a statement is sent from, and where its figures come from. */
import { formatCount, formatMilliseconds, formatPercent } from "../../model/numbers.ts";
import type { Database, Evidence, ObjectSpot, Plan, PlannedCost, Spot, Statement, StudiedStatement } from "../../model/index.ts";
import { describeShape } from "../../sql/describe-shape.ts";
import { counterEvidence } from "./evidence.ts";
import { commandOf, statementKind } from "./statement-kind.ts";

/** More lines than this tell nobody where to look. Ours. */
const MOST_SITES = 5;

export function statementSpot(statement: Pick<Statement, "id">, label?: string): ObjectSpot {
  return { role: "statement", object: statement.id, ...(label === undefined ? {} : { label }) };
}

/** A plan for any values is no plan of a call: its gain is the most that there can be. */
export function plannedCost({ server, verdict, basis }: Pick<StudiedStatement, "server" | "verdict" | "basis">): PlannedCost {
  const digits = (cost: number): number => Number(cost.toPrecision(6));
  return { before: digits(server.before), after: digits(server.after), isSure: verdict === "gain" && basis === "values" };
}

/** The lines that send it, as far as its shape tells. */
export function sentFrom({ written }: Statement): Spot[] {
  if (written.certainty !== "unique" && written.certainty !== "one-of") return [];
  const isOnly = written.certainty === "unique";
  const isSeen = written.sites.some(({ isRecorded }) => isRecorded === true);
  const label = isOnly ? "sends it" : isSeen ? "could send it too" : `one of ${written.sites.length} that send it`;
  return written.sites.slice(0, MOST_SITES).map(({ span, how, isRecorded }) => ({
    role: how === "recorded" ? "call" : "queryset",
    span,
    label: isRecorded === true ? "was recorded sending it" : label,
  }));
}

/** What a claim calls a statement: the function that sends it, else what it reads. */
export function statementName(statement: Statement): string {
  const { written } = statement;
  const [site, ...others] = written.sites;
  if (site === undefined || written.certainty === "unknown" || written.certainty === "framework") return statementText(statement);
  const name = site.symbol === "" ? (site.span.file.split("/").at(-1) ?? "") : lastName(site.symbol);
  // A template, or a paginator, sends the queries of many pages.
  const page = site.route !== undefined && (site.symbol === "" || site.how === "recorded") ? ` for \`${site.route}\`` : "";
  return others.length === 0 || page !== ""
    ? `The query of \`${name}\`${page}`
    : `A query of \`${name}\` or ${others.length} other ${others.length === 1 ? "place" : "places"}`;
}

/** A claim has 25 words, and this is the beginning of one. */
const MOST_WORDS = 8;

function statementText(statement: Statement): string {
  const { shape, sql } = statement;
  const kind = statementKind(statement);
  if (kind === "foreign-key-check") return `PostgreSQL's own check of foreign keys to \`${shape?.base?.name ?? ""}\``;
  if (kind === "catalog") return "A statement that reads the catalog, as migrations and monitoring send it,";
  if (shape === null) return `A statement \`${commandOf(sql) ?? "…"}\``;
  const words = describeShape(shape).split(" ");
  return `\`${words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS).join(" ")} …` : words.join(" ")}\``;
}

const lastName = (symbol: string): string => symbol.split(".").slice(-2).join(".");

/** Calls, mean and share, with how long they were counted. */
export function statementEvidence(database: Database, { calls, meanMs, share, rows }: Statement, more: Readonly<Record<string, number>> = {}): Evidence {
  const figures = { calls, meanMs: round(meanMs), share: Number(share.toPrecision(3)), ...(rows === null ? {} : { rows }), ...more };
  return {
    ...counterEvidence(database, figures),
    note: `${sourceOf(database)}: ${formatCount(calls, "call")} of ${formatMilliseconds(meanMs)} ms, ${formatPercent(share)} of all statements' time`,
  };
}

function sourceOf(database: Database): string {
  const { age } = database;
  const days = age.days === null ? "" : age.days < 1 ? " of less than a day" : ` of ${Math.floor(age.days)} days`;
  return `pg_stat_statements${days}`;
}

const round = (ms: number): number => Number(ms.toPrecision(4));

/** A plan that was run was timed on real rows; one that was not shows what the planner thinks. */
export function planEvidence(plan: Plan, figures: Readonly<Record<string, number>>): Evidence {
  const { file, line } = plan.source;
  if (!plan.isAnalyzed) return { kind: "planned", note: `plan in ${file}:${line}, not run`, ...figures };
  const time = plan.executionMs === null ? "" : `, ${formatMilliseconds(plan.executionMs)} ms`;
  return { kind: "measured", note: `plan in ${file}:${line}, run${time}`, ...figures };
}

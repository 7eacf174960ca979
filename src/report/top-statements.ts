/** The statements that take the most time, with the lines of source that send them. */
import type { Database, Statement, StatementSite } from "../model/index.ts";
import { formatNumber, formatPercent } from "../model/numbers.ts";
import { describeShape } from "../sql/describe-shape.ts";
import { cleanLine } from "./clean-text.ts";
import { cutMiddle, wrap } from "./display-width.ts";
import { shownPath, type RenderContext } from "./render-context.ts";

export interface TopOptions {
  /** How many statements are shown. */
  readonly limit: number;
  readonly width: number;
  readonly ellipsis: string;
  /** Line and column of a span, from 1. */
  readonly position: (site: StatementSite) => { readonly line: number; readonly column: number };
}

const INDENT = 10;
const MOST_SITES = 3;

export function renderTopStatements(database: Database, context: Pick<RenderContext, "pathPrefix">, options: TopOptions): string {
  const { statements } = database.workload;
  const shown = statements.toSorted((a, b) => b.totalMs - a.totalMs || (a.id < b.id ? -1 : 1)).slice(0, options.limit);
  const lines = [
    ...wrap(heading(database), options.width, options.ellipsis),
    "",
    ` share      time     calls    mean ms      rows`,
    ...shown.flatMap((one) => renderStatement(one, context, options)),
    "",
    ...wrap(remainder(database, shown), options.width, options.ellipsis),
  ];
  return `${lines.join("\n")}\n`;
}

function heading({ catalog, server, workload }: Database): string {
  const { statements, totalMs, days } = workload;
  const since = days === null ? "since when is not known" : days < 1 ? "in less than a day" : `in ${formatNumber(Math.floor(days))} days`;
  return `${catalog.database.name}, PostgreSQL ${server.version}: ${formatNumber(statements.length)} statements took ${duration(totalMs)} ${since}, by pg_stat_statements.`;
}

function renderStatement(statement: Statement, context: Pick<RenderContext, "pathPrefix">, options: TopOptions): string[] {
  const { share, totalMs, calls, meanMs, rows, shape, sql } = statement;
  const figures = [
    `${(share * 100).toFixed(1)} %`.padStart(6),
    duration(totalMs).padStart(9),
    formatNumber(calls).padStart(9),
    figure(meanMs).padStart(10),
    (rows === null ? "-" : formatNumber(Math.round(rows / Math.max(1, calls)))).padStart(9),
  ];
  const words = shape === null ? cleanLine(sql.replaceAll(/\s+/g, " ")) : cleanLine(describeShape(shape));
  const indent = " ".repeat(INDENT);
  return [figures.join(" "), ...clipped(words, options).map((line) => indent + line), ...sites(statement, context, options).map((line) => indent + line)];
}

/** Two rows are enough to know a statement again. */
function clipped(words: string, { width, ellipsis }: TopOptions): string[] {
  const lines = wrap(words, width - INDENT, ellipsis);
  return lines.length <= 2 ? lines : [lines[0] ?? "", cutMiddle(lines.slice(1).join(" "), width - INDENT, ellipsis)];
}

function sites({ written }: Statement, context: Pick<RenderContext, "pathPrefix">, options: TopOptions): string[] {
  if (written.certainty === "framework") return ["sent by Django or a package of itself"];
  if (written.sites.length === 0) return ["no line of source is known to send it"];
  const lines = written.sites.slice(0, MOST_SITES).map((site) => siteLine(site, context, options));
  const more = written.sites.length - lines.length;
  const [first = "", ...others] = lines;
  if (written.certainty === "unique") return [first];
  const also = written.isAlsoFramework === true ? ["or Django of itself, for the first read of the signed-in user"] : [];
  return [`one of ${formatNumber(written.sites.length)}: ${first}`, ...others, ...(more > 0 ? [`and ${formatNumber(more)} more`] : []), ...also];
}

function siteLine(site: StatementSite, context: Pick<RenderContext, "pathPrefix">, { width, ellipsis, position }: TopOptions): string {
  const { line, column } = position(site);
  const tail = `  ${site.how}`;
  const place = `:${line}:${column}`;
  return `${cutMiddle(shownPath(context, site.span.file), Math.max(10, width - INDENT - 12 - place.length - tail.length), ellipsis)}${place}${cleanLine(tail)}`;
}

function remainder({ workload }: Database, shown: readonly Statement[]): string {
  const share = shown.reduce((sum, one) => sum + one.share, 0);
  const joined = workload.statements.filter(({ written }) => written.certainty === "unique" || written.certainty === "one-of");
  const known = joined.reduce((sum, one) => sum + one.share, 0);
  return `These ${formatNumber(shown.length)} took ${formatPercent(share)} of the time. The line of source is known, by query shape, for ${formatPercent(known)} of it.`;
}

/** Three digits, and never an exponent. */
function figure(value: number): string {
  if (value >= 100) return formatNumber(Math.round(value));
  return String(Number(value.toFixed(value >= 1 ? 2 : 3)));
}

function duration(ms: number): string {
  if (ms < 1000) return `${figure(ms)} ms`;
  if (ms < 120_000) return `${figure(ms / 1000)} s`;
  return ms < 7_200_000 ? `${figure(ms / 60_000)} min` : `${figure(ms / 3_600_000)} h`;
}

/** Pieces of Markdown that every page is made of. All text of the project goes through an escape here. */
import type { AdviceTable } from "../../../model/advice.ts";
import type { Place } from "../../../model/finding.ts";
import type { Handbook } from "../../../model/handbook.ts";
import type { Plot } from "../../../model/plot.ts";
import { formatNumber } from "../../../model/numbers.ts";
import { cleanLine } from "../../clean-text.ts";
import { codeBlock, codeSpan, escapeCell, escapeProse, linkTo } from "../../markdown-text.ts";
import { hasAnswer, tablesOfPlot } from "../plots/plot.ts";
import { plotFile } from "../plots/plot-file.ts";
import type { MarkdownContext } from "./context.ts";

export function table(head: readonly string[], rows: readonly (readonly string[])[], numeric: readonly number[] = []): string {
  const rule = head.map((_, index) => (numeric.includes(index) ? "--:" : "---"));
  return [head, rule, ...rows].map((cells) => `| ${cells.map((cell) => escapeCell(cell).replaceAll("\n", " ")).join(" | ")} |`).join("\n");
}

/** A sentence that ends as one. */
export function sentence(text: string): string {
  const escaped = escapeProse(text);
  return escaped === "" || /[.!?:]$/.test(escaped) ? escaped : `${escaped}.`;
}

export function details(summary: string, body: readonly string[]): string {
  return `<details><summary>${escapeSummary(summary)}</summary>\n\n${body.join("\n\n")}\n\n</details>`;
}

function escapeSummary(text: string): string {
  return cleanLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A line of the project, by its path from the root; the link leads out of the handbook's folder. */
export function fileLink(file: string, line: number, { pathPrefix }: Pick<MarkdownContext, "pathPrefix">): string {
  const target = `${pathPrefix}${file}`;
  return line > 0 ? linkTo(`${file}:${line}`, target, `#L${line}`) : linkTo(file, target, "");
}

export function placeLink(place: Place, context: MarkdownContext): string {
  if (place.object !== undefined) return codeSpan(place.object);
  return context.read(place.file) === undefined
    ? codeSpan(place.line > 0 ? `${place.file}:${place.line}` : place.file)
    : fileLink(place.file, place.line, context);
}

/** Code of the project as a block: no control character, no fence broken. */
export function block(language: string, text: string): string {
  return codeBlock(
    language,
    text
      .split(/\r\n|\n|\r/)
      .map((line) => cleanLine(line).trimEnd())
      .join("\n")
      .replace(/\n+$/, ""),
  );
}

export function adviceTable({ title, head, rows, numeric, source }: AdviceTable): string {
  const text = table(
    head.map(escapeProse),
    rows.map((cells) => cells.map(escapeProse)),
    numeric,
  );
  return [`**${escapeProse(title)}**`, text, source === "" ? "" : `From ${sentence(source)}`].filter(Boolean).join("\n\n");
}

/** A figure is its question, its answer, its drawing where it has one, and its data. */
export function figure(plot: Plot): readonly string[] {
  if (!hasAnswer(plot)) return [];
  const tables = tablesOfPlot(plot).filter(({ rows }) => rows.length > 0);
  const data = tables.map(({ title, head, rows, numeric }) =>
    [
      ...(title === "" ? [] : [`**${escapeProse(title)}**`, ""]),
      table(
        head.map(escapeProse),
        rows.map(({ cells }) => cells.map(escapeProse)),
        numeric,
      ),
    ].join("\n"),
  );
  const file = plotFile(plot);
  // The words stand above it: said again, they would be read twice.
  const drawing = file === null ? [] : [`![${escapeProse(plot.question)}](${file})`];
  return [`**${escapeProse(plot.question)}** ${sentence(plot.answer)}`, ...drawing, details(`Figures, from ${plot.source}`, data)];
}

/** What a place that is a statement asks, which its number tells nobody; empty of other places. */
export function statementOf({ role, object }: Place, { statements: known = [] }: Handbook): string {
  return role === "statement" ? (known.find(({ id }) => id === object)?.sql ?? "") : "";
}

const LONGEST_GIST = 100;

/** One line of a statement: what it reads and by what, without its columns. */
export function statementGist(sql: string): string {
  const clean = cleanLine(sql)
    .replaceAll(/\s+/g, " ")
    .trim()
    .replaceAll(/"([a-z_][a-z0-9_]*)"/g, "$1");
  const select = partsOf(clean);
  const gist =
    select === null || /^(?:COUNT|SUM|MAX|MIN|AVG|1\b)/.test(select.list)
      ? clean.replace(/^(INSERT INTO \S+) \(.*?\) VALUES.*$/, "$1 …")
      : `${select.start}… ${select.rest}`;
  return gist.length > LONGEST_GIST ? `${gist.slice(0, LONGEST_GIST)} …` : gist;
}

const BREAKS =
  /(?<!\b(?:INNER|LEFT|RIGHT|FULL|OUTER|CROSS))\s+(?=(?:FROM|WHERE|INNER JOIN|LEFT OUTER JOIN|LEFT JOIN|JOIN|GROUP BY|HAVING|ORDER BY|LIMIT|OFFSET|RETURNING|UNION|VALUES|SET|ON CONFLICT)\b)/g;
/** A list of more columns says how many. */
const MOST_COLUMNS = 4;
/** Letters of a computed column that are shown. */
const LONGEST_COMPUTED = 120;
const MOST_SQL = 1200;

/** A statement in lines, its list of columns shortened: what it asks can be read, and is not meant to be run. */
export function statementText(sql: string): string {
  const clean = foldLists(cleanLine(sql).replaceAll(/\s+/g, " ").trim());
  const select = partsOf(clean);
  const shortened = select === null ? clean : `${select.start}${shortList(select.list)} ${select.rest}`;
  const lines = shortened.replaceAll(BREAKS, "\n");
  return lines.length > MOST_SQL ? `${lines.slice(0, MOST_SQL)} …` : lines;
}

/** Parameters of a list: the first two tell what it is. */
const LONG_LIST = /\((\$\d+|%s), (\$\d+|%s)((?:, (?:\$\d+|%s)){3,})\)/g;

function foldLists(sql: string): string {
  return sql.replaceAll(
    LONG_LIST,
    (_, first: string, second: string, rest: string) => `(${first}, ${second} /* and ${formatNumber(rest.split(",").length - 1)} more */)`,
  );
}

/** Plain columns are counted; what is computed stays, since that is what takes the time. */
function shortList(list: string): string {
  const columns = splitAt(list, ",").map((one) => one.trim());
  const plain = columns.filter((one) => !one.includes("("));
  if (plain.length <= MOST_COLUMNS) return columns.map(cutComputed).join(", ");
  const computed = columns.filter((one) => one.includes("("));
  return [`${plain.slice(0, 2).join(", ")} /* and ${plain.length - 2} more columns */`, ...computed.map(cutComputed)].join(", ");
}

function cutComputed(column: string): string {
  return column.includes("(") && column.length > LONGEST_COMPUTED ? `${column.slice(0, LONGEST_COMPUTED)} …` : column;
}

/** The list of a SELECT and what follows it: a FROM within parentheses is a subquery's. */
function partsOf(sql: string): { readonly start: string; readonly list: string; readonly rest: string } | null {
  const [start] = /^SELECT (?:DISTINCT )?/.exec(sql) ?? [];
  if (start === undefined) return null;
  const [list = ""] = splitAt(sql.slice(start.length), " FROM ");
  const rest = sql.slice(start.length + list.length + 1);
  return rest === "" ? null : { start, list, rest };
}

/** Cut at `mark` where no parenthesis or quote is open. */
function splitAt(text: string, mark: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? "";
    if (quote !== "") quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === "(") depth += 1;
    else if (letter === ")") depth -= 1;
    else if (depth === 0 && text.startsWith(mark, at)) {
      parts.push(text.slice(start, at));
      start = at + mark.length;
      at = start - 1;
    }
  }
  return [...parts, text.slice(start)];
}

import { formatBytes, formatNumber } from "../../../model/numbers.ts";
import type { IndexMapPlot } from "../../../model/plot.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { wayIn, type WayIn } from "./index-coverage.ts";
import { table, type PlotTable } from "./plot-table.ts";
import { dot, fit, fitBold, fitPath, line, rect, share, slanted, text, type Drawing, type Sheet } from "./sheet.ts";

type Statement = IndexMapPlot["statements"][number];
type Index = IndexMapPlot["indexes"][number];

/** Rows and columns that are drawn. */
const MOST_ROWS = 16;
const MOST_COLUMNS = 9;
const MOST_NARROW_COLUMNS = 8;

/** What statements ask of the columns, above what indexes offer of them. */
export function drawIndexMap(plot: IndexMapPlot): Drawing {
  const map = toMap(plot);
  return {
    wide: sheetOf(map, { left: 206, right: 336, row: 25, head: 66, isNarrow: false }),
    narrow: map.columns.length > MOST_NARROW_COLUMNS ? null : sheetOf(map, { left: 0, right: 44, row: 41, head: 66, isNarrow: true }),
    legend: html`<span>Asked: <b>=</b> equal, <b>&lt;</b> range, <b>↓</b> order</span><span>Index: place of the column in it, <b>+</b> carried along</span>${map.left > 0 ? html`<span class="dim">${map.left} more in the table</span>` : NOTHING}`,
  };
}

interface Map {
  readonly columns: readonly string[];
  readonly statements: readonly Statement[];
  readonly indexes: readonly Index[];
  readonly ways: ReadonlyMap<string, WayIn>;
  readonly left: number;
}

/** Columns that a statement asks for or an index begins with stand; what is too much is left to the table. */
function toMap(plot: IndexMapPlot): Map {
  const statements = plot.statements.slice(0, MOST_ROWS);
  const named = plot.indexes.map((one) => ({ ...one, name: shortIndex(one.name, plot.table), why: shortWhy(one) }));
  const indexes = named.slice(0, MOST_ROWS);
  const used = new Set([...statements.flatMap(({ marks }) => marks), ...indexes.flatMap(({ positions }) => positions)].map(({ column }) => column));
  const all = plot.columns.filter((column) => used.has(column));
  const columns = all.slice(0, MOST_COLUMNS);
  const ways = new Map(statements.map((one) => [one.id, wayIn(one, named)]));
  return {
    columns,
    statements,
    indexes,
    ways,
    left: plot.statements.length - statements.length + plot.indexes.length - indexes.length + all.length - columns.length,
  };
}

/** Without the table's name at its beginning, which all of them share. */
function shortIndex(name: string, table: string): string {
  const bare = table.split(".").at(-1) ?? table;
  let shared = 0;
  while (shared < bare.length && name[shared] === bare[shared]) shared += 1;
  const rest = shared < LEAST_SHARED ? name : name.slice(shared).replace(/^[a-z0-9]*_/, "");
  return rest.length < 3 || rest === name ? name : `…${rest}`;
}

/** Letters of a table's name that an index must repeat before they are left out. */
const LEAST_SHARED = 8;

/** The row says already which index it is about. */
function shortWhy({ name, why }: Index): string {
  const plain = why.replaceAll("`", "");
  return plain.startsWith(`Index ${name} `) ? plain.slice(name.length + 7) : plain;
}

interface Room {
  readonly left: number;
  readonly right: number;
  readonly row: number;
  readonly head: number;
  readonly isNarrow: boolean;
}

function sheetOf(map: Map, room: Room): Sheet {
  const asked = map.statements.map((one, index) => statementRow(one, map, { ...room, y: room.head + 20 + index * room.row }));
  const middle = room.head + 20 + map.statements.length * room.row + 28;
  const offered = map.indexes.map((one, index) => indexRow(one, map, { ...room, y: middle + index * room.row }));
  const height = middle + map.indexes.length * room.row;
  const titles = html`${text(-room.left, 12, "Asked for", { name: "strong" })}${text(-room.left, middle - 9, "Indexed", { name: "strong" })}`;
  const body = html`${titles}${heads(map.columns, room)}${asked}${offered}${frame({ ...room, y: height })}`;
  return { left: room.left, right: room.right, height: height + 4, body };
}

function centre(columns: readonly string[], column: string): string {
  return share((columns.indexOf(column) + 0.5) / columns.length);
}

function heads(columns: readonly string[], { head }: Room): Html {
  return html`${columns.map((column) => slanted(centre(columns, column), head + 12, fit(column, 92), "mono"))}`;
}

type Row = Room & { readonly y: number };

function statementRow(one: Statement, { columns, ways }: Map, row: Row): Html {
  const way = ways.get(one.id);
  const isOpen = way?.isOpen ?? false;
  const y = markHeight(row);
  const marks = one.marks
    .filter(({ column }) => columns.includes(column))
    .map(
      ({ column, mark }) =>
        html`${dot(centre(columns, column), y, 8.5, isOpen ? "ask-hot" : "ask")}${text(centre(columns, column), y + 4, mark, { anchor: "middle", name: isOpen ? "hotword" : "" })}`,
    );
  const part = one.share === null ? "" : `${one.share < 0.01 ? "<1" : Math.round(one.share * 100)} %`;
  return html`${frame(row)}${name(one.label, row, isOpen ? "hotword" : "")}${marks}${note(part, way?.words ?? "", row, isOpen ? "hotword" : "faint")}`;
}

const VERDICTS: Readonly<Record<Index["verdict"], readonly [word: string, box: string, digit: string, words: string]>> = {
  keep: ["keep", "dark", "on-dark", ""],
  add: ["add", "cool", "on-cool", "strong"],
  drop: ["drop", "gone", "faint", "hotword"],
  unjudged: ["not judged", "ask", "", ""],
};

function indexRow(one: Index, { columns }: Map, row: Row): Html {
  const [word, box, digit, tone] = VERDICTS[one.verdict];
  const y = markHeight(row);
  const placed = one.positions.filter(({ column }) => columns.includes(column));
  const [first, last] = [placed[0], placed.at(-1)];
  const joint =
    first === undefined || last === undefined || first === last ? NOTHING : line(centre(columns, first.column), y, centre(columns, last.column), y, "joint");
  const boxes = placed.map(
    ({ column, position }) =>
      html`<svg x="${centre(columns, column)}" y="${y}" overflow="visible">${rect(-8, -8, 16, 16, box)}${text(0, 4, position === "include" ? "+" : String(position), { anchor: "middle", name: digit })}</svg>`,
  );
  const size = one.bytes === null ? "" : formatBytes(one.bytes);
  return html`${frame(row)}${name(one.name, row, one.verdict === "drop" ? "faint struck" : "mono")}${joint}${boxes}${note(size, `${word}: ${one.why}`, row, tone === "" ? "faint" : tone)}`;
}

function markHeight({ y, row, isNarrow }: Row): number {
  return isNarrow ? y + 28 : y + row / 2;
}

function frame({ y, left, right }: Row): Html {
  return html`${line(-left, y, "100%", y, "grid")}<svg x="100%" overflow="visible">${line(0, y, right, y, "grid")}</svg>`;
}

function name(words: string, { y, left, row, isNarrow }: Row, look: string): Html {
  const cut = /^\S+[/.]\S+$/.test(words) ? fitPath : isBold(look) ? fitBold : fit;
  return isNarrow ? text(0, y + 13, cut(words, 128), { name: look }) : text(-left, y + row / 2 + 4, cut(words, left - 14), { name: look });
}

function isBold(look: string): boolean {
  return look === "hotword" || look === "strong";
}

/** A figure and why: at the right, or in the row's first line where there is no room beside it. */
function note(figure: string, words: string, { y, row, right, isNarrow }: Row, look: string): Html {
  if (isNarrow)
    return text("100%", y + 13, (isBold(look) ? fitBold : fit)([figure, words.split(":")[0] ?? ""].filter(Boolean).join(" "), 150), {
      dx: right,
      anchor: "end",
      name: look,
    });
  const at = y + row / 2 + 4;
  return html`${text("100%", at, figure, { dx: 66, anchor: "end" })}${text("100%", at, (isBold(look) ? fitBold : fit)(words, right - 80), { dx: 76, name: look })}`;
}

export function tablesOfIndexMap(plot: IndexMapPlot): readonly PlotTable[] {
  const asked = plot.statements.map((one) => ({
    cells: [
      one.label,
      one.marks.map(({ column, mark }) => `${column} ${mark}`).join(", "),
      one.share === null ? "unknown" : `${Math.round(one.share * 1000) / 10} %`,
      wayIn(one, plot.indexes).words,
    ],
  }));
  const offered = plot.indexes.map(({ name: index, positions, bytes, scans, verdict, why }) => ({
    cells: [
      index,
      positions.map(({ column, position }) => (position === "include" ? `+ ${column}` : column)).join(", "),
      bytes === null ? "" : formatBytes(bytes),
      scans === null ? "unknown" : formatNumber(scans),
      VERDICTS[verdict][0],
      why,
    ],
  }));
  return [
    table(["statement", "asks", "share of the time", "way in"], [2], asked, "Asked for"),
    table(["index", "columns", "size", "scans", "verdict", "why"], [2, 3], offered, "Indexed"),
  ];
}

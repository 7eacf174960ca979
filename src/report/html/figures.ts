import type { Frame, ScopeKind, Stack } from "../../model/recording.ts";
import { blamedFrame, isTestCode, ownFrame } from "../../recording/user-code.ts";
import { formatNumber, formatPercent } from "../../model/numbers.ts";

/** `0.4 ms`, `82.5 ms`, `1.2 s`: two or three digits. */
export function formatTime(microseconds: number): string {
  const milliseconds = microseconds / 1000;
  if (milliseconds >= 1000) return `${formatNumber(Number((milliseconds / 1000).toPrecision(3)))} s`;
  return `${formatNumber(Number(milliseconds.toPrecision(milliseconds < 1 ? 2 : 3)))} ms`;
}

export function formatShare(part: number, whole: number): string {
  return formatPercent(whole <= 0 ? 0 : part / whole);
}

/** `shop/views.py:31`; the innermost line of the project, else what the library calls it. */
export function placeOfStack(stack: Stack): string {
  const frame = blamedFrame(stack) ?? ownFrame(stack) ?? stack[0];
  return frame === undefined ? "outside the project" : placeOfFrame(frame);
}

export function placeOfFrame({ file, line, owner }: Frame): string {
  return `${owner === "project" ? file : file.split("/").slice(-2).join("/")}:${line}`;
}

export function nameOfFrame({ kind, name, file }: Frame): string {
  return kind === "python" ? name : (file.split("/").at(-1) ?? file);
}

/** `SELECT shop_order`: the verb and the first table. */
export function summariseSql(sql: string): string {
  const [verb = ""] = sql.split(/\s/, 1);
  const table = /\b(?:FROM|INTO|UPDATE|JOIN|TABLE)\s+"?([\w.]+)"?/i.exec(sql)?.[1];
  const isCount = sql.startsWith("SELECT COUNT(");
  return table === undefined ? sql.slice(0, 40) : `${isCount ? "COUNT" : verb.toUpperCase()} ${table}`;
}

/** Frames that the application itself ran, the outermost first: what tests and start scripts add around them says nothing. */
export function applicationFrames(stack: Stack): readonly Frame[] {
  const end = stack.findIndex((frame) => frame.owner === "project" && isTestCode(frame.file));
  const own = end < 0 ? stack : stack.slice(0, end);
  return own.filter((frame) => !/(?:^|\/)(?:manage|wsgi|asgi)\.py$/.test(frame.file)).toReversed();
}

export const SCOPE_WORDS: Readonly<Record<ScopeKind, readonly [one: string, many: string]>> = {
  request: ["request", "requests"],
  task: ["task", "tasks"],
  command: ["command", "commands"],
  test: ["test", "tests"],
  setup: ["fixture", "fixtures"],
  process: ["process", "processes"],
};

const VENDORS: ReadonlyMap<string, string> = new Map([
  ["postgresql", "PostgreSQL"],
  ["mysql", "MySQL"],
  ["sqlite", "SQLite"],
  ["oracle", "Oracle"],
]);

/** A server by its own name, where Django's is one of these. */
export function vendorName(vendor: string): string {
  return VENDORS.get(vendor) ?? (vendor === "" ? "database server" : vendor);
}

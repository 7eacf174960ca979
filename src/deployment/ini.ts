/** Sections and keys of ini files (pgbouncer, uwsgi, supervisor, systemd), with their places. Any text gives some. */
import type { Said } from "../model/deployment.ts";
import type { Span } from "../model/span.ts";

export interface IniEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly span: Span;
  /** Of the value alone. */
  readonly valueSpan: Span;
}

/** Lines that go on: by a backslash at the end, or, with `isIndented`, by a space at the next one's start. */
export function readIni(file: string, text: string, isIndented = false): IniEntry[] {
  const entries: IniEntry[] = [];
  let section = "";
  for (const { 0: line, index } of text.matchAll(isIndented ? /[^\n]*(?:\n[ \t]+[^\s;#][^\n]*)*/g : /(?:\\\r?\n|[^\n])*/g)) {
    const head = /^\s*\[([^\]\n]*)\]/.exec(line);
    if (head !== null) {
      section = (head[1] ?? "").trim();
      continue;
    }
    const found = /^(\s*)([^=\s;#[][^=\n]*?)(\s*=[ \t]*)([\s\S]*?)\s*$/.exec(line);
    if (found === null) continue;
    const [, indent = "", key = "", equals = "", raw = ""] = found;
    const value = raw.replace(/\s+[;#].*$/, "").trim();
    const start = index + indent.length;
    const from = start + key.length + equals.length;
    entries.push({ section, key, value, span: { file, start, end: from + value.length }, valueSpan: { file, start: from, end: from + value.length } });
  }
  return entries;
}

export function saidIn(entries: readonly IniEntry[], names: readonly string[], section?: RegExp): Said<string> | null {
  const found = entries.findLast((one) => names.includes(one.key) && (section === undefined || section.test(one.section)));
  return found === undefined ? null : { value: found.value, spot: { role: "setting", span: found.span } };
}

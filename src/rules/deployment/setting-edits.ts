/** Edits of settings and of gunicorn's configuration, in the style of the lines beside them. */
import type { EditDraft, FixDraft, RuleInput, Said, Span } from "../../model/index.ts";
import type { DatabaseSettings } from "../../model/deployment.ts";

type Source = Pick<RuleInput, "text"> | null;

/** Another value for a key; null where the value is not written there. */
export function replaceValue({ written }: Said<unknown>, text: string): EditDraft | null {
  return written === undefined ? null : { span: written, text };
}

/** One more key beside a written one: in its dictionary, as an assignment like its own, or as a keyword. */
export function siblingKey(source: Source, beside: Said<unknown> | null, name: string, value: string): EditDraft | null {
  const span = beside?.spot?.span;
  if (source === null || span === undefined) return null;
  const text = source.text(span.file);
  const own = text.slice(span.start, span.end);
  const at = { file: span.file, start: span.end, end: span.end };
  const key = /^(["'])(\w+)\1\s*:/.exec(own);
  if (key !== null) {
    const [entry, apart] = [`${key[1] ?? '"'}${name}${key[1] ?? '"'}: ${value}`, separator(text, span)];
    // A comment behind the written key stays with it.
    return apart !== ", " && /^,[ \t]*#/.test(text.slice(span.end))
      ? { span: { ...at, start: span.start, end: span.start }, text: `${entry},\n${indentAt(text, span.start)}` }
      : { span: at, text: apart + entry };
  }
  const assignment = /^(\w+(?:\[[^\]]+\])*)\[(["'])\w+\2\]\s*=/.exec(own);
  if (assignment !== null)
    return { span: at, text: `\n${indentAt(text, span.start)}${assignment[1] ?? ""}[${assignment[2] ?? '"'}${name}${assignment[2] ?? '"'}] = ${value}` };
  const keyword = /(\w+)\s*=\s*$/.exec(text.slice(Math.max(0, span.start - 80), span.start))?.[1];
  if (keyword === undefined) return null;
  // Of a call that reads a URL: `engine` all of them take, those of connections dj-database-url alone.
  const isOfCall = keyword === keyword.toLowerCase();
  if (isOfCall && !(CALL_KEYWORDS.has(keyword) && CALL_KEYWORDS.has(name.toLowerCase()))) return null;
  return { span: at, text: `${separator(text, span)}${isOfCall ? name.toLowerCase() : name}=${value}` };
}

const CALL_KEYWORDS: ReadonlySet<string> = new Set(["conn_max_age", "conn_health_checks", "disable_server_side_cursors"]);

/** A new line where the key has one of its own. */
function separator(text: string, { start }: Span): string {
  const line = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  return /^\s*(?:\w+\s*=\s*)?$/.test(line) ? `,\n${indentAt(text, start)}` : ", ";
}

function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? "";
}

/** More keys of OPTIONS: within the one that is written, else in a new one beside another key. */
export function optionKeys(source: Source, database: DatabaseSettings, entries: readonly (readonly [name: string, value: string])[]): EditDraft | null {
  const span = database.optionsSpot?.span;
  if (source === null) return null;
  if (span === undefined) return newOptions(source, database, entries);
  const text = source.text(span.file);
  const brace = /^(?:(["'])OPTIONS\1\s*:|[^={]*=)?\s*\{/.exec(text.slice(span.start, span.end))?.[0];
  if (brace === undefined) return null;
  const at = span.start + brace.length;
  const rest = text.slice(at, span.end);
  const pairs = entries.map(([name, value]) => `"${name}": ${value}`);
  const position = { file: span.file, start: at, end: at };
  const line = /^\s*?\n([ \t]*)\S/.exec(rest);
  if (line !== null) return { span: position, text: pairs.map((pair) => `\n${line[1] ?? ""}${pair},`).join("") };
  return { span: position, text: `${pairs.join(", ")}${/^\s*\}/.test(rest) ? "" : ", "}` };
}

function newOptions(source: NonNullable<Source>, database: DatabaseSettings, entries: readonly (readonly [name: string, value: string])[]): EditDraft | null {
  const keys = [database.connMaxAge, database.healthChecks, database.atomicRequests, database.port, database.host, database.name, database.engine];
  for (const beside of keys) {
    if (beside?.written === undefined || !isWithin(beside, database)) continue;
    const edit = siblingKey(source, beside, "OPTIONS", `{${entries.map(([name, value]) => `"${name}": ${value}`).join(", ")}}`);
    if (edit !== null) return edit;
  }
  return null;
}

/** A key that another dictionary brings is no place for a new one. */
function isWithin({ spot }: Said<unknown>, { spot: { span } }: DatabaseSettings): boolean {
  return spot !== null && spot.span.file === span.file && ((spot.span.start >= span.start && spot.span.end <= span.end) || spot.span.start > span.end);
}

/** No fix where there is nothing to edit. */
export function reviewFix(title: string, edits: readonly (EditDraft | null)[], safety: FixDraft["safety"] = "review"): FixDraft[] {
  const known = edits.filter((edit) => edit !== null);
  return known.length === 0 || known.length < edits.length ? [] : [{ title, safety, edits: known }];
}

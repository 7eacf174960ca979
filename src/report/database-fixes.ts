/** What fixes do to a database in use, and what is left for a person to run. */
import { chainMigrations } from "../fixes/chain-migrations.ts";
import type { FixPlan } from "../fixes/plan-fixes.ts";
import type { Finding, Fix } from "../model/finding.ts";
import { cleanLine } from "./clean-text.ts";
import { wrap } from "./display-width.ts";
import { sqlStatements } from "./finding-facts.ts";
import { shortIdOf, shownPath, type RenderContext } from "./render-context.ts";
import { glyphsOf, type TextStyle } from "./terminal-style.ts";
import { wrapProse } from "./text-line.ts";

const INDENT = 8;
/** Of `lock`, `time` and `undo`, with the blanks after them. */
const LABEL = 6;
const CONTINUED = "    ";

/** Each migration of the plan with its lock, how long it takes and the way back; empty without any. */
export function renderMigrations(plan: FixPlan, context: RenderContext, style: TextStyle): string {
  const made = chainMigrations(plan.applied).edits.map((edits) => edits.map(({ file }) => file).filter((file) => plan.created.includes(file)));
  const parts = plan.applied.flatMap(({ finding, fix }, index) =>
    fix.migration?.follows === undefined ? [] : [...heading([finding], fix.title, context, style), ...migrationLines(fix, made[index] ?? [], context, style)],
  );
  return parts.length === 0 ? "" : `Migrations, in this order. luthier runs none: python manage.py migrate does.\n${parts.join("\n")}\n\n`;
}

/** A migration that two findings ask for is written once. */
function migrationLines({ migration }: Fix, files: readonly string[], context: RenderContext, style: TextStyle): readonly string[] {
  if (files.length === 0) return body(style, ["the same migration as above"]);
  const paths = files.map((file) => `${" ".repeat(INDENT)}${cleanLine(shownPath(context, file))}`);
  return [...paths, ...planLines(migration, style)];
}

function planLines(plan: Fix["migration"], style: TextStyle): readonly string[] {
  if (plan === undefined) return [];
  const rows = [
    ["lock", plan.lock],
    ["time", plan.duration],
    ["undo", plan.rollback],
  ] as const;
  return rows.flatMap(([name, words]) =>
    wrapProse(style, words, INDENT + LABEL).map((line, index) => `${" ".repeat(INDENT)}${(index === 0 ? name : "").padEnd(LABEL)}${line}`),
  );
}

/** Fixes in SQL alone: nobody runs them but a person. Findings that ask for the same statements share them. */
export function renderSqlFixes(findings: readonly Finding[], context: RenderContext, style: TextStyle): string {
  const groups = new Map<string, { readonly fix: Fix; readonly findings: Finding[] }>();
  for (const finding of findings) {
    const fix = sqlFixOf(finding);
    if (fix === null) continue;
    const key = fix.sql?.forward.join("\n") ?? "";
    const group = groups.get(key) ?? { fix, findings: [] };
    group.findings.push(finding);
    groups.set(key, group);
  }
  if (groups.size === 0) return "";
  const parts = [...groups.values()].flatMap((one) => [...heading(one.findings, one.fix.title, context, style), ...statements(one.fix, style)]);
  return `To run yourself, since luthier runs no SQL:\n${parts.join("\n")}\n\n`;
}

/** The finding's fix, when it is SQL and no edit. */
export function sqlFixOf({ fixes: [first] }: Finding): Fix | null {
  return first?.sql !== undefined && first.edits.length === 0 && first.sql.forward.length > 0 ? first : null;
}

/** `  4317  Drop the index …`, on several lines where it is long. */
function heading(findings: readonly Finding[], title: string, context: RenderContext, style: TextStyle): readonly string[] {
  const ids = findings.map(({ id }) => shortIdOf(context, id)).join(", ");
  const [first = "", ...rest] = wrapProse(style, title, ids.length + 4);
  return [`  ${ids}  ${first}`, ...rest.map((line) => `${" ".repeat(INDENT)}${line}`)];
}

function body(style: TextStyle, sentences: readonly string[]): readonly string[] {
  return sentences.flatMap((one) => wrapProse(style, one, INDENT)).map((line) => `${" ".repeat(INDENT)}${line}`);
}

/** Shown whole, since a person copies them. */
function statements(fix: Fix, style: TextStyle): readonly string[] {
  const { forward, reverse } = sqlStatements(fix);
  const show = (words: string, statement: string): readonly string[] =>
    wrap(cleanLine(statement), style.width - INDENT - words.length - CONTINUED.length, glyphsOf(style).ellipsis).map(
      (row, index) => `${" ".repeat(INDENT)}${index === 0 ? words : " ".repeat(words.length) + CONTINUED}${row}`,
    );
  const outside = fix.sql?.isTransactional === false ? body(style, ["outside of a transaction:"]) : [];
  return [...planLines(fix.migration, style), ...outside, ...forward.flatMap((one) => show("", one)), ...reverse.flatMap((one) => show("undo: ", one))];
}

import type { RuleMeta } from "../model/rule-meta.ts";
import { UsageError } from "../model/usage-error.ts";
import { compareText } from "../select/finding-order.ts";
import { nearest } from "../select/nearest.ts";
import type { Environment } from "./environment.ts";
import { textWidth } from "./terminal.ts";

/** `luthier rules [ID]`: the catalogue, a chapter of it, or one rule's page. */
export async function rules(id: string | undefined, format: "text" | "json", environment: Environment): Promise<void> {
  const all = (await environment.rules()).toSorted((a, b) => compareText(a.chapter, b.chapter) || compareText(a.id, b.id));
  const listed = id === undefined ? all : all.filter(({ chapter }) => chapter === id || chapter.startsWith(`${id}.`));
  if (id === undefined || listed.length > 0) {
    environment.stdout.write(format === "json" ? toJson(listed) : renderList(listed, environment.stdout.isTTY === true ? textWidth(environment) : Infinity));
    return;
  }
  const rule = findRule(id, all);
  environment.stdout.write(format === "json" ? toJson(rule) : renderPage(rule));
}

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function findRule(id: string, all: readonly RuleMeta[]): RuleMeta {
  const found = all.find((rule) => rule.id === id);
  if (found) return found;
  const guess = nearest(
    id,
    all.map((rule) => rule.id),
  );
  const remedy = guess ? `Did you mean ${guess}? All rules: luthier rules` : "All rules: luthier rules";
  throw new UsageError("unknown-rule", `there is no rule ${id}.`, remedy);
}

/** A line for each; in a terminal that is too narrow for what the rule finds, that stands below. */
function renderList(all: readonly RuleMeta[], columns: number): string {
  const width = Math.max(0, ...all.map(({ id }) => id.length));
  const rows = all.map(({ id, chapter, severity, fix, stage, summary }) => ({
    start: `${chapter.padEnd(5)}${id.padEnd(width)}  ${severity.padEnd(7)}  fix ${fix.padEnd(9)}`,
    summary: `${summary}${stage === "preview" ? " (preview)" : ""}`,
  }));
  const isWide = rows.every(({ start, summary }) => start.length + 2 + summary.length <= columns);
  const lines = rows.map(({ start, summary }) => (isWide ? `${start}  ${summary}` : `${start.trimEnd()}\n     ${summary}`));
  const count = `${all.length} rules. One rule's page: luthier rules ID`;
  return `${[...lines, ...(all.length > 0 ? [""] : []), count].join("\n")}\n`;
}

function renderPage({ id, chapter, severity, confidence, fix, stage, doc }: RuleMeta): string {
  const facts = [id, chapter, severity, confidence, `fix ${fix}`, stage].join("  ");
  return `${facts}\n\n${doc.trim()}\n\nSilence one finding:  # luthier: ignore[${id}] reason\n`;
}

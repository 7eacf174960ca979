import type { RuleMeta } from "../model/rule-meta.ts";
import { UsageError } from "../model/usage-error.ts";
import { compareText } from "../select/finding-order.ts";
import { nearest } from "../select/nearest.ts";
import type { Environment } from "./environment.ts";

/** `luthier rules [ID]`: the catalogue, or one rule's page. */
export async function rules(id: string | undefined, format: "text" | "json", environment: Environment): Promise<void> {
  const all = (await environment.rules()).toSorted((a, b) => compareText(a.chapter, b.chapter) || compareText(a.id, b.id));
  const shown = id === undefined ? all : [findRule(id, all)];
  if (format === "json") environment.stdout.write(`${JSON.stringify(id === undefined ? shown : shown[0], null, 2)}\n`);
  else environment.stdout.write(id === undefined ? renderList(shown) : shown.map(renderPage).join(""));
}

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

function renderList(all: readonly RuleMeta[]): string {
  const width = Math.max(0, ...all.map(({ id }) => id.length));
  const lines = all.map(({ id, chapter, severity, fix, stage, summary }) => {
    const young = stage === "preview" ? " (preview)" : "";
    return `${chapter.padEnd(5)}${id.padEnd(width)}  ${severity.padEnd(7)}  fix ${fix.padEnd(9)}  ${summary}${young}`;
  });
  const count = `${all.length} rules. One rule's page: luthier rules ID`;
  return `${[...lines, ...(all.length > 0 ? [""] : []), count].join("\n")}\n`;
}

function renderPage({ id, chapter, severity, confidence, fix, stage, doc }: RuleMeta): string {
  const facts = [id, chapter, severity, confidence, `fix ${fix}`, stage].join("  ");
  return `${facts}\n\n${doc.trim()}\n\nSilence one finding:  # luthier: ignore[${id}] reason\n`;
}

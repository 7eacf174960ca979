/** Findings of lines that make the querysets of many models: which of them come to a loop is not known. */
import type { Finding, Place, RuleInput } from "../model/index.ts";

/** One expression that makes the querysets of so many models belongs to no view in particular, if one loop gets the rows of all. */
const GENERIC_MODELS = 5;

export function doubtGenericLines(findings: readonly Finding[], source: RuleInput | null): Finding[] {
  const models = new Map<string, Set<string>>();
  const comers = new Map<string, Set<string>>();
  for (const finding of findings) {
    for (const key of sharedKeys(finding)) models.set(key, (models.get(key) ?? new Set()).add(finding.model ?? ""));
    for (const place of finding.places) comers.set(placeText(place), (comers.get(placeText(place)) ?? new Set()).add(finding.model ?? ""));
  }
  const files = filesOfModels(source);
  // A serializer or a form that one model's rows alone come to tells which rows they are; what models and their receivers do, they do for any view.
  const isToldApart = ({ places }: Finding): boolean =>
    places.some((place) => (place.role === "call" || place.role === "access") && !files.has(place.file) && comers.get(placeText(place))?.size === 1);
  return findings.map((finding) => {
    const count = models.get(sharedKeys(finding).at(-1) ?? "")?.size ?? 0;
    if (count < GENERIC_MODELS || isToldApart(finding)) return finding;
    return { ...finding, confidence: "possible", doubt: `this line makes the querysets of ${count} models; which of them get here is not known` };
  });
}

/** Files of models, and of what signals call for them. */
function filesOfModels(source: RuleInput | null): ReadonlySet<string> {
  if (source === null) return new Set();
  const models = [...source.graph.models.values()].map(({ cls }) => cls.module.ir.file);
  return new Set([...models, ...(source.graph.receivers ?? []).map(({ module }) => module.ir.file)]);
}

/** The line that makes the queryset, then with it the loop that its rows come to, if there is one. None for what stands in no source: no line makes it. */
function sharedKeys({ places }: Finding): string[] {
  const [first] = places;
  if (first === undefined || first.object !== undefined) return [];
  const line = placeText(first);
  const loop = places.find(({ role }) => role === "loop");
  return loop === undefined ? [line] : [line, `${line} ${placeText(loop)}`];
}

function placeText({ file, line, column, endLine, endColumn }: Place): string {
  return `${file}:${line}:${column}:${endLine}:${endColumn}`;
}

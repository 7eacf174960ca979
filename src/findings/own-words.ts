/** Findings about what the code does on purpose, as a comment of its own says. */
import type { Finding, Place, RuleInput } from "../model/index.ts";
import { isStatement, pathTo } from "../python/syntax-tree.ts";
import { spanOf } from "./positions.ts";

/** What these advise to load early, or once for all rounds. */
const ASKED_OFTEN: ReadonlySet<string> = new Set([
  "n-plus-one",
  "query-in-loop",
  "aggregate-in-loop",
  "defeated-prefetch",
  "deferred-field-load",
  "generic-foreign-key-lazy",
]);

/** Where a relation could be loaded. What stands where it is read is often about how that spares a query of rows that are prefetched. */
const WHERE_LOADED: ReadonlySet<Place["role"]> = new Set(["queryset", "loop", "definition"]);
const WHERE_ASKED: ReadonlySet<Place["role"]> = new Set(["queryset", "loop", "definition", "access"]);
/** The place that these name asks by itself. */
const QUERIES: ReadonlySet<string> = new Set(["query-in-loop", "duplicate-query"]);

/** `# don't prefetch the groups: …`, `# prefetch_related() does not work here`, `# a query per project, not ideal, but …`. */
const LEFT_OUT = [
  /\b(?:don['’]?t|do not|can['’]?t|cannot|never)(?: (?!forget)\w+){0,2} [`"']?(?:pre-?fetch|select_related|eager)/i,
  /\b(?:pre-?fetch\w*|select_related)\b[^.!?]{0,60}\b(?:do|does|would|will)(?:n['’]t| not) work\b/i,
  /\bquer(?:y|ies)\b.*\bnot ideal\b|\bnot ideal\b.*\bquer(?:y|ies)\b/i,
  /\b(?:deliberately|intentionally)(?: not?| without| no)?(?: \w+){0,2} [`"']?(?:pre-?fetch|select_related|eager|lazy\b|lazily\b)/i,
  /\bleft out\b[^.!?]{0,30}\b(?:pre-?fetch\w*|select_related)\b[^.!?]{0,20}\b(?:on purpose|deliberately|intentionally)\b/i,
];

/** `# fresh objects have to be fetched`. */
const ASKED_ANEW = [/\bfresh\b|\bstale\b|\bup[- ]to[- ]date\b|\bre-?(?:fetch|load|read|quer)/i];

/** Who means to change it is glad of the finding. */
const TO_DO = /\b(?:TODO|FIXME|XXX|HACK)\b/;

export function doubtOwnWords(findings: readonly Finding[], source: RuleInput | null): Finding[] {
  if (source === null) return [...findings];
  return findings.map((finding) => {
    const asks = QUERIES.has(finding.rule) ? WHERE_ASKED : WHERE_LOADED;
    const patterns = ASKED_OFTEN.has(finding.rule) ? LEFT_OUT : finding.rule === "duplicate-query" ? ASKED_ANEW : [];
    if (finding.confidence === "possible" || patterns.length === 0) return finding;
    const said = finding.places
      .filter(({ role }) => asks.has(role))
      .map((place) => commentAt(place, source))
      .find((words) => !TO_DO.test(words) && patterns.some((one) => one.test(words)));
    return said === undefined
      ? finding
      : { ...finding, confidence: "possible", doubt: `a comment there says "${said.slice(0, LONGEST)}${said.length > LONGEST ? "…" : ""}"` };
  });
}

/** Characters of a comment that are quoted. */
const LONGEST = 120;

/** What stands above the statement, and behind its first line. */
function commentAt(place: Place, { program, text }: RuleInput): string {
  if (!place.file.endsWith(".py")) return "";
  const source = text(place.file);
  const span = spanOf(source, place);
  const start = pathTo(program, span).findLast(isStatement)?.start ?? span.start;
  const lines = source.slice(0, start).split("\n").slice(0, -1);
  const above = lines.slice(lines.findLastIndex((line) => !/^\s*#/.test(line)) + 1);
  const own = /#.*$/.exec(/^.*/.exec(source.slice(start))?.[0] ?? "")?.[0] ?? "";
  return [...above, own]
    .map((line) => line.replace(/^\s*#+\s*/, "").trim())
    .filter((line) => line !== "")
    .join(" ");
}

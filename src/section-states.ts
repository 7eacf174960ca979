/** What each section of the catalogue came to: silence is a verdict only where something was looked at. */
import { NEEDS_DATABASE, type Verdicts } from "./findings/run-rules.ts";
import type { Rule, SectionState } from "./model/index.ts";

/** How much of the source was followed. */
export interface Followed {
  readonly querysets: number;
  /** Querysets and templates that could not be followed. */
  readonly lost: number;
  readonly files: number;
}

/** Sections that have rules, in order. `followed` is null without source. */
export function sectionStates(rules: readonly Rule[], verdicts: Verdicts, followed: Followed | null): readonly SectionState[] {
  const sections = [...new Set(rules.map(({ meta }) => meta.chapter))].toSorted();
  return sections.map((section) =>
    stateOf(
      section,
      rules.filter(({ meta }) => meta.chapter === section),
      verdicts,
      followed,
    ),
  );
}

function stateOf(section: string, rules: readonly Rule[], { findings, unknown, examined }: Verdicts, followed: Followed | null): SectionState {
  const silent = new Map(unknown.filter(({ chapter, object }) => chapter === section && object === undefined).map(({ rule, why }) => [rule, why]));
  const bySource = followed !== null && rules.some((rule) => rule.check !== undefined);
  const lost = bySource ? followed.lost : 0;
  const looked = [...(bySource ? [`${followed.querysets} querysets in ${followed.files} files`] : []), ...(examined.get(section) ?? [])];
  const missing = [...(lost === 0 ? [] : [`${lost} querysets or templates that could not be followed`]), ...gapsOf(silent)].join("; ");
  return { section, state: wordOf(), examined: looked.join(", "), missing };

  function wordOf(): SectionState["state"] {
    if (findings.some(({ chapter }) => chapter === section)) return "findings";
    if (silent.size === rules.length) return "unknown";
    return silent.size > 0 || lost > 0 ? "partial" : "clean";
  }
}

/** `12 rules need a database`. */
function gapsOf(silent: ReadonlyMap<string, string>): readonly string[] {
  const causes = new Map<string, number>();
  for (const why of silent.values()) causes.set(why, (causes.get(why) ?? 0) + 1);
  return [...causes].map(([why, count]) =>
    count === 1 ? `one rule ${why}` : `${count} rules ${why === NEEDS_DATABASE ? "need a database" : why.replace(/^needs /, "need ")}`,
  );
}

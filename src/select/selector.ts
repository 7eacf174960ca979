import type { Finding } from "../model/finding.ts";
import { UsageError } from "../model/usage-error.ts";
import { nearest } from "./nearest.ts";

/** A finding, or what a rule could not judge. */
export type Selectable = Pick<Finding, "rule" | "chapter" | "id">;

/** What the words of `--select` and `--ignore` are matched against. */
export interface Vocabulary {
  readonly ruleIds: ReadonlySet<string>;
  /** With the sections: `2`, `2.4`. */
  readonly chapters: ReadonlySet<string>;
  readonly shortIds: ReadonlyMap<string, string>;
}

/** A test for the findings that any of the words means: a rule id, a chapter such as `2` or `2.4`, or a finding's id. */
export function parseSelectors(words: readonly string[], vocabulary: Vocabulary): (finding: Selectable) => boolean {
  const tests = words.map((word) => parseSelector(word, vocabulary));
  return (finding) => tests.some((test) => test(finding));
}

function parseSelector(word: string, vocabulary: Vocabulary): (finding: Selectable) => boolean {
  if (vocabulary.chapters.has(word)) return (finding) => finding.chapter === word || finding.chapter.startsWith(`${word}.`);
  if (vocabulary.ruleIds.has(word)) return (finding) => finding.rule === word;
  const ids = matchingIds(word, vocabulary.shortIds);
  if (ids.size === 0) throw unknownSelector(word, vocabulary);
  return (finding) => ids.has(finding.id);
}

/** A finding's whole id, its short id, or a longer one that was printed when another finding was near. */
function matchingIds(word: string, shortIds: ReadonlyMap<string, string>): Set<string> {
  const matches = [...shortIds].filter(([id, short]) => id === word || short === word || (word.length >= 4 && (id.startsWith(word) || word.startsWith(short))));
  return new Set(matches.map(([id]) => id));
}

function unknownSelector(word: string, vocabulary: Vocabulary): UsageError {
  if (/^\d(\.\d+)?$/.test(word)) return new UsageError("unknown-selector", `there is no chapter ${word}.`, "Chapters and their rules: luthier rules");
  const guess = nearest(word, [...vocabulary.ruleIds, ...vocabulary.shortIds.values()]);
  return new UsageError(
    "unknown-selector",
    `${word} is neither a rule, a chapter such as 2.4, nor the id of a finding here.`,
    guess ? `Did you mean ${guess}? All rules: luthier rules` : "All rules: luthier rules",
  );
}

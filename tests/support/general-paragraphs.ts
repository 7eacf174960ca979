/** Prose that could stand in any other project's handbook. */
import { fromMarkdownParagraphs } from "./read-markdown.ts";

/** A number, a path, a name in code, a link or a command: something of this project. */
const EVIDENCE = /\d|\bluthier \w+|`[^`]+`|\[[^\]]+\]\([^)]+\)|\b[\w/-]+\.(?:py|html|ini|cfg|toml|md|txt|sql)\b/;

/** Words that say that nothing was there. */
/** Names over tables and ways to mend, which stand within a finding. */
const FEWEST_WORDS = 6;

const EMPTY = /^(?:Before:|After:|Nothing was left out\.|No findings?\.)$/;

export function generalParagraphs(markdown: string, names: readonly string[]): readonly string[] {
  return fromMarkdownParagraphs(markdown).filter((paragraph) => {
    if (EMPTY.test(paragraph.trim()) || /^<[^>]*>(?:<[^>]*>)?$/.test(paragraph.trim())) return false;
    if (/^(?:Why|Evidence|Fix|Proof|Doubt|Silence|Places)\b/.test(paragraph)) return false;
    if (paragraph.trim().split(/\s+/).length < FEWEST_WORDS) return false;
    return !EVIDENCE.test(paragraph) && !names.some((name) => paragraph.includes(name));
  });
}

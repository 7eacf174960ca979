/** What differs between two texts of a file, as edits of the first: whole lines, by their longest common run. */
import type { Edit } from "../model/finding.ts";

/** Lines between what both begin and end with; beyond it the whole middle is one edit. Ours: the table of the longest run grows with its square. */
const MOST_LINES = 1500;

export function editsBetween(file: string, before: string, after: string): readonly Edit[] {
  const [old, made] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < made.length && old[start] === made[start]) start += 1;
  let end = 0;
  while (end < Math.min(old.length, made.length) - start && old[old.length - 1 - end] === made[made.length - 1 - end]) end += 1;
  const middle = { old: old.slice(start, old.length - end), made: made.slice(start, made.length - end) };
  const base = Buffer.byteLength(old.slice(0, start).join(""));
  return changesOf(middle).map(({ from, removed, added }) => {
    const at = base + Buffer.byteLength(middle.old.slice(0, from).join(""));
    const expected = removed.join("");
    return { file, start: at, end: at + Buffer.byteLength(expected), expected, text: added.join("") };
  });
}

interface Lines {
  readonly old: readonly string[];
  readonly made: readonly string[];
}

interface LineChange {
  /** Index of the first old line. */
  readonly from: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

function changesOf({ old, made }: Lines): readonly LineChange[] {
  if (old.length === 0 && made.length === 0) return [];
  if (old.length > MOST_LINES || made.length > MOST_LINES) return [{ from: 0, removed: old, added: made }];
  const run = commonRuns({ old, made });
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < made.length) {
    const [from, to] = [i, j];
    while (i < old.length || j < made.length) {
      if (i < old.length && j < made.length && old[i] === made[j]) break;
      if (j >= made.length || (i < old.length && (run[i + 1]?.[j] ?? 0) >= (run[i]?.[j + 1] ?? 0))) i += 1;
      else j += 1;
    }
    if (i > from || j > to) changes.push({ from, removed: old.slice(from, i), added: made.slice(to, j) });
    while (i < old.length && j < made.length && old[i] === made[j]) [i, j] = [i + 1, j + 1];
  }
  return changes;
}

/** Length of the longest common run of lines from each pair of lines on. */
function commonRuns({ old, made }: Lines): readonly Uint16Array[] {
  const rows = Array.from({ length: old.length + 1 }, () => new Uint16Array(made.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    const [row, below] = [rows[i], rows[i + 1]];
    if (row === undefined || below === undefined) continue;
    for (let j = made.length - 1; j >= 0; j -= 1) row[j] = old[i] === made[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
  }
  return rows;
}

const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** How large a GIN index over the trigrams of texts becomes, from the texts that statistics show: which trigrams they have, and how close together the rows lie that have one. */
import { BLOCK } from "./pages.ts";

/** A known text, and the rows that it stands for as a share of those that are not null. */
export interface KnownText {
  readonly text: string;
  readonly share: number;
}

/** Filled parts of a build's pages. Ours, from five indexes that were built: of lists of many rows, and of keys with short ones. */
const FILLED = { lists: 0.9, keys: 0.55 } as const;
/** From so many bytes on a list has pages of its own (`GinMaxItemSize`). */
const LONGEST = 2700;
/** Bytes of a key with its pointer and headers. */
const KEY = 28;
/** Row numbers are kept as the distance to the one before: a page is so many apart, and seven bits make a byte. */
const PAGE_APART = 2048;

/** As `pg_trgm` cuts them: words in lower case, with two spaces before and one after. */
export function trigramsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.flatMap((word) => Array.from({ length: word.length + 1 }, (_, at) => `  ${word} `.slice(at, at + 3))));
}

/**
 * Pages, but for the metapage and the root.
 *
 * @example
 * trigramPages([{ text: "ab", share: 1 }], 100_000, 500) // 50
 */
export function trigramPages(texts: readonly KnownText[], rows: number, tablePages: number): number {
  const { often, rare } = keysIn(texts);
  const pages = (keys: number, own: number): number => {
    const bytes = listBytes(own, tablePages);
    return bytes > LONGEST ? keys * Math.ceil(bytes / (BLOCK * FILLED.lists)) : (keys * (bytes + KEY)) / (BLOCK * FILLED.keys);
  };
  const short = rare.keys === 0 ? 0 : pages(rare.keys, Math.max(1, (rare.share * rows) / rare.keys));
  return Math.ceil(often.reduce((sum, share) => sum + pages(1, share * rows), short));
}

interface Keys {
  /** By key that several texts have: its share of the rows. */
  readonly often: readonly number[];
  /** Those that one text has, with those that none of the known ones has: how many, and the share of all of them together. */
  readonly rare: { readonly keys: number; readonly share: number };
}

function keysIn(texts: readonly KnownText[]): Keys {
  const met = new Map<string, { texts: number; share: number }>();
  for (const { text, share } of texts)
    for (const key of trigramsOf(text)) {
      const one = met.get(key) ?? { texts: 0, share: 0 };
      met.set(key, { texts: one.texts + 1, share: one.share + share });
    }
  const all = [...met.values()];
  const single = all.filter((one) => one.texts === 1);
  const double = all.filter((one) => one.texts === 2).length;
  // Chao's estimate of what was not met, from what was met once and twice.
  const unmet = (single.length * (single.length - 1)) / (2 * (double + 1));
  return {
    often: all.flatMap((one) => (one.texts > 1 ? [one.share] : [])),
    rare: { keys: single.length === 0 ? 0 : single.length + unmet, share: single.reduce((sum, { share }) => sum + share, 0) },
  };
}

/** Of one key's row numbers: one byte each on the same page, and as many as the distance takes to the next page. */
function listBytes(rows: number, tablePages: number): number {
  const perPage = rows / Math.max(1, tablePages);
  const far = Math.ceil(Math.log2(Math.max(1, 1 / perPage) * PAGE_APART + 1) / 7);
  return perPage >= 1 ? rows + tablePages : rows * far;
}

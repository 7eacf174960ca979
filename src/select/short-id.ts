import type { Finding } from "../model/finding.ts";

const SHORTEST = 4;

/**
 * Short ids by stable id: the first four letters or digits, lengthened where two would be equal, as git does.
 * They are counted over all findings of an analysis, so that a filter does not change them.
 */
export function shortIds(findings: readonly Finding[]): ReadonlyMap<string, string> {
  const digests = new Map(findings.map((finding) => [finding.id, digest(finding.id)]));
  const sorted = [...digests].toSorted(([, a], [, b]) => (a < b ? -1 : Number(a > b)));
  return new Map(
    sorted.map(([id, text], index) => {
      const before = sorted[index - 1]?.[1] ?? "";
      const after = sorted[index + 1]?.[1] ?? "";
      const length = Math.max(SHORTEST, sharedPrefix(text, before) + 1, sharedPrefix(text, after) + 1);
      return [id, text.slice(0, length)];
    }),
  );
}

function sharedPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** A stable id made of letters and digits speaks for itself; any other is hashed. */
function digest(id: string): string {
  return /^[a-z0-9]{4,}$/.test(id) ? id : hash(id);
}

/** FNV-1a with 64 bits in base 36: short, stable, and no more is asked of it. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  }
  return value.toString(36).padStart(13, "0").split("").toReversed().join("");
}

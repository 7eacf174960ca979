import { endOfQuoted } from "./quoted-string.ts";

/** One word of a tag, as Django's `split_contents` finds them: quoted strings keep their blanks. */
export interface Bit {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const BLANK = /\s/u;

export function splitBits(text: string, start: number, end: number): readonly Bit[] {
  const bits: Bit[] = [];
  const content = text.slice(start, end);
  for (let at = 0; at < content.length;) {
    if (BLANK.test(content.charAt(at))) {
      at++;
      continue;
    }
    const stop = endOfBit(content, at);
    bits.push({ text: content.slice(at, stop), start: start + at, end: start + stop });
    at = stop;
  }
  return bits;
}

function endOfBit(content: string, from: number): number {
  let at = from;
  while (at < content.length) {
    const char = content.charAt(at);
    if (BLANK.test(char)) return at;
    // A quote that is never closed is a character like any other.
    at = endOfQuoted(content, at) || at + 1;
  }
  return at;
}

import type { Expr, Keyword } from "../model/ir.ts";
import type { Bit } from "./django-bits.ts";
import { type DjangoSource, readBit, readBitLeniently } from "./django-source.ts";

export interface TagArguments {
  readonly args: readonly Expr[];
  readonly keywords: readonly Keyword[];
  /** The name after `as`. */
  readonly target: string | null;
}

/** A name bound to a value in a tag: `name=value` or `value as name`. */
export interface Binding {
  readonly name: Bit;
  readonly value: Expr;
}

/** Attributes such as `data-id` or `class+` are names to some libraries. */
const KEYWORD = /^([\p{L}_@:][\p{L}\p{N}_.:@-]*)\+?=(?!=)/u;

/** Words by which custom tags structure their arguments: `{% get_comments for post as comments %}`. */
const PARTICLES: ReadonlySet<string> = new Set(["for", "in", "with", "from", "as", "only", "and", "or", "on", "off"]);

/** Reads the words of a tag of unknown grammar: values, keywords and `as target`. */
export function readArguments(source: DjangoSource, bits: readonly Bit[]): TagArguments {
  const { rest, target } = splitTarget(bits);
  const args: Expr[] = [];
  const keywords: Keyword[] = [];
  for (const bit of rest) {
    const length = keywordLength(bit);
    const value = readBitLeniently(source, length > 0 ? dropStart(bit, length) : bit);
    if (length > 0) keywords.push({ name: keywordName(bit, length), value });
    else if (!PARTICLES.has(bit.text)) args.push(value);
  }
  return { args, keywords, target };
}

export function splitTarget(bits: readonly Bit[]): { readonly rest: readonly Bit[]; readonly target: string | null } {
  const target = bits.at(-1);
  if (bits.length < 2 || !target || bits.at(-2)?.text !== "as") return { rest: bits, target: null };
  return { rest: bits.slice(0, -2), target: target.text };
}

/** Reads `a=b c=d` or `b as a and d as c` from the start of `bits`; `rest` is what follows. */
export function readBindings(source: DjangoSource, bits: readonly Bit[]): { readonly bindings: readonly Binding[]; readonly rest: readonly Bit[] } {
  const bindings: Binding[] = [];
  let index = 0;
  for (let bit = bits[0]; bit; bit = bits[index]) {
    const length = keywordLength(bit);
    const name = bits[index + 2];
    if (length > 0) {
      bindings.push({ name: nameBit(bit, length), value: readBit(source, dropStart(bit, length)) });
      index += 1;
    } else if (bits[index + 1]?.text === "as" && name) {
      bindings.push({ name, value: readBit(source, bit) });
      index += 3;
    } else break;
    if (bits[index]?.text === "and") index++;
  }
  return { bindings, rest: bits.slice(index) };
}

/** Length of `name=`; 0 where there is none. */
function keywordLength(bit: Bit): number {
  return KEYWORD.exec(bit.text)?.[0].length ?? 0;
}

function keywordName(bit: Bit, length: number): string {
  return bit.text.slice(0, length - 1).replace(/\+$/, "");
}

function nameBit(bit: Bit, length: number): Bit {
  const text = keywordName(bit, length);
  return { text, start: bit.start, end: bit.start + text.length };
}

function dropStart(bit: Bit, length: number): Bit {
  return { text: bit.text.slice(length), start: bit.start + length, end: bit.end };
}

import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

/** Numbers strings in the order in which they first come. */
export class StringTable {
  readonly #numbers = new Map<string, number>();

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const next = this.#numbers.size;
    this.#numbers.set(text, next);
    return next;
  }

  /** Writes how many strings there are, the width of their units, their lengths, and all of them in one run. */
  write(writer: ByteWriter): void {
    const texts = [...this.#numbers.keys()];
    const joined = texts.join("");
    const isNarrow = !/[\u0100-\uffff]/.test(joined);
    writer.unsigned(texts.length);
    writer.unsigned(isNarrow ? 1 : 2);
    for (const text of texts) writer.unsigned(text.length);
    writer.append(Buffer.from(joined, isNarrow ? "latin1" : "utf16le"));
  }
}

/** Reads what a table wrote from `at` to the end; each string is cut out when it is first asked for. */
export function readStrings(bytes: Uint8Array, at: number): (number: number) => string {
  const reader = new ByteReader(bytes, at);
  const count = reader.unsigned();
  const encoding = reader.unsigned() === 1 ? "latin1" : "utf16le";
  const ends = new Int32Array(count + 1);
  for (let number = 0; number < count; number++) ends[number + 1] = (ends[number] ?? 0) + reader.unsigned();
  const { buffer, byteOffset, length } = bytes.subarray(reader.at);
  const joined = Buffer.from(buffer, byteOffset, length).toString(encoding);
  const texts: (string | undefined)[] = Array.from({ length: count });
  return (number) => (texts[number] ??= joined.slice(ends[number], ends[number + 1]));
}

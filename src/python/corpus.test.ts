import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Module } from "../model/index.ts";
import { decodeModule, encodeModule } from "./codec.ts";
import { decodeText } from "./decode-text.ts";
import { openPythonParser } from "./parser.ts";
import type { PythonParser } from "./parser.ts";
import { listNodes, openSyntax } from "./syntax.ts";

/** Python's own library: some hundreds of files, its test suite's odd ones included. */
const library = execFileSync("python3", ["-c", "import sysconfig; print(sysconfig.get_paths()['stdlib'])"], {
  encoding: "utf8",
}).trim();
const files = readdirSync(library, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".py") && !name.includes("site-packages"))
  .toSorted();
const sampled = files.filter((_, index) => index % Math.ceil(files.length / 200) === 0);
const corpus = sampled.map((file) => ({
  file,
  text: decodeText(readFileSync(join(library, file))).text,
}));

let parser: PythonParser;
beforeAll(async () => {
  parser = await openPythonParser();
});

test("there is a Python library to read", () => {
  expect(corpus.length).toBeGreaterThan(100);
});

interface Spanned {
  readonly start: number;
  readonly end: number;
}

/** What is wrong with the places in a module: nothing, in the end. */
function misplaced(module: Module, text: string): string[] {
  const wrong: string[] = [];
  const visit = (value: unknown, parent: Spanned, field: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, parent, field);
    else if (typeof value === "object" && value !== null) visitRecord(value, parent, field);
  };
  const visitRecord = (record: object, parent: Spanned, field: string): void => {
    const { start, end } = { ...parent, ...record };
    // Decorators stand before what they decorate.
    const isInside = field === "decorators" || (parent.start <= start && end <= parent.end);
    if (!isInside || start < 0 || start > end || end > text.length) wrong.push(`${field} ${start}-${end}`);
    wrong.push(...misnamed(record, text));
    for (const [name, value] of Object.entries(record)) visit(value, { start, end }, name);
  };
  visit(module.body, { start: 0, end: text.length }, "body");
  return wrong;
}

function misnamed(record: object, text: string): string[] {
  if (!("kind" in record && "name" in record && "start" in record)) return [];
  const { name } = record;
  const at = record.kind === "name" ? record.start : "nameStart" in record ? record.nameStart : null;
  if (typeof at !== "number" || typeof name !== "string") return [];
  return text.startsWith(name, at) ? [] : [`${name} is not at ${at}`];
}

const withoutMark = (text: string): string => text.replace(/^\uFEFF/, "").replace(/\r(?!\n)/g, "\n");

describe("Python's library", () => {
  test("is read without errors, but for what is broken on purpose", () => {
    const broken = corpus.filter(({ file, text }) => parser.lower(file, text).errors.length > 0);
    expect(broken.map(({ file }) => file).filter((file) => !/test|bad/.test(file))).toEqual([]);
  });

  test("has every span in its text and in its parent, and every name where it says", () => {
    for (const { file, text } of corpus) {
      expect({ file, wrong: misplaced(parser.lower(file, text), withoutMark(text)) }).toEqual({
        file,
        wrong: [],
      });
    }
  });

  test("comes back from the codec as it went in", () => {
    for (const { file, text } of corpus) {
      const module = parser.lower(file, text);
      const decoded = decodeModule(encodeModule(module));
      expect(JSON.stringify(decoded) === JSON.stringify(module), file).toBe(true);
      expect(Buffer.compare(encodeModule(decoded), encodeModule(module)), file).toBe(0);
    }
  });

  test("gives the same nodes from tree-sitter's memory as from its public cursor", async () => {
    const [fast, slow] = await Promise.all([openSyntax(), openSyntax({ isPublic: true })]);
    expect(fast.readsMemory).toBe(true);
    expect(slow.readsMemory).toBe(false);
    for (const { file, text } of corpus.filter((_, index) => index % 4 === 0)) {
      for (const part of [text, text.slice(0, text.length / 2), text.replaceAll("(", "")]) {
        const expected = slow.parse(part, (_, cursor) => listNodes(cursor).join());
        expect(fast.parse(part, (_, cursor) => listNodes(cursor).join()) === expected, file).toBe(true);
      }
    }
  });
});

describe("mutated Python", () => {
  const piece = fc.constantFrom(
    ...Array.from("()[]{}:;,.=@#*\\\"'\n\r\t\f \0é😀\uD800"),
    "'''",
    'f"{',
    "def ",
    "class ",
    "lambda",
    "if ",
    " else ",
    "for x in ",
    "match x:\n case ",
    "async ",
    "yield ",
    ":=",
    "\n    ",
    "\n  ",
    "await ",
    "b'",
    "with ",
    "import ",
    "from .",
    "type X = ",
    "print ",
    "except ",
    "0x",
    "1j",
    "**",
  );
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.nat(12),
    insert: fc.array(piece, { maxLength: 3 }),
  });
  const source = fc.record({
    file: fc.nat(),
    from: fc.nat(),
    length: fc.integer({ min: 1, max: 1500 }),
  });

  function mutate(from: { file: number; from: number; length: number }, edits: readonly Edit[]): string {
    const { text } = corpus[from.file % corpus.length] ?? { text: "" };
    const start = from.from % (text.length + 1);
    let mutated = text.slice(start, start + from.length);
    for (const { at, remove, insert } of edits) {
      const place = at % (mutated.length + 1);
      mutated = mutated.slice(0, place) + insert.join("") + mutated.slice(place + remove);
    }
    return mutated;
  }
  interface Edit {
    readonly at: number;
    readonly remove: number;
    readonly insert: readonly string[];
  }

  test("is always read, with places that hold, and kept by the codec", () => {
    fc.assert(
      fc.property(source, fc.array(edit, { maxLength: 8 }), (from, edits) => {
        const text = mutate(from, edits);
        const module = parser.lower("test.py", text);
        expect(misplaced(module, withoutMark(text))).toEqual([]);
        expect(decodeModule(encodeModule(module))).toEqual(module);
      }),
      { numRuns: 1500 },
    );
  });

  test("any text at all is read", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        expect(misplaced(parser.lower("test.py", text), withoutMark(text))).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });
});

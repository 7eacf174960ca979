import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Language, Parser } from "web-tree-sitter";
import type { Node, Tree } from "web-tree-sitter";
import type { Module } from "../model/index.ts";
import { lowerBlock } from "./blocks.ts";
import { Cursor } from "./cursor.ts";
import { readGrammar, readVisibility } from "./grammar.ts";
import type { Walk } from "./walk.ts";

/**
 * Reads Python. Synchronous and total: any text gives a module, and what could not be read is in its `errors`.
 *
 * ```ts
 * const parser = await openPythonParser();
 * const module = parser.lower("shop/models.py", "class Book(models.Model): …");
 * ```
 */
export interface PythonParser {
  /** Offsets in the module count from after the byte order mark, when `text` has one. */
  lower(file: string, text: string): Module;
}

type ModuleError = Module["errors"][number];

export async function openPythonParser(): Promise<PythonParser> {
  await Parser.init();
  const language = await Language.load(await findGrammar());
  const parser = new Parser();
  parser.setLanguage(language);
  const grammar = readGrammar(language);
  const shown = readVisibility(language);
  return {
    lower: (file, text) => {
      const source = normalise(text);
      const tree = parser.parse((index) => source.slice(index, index + chunk));
      if (tree === null) return { ...emptyModule(file, source), errors: [{ start: 0, message: "not parsed" }] };
      const cursor = tree.walk();
      try {
        const errors: ModuleError[] = tree.rootNode.hasError ? findErrors(tree.rootNode) : [];
        const walk: Walk = { text: source, cursor: new Cursor(cursor, shown), grammar, errors, depth: 0, yields: false };
        const body = lowerBlock(walk);
        return { ...emptyModule(file, source), body, errors, comments: findComments(tree, source) };
      } finally {
        cursor.delete();
        tree.delete();
      }
    },
  };
}

/** What tree-sitter copies at a time (its buffer holds 10 kB of UTF-16 and a terminator). */
const chunk = 5119;
const mostErrors = 20;

/** The grammar does not know a carriage return alone as a line's end. Offsets stay as they are. */
function normalise(text: string): string {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  return source.includes("\r") ? source.replace(/\r(?!\n)/g, "\n") : source;
}

function emptyModule(file: string, text: string): Module {
  return { file, language: "python", body: [], comments: [], errors: [], loads: [], lineStarts: findLines(text) };
}

function findLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Only broken files pay for this walk. */
function findErrors(root: Node): ModuleError[] {
  const errors: ModuleError[] = [];
  const open: Node[] = [root];
  for (let node = open.pop(); node !== undefined && errors.length < mostErrors; node = open.pop()) {
    if (node.isError || node.isMissing) errors.push({ start: node.startIndex, message: "syntax error" });
    else open.push(...node.children.filter((child) => child.hasError || child.isMissing).toReversed());
  }
  return errors;
}

/** Comments for us are rare: a search of the text saves walking over all the others. */
function findComments(tree: Tree, text: string): Module["comments"] {
  if (!/#\s*luthier:/.test(text)) return [];
  const comments = tree.rootNode.descendantsOfType("comment").map(({ startIndex, endIndex }) => {
    const written = text.slice(startIndex, endIndex).trimEnd();
    return { start: startIndex, end: startIndex + written.length, text: written };
  });
  return comments.filter((comment) => /^#\s*luthier:/.test(comment.text));
}

/** The build copies the grammar next to this module; a checkout has it in `node_modules`. */
async function findGrammar(): Promise<string> {
  const beside = fileURLToPath(new URL("./tree-sitter-python.wasm", import.meta.url));
  try {
    await access(beside);
    return beside;
  } catch {
    return createRequire(import.meta.url).resolve("tree-sitter-python/tree-sitter-python.wasm");
  }
}

import type { Node } from "web-tree-sitter";
import type { Module } from "../model/index.ts";
import { lowerBlock } from "./blocks.ts";
import { readGrammar } from "./grammar.ts";
import { openSyntax } from "./syntax.ts";
import type { SyntaxOptions } from "./syntax.ts";
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

export async function openPythonParser(options: SyntaxOptions = {}): Promise<PythonParser> {
  const syntax = await openSyntax(options);
  const grammar = readGrammar(syntax.language);
  const read = (text: string): Read =>
    syntax.parse(text, ({ rootNode }, cursor) => {
      const errors = rootNode.hasError ? findErrors(rootNode) : [];
      const walk: Walk = { text, cursor, grammar, errors, depth: 0, yields: false };
      const body = lowerBlock(walk);
      return { body, errors, comments: findComments(rootNode, text) };
    });
  return {
    lower: (file, text) => {
      const source = normalise(text);
      const { body, comments, errors } = source.length > longest ? unread("too long") : guard(() => read(source));
      return {
        file,
        language: "python",
        body,
        comments,
        errors,
        loads: [],
        lineStarts: findLines(source),
      };
    },
  };
}

type Read = Pick<Module, "body" | "errors" | "comments">;

/** A tree takes up to about 150 bytes a character, and tree-sitter has 2 GB. */
const longest = 10_000_000;

function unread(message: string): Read {
  return { body: [], errors: [{ start: 0, message }], comments: [] };
}

/** A text may still be too much for the stack that the caller has left, or for tree-sitter's memory. */
function guard(read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    const isExhausted = error instanceof Error && ["RangeError", "RuntimeError"].includes(error.name);
    if (isExhausted) return unread(error.message);
    throw error;
  }
}

/** The grammar does not know a carriage return alone as a line's end. Offsets stay as they are. */
function normalise(text: string): string {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  return source.includes("\r") ? source.replace(/\r(?!\n)/g, "\n") : source;
}

function findLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

const mostErrors = 20;

/** Only broken files pay for this walk. */
function findErrors(root: Node): ModuleError[] {
  const errors: ModuleError[] = [];
  const open: Node[] = [root];
  for (let node = open.pop(); node !== undefined && errors.length < mostErrors; node = open.pop()) {
    if (node.isError || node.isMissing) errors.push({ start: node.startIndex, message: "syntax error" });
    else for (const child of node.children.toReversed()) if (child.hasError || child.isMissing) open.push(child);
  }
  return errors;
}

/** Comments for us are rare: a search of the text saves walking over all the others. */
function findComments(root: Node, text: string): Module["comments"] {
  if (!/#[ \t]*luthier:/.test(text)) return [];
  const comments = root.descendantsOfType("comment").map(({ startIndex, endIndex }) => {
    const written = text.slice(startIndex, endIndex).trimEnd();
    return { start: startIndex, end: startIndex + written.length, text: written };
  });
  return comments.filter((comment) => /^#[ \t]*luthier:/.test(comment.text));
}

import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Language, Parser } from "web-tree-sitter";
import type { Tree } from "web-tree-sitter";
import { visibility } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";
import { readVisibility } from "./grammar.ts";
import { MemoryCursor } from "./memory-cursor.ts";
import type { WasmMemory } from "./memory-cursor.ts";
import { WasmCursor } from "./wasm-cursor.ts";

/** Tree-sitter with the Python grammar. */
export interface Syntax {
  readonly language: Language;
  /** Whether trees are walked where they lie in memory, and not through the public interface. */
  readonly readsMemory: boolean;
  /** The tree's memory is freed when `use` has returned. */
  parse<T>(text: string, use: (tree: Tree, cursor: Cursor) => T): T;
}

export interface SyntaxOptions {
  /** Walk through tree-sitter's public interface even where its memory can be read. */
  readonly isPublic?: boolean;
}

/** What tree-sitter copies at a time: its buffer holds 10 kB of UTF-16 and a terminator. */
const chunk = 5119;

/** The first initialisation in a process turns the object it is given into its module, memory included. */
const memory: Partial<WasmMemory> = {};

export async function openSyntax({ isPublic = false }: SyntaxOptions = {}): Promise<Syntax> {
  await Parser.init(memory);
  const language = await Language.load(await findGrammar());
  const parser = new Parser();
  parser.setLanguage(language);
  const shown = readVisibility(language);
  const parse = <T>(text: string, use: (tree: Tree) => T): T => {
    const tree = parser.parse((index) => text.slice(index, index + chunk));
    if (tree === null) throw new Error("tree-sitter gave no tree");
    try {
      return use(tree);
    } finally {
      tree.delete();
    }
  };
  const readsMemory = !isPublic && parse(sample, (tree) => hasKnownLayout(tree, shown));
  const open = readsMemory ? useMemory : usePublic;
  return {
    language,
    readsMemory,
    parse: (text, use) => parse(text, (tree) => open(tree, shown, (cursor) => use(tree, cursor))),
  };
}

function usePublic<T>(tree: Tree, shown: Uint8Array, use: (cursor: Cursor) => T): T {
  const cursor = tree.walk();
  try {
    return use(new WasmCursor(cursor, shown));
  } finally {
    cursor.delete();
  }
}

function useMemory<T>(tree: Tree, shown: Uint8Array, use: (cursor: Cursor) => T): T {
  const cursor = readMemory(tree, shown);
  return cursor === null ? usePublic(tree, shown, use) : use(cursor);
}

/** The views are taken anew for every tree: they change when the memory grows. */
function readMemory(tree: Tree, shown: Uint8Array): Cursor | null {
  const { HEAP32, HEAPU16 } = memory;
  const address: unknown = Reflect.get(tree, 0);
  if (HEAP32 === undefined || HEAPU16 === undefined || typeof address !== "number") return null;
  return new MemoryCursor({ HEAP32, HEAPU16 }, address, shown);
}

/** Has hidden and aliased nodes, comments, external tokens, nodes too large for their inline form and an error. */
const sample = `\
@a.b
async def f(x: int = 1, *y, **z) -> "${"long ".repeat(60)}":  # comment
    with (open(x) as g, h):
        print(f"{x!r:>{y}} {{", 'b' "c", [i for i in z if i not in y])
    match x:
        case A(b=1) | [_, *c] if not d: return lambda: (yield)
for x in
`;

/** Whether reading the memory finds the very nodes that the public cursor finds. */
function hasKnownLayout(tree: Tree, shown: Uint8Array): boolean {
  const cursor = readMemory(tree, shown);
  if (cursor === null) return false;
  const expected = usePublic(tree, shown, listNodes);
  return listNodes(cursor).join() === expected.join();
}

/** Types and spans of all nodes, in order, with a zero where children end. */
export function listNodes(cursor: Cursor, nodes: number[] = []): readonly number[] {
  if (!cursor.down(visibility.error)) return nodes;
  do {
    nodes.push(cursor.type, cursor.start, cursor.end);
    listNodes(cursor, nodes);
  } while (cursor.next(visibility.error));
  cursor.up();
  nodes.push(0);
  return nodes;
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

import { visibility } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";

/**
 * Walks a tree where it lies in tree-sitter's memory, about five times as fast as through calls into wasm.
 *
 * The layout is that of `Subtree` and `TSLanguage` in tree-sitter's C sources. It is no public interface: the
 * version is pinned, and `parser.ts` compares this cursor with the public one before it trusts it.
 */
export interface WasmMemory {
  readonly HEAP32: Int32Array;
  readonly HEAPU16: Uint16Array;
}

/** Offsets in bytes. A subtree is 8 bytes: a leaf within them, or a pointer; children lie before their parent. */
const subtree = {
  bytes: 8,
  padding: 4,
  size: 16,
  childCount: 36,
  symbol: 40,
  flags: 44,
  visibleChildren: 48,
  production: 66,
};
const treeOffset = { root: 0, language: 8 };
const languageOffset = { aliasLength: 36, publicSymbols: 76, aliases: 84 };
const errorSymbol = 0xffff;

const isVisible = 1;
const isExtra = 4;

/** What the stack keeps of one open parent: its children still to come and where the last of them ended. */
const frameSize = 5;

export class MemoryCursor implements Cursor {
  type = 0;
  start = 0;
  end = 0;
  readonly #words: Int32Array;
  readonly #halves: Uint16Array;
  readonly #shown: Uint8Array;
  readonly #publicSymbols: number;
  readonly #aliases: number;
  readonly #aliasLength: number;
  /** The node that was reached: its address, zero for a leaf, and where its padding begins. */
  #node: number;
  #before = 0;
  #stack = new Int32Array(frameSize * 256);
  #depth = 0;
  #child = 0;
  #lastChild = 0;
  #position = 0;
  #alias = 0;
  /** Zero while the parent is a node of its own, one when it is hidden and its children belong to its parent. */
  #hidden = 0;

  constructor(memory: WasmMemory, tree: number, shown: Uint8Array) {
    this.#words = memory.HEAP32;
    this.#halves = memory.HEAPU16;
    this.#shown = shown;
    const language = this.#word(tree + treeOffset.language);
    this.#publicSymbols = this.#word(language + languageOffset.publicSymbols);
    this.#aliases = this.#word(language + languageOffset.aliases);
    this.#aliasLength = this.#half(language + languageOffset.aliasLength);
    this.#node = this.#word(tree + treeOffset.root);
  }

  down(most: number = visibility.shown): boolean {
    if (this.#node === 0 || this.#word(this.#node + subtree.childCount) === 0) return false;
    this.#open(this.#node, this.#before, 0);
    if (this.#advance(most)) return true;
    this.#close();
    return false;
  }

  next(most: number = visibility.shown): boolean {
    return this.#advance(most);
  }

  up(): void {
    while (this.#hidden === 1) this.#close();
    this.#close();
  }

  #advance(most: number): boolean {
    do {
      while (this.#child === this.#lastChild) {
        if (this.#hidden === 0) return false;
        this.#close();
      }
    } while (!this.#step(most));
    return true;
  }

  /** Reads one child: stops at it, opens it when its children belong to its parent, or passes it over. */
  #step(most: number): boolean {
    const first = this.#word(this.#child);
    const sizes = this.#word(this.#child + 4);
    const isLeaf = (first & 1) === 1;
    const before = this.#position;
    const start = before + (isLeaf ? (sizes >>> 16) & 0xff : this.#word(first + subtree.padding));
    const end = start + (isLeaf ? sizes >>> 24 : this.#word(first + subtree.size));
    const flags = isLeaf ? first >>> 1 : this.#word(first + subtree.flags);
    this.#child += subtree.bytes;
    this.#position = end;
    const alias = (flags & isExtra) === 0 ? this.#nextAlias() : 0;
    if ((flags & isVisible) === 0 && alias === 0) {
      if (!isLeaf && this.#hasVisibleChildren(first)) this.#open(first, before, 1);
      return false;
    }
    const symbol = isLeaf ? (first >>> 8) & 0xff : this.#half(first + subtree.symbol);
    const type = this.#publicSymbol(alias === 0 ? symbol : alias);
    const shown = this.#shown[type] ?? visibility.error;
    if (shown === visibility.hidden || shown > most) return false;
    this.type = type;
    this.start = start >>> 1;
    this.end = end >>> 1;
    this.#node = isLeaf ? 0 : first;
    this.#before = before;
    return true;
  }

  #hasVisibleChildren(node: number): boolean {
    return this.#word(node + subtree.childCount) > 0 && this.#word(node + subtree.visibleChildren) > 0;
  }

  /** A production may give its children other names; comments and the like do not count among them. */
  #nextAlias(): number {
    if (this.#alias === 0) return 0;
    const alias = this.#half(this.#alias);
    this.#alias += 2;
    return alias;
  }

  #publicSymbol(symbol: number): number {
    return symbol === errorSymbol ? symbol : this.#half(this.#publicSymbols + 2 * symbol);
  }

  #open(node: number, before: number, hidden: number): void {
    if ((this.#depth + 1) * frameSize > this.#stack.length) this.#grow();
    const stack = this.#stack;
    const at = this.#depth++ * frameSize;
    stack[at] = this.#child;
    stack[at + 1] = this.#lastChild;
    stack[at + 2] = this.#position;
    stack[at + 3] = this.#alias;
    stack[at + 4] = this.#hidden;
    const production = this.#half(node + subtree.production);
    this.#child = node - this.#word(node + subtree.childCount) * subtree.bytes;
    this.#lastChild = node;
    this.#position = before;
    this.#alias = production === 0 ? 0 : this.#aliases + 2 * production * this.#aliasLength;
    this.#hidden = hidden;
  }

  #close(): void {
    const stack = this.#stack;
    const at = --this.#depth * frameSize;
    this.#child = stack[at] ?? 0;
    this.#lastChild = stack[at + 1] ?? 0;
    this.#position = stack[at + 2] ?? 0;
    this.#alias = stack[at + 3] ?? 0;
    this.#hidden = stack[at + 4] ?? 0;
  }

  #grow(): void {
    const stack = new Int32Array(2 * this.#stack.length);
    stack.set(this.#stack);
    this.#stack = stack;
  }

  #word(address: number): number {
    return this.#words[address >>> 2] ?? 0;
  }

  #half(address: number): number {
    return this.#halves[address >>> 1] ?? 0;
  }
}

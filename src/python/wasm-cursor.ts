import type { TreeCursor } from "web-tree-sitter";
import { visibility } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";

/** Walks through tree-sitter's public cursor. */
export class WasmCursor implements Cursor {
  type: number;
  start: number;
  end: number;
  readonly #tree: TreeCursor;
  readonly #shown: Uint8Array;

  constructor(tree: TreeCursor, shown: Uint8Array) {
    this.#tree = tree;
    this.#shown = shown;
    this.type = tree.nodeTypeId;
    this.start = tree.startIndex;
    this.end = tree.endIndex;
  }

  down(most: number = visibility.shown): boolean {
    if (!this.#tree.gotoFirstChild()) return false;
    if (this.#settle(most)) return true;
    this.#tree.gotoParent();
    return false;
  }

  next(most: number = visibility.shown): boolean {
    return this.#tree.gotoNextSibling() && this.#settle(most);
  }

  up(): void {
    this.#tree.gotoParent();
  }

  #settle(most: number): boolean {
    do {
      const type = this.#tree.nodeTypeId;
      const shown = this.#shown[type] ?? visibility.error;
      if (shown !== visibility.hidden && shown <= most) {
        this.type = type;
        this.start = this.#tree.startIndex;
        this.end = this.#tree.endIndex;
        return true;
      }
    } while (this.#tree.gotoNextSibling());
    return false;
  }
}

import type { TemplateError } from "./template-report.ts";

/** Consumers of the IR recurse over blocks; what is nested deeper than any real template is lowered flat. */
const MAX_DEPTH = 200;

export interface Piece {
  readonly kind: "output" | "tag";
  /** The tag's name; empty for an output. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface Leaf<P> {
  readonly kind: "leaf";
  readonly piece: P;
}
/** A branch such as `else`, with what follows it. */
export interface Branch<P> {
  readonly head: P;
  readonly items: readonly Node<P>[];
}
export interface BlockNode<P> {
  readonly kind: "block";
  readonly head: P;
  readonly items: readonly Node<P>[];
  readonly branches: readonly Branch<P>[];
  /** End of the closing tag. */
  readonly end: number;
}
export type Node<P> = Leaf<P> | BlockNode<P>;

export interface BlockShape {
  readonly closers: readonly string[];
  readonly branches: ReadonlySet<string>;
  /** False for a tag that is taken for a block only because a matching end tag follows. */
  readonly isKnown: boolean;
}

/** What a template language says of its tags. */
export interface TagGrammar<P> {
  shapeOf(piece: P): BlockShape | null;
  /** True for the closers and branches of the language's own blocks. */
  isReserved(name: string): boolean;
}

interface Frame<P> {
  readonly head: P;
  readonly shape: BlockShape;
  readonly depth: number;
  readonly items: Node<P>[];
  readonly branches: { readonly head: P; readonly items: Node<P>[] }[];
}

/** Nests a flat list of tags. Total: whatever does not match is reported and lowered where it stands. */
export function buildTagTree<P extends Piece>(pieces: readonly P[], grammar: TagGrammar<P>, errors: TemplateError[]): readonly Node<P>[] {
  const builder = new TreeBuilder(pieces, grammar, errors);
  return builder.build();
}

const OPEN_BRANCHES: ReadonlySet<string> = new Set(["else", "elif", "elseif", "empty", "plural", "pluralize"]);

class TreeBuilder<P extends Piece> {
  private readonly pieces: readonly P[];
  private readonly grammar: TagGrammar<P>;
  private readonly errors: TemplateError[];
  private readonly root: Node<P>[] = [];
  private readonly frames: Frame<P>[] = [];
  private readonly openClosers = new Map<string, number>();
  private readonly lastStart = new Map<string, number>();
  private isTooDeep = false;

  constructor(pieces: readonly P[], grammar: TagGrammar<P>, errors: TemplateError[]) {
    this.pieces = pieces;
    this.grammar = grammar;
    this.errors = errors;
    for (const piece of pieces) this.lastStart.set(piece.name, piece.start);
  }

  build(): readonly Node<P>[] {
    for (const piece of this.pieces) this.add(piece);
    const end = this.pieces.at(-1)?.end ?? 0;
    while (this.frames.length > 0) this.closeTop(end, false);
    return this.root;
  }

  private add(piece: P): void {
    if (piece.kind === "output") {
      this.items().push({ kind: "leaf", piece });
      return;
    }
    if (this.openClosers.get(piece.name)) this.close(piece);
    else if (!this.addBranch(piece)) this.addTag(piece);
  }

  private addTag(piece: P): void {
    const shape = this.grammar.shapeOf(piece) ?? this.guessShape(piece);
    if (shape) this.open(piece, shape);
    else if (this.grammar.isReserved(piece.name)) this.fail(piece.start, `unexpected tag '${piece.name}'`);
    else this.items().push({ kind: "leaf", piece });
  }

  private guessShape(piece: P): BlockShape | null {
    const closers = [`end${piece.name}`, `end_${piece.name}`];
    const isClosed = closers.some((name) => (this.lastStart.get(name) ?? -1) > piece.start);
    return isClosed ? { closers, branches: OPEN_BRANCHES, isKnown: false } : null;
  }

  private addBranch(piece: P): boolean {
    const frame = this.frames.at(-1);
    if (!frame?.shape.branches.has(piece.name)) return false;
    frame.branches.push({ head: piece, items: [] });
    return true;
  }

  private open(head: P, shape: BlockShape): void {
    const parent = this.frames.at(-1);
    const depth = parent ? parent.depth + parent.branches.length + 1 : 1;
    this.frames.push({ head, shape, depth, items: [], branches: [] });
    for (const closer of shape.closers) this.count(closer, 1);
  }

  private close(closer: P): void {
    for (let frame = this.frames.at(-1); frame; frame = this.frames.at(-1)) {
      const isMatch = frame.shape.closers.includes(closer.name);
      this.closeTop(isMatch ? closer.end : closer.start, isMatch);
      if (isMatch) return;
    }
  }

  private closeTop(end: number, isMatched: boolean): void {
    const frame = this.frames.pop();
    if (!frame) return;
    for (const closer of frame.shape.closers) this.count(closer, -1);
    if (!isMatched && frame.shape.isKnown) this.fail(frame.head.start, `unclosed tag '${frame.head.name}'`);
    if (frame.depth > MAX_DEPTH) this.flatten(frame, true);
    else if (!isMatched && !frame.shape.isKnown) this.flatten(frame, false);
    else this.items().push({ kind: "block", ...contentOf(frame), end });
  }

  /** The frame's head without a body, and then its content, in the block around it. */
  private flatten(frame: Frame<P>, isDeep: boolean): void {
    const items = this.items();
    if (isDeep && !this.isTooDeep) this.fail(frame.head.start, `tags nested more than ${MAX_DEPTH} deep`);
    if (isDeep) this.isTooDeep = true;
    else items.push({ kind: "leaf", piece: frame.head });
    for (const part of [frame, ...frame.branches]) for (const item of part.items) items.push(item);
  }

  private items(): Node<P>[] {
    const frame = this.frames.at(-1);
    return frame ? (frame.branches.at(-1) ?? frame).items : this.root;
  }

  private count(closer: string, change: number): void {
    this.openClosers.set(closer, (this.openClosers.get(closer) ?? 0) + change);
  }

  private fail(start: number, message: string): void {
    this.errors.push({ start, message });
  }
}

function contentOf<P>(frame: Frame<P>): Pick<BlockNode<P>, "head" | "items" | "branches"> {
  return { head: frame.head, items: frame.items, branches: frame.branches };
}

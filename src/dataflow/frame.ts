/** Where the analysis stands: scopes, calls and loops. */
import type { ClassInfo, FunctionDef, Lambda, PythonModule, Span } from "../model/index.ts";
import type { LiveOrigin } from "./recorder.ts";
import type { AttributeEnd, AttributeWrite, RowChange } from "./attribute-writes.ts";
import type { Byway } from "./byways.ts";
import type { Assumption } from "./conditions.ts";
import type { Value } from "./values.ts";

export interface Binding {
  readonly value: Value;
  /** The innermost loop whose rows it depends on; 0 for none. */
  readonly loop: number;
  /** A test found that it has no rows: what takes its place has a reader only then. */
  readonly isGone?: true;
}

export interface Env {
  readonly id: number;
  vars: Map<string, Binding>;
  readonly parent: Env | null;
}

export interface Loop {
  readonly id: number;
  readonly span: Span;
  readonly over: "rows" | "literal" | "while" | "unknown";
  readonly origin: LiveOrigin | null;
  /** From the origin's model to the rows that it goes over. */
  readonly path?: string;
  /** Label of the model whose rows a delete() collects. */
  readonly collects?: string;
  /** Depth of the frame that runs the loop. */
  readonly depth: number;
  /** The loop around it, in this function or in a caller. */
  readonly outer: Loop | null;
}

export interface Frame {
  readonly module: PythonModule | null;
  readonly file: string;
  readonly env: Env;
  readonly def: FunctionDef | Lambda | null;
  readonly owner: ClassInfo | null;
  /** A class body that runs, as far as where its statement begins. */
  readonly body?: { readonly cls: ClassInfo; readonly before: number };
  readonly self: Value | null;
  readonly depth: number;
  readonly caller: Frame | null;
  readonly callSite: Span | null;
  readonly symbol: string;
  readonly isAsync: boolean;
  readonly atImport: boolean;
  readonly language: "python" | "django" | "jinja2";
  /** Innermost loop, the caller's when this frame has none. */
  loop: Loop | null;
  branch: string;
  /** What the conditions on the way here said. */
  assumed: readonly Assumption[];
  /** As many ways are told apart where the statement stands. */
  ways: number;
  /** The span is a declaration that a framework acts on, not the code that runs. */
  readonly isDeclared?: true;
  /** The way that runs is one that only some rows take. */
  byway?: Byway | undefined;
  /** Inside a `try` with handlers, as far as the innermost loop. */
  isGuarded: boolean;
  /** Attributes that the arm which runs has set. */
  journal?: AttributeWrite[] | undefined;
  /** Rows that functions called by that arm have changed. */
  changes?: RowChange[] | undefined;
  /** What arms that left the function had set. */
  left?: readonly AttributeEnd[];
  readonly returns: Value[];
  readonly yields: Value[];
  /** Template frames: blocks that children define, libraries loaded. */
  readonly template: TemplateContext | null;
}

export interface TemplateContext {
  readonly blocks: Map<string, { readonly body: readonly import("../model/index.ts").Stmt[]; readonly file: string }[]>;
  readonly partials: Map<string, { readonly body: readonly import("../model/index.ts").Stmt[]; readonly file: string }>;
  readonly loads: Set<string>;
  /** Bodies of blocks that are being run: one inside itself is not run again. */
  readonly running: Set<readonly import("../model/index.ts").Stmt[]>;
  /** Files of the template and of those that it extends. A template that extends its own name means the one that it hides. */
  readonly chain: Set<string>;
  readonly language: "django" | "jinja2";
}

let nextEnv = 1;
export function newEnv(parent: Env | null): Env {
  return { id: nextEnv++, vars: new Map(), parent };
}

export function lookUp(env: Env, name: string): Binding | null {
  for (let at: Env | null = env; at !== null; at = at.parent) {
    const found = at.vars.get(name);
    if (found !== undefined) return found;
  }
  return null;
}

/** Places in stubs and packages tell nobody anything. */
function isOwnCode(frame: Frame | null): boolean {
  return frame !== null && (frame.module === null || frame.module.origin === "project");
}

/** Call sites from the frame that runs the loop down to `frame`, outermost first. */
export function callsSince(frame: Frame, depth: number): Span[] {
  const calls: Span[] = [];
  for (let at: Frame | null = frame; at !== null && at.depth > depth; at = at.caller) {
    if (at.callSite !== null && isOwnCode(at.caller)) calls.push(at.callSite);
  }
  return calls.toReversed();
}

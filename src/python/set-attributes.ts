/** Names of attributes that any code of the program sets on an object. */
import type { Expr, Program } from "../model/index.ts";
import { visit, type SyntaxNode } from "./syntax-tree.ts";

const known = new WeakMap<Program, ReadonlySet<string>>();

/** `queryset.custom = True` or `setattr(queryset, "custom", True)`, wherever it stands. */
export function isSetSomewhere(program: Program, name: string): boolean {
  let names = known.get(program);
  if (names === undefined) {
    names = collect(program);
    known.set(program, names);
  }
  return names.has(name);
}

function collect(program: Program): Set<string> {
  const found = new Set<string>();
  for (const module of program.modules.values()) {
    for (const stmt of module.ir.body) {
      note(stmt, found);
      visit(stmt, (node) => note(node, found));
    }
  }
  return found;
}

function note(node: SyntaxNode, found: Set<string>): void {
  switch (node.kind) {
    case "assign":
      return noteTargets(node.targets, found);
    case "augment":
    case "for":
      return noteTargets([node.target], found);
    case "with":
      return noteTargets(
        node.items.flatMap(({ target }) => target ?? []),
        found,
      );
    case "call": {
      const [, name] = node.args;
      if (node.callee.kind === "name" && node.callee.name === "setattr" && name?.kind === "str") found.add(name.value);
      return;
    }
    default:
      return;
  }
}

function noteTargets(targets: readonly Expr[], found: Set<string>): void {
  for (const target of targets) {
    if (target.kind === "attribute") found.add(target.name);
    else if (target.kind === "sequence") noteTargets(target.items, found);
  }
}

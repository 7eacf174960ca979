import type { Module } from "../../src/model/ir.ts";

interface Spanned {
  readonly start: number;
  readonly end: number;
  readonly kind?: unknown;
  readonly name?: unknown;
  readonly nameStart?: unknown;
}

/** Every way in which the positions of a lowered template do not fit its text; empty when all is well. */
export function findBadSpans(module: Module, text: string): readonly string[] {
  const bad: string[] = [];
  visit(module.body, { start: 0, end: text.length }, text, bad);
  for (const { start } of module.errors) if (start < 0 || start > text.length) bad.push(`error at ${start}`);
  for (const { start, end } of module.comments) if (start >= end || end > text.length) bad.push(`comment ${start}`);
  return bad;
}

function visit(value: unknown, parent: Spanned, text: string, bad: string[]): void {
  if (Array.isArray(value)) for (const item of value) visit(item, parent, text, bad);
  else if (typeof value === "object" && value !== null) {
    const inner = isSpanned(value) ? value : parent;
    if (inner === value) bad.push(...checkNode(inner, parent, text));
    for (const child of Object.values(value)) visit(child, inner, text, bad);
  }
}

function isSpanned(value: object): value is Spanned {
  return "start" in value && "end" in value;
}

function checkNode(node: Spanned, parent: Spanned, text: string): readonly string[] {
  const where = `${String(node.kind)} ${node.start}-${node.end}`;
  const slice = text.slice(node.start, node.end);
  const name = String(node.name);
  if (node.start > node.end) return [`${where} ends before it starts`];
  if (node.start < parent.start || node.end > parent.end) return [`${where} is outside its parent`];
  if (node.kind === "name" && node.start < node.end && slice !== name) return [`${where} is '${slice}', not '${name}'`];
  if (typeof node.nameStart === "number" && text.slice(node.nameStart, node.nameStart + name.length) !== name) {
    return [`${where} does not have '${name}' at ${node.nameStart}`];
  }
  return [];
}

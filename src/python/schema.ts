import type { ComprehensionClause, Dict, Expr, Handler, Import, Keyword, MatchCase, Module, Param, Stmt, With } from "../model/index.ts";

/**
 * The fields of every kind of node, in the order in which they are written. The encoder and the decoder know
 * nothing else of the IR. Any change here is a change of the format: raise `version` in `codec.ts`.
 */
export type Node = Expr | Stmt;
export type Kind = Node["kind"];

/**
 * How a field is written. `offset` counts from the node's start, `lazy` is a body that is decoded on first use,
 * `steps` are rising numbers.
 */
export type Form = PlainForm | Shape;
type PlainForm = "node" | "node?" | "nodes" | "lazy" | "text" | "text?" | "texts" | "flag" | "number" | "offset" | "steps";

/** A list of records, which are not nodes and may lack a span. */
export interface Shape {
  readonly hasSpan: boolean;
  readonly fields: Readonly<Record<string, Form>>;
}

/** The forms that can hold a value of the given type. */
type FormOf<T> = null extends T
  ? NonNullable<T> extends string
    ? "text?"
    : "node?"
  : T extends string
    ? "text"
    : T extends number
      ? "offset" | "number"
      : T extends boolean
        ? "flag"
        : T extends readonly number[]
          ? "steps"
          : T extends readonly string[]
            ? "texts"
            : T extends readonly Node[]
              ? "nodes" | "lazy"
              : T extends readonly object[]
                ? Shape
                : "node";
type SpanOf<T> = T extends { readonly start: number; readonly end: number } ? "start" | "end" : never;
type FieldsOf<T> = { readonly [F in Exclude<keyof T, "kind" | SpanOf<T>>]: FormOf<T[F]> };
type NodeOf<K extends Kind> = Extract<Node, { readonly kind: K }>;

function record<T>(fields: FieldsOf<T>): Shape {
  return { hasSpan: false, fields: { ...fields } };
}
function spanned<T>(fields: FieldsOf<T>): Shape {
  return { hasSpan: true, fields: { ...fields } };
}

const keywords = record<Keyword>({ name: "text", value: "node" });
const params = record<Param>({ name: "text", form: "text", default: "node?", annotation: "node?" });
const entries = record<Dict["entries"][number]>({ key: "node?", value: "node" });
const items = record<With["items"][number]>({ context: "node", target: "node?" });
const names = record<Import["names"][number]>({ name: "text", alias: "text?" });
const clauses = spanned<ComprehensionClause>({
  target: "node",
  iterable: "node",
  conditions: "nodes",
  isAsync: "flag",
});
const handlers = spanned<Handler>({ type: "node?", name: "text?", body: "nodes" });
const cases = spanned<MatchCase>({
  binds: "texts",
  values: "nodes",
  guard: "node?",
  body: "nodes",
});

/** A kind's place in this table is its number in the format. */
export const schema: { readonly [K in Kind]: FieldsOf<NodeOf<K>> } = {
  name: { name: "text" },
  attribute: { object: "node", name: "text", nameStart: "offset" },
  call: { callee: "node", args: "nodes", keywords },
  subscript: { object: "node", index: "node" },
  slice: { lower: "node?", upper: "node?", step: "node?" },
  str: { value: "text" },
  num: { value: "number" },
  constant: { value: "text" },
  sequence: { type: "text", items: "nodes" },
  dict: { entries },
  comprehension: { type: "text", element: "node", value: "node?", clauses },
  bool: { operator: "text", items: "nodes" },
  not: { operand: "node" },
  compare: { left: "node", operators: "texts", rights: "nodes" },
  binary: { operator: "text", left: "node", right: "node" },
  unary: { operator: "text", operand: "node" },
  // oxlint-disable-next-line unicorn/no-thenable -- the model's word, and never a function
  conditional: { test: "node", then: "node", otherwise: "node" },
  lambda: { params, body: "node" },
  await: { value: "node" },
  yield: { value: "node?", from: "flag" },
  star: { value: "node" },
  walrus: { name: "text", value: "node" },
  format: { parts: "nodes" },
  lookup: { object: "node", name: "text", nameStart: "offset", calls: "flag" },
  pipe: { name: "text", value: "node", args: "nodes", keywords, isTest: "flag" },
  opaque: { parts: "nodes" },
  expr: { value: "node" },
  assign: { targets: "nodes", annotation: "node?", value: "node?" },
  augment: { target: "node", operator: "text", value: "node" },
  return: { value: "node?" },
  // oxlint-disable-next-line unicorn/no-thenable -- the model's word, and never a function
  if: { test: "node", then: "nodes", otherwise: "nodes" },
  for: {
    target: "node",
    iterable: "node",
    body: "nodes",
    otherwise: "nodes",
    isAsync: "flag",
    headEnd: "offset",
  },
  while: { test: "node", body: "nodes", otherwise: "nodes", headEnd: "offset" },
  with: { items, body: "nodes", isAsync: "flag" },
  try: { body: "nodes", handlers, otherwise: "nodes", finally: "nodes" },
  function: {
    name: "text",
    params,
    decorators: "nodes",
    returns: "node?",
    isAsync: "flag",
    isGenerator: "flag",
    headEnd: "offset",
    body: "lazy",
  },
  class: {
    name: "text",
    bases: "nodes",
    keywords,
    decorators: "nodes",
    headEnd: "offset",
    body: "nodes",
  },
  import: { from: "text?", level: "number", names },
  raise: { value: "node?" },
  delete: { targets: "nodes" },
  jump: { type: "text" },
  match: { subject: "node", cases },
  scope: { type: "text", names: "texts" },
  output: { value: "node" },
  include: { template: "node", keywords, isolated: "flag" },
  extends: { template: "node" },
  block: { name: "text", body: "nodes" },
  "template-import": { template: "node", alias: "text?", names, withContext: "flag" },
  tag: { name: "text", args: "nodes", keywords, target: "text?", body: "nodes" },
};

export const moduleShape = record<Module>({
  file: "text",
  language: "text",
  body: "nodes",
  comments: spanned<Module["comments"][number]>({ text: "text" }),
  errors: record<Module["errors"][number]>({ start: "number", message: "text" }),
  loads: "texts",
  lineStarts: "steps",
});

/** Template filters: what they read of their value. */
import type { Pipe } from "../model/index.ts";
import { type Engine } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { ofGroup } from "./iteration.ts";
import { spanOf } from "./recorder.ts";
import { joinAll, list, listOf, literal, UNKNOWN, type CallArgs, type Value } from "./values.ts";
import { jinjaNames } from "./jinja-environment.ts";
import { callTag } from "./template-tags.ts";

type PipeRule = (engine: Engine, value: Value, args: readonly Value[], expr: Pipe, frame: Frame) => Value;

const items = (engine: Engine, value: Value, expr: Pipe, frame: Frame, how: string): Value =>
  engine.iterate(value, spanOf(frame.file, expr), frame, how).element;

const passes: PipeRule = (_engine, value) => value;
const measured: PipeRule = (engine, value, _args, expr, frame) => {
  if (value.kind === "queryset") items(engine, value, expr, frame, "len");
  return UNKNOWN;
};
const listed: PipeRule = (engine, value, _args, expr, frame) => listOf(items(engine, value, expr, frame, "list"));
const rendered: PipeRule = (engine, value, _args, expr, frame) => {
  engine.text(value, spanOf(frame.file, expr.value), frame);
  return UNKNOWN;
};
const renderedElsewhere: PipeRule = (engine, value, args, expr, frame) => {
  engine.escape(value);
  return rendered(engine, value, args, expr, frame);
};
const one: PipeRule = (engine, value, _args, expr, frame) =>
  engine.subscript(
    value,
    literal(0),
    { ...expr, kind: "subscript", object: expr.value, index: { kind: "num", value: 0, start: expr.start, end: expr.end } },
    frame,
  );
const fallsBack: PipeRule = (_engine, value, args) => joinAll([value, ...args]);

const PIPES: Readonly<Record<string, PipeRule>> = {
  length: measured,
  count: measured,
  length_is: measured,
  first: one,
  last: one,
  random: one,
  slice: (_engine, value) => (value.kind === "queryset" ? { ...value, sliced: true } : value),
  default: fallsBack,
  d: fallsBack,
  default_if_none: fallsBack,
  list: listed,
  sort: sortedBy,
  dictsort: sortedBy,
  dictsortreversed: sortedBy,
  reversed: passes,
  reverse: passes,
  unique: passes,
  safe: rendered,
  escape: rendered,
  e: rendered,
  string: rendered,
  lower: rendered,
  upper: rendered,
  title: rendered,
  truncatechars: rendered,
  truncatewords: rendered,
  linebreaks: rendered,
  linebreaksbr: rendered,
  striptags: rendered,
  force_escape: rendered,
  stringformat: rendered,
  // A form, or a field of it, as crispy-forms renders it.
  crispy: renderedElsewhere,
  as_crispy_field: renderedElsewhere,
  add: passes,
  join: (engine, value, _args, expr, frame) => {
    engine.text(items(engine, value, expr, frame, "iterate"), spanOf(frame.file, expr.value), frame);
    return UNKNOWN;
  },
  map: (engine, value, args, expr, frame) => {
    const element = items(engine, value, expr, frame, "iterate");
    const attribute = expr.keywords.find((keyword) => keyword.name === "attribute");
    return attribute?.value.kind === "str"
      ? listOf(follow(engine, element, attribute.value.value, expr, frame))
      : listOf(args.length === 0 ? element : UNKNOWN);
  },
  selectattr: attributeTest,
  rejectattr: attributeTest,
  select: listed,
  reject: listed,
  sum: sortedBy,
  min: sortedBy,
  max: sortedBy,
  groupby: (engine, value, args, expr, frame) => {
    const element = items(engine, value, expr, frame, "iterate");
    const [by] = args;
    const grouper = by?.kind === "literal" && typeof by.value === "string" ? ofGroup(follow(engine, element, by.value, expr, frame)) : UNKNOWN;
    return listOf(list([grouper, listOf(element)], "tuple"));
  },
};

function sortedBy(engine: Engine, value: Value, args: readonly Value[], expr: Pipe, frame: Frame): Value {
  const element = items(engine, value, expr, frame, "iterate");
  const named = expr.keywords.find((keyword) => keyword.name === "attribute")?.value;
  const by = named?.kind === "str" ? literal(named.value) : args[0];
  if (by?.kind === "literal" && typeof by.value === "string") follow(engine, element, by.value, expr, frame);
  return listOf(element);
}

function attributeTest(engine: Engine, value: Value, args: readonly Value[], expr: Pipe, frame: Frame): Value {
  const element = items(engine, value, expr, frame, "iterate");
  const [by] = args;
  if (by?.kind === "literal" && typeof by.value === "string") follow(engine, element, by.value, expr, frame);
  return listOf(element);
}

/** Follows a dotted attribute as a template would. */
export function follow(engine: Engine, value: Value, path: string, at: { start: number; end: number }, frame: Frame): Value {
  let current = value;
  for (const part of path.split("."))
    current = engine.lookUp(current, part, frame.language === "django", { span: { file: frame.file, start: at.start, end: at.end }, frame });
  return current;
}

/** Built-in filters that see no more of a row than its text or its truth. */
const SCALAR_PIPES: ReadonlySet<string> = new Set([
  "pluralize",
  "yesno",
  "date",
  "time",
  "floatformat",
  "divisibleby",
  "capfirst",
  "urlencode",
  "slugify",
  "wordcount",
  "filesizeformat",
  "linenumbers",
  "addslashes",
  "center",
  "ljust",
  "rjust",
  "cut",
  "escapejs",
  "timesince",
  "timeuntil",
  "urlize",
  "wordwrap",
  "get_digit",
  "phone2numeric",
  "intcomma",
  "naturaltime",
]);

export function applyPipe(engine: Engine, expr: Pipe, frame: Frame): Value {
  const value = engine.evaluate(expr.value, frame);
  const args = expr.args.map((arg) => engine.evaluate(arg, frame));
  const keywords = new Map(expr.keywords.map((keyword) => [keyword.name, engine.evaluate(keyword.value, frame)]));
  if (expr.isTest) return UNKNOWN;
  const registered = engine.templates.tag(expr.name, frame.template?.loads ?? []);
  if (registered !== null && registered.kind !== "node") {
    const call: CallArgs = { positional: [value, ...args], keywords, open: false };
    return callTag(engine, registered, call, spanOf(frame.file, expr), frame);
  }
  const own = frame.language === "jinja2" ? jinjaNames(engine).filters.get(expr.name) : undefined;
  if (own !== undefined)
    return engine.call(own, { positional: [value, ...args], keywords, open: false }, { span: spanOf(frame.file, expr), frame, expr: null });
  const rule = Object.hasOwn(PIPES, expr.name) ? PIPES[expr.name] : undefined;
  if (rule !== undefined) return rule(engine, value, args, expr, frame);
  if (value.kind === "row") engine.text(value, spanOf(frame.file, expr.value), frame);
  if (!SCALAR_PIPES.has(expr.name)) for (const given of [value, ...args, ...keywords.values()]) engine.escape(given);
  return UNKNOWN;
}

/** Templates run like functions: inheritance, blocks, includes, macros, tags. */
import type { Block, FunctionDef, Include, Module, Stmt, Tag, TemplateImport } from "../model/index.ts";
import { bywayFrom, onByway } from "./byways.ts";
import type { CallSite, Engine } from "./engine.ts";
import { escapeEnv } from "./escape.ts";
import { newEnv, type Env, type Frame, type TemplateContext } from "./frame.ts";
import { ofGroup } from "./iteration.ts";
import { spanOf } from "./recorder.ts";
import { ownPlace } from "./sites.ts";
import type { FoundTemplate } from "./template-store.ts";
import { callTag } from "./template-tags.ts";
import { alternatives, dict, joinAll, list, listOf, native, NO_ARGS, UNKNOWN, type CallArgs, type Value } from "./values.ts";
import { follow } from "./template-pipes.ts";

/** A template that includes itself is followed this often. */
const MAX_SELF_INCLUSION = 2;
const MAX_TEMPLATE_DEPTH = 40;
/** Macros for layout are nested in one another a few times. */
const MAX_NESTED_MACRO = 6;

export function renderTemplate(engine: Engine, name: Value, context: Value, site: CallSite): void {
  const names = templateNames(name);
  let isFound = false;
  for (const one of names) {
    const found = engine.templates.find(one);
    if (found === null) continue;
    isFound = true;
    runTemplate(engine, found, rootEnv(engine, context), site);
    if (name.kind === "list") break;
  }
  // Whoever calls a view may name another template, which shows what this one does not.
  if (isFound && alternatives(name).some((one) => one.kind === "unknown")) engine.escape(context);
  if (isFound) return;
  const { file, at } = ownPlace(site);
  engine.note(names.length === 0 ? "a template whose name is not literal" : notFound(names), file, at);
  engine.escape(context);
}

const notFound = ([first = ""]: readonly string[]): string => `a template that was not found (\`${first}\`)`;

function templateNames(name: Value): string[] {
  return alternatives(name).flatMap((one) => {
    if (one.kind === "literal" && typeof one.value === "string") return one.value === "" ? [] : [one.value];
    if (one.kind === "list") return one.items === null ? templateNames(one.element) : one.items.flatMap(templateNames);
    return [];
  });
}

function rootEnv(engine: Engine, context: Value): Env {
  const env = newEnv(globalEnv(engine));
  for (const one of alternatives(context)) {
    if (one.kind !== "dict") continue;
    for (const [name, value] of one.entries) env.vars.set(name, { value, loop: 0 });
  }
  return env;
}

const globals = new WeakMap<Engine, Env>();

/** What context processors and the environment add to every template. */
function globalEnv(engine: Engine): Env {
  const known = globals.get(engine);
  if (known !== undefined) return known;
  const env = newEnv(null);
  globals.set(engine, env);
  const request = engine.hooks.get("luthier.request");
  if (request === undefined) return env;
  const site = { span: { file: "", start: 0, end: 0 }, frame: emptyFrame(env), expr: null };
  const value = request(NO_ARGS, site);
  env.vars.set("request", { value, loop: 0 });
  env.vars.set("user", { value: engine.attribute(value, "user", site), loop: 0 });
  for (const processor of engine.project.templates.flatMap((one) => one.contextProcessors)) {
    const symbol = engine.program.resolveDotted(processor);
    if (symbol?.kind !== "function" || symbol.module.origin !== "project") continue;
    const added = engine.call(engine.symbol(symbol), { ...NO_ARGS, positional: [value] }, site);
    for (const one of alternatives(added)) {
      if (one.kind !== "dict") continue;
      for (const [name, entry] of one.entries) env.vars.set(name, { value: entry, loop: 0 });
    }
  }
  return env;
}

function emptyFrame(env: Env): Frame {
  return {
    module: null,
    file: "",
    env,
    def: null,
    owner: null,
    self: null,
    depth: 0,
    caller: null,
    callSite: null,
    symbol: "",
    isAsync: false,
    atImport: false,
    language: "django",
    loop: null,
    branch: "",
    assumed: [],
    ways: 1,
    isGuarded: false,
    returns: [],
    yields: [],
    template: null,
  };
}

export function runTemplate(engine: Engine, found: FoundTemplate, env: Env, site: CallSite, context?: TemplateContext): void {
  if (site.frame.depth >= MAX_TEMPLATE_DEPTH || isRecursive(site.frame, found.module.file)) return;
  const template: TemplateContext = context ?? {
    blocks: new Map(),
    partials: new Map(),
    loads: new Set(),
    running: new Set(),
    chain: new Set(),
    language: found.language,
  };
  for (const library of found.module.loads) template.loads.add(library);
  const frame = templateFrame(found.module, env, site, template);
  const parent = found.module.body.find((stmt) => stmt.kind === "extends");
  if (parent === undefined) {
    engine.execute(found.module.body, frame);
    return;
  }
  template.chain.add(found.module.file);
  collectBlocks(found.module.body, found.module.file, template);
  for (const stmt of found.module.body) {
    if (stmt.kind === "assign" || stmt.kind === "template-import" || stmt.kind === "function") engine.execute([stmt], frame);
  }
  const name = engine.evaluate(parent.template, frame);
  for (const one of templateNames(name)) {
    const base = engine.templates.find(one, frame.file, template.chain);
    if (base === null) continue;
    runTemplate(engine, base, frame.env, { span: spanOf(frame.file, parent), frame: { ...frame, depth: frame.depth - 1 }, expr: null }, template);
    return;
  }
  escapeEnv(frame.env);
  // The parent is unknown: its children's blocks run all the same.
  for (const stacked of template.blocks.values()) {
    const [first] = stacked;
    if (first !== undefined) engine.execute(first.body, { ...frame, file: first.file, symbol: first.file });
  }
}

function isRecursive(frame: Frame, file: string): boolean {
  let seen = 0;
  for (let at: Frame | null = frame; at !== null; at = at.caller) if (at.file === file) seen += 1;
  return seen >= MAX_SELF_INCLUSION;
}

function templateFrame(module: Module, env: Env, site: CallSite, template: TemplateContext): Frame {
  return {
    module: null,
    file: module.file,
    env: newEnv(env),
    def: null,
    owner: null,
    self: null,
    depth: site.frame.depth + 1,
    caller: site.frame,
    callSite: site.span,
    symbol: module.file,
    isAsync: false,
    atImport: false,
    language: template.language,
    loop: site.frame.loop,
    branch: "",
    assumed: [],
    ways: 1,
    isGuarded: false,
    returns: [],
    yields: [],
    template,
  };
}

function collectBlocks(body: readonly Stmt[], file: string, template: TemplateContext): void {
  for (const stmt of body) {
    if (stmt.kind === "block") {
      const stacked = template.blocks.get(stmt.name) ?? [];
      template.blocks.set(stmt.name, [...stacked, { body: stmt.body, file }]);
      collectBlocks(stmt.body, file, template);
    } else if (stmt.kind === "if") {
      collectBlocks(stmt.then, file, template);
      collectBlocks(stmt.otherwise, file, template);
    } else if (stmt.kind === "tag") collectBlocks(stmt.body, file, template);
  }
}

export function runTemplateStmt(engine: Engine, body: readonly Stmt[], frame: Frame): void {
  for (const stmt of body) {
    switch (stmt.kind) {
      case "output":
        engine.text(engine.evaluate(stmt.value, frame), spanOf(frame.file, stmt.value), frame);
        break;
      case "include":
        runInclude(engine, stmt, frame);
        break;
      case "block":
        runBlock(engine, stmt, frame);
        break;
      case "template-import":
        runImport(engine, stmt, frame);
        break;
      case "tag":
        runTag(engine, stmt, frame);
        break;
      default:
        break;
    }
  }
}

function runInclude(engine: Engine, stmt: Include, frame: Frame): void {
  const name = engine.evaluate(stmt.template, frame);
  const env = newEnv(stmt.isolated ? globalEnv(engine) : frame.env);
  for (const keyword of stmt.keywords) {
    engine.dependsOn = 0;
    const value = engine.evaluate(keyword.value, frame);
    env.vars.set(keyword.name, { value, loop: engine.dependsOn });
  }
  const found = alternatives(name).flatMap(
    (one) =>
      templateNames(one)
        .map((each) => engine.templates.find(each, frame.file))
        .find((each) => each !== null) ?? [],
  );
  for (const one of found) runTemplate(engine, one, env, { span: spanOf(frame.file, stmt), frame, expr: null });
  if (found.length > 0) return;
  escapeEnv(env);
  const names = templateNames(name);
  engine.note(names.length === 0 ? "an include whose name is not literal" : notFound(names), frame.file, stmt.start);
}

function runBlock(engine: Engine, stmt: Block, frame: Frame): void {
  const overriding = frame.template?.blocks.get(stmt.name) ?? [];
  runBlockChain(engine, [...overriding, { body: stmt.body, file: frame.file }], frame);
}

function runBlockChain(engine: Engine, chain: readonly { readonly body: readonly Stmt[]; readonly file: string }[], frame: Frame): void {
  const [first, ...rest] = chain;
  if (first === undefined) return;
  const parent = native(`block.super:${first.file}`, () => {
    runBlockChain(engine, rest, frame);
    return UNKNOWN;
  });
  const env = newEnv(frame.env);
  env.vars.set("block", { value: dict([["super", parent]]), loop: 0 });
  env.vars.set("super", { value: parent, loop: 0 });
  runOnce(engine, first, { ...frame, env, file: first.file, symbol: first.file });
}

/** Runs a block's body, but not from within itself: Django refuses such a template, a half-edited one has it. */
function runOnce(engine: Engine, { body }: { readonly body: readonly Stmt[] }, frame: Frame): void {
  const running = frame.template?.running;
  if (running?.has(body) === true) return;
  running?.add(body);
  engine.execute(body, frame);
  running?.delete(body);
}

/** Statements that may give a template names that another imports. */
const DEFINING: ReadonlySet<Stmt["kind"]> = new Set(["function", "assign", "template-import", "if"]);

function runImport(engine: Engine, stmt: TemplateImport, frame: Frame): void {
  const [name] = templateNames(engine.evaluate(stmt.template, frame));
  const found = name === undefined ? null : engine.templates.find(name);
  if (found === null) return;
  const template: TemplateContext = {
    blocks: new Map(),
    partials: new Map(),
    loads: new Set(found.module.loads),
    running: new Set(),
    chain: new Set(),
    language: found.language,
  };
  const site = { span: spanOf(frame.file, stmt), frame, expr: null };
  const inner = templateFrame(found.module, stmt.withContext ? frame.env : globalEnv(engine), site, template);
  const definitions = found.module.body.filter(({ kind }) => DEFINING.has(kind));
  engine.execute(definitions, inner);
  if (stmt.alias !== null) {
    const entries = [...inner.env.vars].map(([key, binding]) => [key, binding.value] as const);
    frame.env.vars.set(stmt.alias, { value: dict(entries), loop: 0 });
  }
  for (const one of stmt.names) {
    const binding = inner.env.vars.get(one.name);
    if (binding !== undefined) frame.env.vars.set(one.alias ?? one.name, binding);
  }
}

/** A macro is a native that runs its body in the template's frame. */
export function macroValue(engine: Engine, stmt: FunctionDef, frame: Frame): Value {
  // The body of a `{% call %}` has no name of its own.
  const symbol = stmt.name.includes(":") ? frame.symbol : `${frame.file}#${stmt.name}`;
  const run = (args: CallArgs, site: CallSite): Value => {
    if (site.frame.depth >= MAX_TEMPLATE_DEPTH || isMacroRecursive(site.frame, symbol)) {
      for (const value of [...args.positional, ...args.keywords.values()]) engine.escape(value);
      return UNKNOWN;
    }
    const inner: Frame = {
      ...frame,
      env: newEnv(frame.env),
      depth: site.frame.depth + 1,
      caller: site.frame,
      callSite: site.span,
      loop: site.frame.loop,
      branch: "",
      assumed: [],
      ways: 1,
      symbol,
    };
    bindMacroParams(engine, stmt, args, inner);
    engine.execute(stmt.body, inner);
    return UNKNOWN;
  };
  return { ...native(`macro:${frame.file}:${stmt.start}:${frame.env.id}`, run), closure: frame.env };
}

/** What its parameters do not take stands in `varargs` and `kwargs`, the body of a `{% call %}` in `caller`. */
function bindMacroParams(engine: Engine, { params }: FunctionDef, { positional, keywords, open }: CallArgs, frame: Frame): void {
  const { vars } = frame.env;
  const bind = (name: string, value: Value): void => void vars.set(name, { value, loop: engine.dependsOn });
  const names = new Set(params.map(({ name }) => name));
  const varargs = positional.slice(params.length);
  bind("varargs", open ? listOf(joinAll([...varargs, UNKNOWN]), "tuple") : list(varargs, "tuple"));
  const kwargs = dict([...keywords].filter(([name]) => name !== CALLER && !names.has(name)));
  if (open) kwargs.rest = UNKNOWN;
  bind("kwargs", kwargs);
  const caller = keywords.get(CALLER);
  if (caller !== undefined) bind(CALLER, caller);
  for (const [index, param] of params.entries()) {
    const given = positional[index] ?? keywords.get(param.name);
    bind(param.name, given ?? (param.default === null || open ? UNKNOWN : engine.evaluate(param.default, frame)));
  }
}

/** The name by which a macro renders the body of the `{% call %}` that runs it. */
const CALLER = "caller";

function isMacroRecursive(frame: Frame, symbol: string): boolean {
  let seen = 0;
  for (let at: Frame | null = frame; at !== null; at = at.caller) if (at.symbol === symbol) seen += 1;
  return seen >= MAX_NESTED_MACRO;
}

function runTag(engine: Engine, stmt: Tag, frame: Frame): void {
  if (stmt.name === "regroup") {
    regroup(engine, stmt, frame);
    return;
  }
  if (stmt.name === "partialdef" || stmt.name === "partial") {
    runPartial(engine, stmt, frame);
    return;
  }
  const positional = stmt.args.map((arg) => engine.evaluate(arg, frame));
  const keywords = new Map(stmt.keywords.map((one) => [one.name, engine.evaluate(one.value, frame)]));
  const registered = engine.templates.tag(stmt.name, frame.template?.loads ?? []);
  const args: CallArgs = { positional, keywords, open: false };
  let result: Value = UNKNOWN;
  if (registered !== null && registered.kind !== "node" && registered.kind !== "filter") {
    result = callTag(engine, registered, args, spanOf(frame.file, stmt), frame);
  } else if (RENDERING_TAGS.has(stmt.name)) {
    for (const value of positional) engine.text(value, spanOf(frame.file, stmt), frame);
  } else if (!PLAIN_TAGS.has(stmt.name)) {
    if (FORM_TAGS.has(stmt.name)) for (const value of positional) engine.text(value, spanOf(frame.file, stmt), frame);
    for (const value of [...positional, ...keywords.values()]) engine.escape(value);
    escapeEnv(frame.env);
  }
  if (stmt.target !== null) frame.env.vars.set(stmt.target, { value: result, loop: frame.loop?.id ?? 0 });
  // `{% cache 500 line line.pk %}`: rows for which the cache has the piece read nothing.
  const byway = stmt.name === "cache" ? bywayFrom(frame, "cached") : frame.byway;
  onByway(frame, byway, () => engine.execute(stmt.body, frame));
}

/** `{% partialdef line %}` keeps a piece of the template, `{% partial line %}` renders it with the variables there. */
function runPartial(engine: Engine, stmt: Tag, frame: Frame): void {
  const [name, mode] = stmt.args.map((arg) => (arg.kind === "str" ? arg.value : ""));
  if (name === undefined || frame.template === null) return;
  if (stmt.name === "partialdef") {
    frame.template.partials.set(name, { body: stmt.body, file: frame.file });
    if (mode === "inline") engine.execute(stmt.body, frame);
    return;
  }
  const partial = frame.template.partials.get(name);
  if (partial === undefined || frame.depth >= MAX_TEMPLATE_DEPTH) return;
  const site = spanOf(frame.file, stmt);
  engine.execute(partial.body, { ...frame, env: newEnv(frame.env), file: partial.file, depth: frame.depth + 1, caller: frame, callSite: site });
}

const RENDERING_TAGS: ReadonlySet<string> = new Set(["firstof", "cycle", "blocktranslate", "blocktrans", "trans", "translate"]);
/** Those of crispy-forms and of django-bootstrap render the form that they are given; what else a layout has them read is not known. */
const FORM_TAGS: ReadonlySet<string> = new Set(["crispy", "bootstrap_form"]);
/** Built-in tags that read no more of their arguments than the template says. */
const PLAIN_TAGS: ReadonlySet<string> = new Set([
  "url",
  "ifchanged",
  "widthratio",
  "cache",
  "filter",
  "spaceless",
  "autoescape",
  "static",
  "now",
  "csrf_token",
  "language",
  "localize",
  "localtime",
  "timezone",
]);

/** `{% regroup rows by a.b as groups %}`: reads `a.b` of every row. */
function regroup(engine: Engine, stmt: Tag, frame: Frame): void {
  const [source, by] = stmt.args;
  if (source === undefined || stmt.target === null) return;
  const value = engine.evaluate(source, frame);
  const { element } = engine.iterate(value, spanOf(frame.file, source), frame, "iterate");
  const grouper = by?.kind === "str" ? ofGroup(follow(engine, element, by.value, by, frame)) : UNKNOWN;
  const group = dict([
    ["grouper", grouper],
    ["list", listOf(element)],
  ]);
  const entry: Value = listOf(group);
  frame.env.vars.set(stmt.target, { value: entry, loop: 0 });
}

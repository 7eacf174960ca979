/** Whole pages of the signed-in user, kept by `cache_page()` under their address alone. */
import type { ClassDef, DatabaseDraft, Expr, FunctionDef, PythonModule, RuleInput, Span } from "../../model/index.ts";
import { nodesIn, pathTo } from "../../python/syntax-tree.ts";
import { dottedOf } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";
import { isWithin } from "../../model/span.ts";

const CACHE_PAGE = "django.views.decorators.cache.cache_page";
const METHOD_DECORATOR = "django.utils.decorators.method_decorator";
const NOT_KEPT: ReadonlySet<string> = new Set(["django.views.decorators.cache.never_cache", "django.views.decorators.vary.vary_on_cookie"]);
const VARY_ON_HEADERS = "django.views.decorators.vary.vary_on_headers";
const CACHE_CONTROL = "django.views.decorators.cache.cache_control";
/** Headers that tell users apart, or those who are signed in from the others: `X-User-Status`. */
const PERSONAL_HEADER = /^cookie$|authorization|user|auth|session|account|member/i;

/** A view behind `cache_page()`, and the code that runs only when the cache has no page. */
interface CachedView {
  readonly name: string;
  readonly decorator: Span;
  readonly body: Span;
}

export function userPages(input: RuleInput): readonly DatabaseDraft[] {
  const reads = userReads(input);
  if (reads.length === 0) return [];
  const modules = [...input.program.modules.values()].filter(({ origin }) => origin === "project");
  const seen = new Set<string>();
  return modules.flatMap((module) =>
    cachedViews(input, module).flatMap((view) => {
      const read = reads.find((one) => isWithin(one, view.body));
      const key = `${view.body.file}:${view.body.start}`;
      if (read === undefined || seen.has(key)) return [];
      seen.add(key);
      return [draftOf(view, read)];
    }),
  );
}

function draftOf({ name, decorator, body }: CachedView, read: Span): DatabaseDraft {
  return {
    key: ["user-pages", body.file, name],
    chapter: "6.1",
    severity: "error",
    claim: `cache_page() keeps the page of \`${name}\` under its address alone, and the page depends on \`request.user\`.`,
    reason: "It is stored before SessionMiddleware adds `Vary: Cookie`: the first visitor's page is shown to everybody until it ends.",
    remedy: 'Put @vary_on_cookie below cache_page (vary_on_headers("Authorization") for tokens), or keep only what is the same for all.',
    doubt: "a view that reads the user for its log alone shows everybody the same page",
    places: [
      { role: "call", span: decorator },
      { role: "access", span: read },
    ],
    evidence: [SOURCE_EVIDENCE],
    fixes: [],
  };
}

/** Reads of `request.user` in Python. A template is handed the user whether it shows it or not. */
function userReads(input: RuleInput): readonly Span[] {
  return (input.facts.sent ?? []).flatMap(({ what, span }) => {
    if (what.kind !== "signed in") return [];
    const node = pathTo(input.program, span).at(-1);
    return node?.kind === "attribute" && node.name === "user" && node.end === span.end ? [span] : [];
  });
}

function cachedViews(input: RuleInput, module: PythonModule): readonly CachedView[] {
  if (!input.text(module.ir.file).includes("cache_page")) return [];
  const found: CachedView[] = [];
  for (const statement of module.ir.body) {
    for (const node of nodesIn(statement)) {
      if (node.kind === "function") found.push(...ofFunction(input, module, node));
      else if (node.kind === "class") found.push(...ofClass(input, module, node));
      else if (node.kind === "call") found.push(...ofCall(input, module, node));
    }
  }
  return found;
}

function ofFunction(input: RuleInput, module: PythonModule, def: FunctionDef): readonly CachedView[] {
  const { file } = module.ir;
  const layers = def.decorators.flatMap((one) => layersOf(input, file, one, null));
  const decorator = keptBy(input, file, layers);
  return decorator === null ? [] : [{ name: def.name, decorator: spanOf(file, decorator), body: { file, start: def.headEnd, end: def.end } }];
}

/** `@method_decorator(cache_page(60), name="dispatch")` above a class. */
function ofClass(input: RuleInput, module: PythonModule, def: ClassDef): readonly CachedView[] {
  const { file } = module.ir;
  const names = new Set(def.decorators.flatMap((one) => methodNames(input, file, one)));
  return [...names].flatMap((name) => {
    const method = def.body.find((one): one is FunctionDef => one.kind === "function" && one.name === name);
    const around = def.decorators.flatMap((one) => layersOf(input, file, one, name));
    const decorator = keptBy(input, file, [...around, ...(method?.decorators ?? []).flatMap((one) => layersOf(input, file, one, null))]);
    const code = name === "dispatch" ? def : (method ?? null);
    return decorator === null || code === null
      ? []
      : [{ name: def.name, decorator: spanOf(file, decorator), body: { file, start: code.headEnd, end: code.end } }];
  });
}

/** `path("…", cache_page(60)(view))`. */
function ofCall(input: RuleInput, module: PythonModule, call: Expr): readonly CachedView[] {
  const { file } = module.ir;
  if (call.kind !== "call" || !isPageCache(input, file, call.callee)) return [];
  const layers: Expr[] = [call.callee];
  let [view] = call.args;
  while (view?.kind === "call" && !isAsView(view)) {
    layers.push(view.callee);
    [view] = view.args;
  }
  if (view === undefined || keptBy(input, file, layers) === null) return [];
  const target = view.kind === "call" && view.callee.kind === "attribute" ? view.callee.object : view;
  const symbol = symbolOf(input, module, target);
  const decorator = spanOf(file, call.callee);
  if (symbol?.kind === "function" && symbol.module.origin === "project")
    return [{ name: symbol.def.name, decorator, body: { file: symbol.module.ir.file, start: symbol.def.headEnd, end: symbol.def.end } }];
  if (symbol?.kind !== "class" || symbol.cls.module.origin !== "project") return [];
  const { def, module: home } = symbol.cls;
  return [{ name: def.name, decorator, body: { file: home.ir.file, start: def.headEnd, end: def.end } }];
}

const isAsView = (expr: Expr): boolean => expr.kind === "call" && expr.callee.kind === "attribute" && expr.callee.name === "as_view";

/** `profile`, or `views.profile` of a module that was imported. */
function symbolOf(input: RuleInput, module: PythonModule, expr: Expr): ReturnType<RuleInput["program"]["resolve"]> {
  if (expr.kind === "name") return input.program.resolve(module, expr.name);
  if (expr.kind !== "attribute") return null;
  const dotted = dottedOf(input, module.ir.file, expr.object);
  return dotted === null ? null : input.program.resolveDotted(`${dotted}.${expr.name}`);
}

/** What is put around a view, outermost first; `method_decorator()` is opened. A decorator of another method is none. */
function layersOf(input: RuleInput, file: string, decorator: Expr, method: string | null): readonly Expr[] {
  if (decorator.kind !== "call" || dottedOf(input, file, decorator.callee) !== METHOD_DECORATOR) return method === null ? [decorator] : [];
  if (method !== null && !methodNames(input, file, decorator).includes(method)) return [];
  const [what] = decorator.args;
  if (what === undefined) return [];
  return what.kind === "sequence" ? what.items : [what];
}

function methodNames(input: RuleInput, file: string, decorator: Expr): readonly string[] {
  if (decorator.kind !== "call" || dottedOf(input, file, decorator.callee) !== METHOD_DECORATOR) return [];
  const name = decorator.keywords.find((one) => one.name === "name")?.value ?? decorator.args[1];
  return name?.kind === "str" ? [name.value] : [];
}

/** The `cache_page()` around a view whose page nothing below tells apart by user. */
function keptBy(input: RuleInput, file: string, layers: readonly Expr[]): Expr | null {
  const index = layers.findIndex((one) => isPageCache(input, file, one));
  const found = layers[index];
  return found === undefined || layers.slice(index + 1).some((one) => tellsUsersApart(input, file, one)) ? null : found;
}

function isPageCache(input: RuleInput, file: string, expr: Expr): boolean {
  return expr.kind === "call" && dottedOf(input, file, expr.callee) === CACHE_PAGE;
}

function tellsUsersApart(input: RuleInput, file: string, expr: Expr): boolean {
  const name = dottedOf(input, file, expr.kind === "call" ? expr.callee : expr);
  if (name === null || NOT_KEPT.has(name)) return true;
  if (expr.kind !== "call") return false;
  if (name === VARY_ON_HEADERS) return expr.args.some((one) => one.kind !== "str" || (PERSONAL_HEADER.test(one.value) && !/^user-agent$/i.test(one.value)));
  return name === CACHE_CONTROL && expr.keywords.some((one) => one.name === "private" || one.name === "no_store");
}

const spanOf = (file: string, { start, end }: Expr): Span => ({ file, start, end });

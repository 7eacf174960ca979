/** Places where the source turns pages: slices that begin at a computed row, and paginators. */
import { distinctBy } from "../model/group-by.ts";
import type { ClassInfo, Expr, Origin, RuleInput, Span } from "../model/index.ts";
import { isNoneLiteral, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { functionAt } from "./code.ts";
import { usesOf } from "./runs.ts";
import { isInside } from "../model/span.ts";

export interface PageSite {
  /** Model label. */
  readonly model: string;
  readonly symbol: string;
  readonly span: Span;
  readonly how: "slice" | "paginator" | "class" | "admin";
  /** Where the queryset is born; absent for slices. */
  readonly origin?: Origin;
}

/** `rows[start:end]` whose start is no number that stands there. */
export function computedSlices(input: RuleInput): PageSite[] {
  return oncePerSpan(
    input.facts.runs.flatMap((run) => {
      if (!run.sliced && run.how !== "slice") return [];
      const path = [run.span, run.origin.span].flatMap((span) => pathTo(input.program, span));
      const slice = path.find((node) => node.kind === "subscript" && node.index.kind === "slice" && isComputed(node.index.lower));
      if (slice === undefined || !isProject(run.origin.span.file, input)) return [];
      return [{ model: run.model, symbol: run.symbol, span: { file: run.origin.span.file, start: slice.start, end: slice.end }, how: "slice" as const }];
    }),
  );
}

function isComputed(lower: Expr | null): boolean {
  return lower !== null && lower.kind !== "num" && lower.kind !== "constant";
}

/** `Paginator(rows, 20)`, classes with `paginate_by` or `pagination_class`, and lists of the admin. */
export function paginators(input: RuleInput): PageSite[] {
  return oncePerSpan([...input.facts.origins.flatMap((origin) => handed(origin, input)), ...classSites(input)]);
}

function handed(origin: Origin, input: RuleInput): PageSite[] {
  const { span } = origin;
  if (!isProject(span.file, input)) return [];
  const path = pathTo(input.program, span);
  const call = path.findLast((node) => isPaginator(node, (argument) => isInside(span, argument))) ?? byName(path, span);
  return call === undefined
    ? []
    : [{ model: origin.model, symbol: origin.symbol, span: { file: span.file, start: call.start, end: call.end }, how: "paginator", origin }];
}

function byName(path: readonly SyntaxNode[], span: Span): SyntaxNode | undefined {
  const assign = path.findLast((node) => node.kind === "assign");
  const holder = functionAt(path);
  const [target, ...others] = assign?.kind === "assign" ? assign.targets : [];
  if (
    holder === null ||
    holder.kind === "lambda" ||
    target?.kind !== "name" ||
    others.length > 0 ||
    assign?.kind !== "assign" ||
    assign.value === null ||
    assign.value.start > span.start ||
    assign.value.end < span.end
  )
    return undefined;
  return usesOf(holder, target.name).find(({ node, parent }) => node.start > assign.end && isPaginator(parent, (argument) => argument === node))?.parent;
}

function isPaginator(node: SyntaxNode, takes: (argument: Expr) => boolean): boolean {
  if (node.kind !== "call") return false;
  const { callee, args } = node;
  const name = callee.kind === "name" || callee.kind === "attribute" ? callee.name : "";
  return name.endsWith("Paginator") && args[0] !== undefined && takes(args[0]);
}

function classSites(input: RuleInput): PageSite[] {
  return input.program.classes.flatMap((cls) => {
    if (cls.module.origin !== "project") return [];
    const how = waysOf(cls, input);
    const { def, module } = cls;
    const origin = input.facts.origins.find((one) => one.span.file === module.ir.file && isInside(one.span, def));
    return how === null || origin === undefined
      ? []
      : [{ model: origin.model, symbol: cls.id, span: { file: module.ir.file, start: def.start, end: def.headEnd }, how, origin }];
  });
}

function waysOf(cls: ClassInfo, { program }: RuleInput): PageSite["how"] | null {
  const value = (name: string): Expr | null => {
    const member = program.member(cls, name);
    // What a framework's own class says is what its settings say.
    return member?.definition.kind === "variable" && member.owner.module.origin !== "builtin" ? member.definition.value : null;
  };
  if (program.isSubclass(cls, "django.contrib.admin.ModelAdmin") || program.isSubclass(cls, "django.contrib.admin.options.ModelAdmin")) {
    const shown = value("show_full_result_count");
    return shown?.kind === "constant" && shown.value === "false" ? null : "admin";
  }
  if (isSet(value("paginate_by"))) return "class";
  const pages = value("pagination_class");
  return pages !== null && isSet(pages) && !(pages.kind === "name" && pages.name.includes("Cursor")) ? "class" : null;
}

const isSet = (value: Expr | null): boolean => value !== null && !isNoneLiteral(value);

function isProject(file: string, { program }: RuleInput): boolean {
  return [...program.modules.values()].some(({ origin, ir }) => origin === "project" && ir.file === file);
}

function oncePerSpan(sites: readonly PageSite[]): PageSite[] {
  return distinctBy(sites, (site) => `${site.span.file}:${site.span.start}:${site.model}`);
}

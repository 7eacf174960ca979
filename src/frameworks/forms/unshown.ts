/** Forms of which no page shows a field: the pages write their inputs out, and the form only checks what comes back. */
import type { ClassInfo, Expr, Stmt } from "../../model/index.ts";
import type { Engine } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { nodesIn, type SyntaxNode } from "../../python/syntax-tree.ts";

/** It is the `form_class` of views alone, whose templates say nothing of `form`. */
export function isShownNowhere(engine: Engine, form: ClassInfo): boolean {
  const views = viewsOf(engine, form);
  if (views.length === 0 || !views.every((view) => hasPageWithoutForm(engine, view))) return false;
  return mentions(engine, form.name) === views.length;
}

/** Classes with `form_class = JoinForm` in their body. */
function viewsOf({ program }: Engine, form: ClassInfo): readonly ClassInfo[] {
  return program.classes.filter((cls) => {
    const [own] = cls.module.origin === "project" ? (cls.members.get("form_class") ?? []).slice(-1) : [];
    if (own?.kind !== "variable" || own.value?.kind !== "name") return false;
    const symbol = program.resolve(cls.module, own.value.name);
    return symbol?.kind === "class" && symbol.cls === form;
  });
}

/** How often the project's code speaks of the name, other than where it is imported or defined. */
function mentions({ program }: Engine, name: string): number {
  const isIt = (node: SyntaxNode): boolean =>
    ((node.kind === "name" || node.kind === "attribute") && node.name === name) || (node.kind === "str" && node.value.endsWith(`.${name}`));
  return [...program.modules.values()]
    .filter(({ origin }) => origin === "project")
    .reduce((sum, { ir }) => sum + ir.body.flatMap((stmt) => nodesIn(stmt)).filter(isIt).length, 0);
}

/** Django hands the form to the template as `form`; a view that asks for it, or builds it, may hand it over by another name. */
function hasPageWithoutForm(engine: Engine, view: ClassInfo): boolean {
  const classes = engine.program.mro(view).flatMap((one) => (isExternal(one) || one.module.origin !== "project" ? [] : [one]));
  const template = classes.flatMap((one) => (one.members.get("template_name") ?? []).slice(-1)).at(0);
  if (template?.kind !== "variable" || template.value?.kind !== "str") return false;
  const asks = (node: SyntaxNode): boolean => node.kind === "attribute" && /^(?:get_form|get_form_class|form_class)$/.test(node.name);
  return !classes.some(({ def }) => nodesIn(def).some(asks)) && saysNothing(engine, template.value, "", new Set());
}

/** The template, and all that it extends or includes. */
function saysNothing(engine: Engine, name: Expr, from: string, seen: Set<string>): boolean {
  const found = name.kind === "str" ? engine.templates.find(name.value, from) : null;
  if (found === null) return false;
  const { file, body } = found.module;
  if (seen.has(file)) return true;
  seen.add(file);
  return body
    .flatMap((stmt: Stmt) => nodesIn(stmt))
    .every((node) => {
      if (node.kind === "name") return node.name !== "form" && node.name !== "view";
      const leadsOn = node.kind === "include" || node.kind === "extends" || node.kind === "template-import";
      return !leadsOn || saysNothing(engine, node.template, file, seen);
    });
}

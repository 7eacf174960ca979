/** Model forms that are validated one by one in a loop. */
import type { Call, ClassInfo, Expr, FindingDraft, For, PythonModule, RuleInput, Span } from "../../model/index.ts";
import { callsOf, childrenOf, type SyntaxNode, visit } from "../../python/syntax-tree.ts";

export function formDrafts(input: RuleInput): FindingDraft[] {
  return [...input.program.modules.values()].filter((module) => module.origin === "project").flatMap((module) => ofModule(module, input));
}

function ofModule(module: PythonModule, input: RuleInput): FindingDraft[] {
  if (!callsOf(module.ir).some(isValidation)) return [];
  const drafts: FindingDraft[] = [];
  const see = (node: SyntaxNode): void => {
    if (node.kind === "for" && node.iterable.kind !== "sequence") drafts.push(...ofLoop(node, module, input));
  };
  for (const stmt of module.ir.body) {
    see(stmt);
    visit(stmt, see);
  }
  return drafts;
}

/** `form.is_valid()`. */
function isValidation({ callee }: Call): boolean {
  return callee.kind === "attribute" && callee.name === "is_valid";
}

/** Forms made and validated in the loop's own body. */
function ofLoop(loop: For, module: PythonModule, input: RuleInput): FindingDraft[] {
  const forms = new Map<string, ClassInfo>();
  const found: FindingDraft[] = [];
  const see = (node: SyntaxNode): void => {
    if (node.kind === "assign" && node.value?.kind === "call") {
      const form = modelForm(node.value.callee, module, input);
      const [target] = node.targets;
      if (form !== null && target?.kind === "name") forms.set(target.name, form);
    }
    if (node.kind !== "call" || !isValidation(node) || node.callee.kind !== "attribute" || node.callee.object.kind !== "name") return;
    const form = forms.get(node.callee.object.name);
    if (form !== undefined) found.push(toDraft(form, loop, { file: module.ir.file, start: node.start, end: node.end }));
  };
  for (const stmt of loop.body) {
    if (stmt.kind === "for") continue;
    see(stmt);
    walk(stmt, see);
  }
  return found;
}

function walk(node: SyntaxNode, see: (node: SyntaxNode) => void): void {
  for (const child of childrenOf(node)) {
    if (child.kind === "for" || child.kind === "function") continue;
    see(child);
    walk(child, see);
  }
}

function modelForm(callee: Expr, module: PythonModule, input: RuleInput): ClassInfo | null {
  if (callee.kind !== "name") return null;
  const symbol = input.program.resolve(module, callee.name);
  return symbol?.kind === "class" && input.program.isSubclass(symbol.cls, "django.forms.models.ModelForm") ? symbol.cls : null;
}

function toDraft(form: ClassInfo, loop: For, access: Span): FindingDraft {
  return {
    key: [access.file, form.id],
    confidence: "possible",
    claim: `Each round of the loop validates a \`${form.name}\` of its own: one query for each key and unique column it checks.`,
    reason: "A model form looks up the row behind each choice field and asks the database for each unique column.",
    remedy: "Validate the rows together: a formset with shared choices, or one query for all keys before the loop.",
    doubt: "forms without choice fields and unique columns send no query",
    places: [
      { role: "loop", span: { file: access.file, start: loop.start, end: loop.headEnd } },
      { role: "access", span: access },
    ],
    fixes: [],
  };
}

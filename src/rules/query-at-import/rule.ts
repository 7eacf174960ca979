import { insertion } from "../../fixes/chain-edit.ts";
import { distinctBy } from "../../model/group-by.ts";
import type { FindingDraft, FixDraft, QueryRun, Rule, RuleInput, Span, Spot } from "../../model/index.ts";
import { moduleOf, pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import { isCommandFile } from "../command-files.ts";
import { modelName } from "../names.ts";
import { isScript } from "../scripts.ts";
import { isInside } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "query-at-import",
    chapter: "2.5",
    summary: "A query runs when a module is imported",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => firstOfEach(input.facts.runs.filter((run) => isGuilty(run, input))).map((run) => toDraft(run, input)),
};

function isGuilty(run: QueryRun, input: RuleInput): boolean {
  if (!run.atImport || run.doubts.length > 0 || run.cached || run.inTemplate || run.related) return false;
  if (moduleOf(input.program, run.span.file)?.origin !== "project") return false;
  if (isCommandFile(startOf(run).file) || pathTo(input.program, startOf(run)).some(isScriptGuard)) return false;
  const module = moduleOf(input.program, startOf(run).file);
  return module !== null && !isScript(input.program, module);
}

/** The module's own expression that leads to the query. */
function startOf(run: QueryRun): Span {
  return run.trail[0] ?? run.span;
}

/** `if __name__ == "__main__":` runs in a script, not at import. */
function isScriptGuard(node: SyntaxNode): boolean {
  return node.kind === "if" && node.test.kind === "compare" && node.test.left.kind === "name" && node.test.left.name === "__name__";
}

function firstOfEach(runs: readonly QueryRun[]): QueryRun[] {
  return distinctBy(runs, (run) => `${run.span.file}:${run.span.start}`);
}

function toDraft(run: QueryRun, input: RuleInput): FindingDraft {
  const places: Spot[] = [{ role: "queryset", span: run.origin.span }];
  for (const call of run.trail) places.push({ role: "call", span: call });
  places.push({ role: "access", span: run.span, label: "runs once, at import" });
  return {
    key: [run.symbol, run.model, run.how],
    confidence: run.trail.length > 0 ? "likely" : "certain",
    claim: `Importing \`${moduleOf(input.program, startOf(run).file)?.name ?? ""}\` queries \`${modelName(run.model)}\`: the answer stays until the process restarts.`,
    reason: "It slows every start, runs before the first migration has made the table, and later rows are never seen.",
    remedy: "Run it where it is used, or hand over a callable: `choices=get_choices`, `ModelChoiceField(queryset=…)`, a function for a default.",
    doubt: "a module that is only run as a script is not imported",
    model: run.model,
    places,
    fixes: callableFix(run, input),
  };
}

/** `forms.ChoiceField(choices=[… for … in rows])`: a callable is asked anew by each form. */
function callableFix(run: QueryRun, input: RuleInput): FixDraft[] {
  const first = startOf(run);
  const path = pathTo(input.program, first);
  const field = path.findLast((node) => node.kind === "call" && node.keywords.some(({ name, value }) => name === "choices" && isInside(first, value)));
  const choices = field?.kind === "call" ? field.keywords.find(({ name }) => name === "choices")?.value : undefined;
  const cls = path.findLast((node) => node.kind === "class");
  const isForm = input.program.classes.some(
    (one) =>
      one.def === cls &&
      ["django.forms.forms.BaseForm", "django.forms.models.ModelForm", "django.forms.Form", "django.forms.ModelForm"].some((form) =>
        input.program.isSubclass(one, form),
      ),
  );
  if (choices === undefined || !isForm || choices.kind === "lambda") return [];
  return [{ title: "Ask for the choices when a form is made", safety: "review", edits: [insertion(first.file, choices.start, "lambda: ")] }];
}

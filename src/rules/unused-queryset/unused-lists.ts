/** `rows = list(queryset)` whose name nothing reads. */
import type { Assign, FindingDraft, QueryRun, RuleInput } from "../../model/index.ts";
import { nodesIn, pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import { callAt, enclosingFunction } from "../code.ts";
import { holderName, modelName } from "../names.ts";
import { oncePerPlace, usesOf } from "../runs.ts";

export function unusedLists(input: RuleInput): FindingDraft[] {
  return oncePerPlace(input.facts.runs.filter((run) => run.how === "list" && !run.cached)).flatMap((run) => {
    const name = unreadName(run, input);
    return name === null ? [] : [toDraft(run, name, input)];
  });
}

/** The name that holds the rows, where its function never reads it. */
function unreadName(run: QueryRun, input: RuleInput): string | null {
  const path = pathTo(input.program, run.span);
  const holder = enclosingFunction(path);
  const stmt = path.findLast((node): node is Assign => node.kind === "assign");
  const call = callAt(input, run.span);
  const [target, ...others] = stmt?.targets ?? [];
  if (holder === null || call === null || stmt?.value !== call || target?.kind !== "name" || others.length > 0) return null;
  if (LISTS.has(call.callee.kind === "name" ? call.callee.name : "") && !isForItsEffect(path, call) && !isReadOtherwise(holder, target.name))
    return target.name;
  return null;
}

const LISTS: ReadonlySet<string> = new Set(["list", "tuple", "set"]);

/** Rows are locked by fetching them; in `with` and `try` it may be the query that matters: its number, or that it fails. */
function isForItsEffect(path: readonly SyntaxNode[], call: SyntaxNode): boolean {
  if (path.some((node) => node.kind === "with" || node.kind === "try")) return true;
  return [...nodesIn(call)].some((node) => node.kind === "attribute" && node.name === "select_for_update");
}

/** By its name, by a name that is declared elsewhere, or with all names of the function. */
function isReadOtherwise(holder: SyntaxNode, name: string): boolean {
  if (usesOf(holder, name).length > 0) return true;
  return [...nodesIn(holder)].some(
    (node) => (node.kind === "scope" && node.names.includes(name)) || (node.kind === "name" && (node.name === "locals" || node.name === "vars")),
  );
}

function toDraft(run: QueryRun, name: string, input: RuleInput): FindingDraft {
  const model = modelName(run.model);
  return {
    key: [run.symbol, run.model, name, "list"],
    confidence: "likely",
    claim: `\`${holderName(run.symbol, input.program)}\` fetches \`${model}\` rows into \`${name}\` and never reads it.`,
    reason: "The query is sent and every row is made into an object, for nothing.",
    remedy: "Remove the line, or use the variable.",
    doubt: "the fetch is wanted for what it does, such as filling a cache",
    model: run.model,
    places: [
      { role: "queryset", span: run.origin.span },
      { role: "access", span: run.span, label: "fetched, never read" },
    ],
    fixes: [],
  };
}

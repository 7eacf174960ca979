/** `Count("tags__name")`: the row that points there is counted as well without the table it points to. */
import type { Call, ChainCall, Expr, Field, FindingDraft, Origin, RuleInput, Str } from "../../model/index.ts";
import { dotted, holderName, modelName } from "../names.ts";
import { relationPath } from "../relation-path.ts";
import { oncePerPlace } from "../runs.ts";
import { isJoinedAnyway } from "./joined-anyway.ts";

const COUNTING: ReadonlySet<string> = new Set(["annotate", "aggregate", "alias"]);

export function countDrafts(input: RuleInput): FindingDraft[] {
  const found = input.facts.origins.flatMap((origin) =>
    origin.calls
      .filter((call) => COUNTING.has(call.name))
      .flatMap((call) => [...call.args, ...call.keywords.map(({ value }) => value)].flatMap((value) => ofCount(origin, call, value, input))),
  );
  return oncePerPlace(found).map(({ draft }) => draft);
}

function ofCount(
  origin: Origin,
  call: ChainCall,
  value: Expr,
  input: RuleInput,
): { readonly span: { readonly file: string; readonly start: number; readonly end: number }; readonly draft: FindingDraft }[] {
  const text = countedText(value);
  const cut = text?.value.lastIndexOf("__") ?? -1;
  if (text === null || cut < 0) return [];
  const path = text.value.slice(0, cut);
  const steps = relationPath(origin.model, path, input);
  const last = steps?.at(-1);
  const target = input.graph.byLabel(last?.relation?.target ?? "");
  const column = target?.fields.get(text.value.slice(cut + 2));
  // Without NULLs in the column, and with a row behind each key, both count the same.
  if (last === undefined || target === null || column === undefined || column.null || column.relation !== null || !pointsBeyond(last)) return [];
  if (isJoinedAnyway(origin, path, text, input)) return [];
  const span = { file: call.file, start: text.start, end: text.end };
  return [{ span, draft: toDraft(origin, call, text, path, input) }];
}

/** The argument of a plain `Count("…")`. */
function countedText(value: Expr): Str | null {
  if (value.kind !== "call" || value.keywords.length > 0 || nameOfCallee(value) !== "Count") return null;
  const [first, ...others] = value.args;
  return first?.kind === "str" && others.length === 0 ? first : null;
}

function nameOfCallee({ callee }: Call): string {
  return callee.kind === "name" || callee.kind === "attribute" ? callee.name : "";
}

/** The key to the far table stands in the row before it: of a foreign key, or of the table between. */
function pointsBeyond({ relation }: Field): boolean {
  return relation?.kind === "fk" || relation?.kind === "m2m" || relation?.kind === "m2m-reverse";
}

function toDraft(origin: Origin, call: ChainCall, text: Str, path: string, input: RuleInput): FindingDraft {
  const quoted = input.text(call.file).slice(text.start, text.end);
  const isPlain = quoted === `"${text.value}"` || quoted === `'${text.value}'`;
  const span = { file: call.file, start: text.start, end: text.end };
  return {
    key: [origin.symbol, origin.model, text.value],
    confidence: "likely",
    claim: `\`Count("${text.value}")\` in \`${holderName(origin.symbol, input.program)}\` joins \`${dotted(path)}\` only to count for each \`${modelName(origin.model)}\` what its key counts as well.`,
    reason: "The column is never NULL, and each key has its row.",
    remedy: `Count \`"${path}"\`.`,
    doubt: "what goes on from this queryset elsewhere may join the table anyway",
    model: origin.model,
    relation: path,
    places: [{ role: "queryset", span, label: "joins a table" }],
    fixes: isPlain ? [{ title: `Count ${path}`, safety: "review", edits: [{ span, text: `${quoted.slice(0, 1)}${path}${quoted.slice(-1)}` }] }] : [],
  };
}

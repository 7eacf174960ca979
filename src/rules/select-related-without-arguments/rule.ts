import { insertion } from "../../fixes/chain-edit.ts";
import { dropCall } from "../../fixes/drop-call.ts";
import { quoted, styleOf } from "../../fixes/source-text.ts";
import type { ChainCall, FindingDraft, FixDraft, Model, Origin, Rule, RuleInput } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { functionAt, namesIn } from "../code.ts";
import { count, holderName, modelName } from "../names.ts";
import { relationPath } from "../relation-path.ts";

/** Django stops following here (`Query.max_depth`). */
const MAX_DEPTH = 5;

export const rule: Rule = {
  meta: {
    id: "select-related-without-arguments",
    chapter: "3.2",
    summary: "select_related() without arguments joins every non-null foreign key",
    severity: "info",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => input.facts.origins.flatMap((origin) => bareCalls(origin, input).map((call) => toDraft(call, origin, input))).filter(isFirst()),
};

function bareCalls(origin: Origin, input: RuleInput): ChainCall[] {
  if (input.graph.byLabel(origin.model) === null) return [];
  return origin.calls.filter((call) => call.name === "select_related" && call.args.length === 0 && call.keywords.length === 0 && !isThrownAway(call, input));
}

/** `rows.select_related()` as a statement: it makes another queryset, which nothing runs. */
function isThrownAway({ file, start, end }: ChainCall, { program }: RuleInput): boolean {
  return pathTo(program, { file, start, end }).some((node) => node.kind === "expr" && node.value.start === start && node.value.end === end);
}

/** A shared method is called for several querysets; it is written once. */
function isFirst(): (draft: FindingDraft) => boolean {
  const seen = new Set<string>();
  return (draft) => {
    const span = draft.places[0]?.span;
    const key = `${span?.file}:${span?.start}:${span?.end}`;
    return !seen.has(key) && seen.add(key).has(key);
  };
}

function toDraft(call: ChainCall, origin: Origin, input: RuleInput): FindingDraft {
  const model = input.graph.byLabel(origin.model);
  const { joined, skipped } = model === null ? { joined: 0, skipped: 0 } : follow(model, input, MAX_DEPTH);
  const holder = holderName(origin.symbol, input.program);
  const doubt = doubtOf(origin, joined, input);
  const name = modelName(origin.model);
  return {
    key: [origin.symbol, origin.model],
    confidence: skipped === 0 || doubt !== "" || isOptional(call, input) ? "possible" : "certain",
    claim:
      joined === 0
        ? `\`select_related()\` in \`${holder}\` joins nothing: \`${name}\` has no foreign key that may not be NULL.`
        : `\`select_related()\` in \`${holder}\` joins ${count(joined, "table")} to every \`${name}\`, and no nullable foreign key.`,
    reason: `Without arguments Django follows every non-null foreign key, ${MAX_DEPTH} deep, and skips nullable ones${skipped === 0 ? "" : `: ${count(skipped, "key")} of this model ${skipped === 1 ? "stays" : "stay"} lazy`}.`,
    remedy: remedyFor(origin, input),
    doubt: doubt === "" ? "the joined rows are few and narrow" : doubt,
    model: origin.model,
    places: [{ role: "queryset", span: { file: call.file, start: call.start, end: call.end }, label: "names no relation" }],
    fixes: fixesFor(call, origin, input),
  };
}

/** Why it may do no harm: that it names nothing is none. Joined rows that nobody reads are, and a relation that it skips and that is then loaded row by row. */
function doubtOf(origin: Origin, joined: number, input: RuleInput): string {
  if (lazyPaths(origin, input).length > 0) return "";
  if (!origin.iterated && input.facts.runs.every((run) => run.origin !== origin)) return "no code was found that goes through its rows";
  const read = new Set(readPaths(origin, input).flatMap((path) => path.split("__").map((_, index, steps) => steps.slice(0, index + 1).join("__"))));
  return origin.escapes || read.size >= joined ? "all of the joined rows may be read" : "";
}

function remedyFor(origin: Origin, input: RuleInput): string {
  const names = readPaths(origin, input).map((path) => `"${path}"`);
  if (names.length === 0) return origin.escapes ? "Name the relations that are read." : "Remove it: no relation is read.";
  return `Name the relations that are read: \`select_related(${names.join(", ")})\`${origin.escapes ? ", and what other code may read" : ""}.`;
}

/** Names the relations that the rows' readers go over, where all readers were seen. */
function fixesFor(call: ChainCall, origin: Origin, input: RuleInput): FixDraft[] {
  const text = input.text(call.file);
  const isShared = input.facts.origins.some((other) => other !== origin && other.calls.some((one) => one.file === call.file && one.dot === call.dot));
  if (origin.escapes || isShared || !text.slice(call.dot, call.end).endsWith("()")) return [];
  const paths = readPaths(origin, input);
  if (paths.length === 0) return [{ title: "Remove select_related(): no relation is read", safety: "review", edits: [dropCall(text, call)] }];
  const style = styleOf(text);
  const names = paths.map((path) => quoted(path, style)).join(", ");
  return [{ title: "Name the relations that are read", safety: "review", edits: [insertion(call.file, call.end - 1, names)] }];
}

/** The longest paths of single-valued relations that a column is read over, or that are loaded row by row. */
function readPaths(origin: Origin, input: RuleInput): string[] {
  const found = [...origin.followed, ...lazyPaths(origin, input)].map((path) => joinedPart(path, origin, input)).filter((path) => path !== "");
  return [...new Set(found)].filter((path) => !found.some((other) => other.startsWith(`${path}__`))).toSorted();
}

function lazyPaths(origin: Origin, { facts }: RuleInput): string[] {
  return facts.loads.filter((load) => load.origin === origin && load.joinable && load.reason === "unloaded").map((load) => load.path);
}

/** `customer__address` of `customer__address__city`, as far as a join can follow. */
function joinedPart(path: string, { model }: Origin, input: RuleInput): string {
  const parts = path.split("__");
  for (let length = parts.length; length > 0; length--) {
    const part = parts.slice(0, length).join("__");
    const fields = relationPath(model, part, input);
    if (fields?.every((field) => field.relation?.kind === "fk" || field.relation?.kind === "o2o") === true) return part;
  }
  return "";
}

function follow(model: Model, input: RuleInput, depth: number): { readonly joined: number; readonly skipped: number } {
  const forward = [...model.fields.values()].filter((field) => field.relation?.kind === "fk" || field.relation?.kind === "o2o");
  const followed = depth === 0 ? [] : forward.filter((field) => field.relation?.nullable === false);
  const below = followed.map((field) => input.graph.byLabel(field.relation?.target ?? "")).filter((one) => one !== null);
  const joined = below.reduce((sum, one) => sum + 1 + follow(one, input, depth - 1).joined, 0);
  return { joined, skipped: forward.filter((field) => field.relation?.nullable === true).length };
}

/** The call stands under a condition on a parameter, which callers may never set. */
function isOptional(call: ChainCall, input: RuleInput): boolean {
  const path = pathTo(input.program, { file: call.file, start: call.start, end: call.end });
  const holder = functionAt(path);
  const names = new Set(holder?.params.map((param) => param.name) ?? []);
  return path.some((node) => node.kind === "if" && [...namesIn(node.test)].some((name) => names.has(name)));
}

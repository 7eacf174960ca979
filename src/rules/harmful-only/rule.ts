import type { ChainCall, FindingDraft, FixDraft, LazyLoad, Origin, Rule, RuleInput, Spot } from "../../model/index.ts";
import { extendCall } from "../../fixes/chain-edit.ts";
import { dropCall } from "../../fixes/drop-call.ts";
import { keepColumnFix } from "../../fixes/keep-column.ts";
import { sourceOf } from "../../fixes/source-text.ts";
import { holderAt } from "../code.ts";
import { deferredColumn, isDeferredKey } from "../deferred-loads.ts";
import { isCoveredElsewhere, isRefused } from "../load-places.ts";
import { dotted, holderName, listed, modelName } from "../names.ts";

export const rule: Rule = {
  meta: {
    id: "harmful-only",
    chapter: "3.5",
    summary: "only() or defer() costs more than it saves, or does nothing",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => [...replaced(input), ...ignored(input), ...rereads(input)],
};

/** `only("a").only("b")`: the second replaces the first. */
function replaced(input: RuleInput): FindingDraft[] {
  return chains(input, "only", (later) => later.name === "only").flatMap(({ origin, call, later }) => {
    const names = literals(call);
    const kept = literals(later);
    const lost = names?.filter((name) => kept?.includes(name) === false) ?? [];
    if (names === null || kept === null || lost.length === 0) return [];
    return [
      draft(origin, later, {
        confidence: "certain",
        claim: `The second \`only()\` in \`${writer(origin, later, input)}\` replaces the first: ${listed(lost)} is not loaded.`,
        reason: "Each `only()` starts anew; `defer()` adds up.",
        remedy: `Write one \`only(${[...names, ...kept].map((name) => `"${name}"`).join(", ")})\`.`,
        doubt: "the columns are left out on purpose",
        fixes: mergeFix(call, later, lost, input),
      }),
    ];
  });
}

/** The function that says it, which may be another than the one that begins the queryset. */
function writer({ symbol }: Origin, { file, start, end }: ChainCall, input: RuleInput): string {
  return holderAt({ file, start, end }, input) ?? holderName(symbol, input.program);
}

/** One `only()` with the names of both: more is loaded, and nothing else changes. */
function mergeFix(call: ChainCall, later: ChainCall, lost: readonly string[], input: RuleInput): FixDraft[] {
  const source = sourceOf(input, call.file);
  return [{ title: "Name the columns of both in one only()", safety: "safe", edits: [dropCall(source.text, call), ...extendCall(source, later, lost)] }];
}

/** `only(…).values(…)`: the columns of `values()` decide. */
function ignored(input: RuleInput): FindingDraft[] {
  const isValues = (later: ChainCall): boolean => (later.name === "values" || later.name === "values_list") && later.args.length > 0;
  return [...chains(input, "only", isValues), ...chains(input, "defer", isValues)].map(({ origin, call, later }) =>
    draft(origin, call, {
      severity: "info",
      confidence: "certain",
      claim: `\`${call.name}()\` in \`${writer(origin, call, input)}\` does nothing: \`${later.name}()\` names the columns itself.`,
      reason: "`values()` and `values_list()` clear what `only()` and `defer()` said.",
      remedy: `Remove \`${call.name}()\`.`,
      doubt: "none",
      fixes: [{ title: `Remove ${call.name}()`, safety: "safe", edits: [dropCall(input.text(call.file), call)] }],
    }),
  );
}

/** A single row whose left-out column is read: two queries instead of one. */
function rereads(input: RuleInput): FindingDraft[] {
  const seen = new Set<string>();
  return input.facts.loads
    .filter((load) => isReread(load, input))
    .flatMap((load) => {
      const key = `${load.origin.id}:${load.path}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [ofReread(load, input)];
    });
}

function isReread(load: LazyLoad, input: RuleInput): boolean {
  if (load.reason !== "deferred" || load.perRow || isRefused(load) || isCoveredElsewhere(load, input.facts)) return false;
  return load.origin.kind === "manager" && !isDeferredKey(load, input);
}

function ofReread(load: LazyLoad, input: RuleInput): FindingDraft {
  const places: Spot[] = load.calls.map((span) => ({ role: "call", span }));
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    severity: "info",
    confidence: "possible",
    claim: `\`${holderName(load.origin.symbol, input.program)}\` leaves out \`${dotted(load.path)}\` of a \`${modelName(load.origin.model)}\`, then reads it: two queries instead of one.`,
    reason: "A left-out column is fetched by a query of its own when it is read.",
    remedy: `Load \`"${deferredColumn(load)}"\` with the row.`,
    doubt: "the read is on a path that is rarely taken",
    model: load.origin.model,
    relation: load.path,
    places: [{ role: "queryset", span: load.origin.span }, ...places, { role: "access", span: load.access }],
    fixes: keepColumnFix([load], input),
  };
}

interface Chain {
  readonly origin: Origin;
  readonly call: ChainCall;
  readonly later: ChainCall;
}

/** Pairs of calls in one chain as written, each pair once. */
function chains(input: RuleInput, first: string, isLater: (call: ChainCall) => boolean): Chain[] {
  const found = new Map<string, Chain>();
  for (const origin of input.facts.origins) {
    for (const call of origin.calls.filter((one) => one.name === first)) {
      const later = origin.calls.find((one) => isLater(one) && one.file === call.file && one.start === call.start && one.dot >= call.end);
      if (later !== undefined) found.set(`${call.file}:${call.start}:${call.end}`, { origin, call, later });
    }
  }
  return [...found.values()];
}

function literals(call: ChainCall): readonly string[] | null {
  const names = call.args.flatMap((arg) => (arg.kind === "str" ? [arg.value] : []));
  return names.length === call.args.length && names.length > 0 ? names : null;
}

type Words = Pick<FindingDraft, "claim" | "reason" | "remedy" | "doubt" | "fixes"> & Partial<Pick<FindingDraft, "severity" | "confidence">>;

function draft(origin: Origin, call: ChainCall, words: Words): FindingDraft {
  return {
    key: [origin.symbol, origin.model, call.name],
    ...words,
    model: origin.model,
    places: [{ role: "queryset", span: { file: call.file, start: call.dot, end: call.end } }],
  };
}

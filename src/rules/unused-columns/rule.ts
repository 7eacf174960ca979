import type { Field, FindingDraft, Rule, RuleInput } from "../../model/index.ts";
import { knownReads, type KnownReads } from "../known-reads.ts";
import { isMadeByProject, isWide } from "../model-columns.ts";
import { listed, modelName, holderName } from "../names.ts";
import { columnFix } from "../column-fix.ts";
import { isValuesEnough } from "../values-enough.ts";

/** Columns that a model must have before leaving some out is worth a line; ours, override `unused-columns`. */
const WIDE_MODEL = 12;
/** At most this share of the columns is read. */
const MOST_READ = 1 / 3;

export const rule: Rule = {
  meta: {
    id: "unused-columns",
    chapter: "3.1",
    summary: "Few columns of a wide model are read",
    severity: "info",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) =>
    knownReads(input)
      .filter((one) => isGuilty(one, input))
      .map((one) => toDraft(one, input)),
};

function isGuilty(known: KnownReads, input: RuleInput): boolean {
  const least = input.thresholds["unused-columns"] ?? WIDE_MODEL;
  if (known.columns.length < least || known.read.length > known.columns.length * MOST_READ) return false;
  return !isMadeByProject(known.model, input) && !isValuesEnough(known, input);
}

/** `[app] = App.objects.filter(active=True)[:1] or [None]`: the columns of one row are little, however long they are. */
function isOfOneRow({ runs }: KnownReads): boolean {
  return runs.every(({ how, sliced, atMostOne }) => atMostOne === true || ONE_ROW.has(how) || (sliced && (how === "unpack" || how === "bool")));
}

const ONE_ROW: ReadonlySet<string> = new Set(["get", "first", "last", "latest", "earliest", "index"]);

function toDraft(known: KnownReads, input: RuleInput): FindingDraft {
  const { origin, columns, read, unread } = known;
  const needed = known.needed.map((field) => field.name);
  const wide = unread.filter(isWide);
  const bytes =
    wide.length === 0
      ? ""
      : `, not ${listed(
          wide.map((field: Field) => field.name),
          2,
        )}, which can be long`;
  return {
    key: [origin.symbol, origin.model],
    // Numbers and short texts cost little, however many there are.
    ...(wide.length === 0 || isOfOneRow(known) ? { confidence: "possible" } : {}),
    claim: `\`${holderName(origin.symbol, input.program)}\` fetches ${columns.length} columns of \`${modelName(origin.model)}\` and reads ${read.length}${bytes}.`,
    reason: `Nothing but ${listed(
      read.map((field: Field) => field.name),
      6,
    )} is read of these rows; the others are sent and turned into Python objects for nothing.`,
    remedy: `Add \`only(${needed.map((name) => `"${name}"`).join(", ")})\`, or \`values()\` where no instance is needed.`,
    doubt: `${wide.length === 0 ? "none of the others can be long; " : ""}signals and code outside the project may read more of these rows; each left-out column then costs a query a row`,
    model: origin.model,
    places: [
      { role: "queryset", span: origin.span, label: `${columns.length} columns` },
      ...known.runs.slice(0, 1).map((run) => ({ role: "access" as const, span: run.span })),
    ],
    fixes: columnFix(known, "only", needed, input),
  };
}

/** One key for what differs from user to user. */
import type { DatabaseDraft, RuleInput, Span } from "../../model/index.ts";
import { cacheCalls, isStore, keyWords, valueSpans, valueStatements, wholeKey } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";
import { modelsOf } from "../caching/models-of.ts";
import { narrowsByUser } from "../caching/user-rows.ts";
import { isWithin } from "../../model/span.ts";
import { modelName } from "../names.ts";

export function userData(input: RuleInput): readonly DatabaseDraft[] {
  const seen = new Set<string>();
  return cacheCalls(input).flatMap((call) => {
    const place = `${call.span.file}:${call.span.start}`;
    if (!isStore(call) || wholeKey(call) === null || seen.has(place)) return [];
    const spans = valueSpans(input, call);
    const rows = valueStatements(input, spans).filter(({ what }) => what.kind !== "signed in");
    const own = rows.filter(
      (one) => (one.what.kind === "query" && narrowsByUser(input, one.what.recipe, one.what.args)) || readsUser(input, one.origin, spans),
    );
    const [first] = own;
    if (first === undefined) return [];
    seen.add(place);
    const { first: model } = modelsOf(input, own);
    return [
      {
        key: ["user-data", call.symbol, keyWords(call)],
        chapter: "6.1",
        severity: "error" as const,
        claim: `${keyWords(call)} holds ${model === null ? "rows" : `\`${modelName(model)}\` rows`} of the signed-in user, and its key is the same for everybody.`,
        reason: "The first user to come fills it; all others are shown that user's rows until it ends.",
        remedy: 'Put the user into the key: f"…-{request.user.pk}".',
        doubt: "a cache with a KEY_FUNCTION or a prefix that differs from user to user would keep them apart",
        ...(model === null ? {} : { model }),
        places: [
          { role: "call" as const, span: call.span },
          { role: "queryset" as const, span: first.origin },
        ],
        evidence: [SOURCE_EVIDENCE],
        fixes: [],
      },
    ];
  });
}

/** `request.user` is read within the queryset itself: `filter(owner_id=request.user.pk)`. */
function readsUser({ facts }: RuleInput, origin: Span, spans: readonly Span[]): boolean {
  return (facts.sent ?? []).some(({ what, span }) => what.kind === "signed in" && isWithin(span, origin) && spans.some((one) => isWithin(origin, one)));
}

import { distinctBy } from "../../model/group-by.ts";
import type { DatabaseDraft, EvidenceInput, OutsideCallFact, Rule, RuleInput, Spot } from "../../model/index.ts";
import { auditEntries, confidenceOf, count, doubtOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { holderName } from "../names.ts";
import { isTestFile } from "../test-files.ts";
import { isView } from "../transactions/views.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S13",
    chapter: "4.1",
    summary: "ATOMIC_REQUESTS, and views that wait for something outside: each such request holds a transaction meanwhile",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

function draftsOf(entry: Entry, { source }: EvidenceInput): DatabaseDraft[] {
  const atomic = entry.database.atomicRequests;
  if (source === null || atomic === null || !atomic.value || atomic.spot === null) return [];
  const calls = callsOfViews(source);
  const [first] = calls;
  if (first === undefined) return [];
  const views = new Set(calls.map(({ trail, symbol }) => `${trail[0]?.file ?? ""}:${trail[0]?.start ?? symbol}`)).size;
  const { alias } = entry.database;
  const places = calls.slice(0, MOST_CALLS).map((call): Spot => ({ role: "call", span: call.span, label: `waits: ${call.target}` }));
  return [
    {
      key: [alias, atomic.spot.span.file],
      confidence: confidenceOf(entry, atomic) === "possible" ? "possible" : "likely",
      claim: `ATOMIC_REQUESTS of \`${alias}\` keeps a transaction open while ${views === 1 ? "a view waits for something outside" : `${count(views, "view")} wait for something outside, one of them`} in \`${holderName(first.symbol, source.program)}\`.`,
      reason:
        "From its first query to its end, each request of these views holds a connection, and every row lock that it took, while another service answers. It also keeps all of its reads on the primary: none may go to a replica.",
      remedy: "Turn ATOMIC_REQUESTS off and open `transaction.atomic()` around the writes, or decorate these views with `@transaction.non_atomic_requests`.",
      doubt: doubtOf("a view that waits before its first query holds nothing meanwhile", atomic),
      places: [{ ...atomic.spot, label: "each request is a transaction" }, ...places],
      evidence: [filesEvidence(atomic.spot, ...places)],
      fixes: [],
    },
  ];
}

/** More places than these say nothing new. */
const MOST_CALLS = 5;

/** Mail is sent late or not at all in tests' settings, but in a deployment it waits like the rest. */
function callsOfViews(source: RuleInput): OutsideCallFact[] {
  const own = (source.facts.outsideCalls ?? []).filter(({ trail, span }) => trail[0] !== undefined && !isTestFile(span.file) && isView(source, trail[0]));
  return distinctBy(own, (call) => `${call.span.file}:${call.span.start}`);
}

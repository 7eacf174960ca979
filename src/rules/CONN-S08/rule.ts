import { distinctBy } from "../../model/group-by.ts";
import type { DatabaseDraft, EvidenceInput, QueryRun, Rule, RuleInput, Span, Spot } from "../../model/index.ts";
import { auditEntries, confidenceOf, count, doubtOf, isOpen, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { isPerTransaction, poolerOf, type Pooler } from "../deployment/pooler.ts";
import { replaceValue, reviewFix, siblingKey } from "../deployment/setting-edits.ts";
import { enteredAt } from "../transactions/blocks.ts";
import { isTestFile } from "../test-files.ts";
import { isView } from "../transactions/views.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S08",
    chapter: "4.1",
    summary: "Server-side cursors through a pooler that gives a connection for a transaction alone",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

function draftsOf(entry: Entry, { source, deployment }: EvidenceInput): DatabaseDraft[] {
  const { database } = entry;
  if (source === null || database.disableServerSideCursors?.value === true || isOpen(database, "DISABLE_SERVER_SIDE_CURSORS", ["code"])) return [];
  const pooler = poolerOf(database, deployment);
  if (pooler === null || !isPerTransaction(pooler)) return [];
  const sites = iteratorSites(source, database.atomicRequests?.value === true);
  return sites.length === 0 ? [] : [toDraft(entry, pooler, sites, source)];
}

function toDraft(entry: Entry, pooler: Pooler, sites: readonly Span[], source: RuleInput): DatabaseDraft {
  const { database } = entry;
  const said = database.disableServerSideCursors;
  const edit =
    said === null
      ? siblingKey(source, database.connMaxAge ?? database.port ?? database.host, "DISABLE_SERVER_SIDE_CURSORS", "True")
      : replaceValue(said, "True");
  const spot: Spot = said?.spot ?? pooler.spot ?? database.spot;
  const calls = sites.slice(0, MOST_SITES).map((span): Spot => ({ role: "call", span, label: "a server-side cursor" }));
  return {
    key: [database.alias, spot.span.file],
    confidence: confidenceOf(entry, pooler.said) === "possible" ? "possible" : "likely",
    claim: `Database \`${database.alias}\` goes through a pooler (${pooler.why}), and ${count(sites.length, "call")} of \`.iterator()\` outside a transaction ${sites.length === 1 ? "opens" : "open"} server-side cursors.`,
    reason:
      "Such a cursor lives in one server connection. A pooler in transaction mode gives the next FETCH another one, which answers that the cursor does not exist; the one that has it keeps its rows.",
    remedy:
      "Set DISABLE_SERVER_SIDE_CURSORS to True (`.iterator()` then has the whole result in memory), wrap the loop in `transaction.atomic()`, or read it through an alias that goes to the server directly.",
    doubt: doubtOf(
      pooler.mode === null
        ? "no file here says the pooler's mode; one in session mode keeps cursors whole"
        : "rows that fit one fetch are read before the connection changes",
      pooler.said,
    ),
    places: [{ ...spot, label: "server-side cursors are on" }, ...calls],
    evidence: [filesEvidence(spot, pooler.spot, ...calls)],
    fixes: reviewFix("Turn server-side cursors off", [edit]),
  };
}

/** More places than these say nothing new. */
const MOST_SITES = 5;

/** Calls of `.iterator()` that run outside a transaction. */
function iteratorSites(input: RuleInput, isAtomic: boolean): Span[] {
  const sites = input.facts.runs
    .filter((run) => run.how === "iterator" && !isTestFile(run.span.file) && !isInTransaction(input, run, isAtomic))
    .map(({ span }) => span);
  return distinctBy(sites, (span) => `${span.file}:${span.start}`);
}

function isInTransaction(input: RuleInput, run: QueryRun, isAtomic: boolean): boolean {
  const [root] = run.trail;
  return enteredAt(input, run) !== null || (isAtomic && root !== undefined && isView(input, root));
}

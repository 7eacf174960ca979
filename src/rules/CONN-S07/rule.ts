import type { DatabaseDraft, EvidenceInput, QueryRun, Rule, RuleInput, Service } from "../../model/index.ts";
import { auditEntries, confidenceOf, poolOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { holderName } from "../names.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S07",
    chapter: "4.1",
    summary: "A pool is opened before the server forks, and its processes share the connections",
    severity: "error",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

/** gunicorn hands its workers what the master has opened; uWSGI does so unless `lazy-apps` is on. */
function draftsOf(entry: Entry, { source }: EvidenceInput): DatabaseDraft[] {
  const pool = poolOf(entry.database);
  const service = entry.services.find(({ preloads, hooks }) => preloads?.value === true && !hooks.includes("pre_fork") && !hooks.includes("post_fork"));
  if (source === null || pool === null || pool.spot === null || service === undefined) return [];
  const run = source.facts.runs.find((one) => isBeforeFork(one, source));
  return run === undefined ? [] : [toDraft(entry, service, run, source)];
}

/** At import, or in an AppConfig's `ready()`. */
function isBeforeFork(run: QueryRun, { program }: RuleInput): boolean {
  if (run.doubts.length > 0 || run.cached || run.inTemplate) return false;
  if (![...program.modules.values()].some(({ ir, origin }) => origin === "project" && ir.file === run.span.file)) return false;
  return run.atImport || (/(?:^|\.)\w*Config\.ready$/.test(run.symbol) && run.calls.length === 0);
}

function toDraft(entry: Entry, service: Service, run: QueryRun, { program }: RuleInput): DatabaseDraft {
  const pool = poolOf(entry.database);
  const { alias } = entry.database;
  return {
    key: [alias, service.name, run.symbol],
    confidence: confidenceOf(entry, pool) === "possible" ? "possible" : "likely",
    claim: `\`${service.name}\` loads the application before it forks, and \`${holderName(run.symbol, program)}\` then opens the pool of \`${alias}\`.`,
    reason:
      "The workers inherit the pool's sockets and use them at the same time: answers go to the wrong process, or the connection breaks. The pool's threads are not inherited, so that nothing refills it.",
    remedy:
      "Close the pool before the fork: a `pre_fork(server, worker)` in gunicorn's configuration that calls `connection.close()` and `connection.close_pool()` for each of `connections.all()`.",
    doubt: "a query that runs in another process than the server's master opens no pool there",
    places: [
      { role: "access", span: run.span, label: "queries before the fork" },
      { ...(service.preloads?.spot ?? service.spot), label: "loads before the fork" },
      ...(pool?.spot == null ? [] : [{ ...pool.spot, label: "the pool" }]),
    ],
    evidence: [filesEvidence({ role: "access", span: run.span }, service.spot, pool?.spot)],
    fixes: [],
  };
}

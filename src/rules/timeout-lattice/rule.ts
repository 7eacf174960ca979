import type { DatabaseDraft, EvidenceInput, Judgement, ProxyTimeout, Rule, RuleInput, Said, Service, Spot } from "../../model/index.ts";
import { groupBy } from "../../model/group-by.ts";
import { auditEntries, confidenceOf, doubtOf, poolNumber, poolOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { durationText, milliseconds } from "../deployment/server-settings.ts";
import { reviewFix } from "../deployment/setting-edits.ts";
import { formatNumber } from "../../model/numbers.ts";
import { poolerOf } from "../deployment/pooler.ts";

export const rule: Rule = {
  meta: {
    id: "timeout-lattice",
    chapter: "4.3",
    summary: "Timeouts in the wrong order: the longer one never counts",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => {
    const judgement: Judgement = auditEntries(input, (entry) => [...withinServer(entry, input), ...againstRequests(entry)]);
    return { ...judgement, drafts: [...judgement.drafts, ...behindProxies(input)] };
  },
};

/** Pairs of which the first must be the shorter one, and what happens when it is not (PostgreSQL's documentation of each). */
const PAIRS: readonly (readonly [shorter: string, longer: string, why: string])[] = [
  [
    "lock_timeout",
    "statement_timeout",
    "A statement that waits for a lock is ended by statement_timeout first: the error says nothing of the lock, and lock_timeout never counts.",
  ],
  [
    "statement_timeout",
    "transaction_timeout",
    "The transaction is ended first, and with it the connection: a slow statement costs the whole session in place of one error.",
  ],
  ["idle_in_transaction_session_timeout", "transaction_timeout", "PostgreSQL ignores the longer of the two."],
];

function withinServer(entry: Entry, { source, deployment }: EvidenceInput): DatabaseDraft[] {
  const pooler = poolerOf(entry.database, deployment);
  const { serverSettings, alias } = entry.database;
  return PAIRS.flatMap(([shorter, longer, why]) => {
    const [first, second] = [serverSettings.get(shorter), serverSettings.get(longer)];
    const [one, other] = [milliseconds(first?.value ?? ""), milliseconds(second?.value ?? "")];
    if (first === undefined || second === undefined || first.spot === null || one === null || other === null || one === 0 || other === 0 || one < other)
      return [];
    return [
      {
        key: [alias, shorter, longer],
        confidence: confidenceOf(entry, first),
        claim: `\`${shorter}\` of \`${alias}\` is ${durationText(one)}, no less than its \`${longer}\` of ${durationText(other)}: it never counts.`,
        reason: why,
        remedy: `Set \`${shorter}\` below \`${longer}\`: lock < statement < transaction.${pooler === null ? "" : ` By \`ALTER ROLE the_role SET ${shorter} = '${shortWords(other)}'\`, which holds through the pooler (${pooler.why}): it drops \`options\`.`}`,
        doubt: doubtOf("a role's own settings do not count here: what the connection asks for comes after them", first),
        places: [first.spot],
        evidence: [filesEvidence(first.spot)],
        fixes: pooler === null ? shortened(source, first, shorter, other) : [],
      },
    ];
  });
}

/** A fifth of the longer one, in the same string: this project's notes have 2 s for 10 s. */
const SHARE = 5;

/** `2s`, `500ms`: as PostgreSQL reads it. */
function shortWords(longest: number): string {
  const ms = Math.floor(longest / SHARE);
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

function shortened(source: RuleInput | null, { written }: Said<string>, shorter: string, longest: number): DatabaseDraft["fixes"] {
  if (source === null || written === undefined || longest < SHARE) return [];
  const text = source.text(written.file).slice(written.start, written.end);
  const value = shortWords(longest);
  const changed = text.replace(new RegExp(`(\\b${shorter}=)[^\\s"']+`), `$1${value}`);
  return changed === text ? [] : reviewFix(`Set ${shorter} to ${value}`, [{ span: written, text: changed }]);
}

/** A request is killed while the server still works for it, or while it waits for its pool. */
function againstRequests(entry: Entry): DatabaseDraft[] {
  const { database, services } = entry;
  const pool = poolOf(database);
  const statement = database.serverSettings.get("statement_timeout");
  return services.flatMap((service) => {
    const limit = requestLimit(service);
    if (limit === null) return [];
    const long = milliseconds(statement?.value ?? "");
    const drafts = [];
    if (statement !== undefined && statement.spot !== null && long !== null && long >= limit.value * 1000)
      drafts.push(outlives(entry, service, limit, "statement_timeout", durationText(long), statement));
    const wait = pool === null ? null : (poolNumber(pool, "timeout") ?? POOL_TIMEOUT);
    if (pool !== null && pool.spot !== null && wait !== null && wait >= limit.value)
      drafts.push(outlives(entry, service, limit, "pool timeout", `${wait} s`, pool));
    return drafts;
  });
}

/** psycopg_pool's default, in seconds. */
const POOL_TIMEOUT = 30;

/** Sync and gthread workers are killed after it, and uWSGI's by harakiri; to asynchronous ones it is a heartbeat. */
function requestLimit({ kind, workerClass, timeout }: Service): Said<number> | null {
  return kind === "wsgi" && timeout !== null && timeout.value > 0 && (workerClass?.value === "sync" || workerClass?.value === "gthread") ? timeout : null;
}

function outlives(entry: Entry, service: Service, limit: Said<number>, what: string, value: string, said: Said<unknown>): DatabaseDraft {
  const { alias } = entry.database;
  const isOfPool = what === "pool timeout";
  return {
    key: [alias, service.name, what],
    confidence: confidenceOf(entry, said, limit),
    claim: `The ${isOfPool ? what : `\`${what}\``} of \`${alias}\` is ${value}; \`${service.name}\` kills the request after ${limit.value} s${limit.isDefault === true ? ", its default" : ""}.`,
    reason: isOfPool
      ? "The worker is killed while it waits for a connection, in place of an error that Django can handle."
      : "The worker is killed while the statement runs: its answer is lost, and the server may work on. The error never names the statement.",
    remedy: isOfPool
      ? "Set the pool's `timeout` to a few seconds."
      : `Set \`statement_timeout\` well below ${limit.value} s, and give what needs longer a role or a task of its own.`,
    doubt: doubtOf("another command line than the one that was read may start the server", limit, said),
    places: [...(said.spot === null ? [] : [{ ...said.spot, label: value }]), { ...(limit.spot ?? service.spot), label: `${limit.value} s` }],
    evidence: [filesEvidence(said.spot, limit.spot ?? service.spot)],
    fixes: [],
  };
}

/** What nginx's proxy_read_timeout, and the idle timeout of AWS's load balancers, are unless something is said; in seconds. */
const USUAL_PROXY = 60;

function behindProxies({ deployment: { services, proxies }, source }: EvidenceInput): DatabaseDraft[] {
  if (source === null) return [];
  const shortest = inFront(proxies);
  return services.flatMap((service) => {
    const { timeout } = service;
    if (
      (service.kind !== "wsgi" && service.kind !== "asgi") ||
      timeout === null ||
      timeout.spot === null ||
      timeout.value <= (shortest?.seconds.value ?? USUAL_PROXY)
    )
      return [];
    return [beyondProxy(service, timeout, timeout.spot, shortest)];
  });
}

/** Several parts of one program's files are for several upstreams, of which any may be this one; several programs stand behind one another. */
function inFront(proxies: readonly ProxyTimeout[]): ProxyTimeout | undefined {
  const longest = [...groupBy(proxies, ({ program }) => program).values()].flatMap((same) =>
    same.toSorted((a, b) => b.seconds.value - a.seconds.value).slice(0, 1),
  );
  return longest.toSorted((a, b) => a.seconds.value - b.seconds.value)[0];
}

function beyondProxy({ name, workerClass }: Service, timeout: Said<number>, spot: Spot, proxy: ProxyTimeout | undefined): DatabaseDraft {
  const seconds = proxy?.seconds.value ?? USUAL_PROXY;
  const isHeartbeat = workerClass?.value === "uvicorn";
  return {
    key: [name, "proxy"],
    severity: proxy === undefined ? "info" : "warning",
    confidence: proxy === undefined ? "possible" : proxy.seconds.isDefault === true || timeout.dependsOn !== undefined ? "likely" : "certain",
    claim: `A request of \`${name}\` can run for ${formatNumber(timeout.value)} s; ${proxy === undefined ? "a proxy's usual" : `${proxy.program}'s ${proxy.seconds.isDefault === true ? "default " : ""}\`${proxy.name}\``} ${proxy === undefined ? `limit of ${seconds} s` : `of ${seconds} s`} ends it for its client first.`,
    reason: `The client gets 504 and asks again, while the worker, its connection and its statement go on for nobody.${isHeartbeat ? " With uvicorn's worker the timeout only notices a process that hangs: a request has no limit at all." : ""}`,
    remedy: `Set the worker's timeout below ${seconds} s: statement < request < proxy.`,
    doubt:
      proxy === undefined
        ? "no file here says what stands in front; a proxy that waits longer makes it right"
        : doubtOf("another proxy than the one whose file lies here stands in front", timeout),
    places: [
      { ...spot, label: `${formatNumber(timeout.value)} s` },
      ...(proxy?.seconds.spot == null ? [] : [{ ...proxy.seconds.spot, label: `${seconds} s` }]),
    ],
    evidence: [filesEvidence(spot, proxy?.seconds.spot)],
    fixes: [],
  };
}

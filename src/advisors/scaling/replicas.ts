/** 7.3: which share of the load may leave the primary, which call sites that is, and the router that sends it. */
import type { Advice, AdviceTable, AdvisorInput, Artefact, Plot, Server, Span } from "../../model/index.ts";
import type { SettingsFacts } from "../../model/deployment.ts";
import { formatCount, formatMilliseconds, formatNumber, formatPercent } from "../../model/numbers.ts";
import { spanWords } from "../../rules/database/rates.ts";
import { mainSettings, primaryOf, replicasOf } from "../../rules/scaling/aliases.ts";
import { rootTable, type Obstacle, type ReadVerdict } from "../../rules/scaling/movable-reads.ts";
import { concurrencyOf } from "./bound.ts";
import { placeOf } from "./places.ts";
import { leftOnPrimary, mostSpeedUp, readShare, type ReadShare, type Weight } from "./reads.ts";
import { routerFiles, type RouterFacts } from "./router-code.ts";

/** Below it a replica costs more in operation than it takes off (this project's notes on operations). */
export const LEAST_SHARE = 0.3;

export async function adviseReplicas(input: AdvisorInput): Promise<Advice> {
  const share = await readShare(input);
  return share === null ? unknown(input) : known(input, share);
}

function unknown(input: AdvisorInput): Advice {
  const { source, database } = input;
  const runs = source === null ? null : new Set(source.facts.runs.map(({ span }) => `${span.file}:${span.start}`)).size;
  return {
    ...EMPTY,
    claim:
      runs === null
        ? "How much of the load could move to a replica is not known: no statement was counted."
        : `How much of the load could move to a replica is not known: ${formatCount(runs, "line")} ${runs === 1 ? "reads" : "read"} the database, and nothing counted how often.`,
    reasons: atomicReason(mainSettings(input.deployment), null, source),
    rung: "inferred",
    examined: runs === null ? "no statements" : `${formatCount(runs, "line")} that ${runs === 1 ? "sends" : "send"} queries`,
    missing:
      database === null
        ? "time and calls of statements: luthier snapshot --db URL, or luthier record"
        : "time and calls of statements: CREATE EXTENSION pg_stat_statements, then luthier snapshot --db URL",
    doubt: "",
  };
}

const EMPTY = { advisor: "scaling", section: "7.3", reasons: [], tables: [], plots: [], artefacts: [], examples: [] } satisfies Partial<Advice>;

function known(input: AdvisorInput, share: ReadShare): Advice {
  const settings = mainSettings(input.deployment);
  const standbys = standbysOf(input);
  const isWorth = part(share.relaxed, share) >= LEAST_SHARE;
  const aliases = settings === null ? [] : replicasOf(settings);
  const hasReplica = standbys.length > 0 || aliases.length > 0;
  return {
    ...EMPTY,
    claim: `${idleWords(input)}${claimOf(share, isWorth)}`,
    reasons: [
      ...atomicReason(settings, share, input.source),
      arithmetic(share),
      ...needReason(input),
      ...sharedReason(share),
      ...unplacedReason(share),
      ...standbyReasons(standbys),
      ...(isWorth || hasReplica
        ? []
        : [
            `No router is written: ${formatPercent(part(share.relaxed, share))} of the time that is known to move is less than the ${formatPercent(LEAST_SHARE)} from which a second server is worth its upkeep.`,
          ]),
    ],
    tables: [obstacleTable(share), ...siteTables(input, share), loadTable(share)],
    plots: plotOf(share),
    artefacts: isWorth || hasReplica ? routerArtefacts(input, share, settings, standbys) : [],
    rung: input.recording === null ? "inferred" : "recorded",
    examined: `${formatCount(share.total.statements, "statement")} of ${share.from}, ${formatPercent(1 - part(share.unplaced, share))} of their time traced to a line or to the framework`,
    missing: missingOf(input, share),
    doubt:
      "a statement moves here only when every line that sends it may; a function that writes through a package, and a page that shows what another page wrote a moment ago, are not in the source; the router's tests and a delayed standby show both",
  };
}

/** Of the time; of the calls, where no time is known. */
function part(weight: Weight, { total, isTimed }: ReadShare): number {
  if (isTimed) return total.ms === 0 ? 0 : weight.ms / total.ms;
  return total.calls === 0 ? 0 : weight.calls / total.calls;
}

function claimOf(share: ReadShare, isWorth: boolean): string {
  const [strict, relaxed, possible] = [share.strict, share.relaxed, share.possible].map((one) => part(one, share));
  const speed = (weight: Weight): string => formatNumber(Number(mostSpeedUp(share, weight).toPrecision(2)));
  if (isWorth && formatPercent(strict ?? 0) === formatPercent(relaxed ?? 0))
    return `${formatPercent(relaxed ?? 0)} of statement time can move to a replica as the code stands: at most ${speed(share.relaxed)} times the load.`;
  if (isWorth)
    return `${formatPercent(strict ?? 0)} of statement time can move to a replica as the code stands, ${formatPercent(relaxed ?? 0)} after the changes below: at most ${speed(share.relaxed)} times the load.`;
  if ((possible ?? 0) < LEAST_SHARE)
    return `A replica takes at most ${formatPercent(possible ?? 0)} of statement time off the primary, ${speed(share.possible)} times the load: do not add one for load.`;
  return `${formatPercent(relaxed ?? 0)} of statement time is known to be movable to a replica, ${speed(share.relaxed)} times the load; up to ${formatPercent(possible ?? 0)} hangs on which lines send it.`;
}

function atomicReason(settings: SettingsFacts | null, share: ReadShare | null, source: AdvisorInput["source"]): string[] {
  const said = primaryOf(settings)?.atomicRequests;
  if (said?.value !== true) return [];
  const where = said.spot === null ? "" : ` (${placeOf(source, said.spot.span)})`;
  const kept = share === null ? null : weigh(share, ({ obstacle, relaxed }) => obstacle === "atomic requests" && relaxed);
  const cost =
    kept === null || share === null
      ? ""
      : `: of ${formatCount(kept.statements, "statement")} that could move, with ${formatPercent(part(kept, share))} of the time, it keeps every one`;
  return [
    `\`ATOMIC_REQUESTS\` is on${where}, so that every view is a transaction and a correct router keeps it on the primary${cost}. Views that only read take \`@transaction.non_atomic_requests\`; without that the router changes nothing.`,
  ];
}

function weigh({ verdicts }: ReadShare, isIn: (one: ReadVerdict) => boolean): Weight {
  const found = verdicts.filter(isIn);
  return {
    statements: found.length,
    calls: found.reduce((sum, { statement }) => sum + statement.calls, 0),
    ms: found.reduce((sum, { statement }) => sum + statement.totalMs, 0),
  };
}

function arithmetic(share: ReadShare): string {
  const { total, reads, relaxed } = share;
  const writes = total.ms - reads.ms;
  return `Reads take ${formatMilliseconds(reads.ms)} of ${formatMilliseconds(total.ms)} ms, writes ${formatMilliseconds(writes)} ms; ${formatPercent(reads.ms === 0 ? 0 : relaxed.ms / reads.ms)} of the reads can move. The most that this gives is 1 / (1 − ${formatPercent(part(relaxed, share))}) = ${formatNumber(Number(mostSpeedUp(share, relaxed).toPrecision(3)))}, and every replica replays all of the ${formatPercent(total.ms === 0 ? 0 : writes / total.ms)} that are writes.`;
}

/** Sessions at work on average, below which no load asks for a second server. Ours. */
const IDLE = 0.3;

/** Whether the load is one that a single server has no trouble with. */
export function isIdle({ database }: AdvisorInput): boolean {
  const counted = database === null ? null : concurrencyOf(database);
  return counted !== null && counted.active < IDLE;
}

const idleWords = (input: AdvisorInput): string => (isIdle(input) ? "No load asks for a replica yet. " : "");

function needReason({ database }: AdvisorInput): string[] {
  const counted = database === null ? null : concurrencyOf(database);
  if (database === null || counted === null || counted.active >= IDLE) return [];
  const words = counted.active < 0.01 ? "less than 0.01" : formatNumber(Number(counted.active.toPrecision(2)));
  return [
    `Nothing asks for it yet: ${words} sessions of \`${database.catalog.database.name}\` were at work on average over ${spanWords(counted.seconds / 86_400)} (pg_stat_database).`,
  ];
}

/** Traced to nothing, a statement stays. */
const MUCH_UNPLACED = 0.2;

function sharedReason(share: ReadShare): string[] {
  const shared = weigh(share, ({ relaxed, perhaps, obstacle }) => !relaxed && perhaps && obstacle !== "no line found");
  const time = part(shared, share);
  return time < MUCH_SHARED
    ? []
    : [
        `${formatCount(shared.statements, "statement")} with ${formatPercent(time)} of the time ${shared.statements === 1 ? "is" : "are"} sent by several lines, of which some may move and some may not; ${shared.statements === 1 ? "it is" : "they are"} counted as staying. A recording tells the lines apart: luthier record.`,
      ];
}

/** Of the time. Ours: less changes no decision. */
const MUCH_SHARED = 0.05;

function unplacedReason(share: ReadShare): string[] {
  const unplaced = part(share.unplaced, share);
  return unplaced < MUCH_UNPLACED
    ? []
    : [
        `Of ${formatCount(share.unplaced.statements, "statement")} with ${formatPercent(unplaced)} of the time no line of the source is known: they are counted as staying, so that more can move than is said here.`,
      ];
}

// --------------------------------------------------------------------------------------------------------------- standbys

export interface StandbyState {
  readonly name: string;
  readonly lagMs: number | null;
  readonly lagBytes: number | null;
  readonly server: Server | null;
}

export function standbysOf({ database }: Pick<AdvisorInput, "database">): readonly StandbyState[] {
  if (database === null) return [];
  const looked = database.snapshot.servers.filter(({ role }) => role === "replica");
  const seen = looked.map((server): StandbyState => ({ name: server.address, lagMs: server.replication.replayLagMs, lagBytes: null, server }));
  if (seen.length > 0) return seen;
  return database.server.replication.standbys
    .filter(({ state, application }) => state !== "backup" && !/^pg_(?:basebackup|receivewal|recvlogical)/.test(application))
    .map(({ application, address, replayLagMs, lagBytes }) => ({ name: address ?? application, lagMs: replayLagMs, lagBytes, server: null }));
}

function standbyReasons(standbys: readonly StandbyState[]): string[] {
  if (standbys.length === 0) return [];
  const words = standbys.map(({ name, lagMs }) => `${name} ${lagMs === null ? "of no known lag" : `${formatMilliseconds(lagMs)} ms behind`}`);
  return [`${formatCount(standbys.length, "standby follows", "standbys follow")} the primary already: ${words.join(", ")}.`];
}

// ----------------------------------------------------------------------------------------------------------------- tables

const WORDS: Readonly<Record<Obstacle, string>> = {
  write: "they write",
  lock: "they lock rows",
  "side effect": "they call a function with a side effect",
  "unlogged table": "they read a table that a standby has no rows of",
  "session or user": "sessions, users and permissions",
  framework: "Django or a package sends them",
  "not the application's": "PostgreSQL or a tool sends them",
  "no line found": "no line of the source is known",
  "read before a write": "what they read decides what is written",
  "in a transaction": "inside atomic",
  "after a write": "their function or request writes",
  "outside a request": "a command or a task sends them",
  "atomic requests": "ATOMIC_REQUESTS alone keeps them",
};

function obstacleTable(share: ReadShare): AdviceTable {
  const kinds = [...new Set(share.verdicts.map(({ obstacle }) => obstacle))];
  const rows = kinds.map((kind) => ({ label: kind === null ? "they may move" : WORDS[kind], weight: weigh(share, ({ obstacle }) => obstacle === kind) }));
  return {
    title: "Statements by what keeps them on the primary",
    head: ["statements", "count", "calls", "of the time"],
    rows: rows
      .toSorted((a, b) => b.weight.ms - a.weight.ms)
      .map(({ label, weight }) => [label, formatNumber(weight.statements), formatNumber(weight.calls), formatPercent(part(weight, share))]),
    numeric: [1, 2, 3],
    source: share.from,
  };
}

const SHOWN = 15;

function siteTables(input: AdvisorInput, share: ReadShare): AdviceTable[] {
  const byTime = share.verdicts.toSorted((a, b) => b.statement.totalMs - a.statement.totalMs);
  const moving = byTime.filter(({ relaxed }) => relaxed);
  const staying = byTime.filter(({ relaxed, obstacle }) => !relaxed && obstacle !== "write" && obstacle !== "framework" && obstacle !== "no line found");
  const tables: AdviceTable[] = [];
  if (moving.length > 0) tables.push(movingTable(moving, input, share));
  if (staying.length > 0)
    tables.push({
      title: `Reads that stay${more(staying)}`,
      head: ["line", "reads", "calls", "of the time", "why"],
      rows: staying
        .slice(0, SHOWN)
        .map((one) => [...siteCells(one, one.at, input, share), `${WORDS[one.obstacle ?? "no line found"]}: ${one.detail.replaceAll("`", "")}`]),
      numeric: [2, 3],
      source: share.from,
    });
  return tables;
}

/** What stands against all of them is said once. */
function movingTable(moving: readonly ReadVerdict[], input: AdvisorInput, share: ReadShare): AdviceTable {
  const shown = moving.slice(0, SHOWN);
  const first = ({ strict, detail }: ReadVerdict): string => (strict ? "nothing: it may move as it stands" : detail);
  const firsts = new Set(shown.map(first));
  const isOne = shown.length > 1 && firsts.size === 1;
  return {
    title: `Call sites that may move${more(moving)}${isOne ? `; before each: ${[...firsts].join("")}` : ""}`,
    head: ["line", "reads", "calls", "of the time", ...(isOne ? [] : ["first"])],
    rows: shown.map((one) => [...siteCells(one, one.statement.written.sites[0]?.span ?? null, input, share), ...(isOne ? [] : [first(one)])]),
    numeric: [2, 3],
    source: share.from,
  };
}

const more = (all: readonly unknown[]): string => (all.length > SHOWN ? `, first ${SHOWN} of ${all.length}` : "");

function siteCells({ statement }: ReadVerdict, at: Span | null, { source }: AdvisorInput, share: ReadShare): string[] {
  const { sites } = statement.written;
  const place = at === null ? "no line is known" : `${placeOf(source, at)}${sites.length > 1 ? ` and ${sites.length - 1} more` : ""}`;
  return [
    place,
    rootTable(statement.shape) ?? "-",
    formatNumber(statement.calls),
    formatPercent(part({ statements: 1, calls: statement.calls, ms: statement.totalMs }, share)),
  ];
}

/** So many replicas at most are worth a row. */
const REPLICAS = [1, 2, 3];

function loadTable(share: ReadShare): AdviceTable {
  const of = (ms: number): string => formatPercent(share.total.ms === 0 ? 1 : ms / share.total.ms);
  return {
    title: "Load left on the primary",
    head: ["replicas", "as the code stands", "after the changes", "after them, the primary reading too"],
    rows: REPLICAS.map((count) => [
      String(count),
      of(leftOnPrimary(share, share.strict, count, false)),
      of(leftOnPrimary(share, share.relaxed, count, false)),
      of(leftOnPrimary(share, share.relaxed, count, true)),
    ]),
    numeric: [0, 1, 2, 3],
    source: `writes and the reads that stay; where the primary reads too, its equal part of the reads that move; ${share.from}`,
  };
}

function plotOf(share: ReadShare): Plot[] {
  const { total, reads, strict, relaxed } = share;
  if (total.ms === 0) return [];
  const bars = [
    { label: "may move as the code stands", value: strict.ms, tone: "found" as const },
    { label: "may move after the changes", value: Math.max(0, relaxed.ms - strict.ms), tone: "found" as const },
    { label: "reads that stay", value: Math.max(0, reads.ms - relaxed.ms), tone: "other" as const },
    { label: "writes", value: total.ms - reads.ms, tone: "other" as const },
  ];
  return [
    {
      kind: "bars",
      question: "Which load can leave the primary?",
      answer: `${formatPercent(part(strict, share))} of ${formatMilliseconds(total.ms)} ms as the code stands, ${formatPercent(part(relaxed, share))} after the changes.`,
      source: share.from,
      unit: "ms",
      bars: bars.filter(({ value }) => value > 0),
    },
  ];
}

// ----------------------------------------------------------------------------------------------------------------- router

/** Longer than a page takes to follow another one. Ours, where no lag is known. */
const LEAST_PIN = 5;
/** Beyond it a replica is not read (this project's notes on operations: eject above 5 s). */
const MOST_LAG = 5;

function routerArtefacts(input: AdvisorInput, share: ReadShare, settings: SettingsFacts | null, standbys: readonly StandbyState[]): readonly Artefact[] {
  return routerFiles(routerFacts(input, share, settings, standbys));
}

function routerFacts({ source, database }: AdvisorInput, share: ReadShare, settings: SettingsFacts | null, standbys: readonly StandbyState[]): RouterFacts {
  const module = settings?.module ?? source?.project.settings[0] ?? "project.settings";
  const installed = appsOf(settings);
  const aliases = settings === null ? [] : replicasOf(settings);
  const replicas = aliases.length > 0 ? aliases.map(({ alias }) => alias) : ["replica"];
  const lag = Math.max(0, ...standbys.flatMap(({ lagMs }) => lagMs ?? []));
  const pinSeconds = Math.max(LEAST_PIN, Math.ceil((lag * 2) / 1000));
  const isLagKnown = standbys.some(({ lagMs }) => lagMs !== null);
  return {
    module: `${module.split(".")[0] ?? "project"}.routers`,
    primary: primaryOf(settings)?.alias ?? "default",
    replicas,
    alwaysPrimary: keptModels(source, installed, database),
    quietTables: ["django_session"],
    pinSeconds,
    pinSaid: isLagKnown
      ? `Seconds: twice the lag that was seen (${formatMilliseconds(lag)} ms), at least ${LEAST_PIN}.`
      : `Seconds: no standby's lag was measured yet; luthier snapshot --db PRIMARY --db REPLICA measures it.`,
    mostLag: MOST_LAG,
    hasAdmin: installed.has("django.contrib.admin"),
    movable: movableModel(share, source),
    hosts: replicas.map((alias, index) =>
      hostOf(
        alias,
        index,
        aliases.find((one) => one.alias === alias),
        standbys,
      ),
    ),
    isAtomicRequests: primaryOf(settings)?.atomicRequests?.value === true,
    django: source?.project.djangoVersion ?? "4.2 and later",
  };
}

function appsOf(settings: SettingsFacts | null): ReadonlySet<string> {
  const apps = settings?.values.get("INSTALLED_APPS")?.value;
  return new Set(Array.isArray(apps) ? apps.flatMap((one: unknown) => (typeof one === "string" ? one : [])) : []);
}

const KEPT_APPS: readonly { readonly app: string; readonly label: string; readonly why: string }[] = [
  { app: "django.contrib.sessions", label: "sessions.session", why: "who signed in a moment ago would be a stranger on the next page" },
  { app: "rest_framework.authtoken", label: "authtoken.token", why: "a token that was just given would be refused" },
  { app: "axes", label: "axes.accessattempt", why: "failed sign-ins would not be counted" },
];

function keptModels(source: AdvisorInput["source"], installed: ReadonlySet<string>, database: AdvisorInput["database"]): RouterFacts["alwaysPrimary"] {
  const kept = KEPT_APPS.filter(({ app }) => installed.has(app)).map(({ label, why }) => ({ label, why }));
  const user = source?.project.authUserModel;
  const unlogged = (database?.tables ?? [])
    .filter(({ persistence }) => persistence === "unlogged")
    .flatMap((table) => {
      const model = database?.modelOf(table);
      return model == null ? [] : [{ label: model.label.toLowerCase(), why: `its table ${table.name} is unlogged: a standby has no rows of it` }];
    });
  return [...(user === undefined ? [] : [{ label: user.toLowerCase(), why: "rights that were taken away must be gone at once" }]), ...kept, ...unlogged];
}

function movableModel({ verdicts }: ReadShare, source: AdvisorInput["source"]): string | null {
  const labels = verdicts.filter(({ relaxed }) => relaxed).flatMap(({ statement }) => statement.written.sites.map(({ model }) => model));
  return labels.find((label) => source?.graph.models.get(label)?.isAbstract === false) ?? null;
}

function hostOf(
  alias: string,
  index: number,
  entry: ReturnType<typeof replicasOf>[number] | undefined,
  standbys: readonly StandbyState[],
): RouterFacts["hosts"][number] {
  const standby = standbys[index];
  const [address = "", port = "5432"] = (standby?.name ?? "").split(/:(?=\d+$)/);
  if (entry?.host != null && entry.host.value !== "") return { alias, host: entry.host.value, port: entry.port?.value ?? "5432", isPlaceholder: false };
  return /^[\w.-]+$/.test(address) && /[.:]|\d/.test(address)
    ? { alias, host: address, port, isPlaceholder: false }
    : { alias, host: "REPLICA_HOST", port: "5432", isPlaceholder: true };
}

function missingOf({ database, recording, source }: AdvisorInput, share: ReadShare): string {
  const wanted: string[] = [];
  if (source === null) wanted.push("the source, for what is inside atomic and after a write: luthier tune PATH");
  if (recording === null) wanted.push("requests that write before they read: luthier record -- COMMAND");
  if (database !== null && standbysOf({ database }).length === 0) wanted.push("a standby's lag: luthier snapshot --db PRIMARY --db REPLICA");
  if (!share.isTimed) wanted.push("times: luthier snapshot --db URL");
  return wanted.join("; ");
}

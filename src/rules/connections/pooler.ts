/** PgBouncer as its console shows it, or as a file of the repository says. */
import { pgbouncerDefault } from "../../deployment/pgbouncer-keys.ts";
import type {
  DatabaseDraft,
  Evidence,
  EvidenceInput,
  Judgement,
  ObjectSpot,
  PoolerConfiguration,
  PoolerLooks,
  PoolerStats,
  Rule,
  Severity,
  Spot,
  Unjudged,
} from "../../model/index.ts";
import { poolerShown } from "./pooler-use.ts";

export interface PooledDatabase {
  readonly name: string;
  /** Name of the database behind it. */
  readonly target: string;
  readonly host: string | null;
  readonly poolSize: number;
  readonly reserve: number;
  readonly mode: string;
  readonly spot: Spot | null;
}

export interface PoolerView {
  /** `PgBouncer 1.18.0 at db:6432`, or the file. */
  readonly name: string;
  readonly version: number | null;
  readonly versionText: string | null;
  /** As set, or PgBouncer's own default; null where that is not known. */
  readonly value: (key: string) => string | null;
  /** The file or the console says something else than the default. */
  readonly isSet: (key: string) => boolean;
  readonly spots: (...keys: readonly string[]) => readonly (Spot | ObjectSpot)[];
  readonly databases: readonly PooledDatabase[];
  readonly looks: PoolerLooks | null;
  readonly evidence: (figures?: Readonly<Record<string, number>>) => Evidence;
}

interface About {
  readonly id: string;
  readonly summary: string;
  readonly chapter?: string;
  readonly severity?: Severity;
  readonly fix?: "sometimes" | "never";
}

/** Without a pooler there is nothing to examine; one that is only hinted at by a port is unknown. */
export function poolerRule(
  { id, summary, chapter = "4.1", severity = "warning", fix = "never" }: About,
  judge: (view: PoolerView, input: EvidenceInput) => Judgement,
): Rule {
  return {
    meta: { id, chapter, summary, severity, confidence: "certain", fix, stage: "stable" },
    audit: (input) => {
      const views = viewsOf(input);
      if (views.length === 0) return { drafts: [], unjudged: hinted(input), examined: "" };
      const all = views.map((view) => judge(view, input));
      return {
        drafts: all.flatMap(({ drafts }) => drafts),
        unjudged: all.flatMap(({ unjudged }) => unjudged),
        examined: [...new Set(all.map(({ examined }) => examined).filter((one) => one !== ""))].join("; "),
      };
    },
  };
}

function hinted(input: EvidenceInput): Unjudged[] {
  const shown = poolerShown(input);
  return shown === null
    ? []
    : [{ object: "", why: `needs the pooler behind ${shown}: its pgbouncer.ini in the repository, or luthier snapshot --pgbouncer URL` }];
}

/** The console goes before files: it shows what runs. */
export function viewsOf({ database, deployment }: EvidenceInput): readonly PoolerView[] {
  const looks = database?.snapshot.pooler;
  if (looks !== undefined) return [liveView(looks, deployment.poolers)];
  return deployment.poolers.map(fileView);
}

function liveView(looks: PoolerLooks, files: readonly PoolerConfiguration[]): PoolerView {
  const { config, versionNumber, version, address } = looks;
  const value = (key: string): string | null => config[key] ?? pgbouncerDefault(key, versionNumber);
  const mode = value("pool_mode") ?? "session";
  return {
    name: `PgBouncer ${version} at ${address}`,
    version: versionNumber,
    versionText: version,
    value,
    isSet: (key) => config[key] !== undefined && config[key] !== pgbouncerDefault(key, versionNumber),
    spots: (...keys) =>
      keys.flatMap((key) => [
        { role: "setting" as const, object: `pgbouncer ${key}`, label: value(key) ?? "" },
        ...files.flatMap(({ values }) => values.get(key)?.spot ?? []),
      ]),
    databases: looks.databases.map((one) => ({
      name: one.name,
      target: one.database,
      host: one.host,
      poolSize: one.poolSize,
      reserve: one.reservePool,
      mode: one.poolMode ?? mode,
      spot: null,
    })),
    looks,
    evidence: (figures = {}) => ({
      kind: "recorded",
      note: `console of PgBouncer ${version} at ${address}, ${looks.first.at.slice(0, 19)}Z${looks.later === null ? "" : ` and ${Math.round(secondsBetween(looks))} s later`}`,
      ...figures,
    }),
  };
}

function fileView({ file, values, databases }: PoolerConfiguration): PoolerView {
  const value = (key: string): string | null => values.get(key)?.value ?? pgbouncerDefault(key, null);
  const size = Number(value("default_pool_size"));
  const reserve = Number(value("reserve_pool_size"));
  const mode = value("pool_mode") ?? "session";
  const listed = databases.map(({ name, words, spot }) => ({
    name,
    target: words.get("dbname") ?? name,
    host: words.get("host") ?? null,
    poolSize: Number(words.get("pool_size") ?? size),
    reserve: Number(words.get("reserve_pool_size") ?? words.get("reserve_pool") ?? reserve),
    mode: words.get("pool_mode") ?? mode,
    spot,
  }));
  const [first] = [...[...values.values()].flatMap(({ spot }) => spot ?? []), ...databases.map(({ spot }) => spot)];
  const whole: readonly (Spot | ObjectSpot)[] = first === undefined ? [{ role: "setting", object: file }] : [first];
  return {
    name: file,
    version: null,
    versionText: null,
    value,
    isSet: (key) => values.has(key),
    spots: (...keys) => {
      const found = keys.flatMap((key) => values.get(key)?.spot ?? []);
      return found.length > 0 ? found : whole;
    },
    databases: listed.length > 0 ? listed : [{ name: "*", target: "*", host: null, poolSize: size, reserve, mode, spot: null }],
    looks: null,
    evidence: (figures = {}) => ({ kind: "inferred", note: `read in ${file}`, ...figures }),
  };
}

export const secondsBetween = ({ first, later }: PoolerLooks): number => (later === null ? 0 : (Date.parse(later.at) - Date.parse(first.at)) / 1000);

/** Shorter windows say more of a moment than of the load: this project's notes have 60 s, a pool's queue moves faster. Ours. */
const LEAST_WINDOW_S = 10;

export const NEEDS_TWO_LOOKS = "needs two looks at PgBouncer's console: luthier snapshot --pgbouncer URL --interval 60";

/**
 * How the totals of each database grew between the looks; the reason when there is no rate. PgBouncer's clock of a query and of a transaction begins when the
 * client asks, not when it gets a connection as the manual says (`handle_client_work` in src/client.c, 1.18 to 1.25; measured on 1.18): the wait is taken off both.
 */
export function flows({ looks }: PoolerView): { readonly seconds: number; readonly stats: readonly PoolerStats[] } | { readonly why: string } {
  if (looks === null || looks.later === null || secondsBetween(looks) < LEAST_WINDOW_S) return { why: NEEDS_TWO_LOOKS };
  const stats = looks.later.stats.flatMap((after) => {
    const before = looks.first.stats.find(({ database }) => database === after.database);
    return before === undefined || after.transactions < before.transactions ? [] : [minus(after, before)];
  });
  return { seconds: secondsBetween(looks), stats };
}

function minus(after: PoolerStats, before: PoolerStats): PoolerStats {
  const less = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b);
  const waitTime = after.waitTime - before.waitTime;
  return {
    database: after.database,
    transactions: after.transactions - before.transactions,
    queries: after.queries - before.queries,
    transactionTime: Math.max(0, after.transactionTime - before.transactionTime - waitTime),
    queryTime: Math.max(0, after.queryTime - before.queryTime - waitTime),
    waitTime,
    serverParses: less(after.serverParses, before.serverParses),
    binds: less(after.binds, before.binds),
  };
}

/** Connections to the server that a database's pools can open: one pool for each user that has been seen. */
export function poolsOf({ looks }: PoolerView, { name }: PooledDatabase): number {
  const users =
    looks === null
      ? 1
      : new Set([...looks.first.pools, ...(looks.later?.pools ?? [])].filter(({ database }) => database === name).map(({ user }) => user)).size;
  return Math.max(1, users);
}

export const nothing = (examined: string, unjudged: readonly Unjudged[] = []): Judgement => ({ drafts: [], unjudged, examined });

export const found = (examined: string, drafts: readonly DatabaseDraft[]): Judgement => ({ drafts, unjudged: [], examined });

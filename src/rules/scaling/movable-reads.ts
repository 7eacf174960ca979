/**
 * Which statements may be sent to a replica that is a moment behind: by what they are, by what they read, and by where the source sends them. A statement
 * moves only when every line that sends it may.
 */
import type { Catalog, Database, QueryShape, RuleInput, Span, Statement, StatementSite } from "../../model/index.ts";
import { shapesIn, tablesOf } from "../../sql/compare-shapes.ts";
import { isApplication } from "../database/statement-kind.ts";
import { atomicRegions, type AtomicRegions } from "./atomic-regions.ts";
import { functionFinder, reachedFrom } from "./reached-functions.ts";

export type Obstacle =
  | "write"
  | "lock"
  | "side effect"
  | "unlogged table"
  | "session or user"
  | "framework"
  | "not the application's"
  | "no line found"
  | "read before a write"
  | "in a transaction"
  | "after a write"
  | "outside a request"
  | "atomic requests";

export interface ReadVerdict {
  readonly statement: Statement;
  /** Moves with a router that keeps a request on the primary from its first write on. */
  readonly strict: boolean;
  /** Moves once views that only read are taken out of ATOMIC_REQUESTS, and where a write before it touched other tables. */
  readonly relaxed: boolean;
  /** Of several lines that send it, one at least may move: which of them does send it is not in the counters. */
  readonly perhaps: boolean;
  /** What keeps it from moving strictly; null for nothing. */
  readonly obstacle: Obstacle | null;
  /** What exactly: the table, the function, the line. */
  readonly detail: string;
  /** The line to look at: of the obstacle, or one that sends it. */
  readonly at: Span | null;
}

export interface ReadSources {
  readonly database: Pick<Database, "catalog" | "tableNamed"> | null;
  readonly source: RuleInput | null;
  /** ATOMIC_REQUESTS of the primary's alias is on. */
  readonly isAtomicRequests: boolean;
}

export function judgeReads(statements: readonly Statement[], sources: ReadSources): readonly ReadVerdict[] {
  const { source, database } = sources;
  const regions = source === null ? null : atomicRegions(source.program);
  const functionAt = source === null ? () => null : functionFinder(source.program);
  const context: Context = {
    ...sources,
    regions,
    reached: source === null || regions === null ? () => null : reachedFrom(source.program, regions),
    trails: source === null ? new Map() : trailsOf(source),
    functionAt,
    writes: source === null ? new Map() : writesOf(source, functionAt),
    volatile: database === null ? [] : volatileFunctions(database.catalog),
  };
  return statements.map((one) => judge(one, context));
}

interface Context extends ReadSources {
  readonly regions: AtomicRegions | null;
  /** The call in a transaction that leads to the function around a place. */
  readonly reached: (span: Span) => Span | null;
  /** Calls that lead to a place, by the place. */
  readonly trails: ReadonlyMap<string, readonly Span[]>;
  readonly functionAt: (span: Span) => string | null;
  /** By the function that they stand in. */
  readonly writes: ReadonlyMap<string, readonly WriteSpot[]>;
  readonly volatile: readonly string[];
}

interface WriteSpot {
  readonly span: Span;
  readonly model: string | null;
}

function judge(statement: Statement, context: Context): ReadVerdict {
  const kept = ofItself(statement, context) ?? ofTables(statement, context) ?? ofOrigin(statement);
  if (kept !== null)
    return { statement, strict: false, relaxed: false, perhaps: kept.obstacle === "no line found", at: statement.written.sites[0]?.span ?? null, ...kept };
  const sites = statement.written.sites.map((site) => ofSite(site, statement, context));
  const hard = sites.find((one) => one !== null && !one.isRelaxed);
  const soft = sites.find((one) => one !== null);
  const found = hard ?? soft ?? null;
  return {
    statement,
    strict: found === null,
    relaxed: hard === undefined,
    perhaps: sites.some((one) => one === null || one.isRelaxed || one.isOneWay === true),
    obstacle: found?.obstacle ?? null,
    detail: found?.detail ?? "",
    at: found?.at ?? statement.written.sites[0]?.span ?? null,
  };
}

type Kept = { readonly obstacle: Obstacle; readonly detail: string };

// ---------------------------------------------------------------------------------------------------- the statement

/** What changes something besides its rows, or answers for one server alone. */
const SIDE_EFFECTS = /\b(nextval|currval|lastval|setval|pg_(?:try_)?advisory_\w+|set_config|pg_notify|txid_current|pg_current_xact_id|lo_\w+|dblink\w*)\s*\(/i;

function ofItself(statement: Statement, { volatile }: Context): Kept | null {
  const { shape, sql } = statement;
  if (!isApplication(statement)) return { obstacle: "not the application's", detail: "sent by PostgreSQL or a tool for its own sake" };
  if (shape === null) return { obstacle: "not the application's", detail: "no query that the parser reads" };
  const inner = shapesIn(shape);
  if (inner.some(({ kind }) => kind !== "select")) return { obstacle: "write", detail: shape.kind.toUpperCase() };
  const locked = inner.find(({ lock }) => lock !== null);
  if (locked !== undefined) return { obstacle: "lock", detail: `FOR ${(locked.lock ?? "").toUpperCase()}` };
  const effect = SIDE_EFFECTS.exec(sql)?.[1] ?? volatile.find((name) => new RegExp(`\\b${escape(name)}"?\\s*\\(`, "i").test(sql));
  return effect === undefined ? null : { obstacle: "side effect", detail: `${effect}()` };
}

const escape = (name: string): string => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** The schema's own functions: one that is not declared otherwise is volatile, and what it does is not read. */
function volatileFunctions({ ddl }: Catalog): string[] {
  return ddl.flatMap((text) => {
    const [, name] = /^CREATE (?:OR REPLACE )?FUNCTION (?:"?\w+"?\.)?"?(\w+)"?\s*\(/i.exec(text) ?? [];
    const head = text.slice(0, text.search(/\bAS \$|\bRETURN\b|\bBEGIN ATOMIC\b/i));
    return name === undefined || /\b(?:IMMUTABLE|STABLE)\b/i.test(head === "" ? text : head) || /RETURNS trigger/i.test(text) ? [] : [name];
  });
}

// ------------------------------------------------------------------------------------------------------- what it reads

/** A second old, these let in who was locked out, or send away who just signed in. */
const OF_USERS = /^(?:django_session|auth_\w+|authtoken_token|knox_authtoken|oauth2_provider_\w+|account_emailaddress|otp_\w+|axes_\w+|guardian_\w+)$/;

function ofTables({ shape }: Statement, { database, source }: Context): Kept | null {
  const names = shape === null ? [] : tablesOf(shape).map(({ table }) => table);
  for (const { schema, name } of names) {
    const table = database?.tableNamed(schema === null ? name : `${schema}.${name}`) ?? null;
    if (table !== null && table.persistence !== "permanent")
      return { obstacle: "unlogged table", detail: `\`${name}\` is ${table.persistence}: a standby has no rows of it` };
  }
  const root = rootTable(shape);
  if (root !== null && (OF_USERS.test(root) || root === userTable(source))) return { obstacle: "session or user", detail: `\`${root}\`` };
  return null;
}

export function rootTable(shape: QueryShape | null): string | null {
  if (shape === null) return null;
  return shape.base?.name ?? rootTable(shape.subqueries[0]?.shape ?? null);
}

export function userTable(source: RuleInput | null): string | null {
  return source === null ? null : (source.graph.byLabel(source.project.authUserModel)?.table?.name ?? null);
}

// ---------------------------------------------------------------------------------------------------- where it is sent

function ofOrigin({ written: { certainty, sites } }: Statement): Kept | null {
  if (certainty === "framework") return { obstacle: "framework", detail: "Django or a package sends it of itself" };
  // A line that a recording saw says nothing of the ways that lead there.
  if (certainty === "unknown" || sites.every(({ how }) => how === "recorded"))
    return { obstacle: "no line found", detail: "no line of the source has a query of this shape" };
  return null;
}

type SiteObstacle = Kept & {
  readonly at: Span;
  readonly isRelaxed: boolean;
  /** One way leads through it, and another may not. */
  readonly isOneWay?: true;
};

/** Methods that decide by what they read whether to write: on a replica that is behind they write twice. */
const THEN_WRITE = /^(?:get_or_create|update_or_create|save|delete|full_clean|validate_unique|clean|refresh_from_db|is_valid)$|validat/;
/** Started by a person or a queue: no request says who wrote before. */
const OUTSIDE = /(?:^|\/)(?:management\/commands|migrations|tests?)\/|(?:^|\/)(?:tasks|celery|signals|receivers)\.py$/;

function ofSite(site: StatementSite, statement: Statement, context: Context): SiteObstacle | null {
  const places = [site.span, ...(site.sent ?? [])];
  const [at = site.span] = places;
  if (THEN_WRITE.test(site.how)) return { obstacle: "read before a write", detail: `${site.how}() writes by what it reads`, at, isRelaxed: false };
  const outside = places.find(({ file }) => OUTSIDE.test(file));
  if (outside !== undefined && places.every(({ file }) => OUTSIDE.test(file) || file.endsWith("models.py") || file.endsWith("managers.py")))
    return { obstacle: "outside a request", detail: outside.file, at: outside, isRelaxed: false };
  return inTransaction(places, context) ?? inWriter(places, statement, context) ?? byRequests(places, context);
}

function inTransaction(places: readonly Span[], { regions, trails, reached }: Context): SiteObstacle | null {
  if (regions === null) return null;
  for (const place of places) {
    const atomic = [place, ...(trails.get(placeKey(place)) ?? [])].map((one) => regions.atomicAt(one)).find((one) => one !== null);
    if (atomic !== undefined) return { obstacle: "in a transaction", detail: "inside `atomic`", at: atomic, isRelaxed: false };
    const call = reached(place);
    if (call !== null) return { obstacle: "in a transaction", detail: "its function is called inside `atomic`", at: call, isRelaxed: false, isOneWay: true };
  }
  return null;
}

/** A function that writes serves a form, as a rule: its requests are on the primary whole, and what it reads after the write has to be there. */
function inWriter(places: readonly Span[], statement: Statement, { writes, source, functionAt }: Context): SiteObstacle | null {
  for (const place of places) {
    const own = writes.get(functionAt(place) ?? "") ?? [];
    const [first] = own;
    if (first === undefined) continue;
    const tables = new Set(statement.shape === null ? [] : tablesOf(statement.shape).map(({ table }) => table.name));
    const written = own.map(({ model }) => (model === null ? null : (source?.graph.models.get(model)?.table?.name ?? null)));
    const isOwn = written.some((name) => name === null || tables.has(name));
    const name = written.find((one) => one !== null) ?? null;
    return {
      obstacle: "after a write",
      detail: isOwn ? "the same function writes to its table" : `the same function writes to \`${name ?? "another table"}\``,
      at: first.span,
      isRelaxed: !isOwn,
    };
  }
  return null;
}

/** ATOMIC_REQUESTS puts every view in a transaction that has no decorator against it; a router that is right keeps those on the primary. */
function byRequests(places: readonly Span[], { isAtomicRequests, regions, trails }: Context): SiteObstacle | null {
  const [at] = places;
  if (!isAtomicRequests || at === undefined) return null;
  const isExempt = places.some((place) => [place, ...(trails.get(placeKey(place)) ?? [])].some((one) => regions?.isExempt(one) === true));
  return isExempt ? null : { obstacle: "atomic requests", detail: "ATOMIC_REQUESTS opens a transaction round its view", at, isRelaxed: true };
}

export const placeKey = ({ file, start, end }: Span): string => `${file}:${start}:${end}`;

function trailsOf({ facts }: RuleInput): Map<string, readonly Span[]> {
  const trails = new Map<string, readonly Span[]>();
  const add = (span: Span, calls: readonly Span[]): void => void trails.set(placeKey(span), [...(trails.get(placeKey(span)) ?? []), ...calls]);
  for (const run of facts.runs) {
    add(run.span, run.trail);
    add(run.origin.span, run.trail);
  }
  for (const load of facts.loads) add(load.access, load.calls);
  return trails;
}

function writesOf({ facts }: RuleInput, functionAt: Context["functionAt"]): Map<string, readonly WriteSpot[]> {
  const writes = new Map<string, readonly WriteSpot[]>();
  for (const { span, model } of facts.writes) {
    const key = functionAt(span);
    if (key !== null) writes.set(key, [...(writes.get(key) ?? []), { span, model }]);
  }
  return writes;
}

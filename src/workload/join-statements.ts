/** Statements to the lines of source that send them, by their shape alone. */
import type { ModelGraph, QueryShape, SourceFacts, Span, StatementOrigin, StatementSite } from "../model/index.ts";
import type { ShapeExpression } from "../model/shape.ts";
import { isTestCode } from "../recording/user-code.ts";
import { shapeKey, tablesOf } from "../sql/compare-shapes.ts";
import { matchShape, type ShapeMatch } from "./match-shapes.ts";
import { modelTables } from "./static-shapes/model-tables.ts";
import type { StaticShape } from "./static-shapes/static-shape.ts";
import { staticStatements, writtenTexts, type StaticStatement, type WrittenText } from "./static-shapes/static-statements.ts";

export interface StatementJoin {
  /** `shape` is null where the text could not be read. */
  originOf(sql: string, shape: QueryShape | null): StatementOrigin;
}

export const UNKNOWN_ORIGIN: StatementOrigin = { certainty: "unknown", sites: [] };
export const FRAMEWORK_ORIGIN: StatementOrigin = { certainty: "framework", sites: [] };

interface Candidate {
  readonly shape: StaticShape;
  readonly statements: StaticStatement[];
}

export interface JoinSources {
  readonly facts: SourceFacts;
  readonly graph: ModelGraph;
  readonly shapeOf: (sql: string) => QueryShape | null;
  /** The project's version; none stands for the newest. */
  readonly django?: string | null;
}

export function joinStatements({ facts, graph, shapeOf, django = null }: JoinSources): StatementJoin {
  const index = indexed(staticStatements(facts, graph, django));
  const writtenAt = textFinder(writtenTexts(facts), shapeOf);
  const foreign = foreignTables(graph);
  const cached = cacheSites(facts);
  const known = new Map<string, StatementOrigin>();
  return {
    originOf: (sql, shape) => {
      const key = shape === null || isWrittenByHand(sql, shape) ? sql : shapeKey(shape, { constants: "kept" });
      const before = known.get(key);
      if (before !== undefined) return before;
      const origin =
        writtenAt(sql, shape) ??
        (shape === null || isWrittenByHand(sql, shape)
          ? UNKNOWN_ORIGIN
          : (ofCacheTable(shape, cached) ?? originOf(shape, index.get(rootKey(shape)) ?? [], foreign)));
      known.set(key, origin);
      return origin;
    },
  };
}

/** SQL that stands in the code is found by its shape when it is whole, otherwise by the parts of its text. */
function textFinder(texts: readonly WrittenText[], shapeOf: JoinSources["shapeOf"]): (sql: string, shape: QueryShape | null) => StatementOrigin | null {
  const whole = new Map<string, WrittenText[]>();
  const open: { readonly pattern: RegExp; readonly text: WrittenText }[] = [];
  for (const text of texts) {
    const shape = text.parts.includes(null) ? null : shapeOf(text.parts.join(""));
    const key = shape === null ? null : shapeKey(shape, { constants: "erased" });
    if (key !== null) whole.set(key, [...(whole.get(key) ?? []), text]);
    else if (lettersOf(text) >= FEW_LETTERS) open.push({ pattern: patternOf(text), text });
  }
  return (sql, shape) => {
    const same = shape === null ? undefined : whole.get(shapeKey(shape, { constants: "erased" }));
    const least = shape !== null && isWrittenByHand(sql, shape) ? FEW_LETTERS : LEAST_LETTERS;
    const found = same ?? open.filter(({ pattern, text }) => lettersOf(text) >= least && pattern.test(spaced(sql))).map(({ text }) => text);
    return found.length === 0 ? null : originAt(found);
  };
}

/** Letters of a text that has to be there whatever is put into it; with fewer it would be found anywhere. Ours. */
const LEAST_LETTERS = 20;
/** `DELETE FROM … WHERE …` says enough of a statement that no queryset can have sent. Ours. */
const FEW_LETTERS = 10;

function lettersOf({ parts }: WrittenText): number {
  return parts.join("").replaceAll(/\W/g, "").length;
}

/** Django names the table of each column in a condition; the tables of its caches are the exception. */
function isWrittenByHand(sql: string, { kind, predicates }: QueryShape): boolean {
  const isTested = predicates.some(({ clause, left }) => clause === "where" && left.kind === "column" && left.name !== "cache_key");
  return kind !== "insert" && isTested && !/"\."|\w\.\w/.test(sql);
}

/** Values in quotes are parameters in pg_stat_statements. */
function patternOf({ parts }: WrittenText): RegExp {
  const text = parts.map((one) => (one === null ? "\0" : one)).join("");
  const pieces = spaced(text)
    .replaceAll(/'[^']*'/g, "\0")
    .replaceAll("%s", "\0")
    .split("\0");
  return new RegExp(`^${pieces.map((one) => one.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join("[^]*?")}$`, "i");
}

const spaced = (sql: string): string => sql.trim().replaceAll(/\s+/g, " ");

function indexed(statements: readonly StaticStatement[]): ReadonlyMap<string, readonly Candidate[]> {
  const byShape = new Map<string, Candidate>();
  for (const statement of statements) {
    const key = staticKey(statement.shape);
    const known = byShape.get(key);
    if (known === undefined) byShape.set(key, { shape: statement.shape, statements: [statement] });
    else known.statements.push(statement);
  }
  const index = new Map<string, Candidate[]>();
  for (const candidate of byShape.values()) {
    const root = rootKey(candidate.shape.shape);
    index.set(root, [...(index.get(root) ?? []), candidate]);
  }
  return index;
}

function staticKey({ shape, open, inner }: StaticShape): string {
  return `${shapeKey(shape, { constants: "kept" })} ${[...open].toSorted().join()} ${inner.map(staticKey).join(";")}`;
}

/** The kind of a statement and the first table in it. */
function rootKey(shape: QueryShape): string {
  return `${shape.kind} ${rootTable(shape)}`;
}

function rootTable({ base, subqueries }: QueryShape): string {
  if (base !== null) return base.name;
  const [first] = subqueries;
  return first === undefined ? "" : rootTable(first.shape);
}

/** Tables of models that are not the project's own. */
function foreignTables(graph: ModelGraph): ReadonlySet<string> {
  const tables = modelTables(graph);
  const own = new Set<string>();
  const foreign = new Set(["django_migrations"]);
  for (const model of graph.models.values()) {
    if (model.isAbstract) continue;
    (model.cls.module.origin === "project" ? own : foreign).add(tables.tableOf(model));
  }
  return new Set([...foreign].filter((one) => !own.has(one)));
}

type SaidSite = Pick<StaticStatement, "site" | "sent">;

function cacheSites({ cacheCalls = [] }: SourceFacts): SaidSite[] {
  const own = cacheCalls.filter(({ span }) => span.file !== "" && !isTestCode(span.file));
  return own.map(({ span, symbol, how }) => ({ sent: span, site: { span, symbol, model: "", how: `cache.${how}` } }));
}

/** A cache that Django keeps in a table: its key's column has the same name in each. */
function ofCacheTable({ predicates, written, projection }: QueryShape, calls: readonly SaidSite[]): StatementOrigin | null {
  const isKey = (one: ShapeExpression): boolean => one.kind === "column" && one.name === "cache_key";
  if (!written.includes("cache_key") && !projection.some(isKey) && !predicates.some(({ left }) => isKey(left))) return null;
  return calls.length === 0 ? FRAMEWORK_ORIGIN : originAt(calls);
}

/** Catalogs that Django asks when it looks at the database itself. */
const CATALOGS = /^(?:pg_|information_schema)/;

function originOf(shape: QueryShape, candidates: readonly Candidate[], foreign: ReadonlySet<string>): StatementOrigin {
  const found = candidates.flatMap((candidate) => {
    const match = matchShape(candidate.shape, shape);
    return match === null ? [] : [{ candidate, match }];
  });
  const sent = possibleOf(found).flatMap((one) => one.statements);
  if (sent.length > 0) return ofSent(sent, shape);
  const tables = tablesOf(shape).map(({ table }) => table);
  const isForeign =
    tables.length > 0 && tables.every(({ name, schema }) => foreign.has(name) || CATALOGS.test(name) || (schema !== null && CATALOGS.test(schema)));
  return isForeign ? FRAMEWORK_ORIGIN : UNKNOWN_ORIGIN;
}

/** Where no line of the project leads to it, the place has no file. */
const isInProject = ({ site }: StaticStatement): boolean => site.span.file !== "";

/** More lines than this tell nobody which one was the first to read the user. Ours. */
const MOST_READERS = 12;
const READS_OF_USER: ReadonlySet<string> = new Set(["request.user", "request.session"]);

const SESSIONS = "django_session";

/**
 * The session and its user are fetched once a request, by whoever reads the user first. Where many lines could be that one, those are said that run before
 * all others, and those that ask for such a row by themselves.
 */
function ofSent(sent: readonly StaticStatement[], shape: QueryShape): StatementOrigin {
  const own = sent.filter(isInProject);
  // Django's middleware stores a session once its answer is made.
  if (own.length === 0 || (shape.kind === "update" && rootTable(shape) === SESSIONS)) return FRAMEWORK_ORIGIN;
  const [readers, others] = [own.filter(({ site }) => READS_OF_USER.has(site.how)), own.filter(({ site }) => !READS_OF_USER.has(site.how))];
  if (new Set(readers.map(({ site }) => placeKey(site.span))).size <= MOST_READERS) return originAt(own);
  const said = [...others, ...readers.filter(isMiddleware)];
  return said.length === 0 ? FRAMEWORK_ORIGIN : { ...originAt(said), certainty: "one-of", isAlsoFramework: true };
}

/** By the names that Django's own have; they run before any view. */
function isMiddleware({ site: { symbol } }: StaticStatement): boolean {
  return /(?:^|\.)(?:middlewares?|\w+Middleware|\w+_middleware)\./.test(symbol);
}

/**
 * Shapes that say the whole statement, with nothing open or nothing where they are open, go before the others: a shape with an end left open is no less likely to
 * have sent a statement that ends there. Of those that leave something open each can be the one: what says most of the statement comes first, and one line alone is
 * certain where no other can send it. A SELECT of which no shape tells half is no line's: a query of the table that was not read is as likely.
 */
function possibleOf(found: readonly { readonly candidate: Candidate; readonly match: ShapeMatch }[]): Candidate[] {
  const whole = found.filter(({ match }) => match.isExact || match.isWhole);
  const isTold = found.some(({ candidate, match }) => candidate.shape.shape.kind !== "select" || match.untold <= match.told);
  const possible = whole.length > 0 ? whole : isTold ? found.toSorted((a, b) => b.match.said - a.match.said) : [];
  return possible.map(({ candidate }) => candidate);
}

function originAt(statements: readonly SaidSite[]): StatementOrigin {
  const sites = new Map<string, { readonly site: StatementSite; readonly sent: Map<string, Span> }>();
  for (const { site, sent } of statements) {
    const key = placeKey(site.span);
    const known = sites.get(key) ?? { site, sent: new Map<string, Span>() };
    known.sent.set(placeKey(sent), sent);
    sites.set(key, known);
  }
  const all = [...sites.values()].map(({ site, sent }) => ({ ...site, sent: [...sent.values()] }));
  return { certainty: all.length === 1 ? "unique" : "one-of", sites: all };
}

const placeKey = ({ file, start, end }: Span): string => `${file}:${start}:${end}`;

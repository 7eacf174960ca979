import type { CauseKind, FrameOwner, Frame, ScopeKind } from "../model/recording.ts";
import { UsageError } from "../model/usage-error.ts";
import { routeWords } from "./route-words.ts";
import { foldSql } from "./fold-sql.ts";
import { FORMAT_VERSION, listAt, numberAt, recordAt, textAt, type Line } from "./lines.ts";
import { closeTransaction, noteIdle, OpenScope, type OpenTransaction, placeOf, type RowGroup } from "./open-scope.ts";
import { hashText } from "./hash-text.ts";
import { Recent } from "./recent.ts";
import { into, type Tallies, type UseTally } from "./tallies.ts";

interface Fetch {
  readonly id: number;
  readonly model: number;
  readonly stack: number;
  readonly rows: number;
  readonly sql: number;
  /** The fetch that its rows hang from in the end, and the path from there. */
  readonly root: Fetch | null;
  readonly path: string;
  readonly prefetch: string | null;
}

interface Cause {
  readonly kind: CauseKind;
  readonly owner: number;
  readonly field: number;
  readonly fetch: Fetch | null;
  readonly root: Fetch | null;
  readonly path: number;
  /** The same number for the same root and path. */
  readonly group: number;
}

interface Connection {
  readonly alias: string;
  transaction: OpenTransaction | null;
}

/** Fetches and causes that are kept: what is older has no rows left that could ask for more, or is given up. */
const LEAST_KEPT = 50_000;
/** Names of scopes that are kept of one call out of the process. */
const MOST_LABELS = 20;

const CAUSES: ReadonlySet<string> = new Set<CauseKind>(["forward", "reverse-one", "manager", "deferred", "generic", "refresh", "prefetch"]);
const SCOPES: ReadonlySet<string> = new Set<ScopeKind>(["request", "task", "command", "test", "setup", "process"]);
const OWNERS: readonly FrameOwner[] = ["project", "library", "outside"];
const FRAMES: readonly Frame["kind"][] = ["python", "django", "jinja2"];

/** Adds the lines of one process, in their order, to the sums of the recording. */
export class ProcessReader {
  header: Readonly<Record<string, unknown>> | null = null;
  /** Its first line is no header: nothing in it is read. */
  isForeign = false;
  hasEnded = false;
  lastTime = 0;
  private readonly tallies: Tallies;
  private readonly sql = new Map<number, number>();
  private readonly files = new Map<number, { readonly path: string; readonly owner: FrameOwner }>();
  private readonly frames = new Map<number, number>();
  private readonly stacks = new Map<number, number>([[0, 0]]);
  private readonly names = new Map<number, string>([[0, ""]]);
  private readonly scopes = new Map<number, OpenScope>();
  private readonly counted = new Map<number, number>();
  private readonly connections = new Map<number, Connection>();
  private readonly open = new Map<string, number>();
  private readonly fetches = new Recent<number, Fetch>(LEAST_KEPT);
  private readonly causes = new Recent<number, Cause>(LEAST_KEPT);
  private readonly groups = new Recent<string, number>(LEAST_KEPT);
  private readonly places = new Map<number, number>();
  private readonly lastStatement = new Map<number, number>();
  private readonly outside = new OpenScope("process", "outside any scope", 0, null);
  private groupCount = 0;

  private readonly root: string | null;
  private rebase: (file: string) => string | null = (file) => file;

  /** `root`: the folder that paths are wanted from; null for the one that was recorded. */
  constructor(tallies: Tallies, root: string | null = null) {
    this.tallies = tallies;
    this.root = root;
  }

  add(line: Line): void {
    this.tallies.lines += 1;
    if (this.header === null) {
      this.begin(line);
      return;
    }
    if (this.isForeign) return;
    switch (line[0]) {
      case "x":
        return this.statement(line);
      case "r":
        return this.fetch(line);
      case "a":
        return this.cause(line);
      case "u":
        return this.use(line);
      case "s":
        return this.text(line);
      case "p":
        return this.file(line);
      case "f":
        return this.frame(line);
      case "k":
        return this.stack(line);
      case "n":
        return void this.names.set(numberAt(line, 1), textAt(line, 2));
      case "b":
        return this.beginScope(line);
      case "e":
        return this.endScope(line);
      case "o":
        return this.openConnection(line);
      case "z":
        return this.closeConnection(line);
      case "t":
        return this.transaction(line);
      case "w":
        return this.outsideCall(line);
      case "d":
        return this.drop(line);
      case "i":
        this.hasEnded = true;
        return this.passTime(numberAt(line, 1));
      case "h":
        return;
      default:
        this.tallies.unknown += 1;
    }
  }

  /** What had no end in the file ends with it. */
  finish(): void {
    for (const [id, scope] of [...this.scopes].toReversed()) this.close(id, scope, this.lastTime, {});
    this.outside.flush(this.tallies, this.outside.name);
  }

  private begin(line: Line): void {
    const version = numberAt(line, 1, -1);
    if (line[0] !== "h" || version < 0) {
      this.tallies.broken += 1;
      this.header = {};
      this.isForeign = true;
      return;
    }
    if (Math.floor(version) > FORMAT_VERSION) {
      throw new UsageError(
        "recording-version",
        `The recording is of format ${version}, and this version of Luthier reads ${FORMAT_VERSION}.`,
        "Use the Luthier that recorded it, or a newer one, or record again.",
      );
    }
    this.header = recordAt(line, 2);
    this.tallies.replay.begin(numberAt([this.header["epoch"]], 0), this.header["keys"] === true || this.header["literals"] === true);
    const recorded = this.header["root"];
    if (typeof recorded === "string" && this.root !== null) this.rebase = rebaseFrom(recorded, this.root);
  }

  private passTime(t: number): void {
    if (t > this.lastTime) this.lastTime = t;
  }

  // -------------------------------------------------------------------------------------------- definitions

  private text(line: Line): void {
    const folded = this.tallies.symbols.text(foldSql(textAt(line, 2)));
    this.sql.set(numberAt(line, 1), folded);
    this.tallies.replay.text(folded, textAt(line, 2));
  }

  private file(line: Line): void {
    const owner = OWNERS[numberAt(line, 3)] ?? "outside";
    const own = owner === "project" ? this.rebase(textAt(line, 2)) : null;
    if (own !== null) this.files.set(numberAt(line, 1), { path: own, owner });
    else this.files.set(numberAt(line, 1), { path: textAt(line, 2), owner: owner === "project" ? "outside" : owner });
  }

  private frame(line: Line): void {
    const { path = "", owner = "outside" as const } = this.files.get(numberAt(line, 2)) ?? {};
    const frame: Frame = { file: path, owner, line: numberAt(line, 3), name: textAt(line, 4), kind: FRAMES[numberAt(line, 5)] ?? "python" };
    this.frames.set(numberAt(line, 1), this.tallies.symbols.frame(frame));
  }

  private stack(line: Line): void {
    const ids = listAt(line, 2).flatMap((id) => (typeof id === "number" ? (this.frames.get(id) ?? []) : []));
    this.stacks.set(numberAt(line, 1), this.tallies.symbols.stack(ids));
  }

  private cause(line: Line): void {
    const kind = textAt(line, 2);
    if (!CAUSES.has(kind)) return;
    const { symbols } = this.tallies;
    const fetch = this.fetches.get(numberAt(line, 5)) ?? null;
    const field = this.names.get(numberAt(line, 4)) ?? "";
    const path = joinPath(fetch?.path ?? "", field);
    const root = fetch?.root ?? fetch;
    this.causes.set(numberAt(line, 1), {
      kind: kind as CauseKind,
      owner: symbols.text(this.names.get(numberAt(line, 3)) ?? ""),
      field: symbols.text(field),
      fetch,
      root,
      path: symbols.text(path),
      group: root === null ? 0 : this.group(`${root.id}|${path}`),
    });
  }

  private group(key: string): number {
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    this.groupCount += 1;
    this.groups.set(key, this.groupCount);
    return this.groupCount;
  }

  // -------------------------------------------------------------------------------------------- scopes

  private beginScope(line: Line): void {
    const kind = textAt(line, 3);
    const t = numberAt(line, 5);
    this.passTime(t);
    const parent = this.scopes.get(numberAt(line, 2)) ?? null;
    this.scopes.set(numberAt(line, 1), new OpenScope(SCOPES.has(kind) ? (kind as ScopeKind) : "process", textAt(line, 4), t, parent));
  }

  private endScope(line: Line): void {
    const id = numberAt(line, 1);
    const scope = this.scopes.get(id);
    this.passTime(numberAt(line, 2));
    if (scope) this.close(id, scope, numberAt(line, 2), recordAt(line, 3));
  }

  private close(id: number, scope: OpenScope, t: number, end: Readonly<Record<string, unknown>>): void {
    this.scopes.delete(id);
    this.lastStatement.delete(id);
    const counted = this.counted.get(id) ?? 0;
    this.counted.delete(id);
    const failed = (end["error"] ?? null) !== null;
    const label = labelOf(scope, end["route"]);
    this.tallies.replay.close(id, label);
    scope.close(this.tallies, { t, label, view: textOrNull(end["view"]), failed, counted });
  }

  // -------------------------------------------------------------------------------------------- statements

  private statement(line: Line): void {
    const { tallies } = this;
    const at = numberAt(line, 1);
    const duration = numberAt(line, 2);
    const sql = this.sql.get(numberAt(line, 3)) ?? 0;
    const stack = this.stacks.get(numberAt(line, 4)) ?? 0;
    const scopeId = numberAt(line, 5);
    const scope = this.scopes.get(scopeId) ?? this.outside;
    const rows = numberAt(line, 8, -1);
    const cause = this.causes.get(numberAt(line, 9)) ?? null;
    this.passTime(at + duration);
    this.lastStatement.set(scopeId, sql);
    this.inTransaction(line, at, duration, stack);
    if (typeof line[11] !== "string") {
      const { kind: scopeKind, inTest } = scope;
      tallies.replay.statement({
        at,
        duration,
        sql,
        stack,
        scope: scopeId,
        scopeKind,
        inTest,
        connection: numberAt(line, 6),
        state: numberAt(line, 7),
        rows,
        key: keyOf(line[12]),
      });
    }
    if (scope.isSetup) {
      tallies.setupCount += 1;
      scope.add({ at, duration, sql, stack, rows, parameters: null, cause: null, group: 0, family: "" }, -1);
      return;
    }
    this.addTotals({ sql, stack, duration, rows });
    const isRowLoad = cause !== null && cause.root !== null && cause.kind !== "prefetch";
    const parameters = typeof line[12] === "string" ? line[12] : null;
    const group = isRowLoad ? { group: cause.group, family: `${cause.root?.stack ?? 0}:${cause.path}` } : { group: 0, family: "" };
    scope.add({ at, duration, sql, stack, rows, parameters, cause: cause?.kind ?? null, ...group }, this.place(stack));
    if (typeof line[11] === "string") scope.failed();
    if (isRowLoad) this.rowLoad(scope, cause, { sql, stack, duration, instance: numberAt(line, 10) });
  }

  private addTotals({ sql, stack, duration, rows }: { sql: number; stack: number; duration: number; rows: number }): void {
    const { tallies } = this;
    tallies.count += 1;
    tallies.time += duration;
    const text = into(tallies.statements, sql, () => ({ count: 0, time: 0, rows: 0, slowest: 0, stacks: new Map(), routes: new Map() }));
    text.count += 1;
    text.time += duration;
    if (rows > 0) text.rows += rows;
    if (duration > text.slowest) text.slowest = duration;
    text.stacks.set(stack, (text.stacks.get(stack) ?? 0) + duration);
    const place = into(tallies.stacks, stack, () => ({ count: 0, time: 0 }));
    place.count += 1;
    place.time += duration;
  }

  private rowLoad(scope: OpenScope, cause: Cause, seen: { sql: number; stack: number; duration: number; instance: number }): void {
    const { root, fetch } = cause;
    if (root === null || fetch === null) return;
    const { sql, stack, duration } = seen;
    // A fetch of one row, a lazy load itself, is as good a name for its row as a position.
    const instance = `${fetch.id}:${seen.instance}`;
    scope.addRowLoad(cause.group * 10_000_000 + stack, instance, duration, (): RowGroup => ({
      cause: cause.kind,
      owner: cause.owner,
      field: cause.field,
      model: root.model,
      path: cause.path,
      fetchStack: root.stack,
      fetchRows: root.rows,
      access: stack,
      sql,
      count: 0,
      time: 0,
      first: instance,
      isMany: false,
    }));
    if (scope.isFull()) scope.flush(this.tallies, scope.name);
  }

  private place(stack: number): number {
    return into(this.places, stack, () => placeOf(this.tallies, stack));
  }

  // -------------------------------------------------------------------------------------------- rows

  private fetch(line: Line): void {
    const { tallies } = this;
    const cause = this.causes.get(numberAt(line, 7)) ?? null;
    const id = numberAt(line, 1);
    const rows = numberAt(line, 5);
    const isPrefetch = cause?.kind === "prefetch";
    // Rows of one single row are no longer that row's: what is read of each of them is to be loaded where they are fetched.
    const root = cause === null || (!isPrefetch && rows > 1 && cause.root !== null && cause.root.rows === 1) ? null : cause.root;
    const one: Fetch = {
      id,
      model: tallies.symbols.text(this.names.get(numberAt(line, 2)) ?? ""),
      stack: this.stacks.get(numberAt(line, 3)) ?? 0,
      rows,
      sql: this.lastStatement.get(numberAt(line, 4)) ?? 0,
      root,
      path: cause === null || root === null ? "" : tallies.symbols.textOf(cause.path),
      prefetch: isPrefetch ? tallies.symbols.textOf(cause.field) : null,
    };
    this.fetches.set(id, one);
    this.countUse(one, cause?.fetch ?? null, cause?.owner ?? 0);
  }

  /** With `--fields` every fetch counts, whether anything was read of it or not. */
  private countUse(fetch: Fetch, parent: Fetch | null, owner: number): void {
    if (this.header?.["fields"] !== true) return;
    const tally = this.useOf(fetch);
    tally.fetches += 1;
    tally.rows += Math.max(0, fetch.rows);
    if (parent === null || fetch.prefetch === null) return;
    const name = fetch.prefetch.split("__").at(-1) ?? "";
    tally.parents.set(this.useOf(parent), `${owner}|${this.tallies.symbols.text(name)}`);
  }

  private useOf(fetch: Fetch): UseTally {
    return into(this.tallies.uses, `${fetch.model}|${fetch.stack}|${fetch.prefetch ?? ""}`, () => ({
      model: fetch.model,
      fetch: fetch.stack,
      prefetch: fetch.prefetch,
      fetches: 0,
      rows: 0,
      sql: fetch.sql,
      fields: new Map<string, number>(),
      parents: new Map<UseTally, string>(),
    }));
  }

  private use(line: Line): void {
    const fetch = this.fetches.get(numberAt(line, 1));
    if (!fetch) return;
    const { symbols } = this.tallies;
    const { fields } = this.useOf(fetch);
    for (const item of listAt(line, 2)) {
      if (!Array.isArray(item)) continue;
      const [model, field, instances] = item as readonly unknown[];
      if (typeof model !== "number" || typeof field !== "number" || typeof instances !== "number") continue;
      const key = `${symbols.text(this.names.get(model) ?? "")}|${symbols.text(this.names.get(field) ?? "")}`;
      fields.set(key, (fields.get(key) ?? 0) + instances);
    }
  }

  // -------------------------------------------------------------------------------------------- connections

  /** What few lines name is written as text; a number is the id of a name. */
  private nameAt(line: Line, index: number): string {
    return textAt(line, index) || (this.names.get(numberAt(line, index)) ?? "");
  }

  private openConnection(line: Line): void {
    const alias = this.nameAt(line, 2);
    const { server, reused } = recordAt(line, 5);
    this.connections.set(numberAt(line, 1), { alias, transaction: null });
    const tally = into(this.tallies.connections, alias, () => ({ alias, vendor: "", opened: 0, reused: 0, closed: 0, peak: 0, server: null }));
    tally.vendor ||= this.nameAt(line, 3);
    tally.opened += 1;
    tally.reused += Number(reused === true);
    tally.server ??= textOrNull(server);
    const open = (this.open.get(alias) ?? 0) + 1;
    this.open.set(alias, open);
    tally.peak = Math.max(tally.peak, open);
  }

  private closeConnection(line: Line): void {
    const connection = this.connections.get(numberAt(line, 1));
    if (!connection) return;
    this.connections.delete(numberAt(line, 1));
    const tally = this.tallies.connections.get(connection.alias);
    if (tally) tally.closed += 1;
    this.open.set(connection.alias, (this.open.get(connection.alias) ?? 1) - 1);
  }

  private transaction(line: Line): void {
    const connection = this.connections.get(numberAt(line, 1));
    const t = numberAt(line, 3);
    this.passTime(t);
    if (!connection) return;
    this.tallies.replay.ends(numberAt(line, 1), textAt(line, 2), t);
    if (connection.transaction) closeTransaction(this.tallies, connection.transaction, t);
    const scope = this.scopes.get(numberAt(line, 4)) ?? this.outside;
    connection.transaction = line[2] === "begin" ? { began: t, scope, statements: 0, lastEnd: t, lastStack: 0, idle: 0, before: 0, after: 0 } : null;
  }

  private inTransaction(line: Line, at: number, duration: number, stack: number): void {
    const transaction = this.connections.get(numberAt(line, 6))?.transaction;
    if (!transaction) return;
    noteIdle(transaction, at, stack);
    transaction.statements += 1;
    transaction.lastEnd = Math.max(transaction.lastEnd, at + duration);
    transaction.lastStack = stack;
  }

  private outsideCall(line: Line): void {
    const kind = this.nameAt(line, 3);
    const target = this.nameAt(line, 4);
    const duration = numberAt(line, 2);
    const stack = this.stacks.get(numberAt(line, 5)) ?? 0;
    const scope = this.scopes.get(numberAt(line, 6)) ?? this.outside;
    if (scope.isSetup) return;
    const tally = into(this.tallies.calls, `${kind}|${target}|${stack}`, () => ({
      kind,
      target,
      stack,
      calls: 0,
      time: 0,
      slowest: 0,
      labels: new Set<string>(),
    }));
    tally.calls += 1;
    tally.time += duration;
    tally.slowest = Math.max(tally.slowest, duration);
    scope.whenNamed((label) => {
      if (tally.labels.size < MOST_LABELS) tally.labels.add(label);
    });
  }

  /** `count` statements of a scope were left out; a scope's own line stands before its end. */
  private drop(line: Line): void {
    const reason = textAt(line, 2);
    const count = numberAt(line, 3);
    this.tallies.dropped.set(reason, (this.tallies.dropped.get(reason) ?? 0) + count);
    const scope = numberAt(line, 4);
    if (scope > 0) this.counted.set(scope, (this.counted.get(scope) ?? 0) + count);
  }
}

/** A number for the parameters: the recorder's own, or one made of the text that `--literals` kept. */
function keyOf(parameters: unknown): number {
  if (typeof parameters === "number") return parameters;
  return typeof parameters === "string" ? hashText(parameters) : 0;
}

/** A path below the recorded root as one below another; null when it is not below that. Elsewhere recorded, it is the same project. */
function rebaseFrom(recorded: string, root: string): (file: string) => string | null {
  const from = `${recorded.replaceAll("\\", "/").replace(/\/$/, "")}/`;
  const to = `${root.replaceAll("\\", "/").replace(/\/$/, "")}/`;
  if (from === to) return (file) => file;
  if (from.startsWith(to)) return (file) => from.slice(to.length) + file;
  if (to.startsWith(from)) return (file) => (`${from}${file}`.startsWith(to) ? `${from}${file}`.slice(to.length) : null);
  return (file) => file;
}

/** Django's lookup path; a nested prefetch names the whole of it. */
function joinPath(parent: string, field: string): string {
  return parent === "" || field === parent || field.startsWith(`${parent}__`) ? field : `${parent}__${field}`;
}

/** `GET orders/<int:pk>/` for a request; the name of anything else. */
function labelOf({ kind, name }: OpenScope, route: unknown): string {
  if (kind !== "request" || typeof route !== "string") return name;
  const [method = ""] = name.split(" ");
  const path = routeWords(route);
  return /^[A-Z]+$/.test(method) ? `${method} ${path}` : path;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

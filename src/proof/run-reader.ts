import { foldSql } from "../recording/fold-sql.ts";
import { listAt, numberAt, recordAt, textAt, type Line } from "../recording/lines.ts";
import type { FetchGroup, FrameLine, ReadField, ResponseFigures, RunFigures, ScopeFigures, StatementGroup } from "./run-figures.ts";

/** The number that a line of a file had before the fixes. */
export type OldLine = (file: string, line: number) => number;

/** What all processes of a run add up to. */
export class RunSums {
  readonly scopes = new Map<string, ScopeSums>();
  /** Files of the project that were imported from elsewhere than from the folder that was recorded. */
  readonly outsideFiles = new Set<string>();
  /** Statements that the recorder could not write, by the reason that it gives. */
  readonly lost = new Map<string, number>();

  figures(status: number): RunFigures {
    return { status, scopes: new Map([...this.scopes].map(([key, sums]) => [key, sums.figures(key)])) };
  }
}

type Sums<T> = { -readonly [K in keyof T]: T[K] };

class ScopeSums {
  private readonly kind: string;
  runs = 0;
  milliseconds = 0;
  outcome: string | null = null;
  readonly groups = new Map<string, Sums<StatementGroup>>();
  readonly fetches = new Map<string, Sums<FetchGroup>>();
  readonly responses: ResponseFigures[] = [];

  constructor(kind: string) {
    this.kind = kind;
  }

  figures(key: string): ScopeFigures {
    const { kind, runs, milliseconds, outcome, groups, fetches, responses } = this;
    return { key, kind, runs, milliseconds, outcome, groups, fetches, responses };
  }
}

interface OpenScope {
  readonly kind: string;
  readonly name: string;
  readonly began: number;
  readonly parent: OpenScope | null;
  /** Where it is counted; a request's is known at its end, when its route is. */
  sums: ScopeSums | null;
  /** What was seen before that. */
  readonly pending: ((sums: ScopeSums) => void)[];
}

interface StackText {
  readonly frames: readonly FrameLine[];
  readonly text: string;
}

const NO_STACK: StackText = { frames: [], text: "" };
const PROJECT = 0;
const OUTSIDE = 2;

/** Adds the lines of one process, in their order, to the sums of the run. */
export class RunReader {
  private readonly run: RunSums;
  private readonly oldLine: OldLine;
  private readonly sql = new Map<number, string>();
  private readonly files = new Map<number, { readonly file: string; readonly kind: number }>();
  private readonly frames = new Map<number, FrameLine | null>();
  private readonly stacks = new Map<number, StackText>([[0, NO_STACK]]);
  private readonly names = new Map<number, string>();
  private readonly causes = new Map<number, ReadField>();
  private readonly scopes = new Map<number, OpenScope>();
  private lastTime = 0;

  constructor(run: RunSums, oldLine: OldLine) {
    this.run = run;
    this.oldLine = oldLine;
  }

  add(line: Line): void {
    switch (line[0]) {
      case "s":
        return void this.sql.set(numberAt(line, 1), foldSql(textAt(line, 2)));
      case "p":
        return this.file(line);
      case "f":
        return this.frame(line);
      case "k":
        return this.stack(line);
      case "n":
        return void this.names.set(numberAt(line, 1), textAt(line, 2));
      case "a":
        return void this.causes.set(numberAt(line, 1), { model: this.name(line, 3), field: this.name(line, 4) });
      case "b":
        return this.begin(line);
      case "e":
        return this.end(line);
      case "x":
        return this.statement(line);
      case "r":
        return this.fetch(line);
      case "d":
        return this.drop(line);
    }
  }

  /** What has no end in the file, as that of a process that was killed, ends with it. */
  finish(): void {
    for (const [id, scope] of [...this.scopes].toReversed()) this.close(id, scope, this.lastTime, {});
  }

  private drop(line: Line): void {
    const { lost } = this.run;
    const reason = textAt(line, 2);
    lost.set(reason, (lost.get(reason) ?? 0) + numberAt(line, 3));
  }

  private name(line: Line, index: number): string {
    return this.names.get(numberAt(line, index)) ?? "";
  }

  private file(line: Line): void {
    const [file, kind] = [textAt(line, 2), numberAt(line, 3)];
    this.files.set(numberAt(line, 1), { file, kind });
    if (kind === OUTSIDE) this.run.outsideFiles.add(file);
  }

  private frame(line: Line): void {
    const place = this.files.get(numberAt(line, 2));
    const isOwn = place?.kind === PROJECT;
    const own = isOwn ? { file: place.file, line: this.oldLine(place.file, numberAt(line, 3)) } : null;
    this.frames.set(numberAt(line, 1), own);
  }

  private stack(line: Line): void {
    const frames = listAt(line, 2).flatMap((id) => (typeof id === "number" ? (this.frames.get(id) ?? []) : []));
    const text = frames.map((frame) => `${frame.file}:${frame.line}`).join(" ");
    this.stacks.set(numberAt(line, 1), { frames, text });
  }

  // -------------------------------------------------------------------------------------------- scopes

  private begin(line: Line): void {
    const [kind, name, began] = [textAt(line, 3), textAt(line, 4), numberAt(line, 5)];
    const parent = this.scopes.get(numberAt(line, 2)) ?? null;
    this.pass(began);
    const owner = parent === null || kind === "setup" ? null : ownerOf(parent);
    const sums = owner === null && kind !== "request" ? this.sumsOf(kind, name) : null;
    this.scopes.set(numberAt(line, 1), { kind, name, began, parent: owner, sums, pending: [] });
  }

  private end(line: Line): void {
    const scope = this.scopes.get(numberAt(line, 1));
    this.pass(numberAt(line, 2));
    if (scope) this.close(numberAt(line, 1), scope, numberAt(line, 2), recordAt(line, 3));
  }

  private close(id: number, scope: OpenScope, t: number, end: Readonly<Record<string, unknown>>): void {
    this.scopes.delete(id);
    const request = scope.kind === "request" ? nameOfRequest(scope.name, end["route"]) : null;
    if (request !== null) {
      const response = { request, status: numberOrNull(end["status"]), body: textOrNull(end["body"]) };
      this.note(scope, ({ responses }) => responses.push(response));
    }
    if (scope.parent !== null) return;
    scope.sums ??= this.sumsOf("request", request ?? scope.name);
    const { sums } = scope;
    for (const add of scope.pending.splice(0)) add(sums);
    sums.runs += 1;
    sums.milliseconds += (t - scope.began) / 1000;
    if (scope.kind === "test") sums.outcome = worst(sums.outcome, textOrNull(end["outcome"]));
  }

  /** Counts something with the scope that a nested one belongs to. */
  private note(scope: OpenScope, add: (sums: ScopeSums) => void): void {
    const { sums, pending } = scope.parent ?? scope;
    if (sums === null) pending.push(add);
    else add(sums);
  }

  private sumsOf(kind: string, name: string): ScopeSums {
    return into(this.run.scopes, `${kind} ${name}`.trim(), () => new ScopeSums(kind));
  }

  private pass(t: number): void {
    if (t > this.lastTime) this.lastTime = t;
  }

  // -------------------------------------------------------------------------------------------- statements

  private statement(line: Line): void {
    const [t, duration] = [numberAt(line, 1), numberAt(line, 2)];
    const sql = this.sql.get(numberAt(line, 3)) ?? "";
    const { frames, text } = this.stacks.get(numberAt(line, 4)) ?? NO_STACK;
    const read = this.causes.get(numberAt(line, 9)) ?? null;
    const rows = Math.max(0, numberAt(line, 8));
    this.pass(t + duration);
    const key = `${sql}\n${text}\n${read === null ? "" : `${read.model}.${read.field}`}`;
    this.within(line, 5, ({ groups }) => {
      const group = into(groups, key, () => ({ sql, frames, read, count: 0, milliseconds: 0, rows: 0 }));
      group.count += 1;
      group.milliseconds += duration / 1000;
      group.rows += rows;
    });
  }

  private fetch(line: Line): void {
    const model = this.name(line, 2);
    const { frames, text } = this.stacks.get(numberAt(line, 3)) ?? NO_STACK;
    const rows = numberAt(line, 5);
    this.within(line, 4, ({ fetches }) => {
      const fetch = into(fetches, `${model}\n${text}`, () => ({ model, frames, count: 0, rows: 0 }));
      fetch.count += 1;
      fetch.rows += rows;
    });
  }

  private within(line: Line, index: number, add: (sums: ScopeSums) => void): void {
    const scope = this.scopes.get(numberAt(line, index));
    if (scope) this.note(scope, add);
    else add(this.sumsOf("process", ""));
  }
}

/** The scope that a nested one is counted with: a test has all that it does but for its fixtures, a command has its tests beside it. */
function ownerOf(scope: OpenScope): OpenScope | null {
  if (scope.parent !== null) return scope.parent;
  return scope.kind === "command" || scope.kind === "process" ? null : scope;
}

/** A request's method and route; never its path, which may hold keys. */
function nameOfRequest(name: string, route: unknown): string {
  const [method = ""] = name.split(" ");
  return typeof route === "string" ? `${method} /${route.replace(/^\//, "")}` : name;
}

const OUTCOMES = ["passed", "skipped", "failed", "error"];

/** A test that ran more than once is as good as its worst run. */
function worst(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return OUTCOMES.indexOf(a) > OUTCOMES.indexOf(b) ? a : b;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function into<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

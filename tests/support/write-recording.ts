import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** `shop/views.py:12 order_list`, with a `!` before a library's path and a `~` before a template's. */
type FrameText = string;

/** Writes the lines that a recorder would: definitions before their use, one file a process. */
export class RecordedProcess {
  private readonly lines: string[] = [];
  private readonly ids = new Map<string, number>();
  private readonly counts = new Map<string, number>();
  private next = { scope: 0, fetch: 0, connection: 0 };
  private clock = 1000;

  constructor(header: Readonly<Record<string, unknown>> = {}, version = 1) {
    this.line([
      "h",
      version,
      { epoch: 1_700_000_000_000_000, pid: 1, argv: ["manage.py", "test"], python: "3.12.3", django: "5.2", root: "/srv/shop", ...header },
    ]);
  }

  line(line: readonly unknown[]): this {
    this.lines.push(JSON.stringify(line));
    return this;
  }

  /** Lets time pass. */
  wait(microseconds: number): this {
    this.clock += microseconds;
    return this;
  }

  begin(kind: string, name: string, parent = 0): number {
    this.next.scope += 1;
    this.line(["b", this.next.scope, parent, kind, name, this.clock, 1, {}]);
    return this.next.scope;
  }

  end(scope: number, facts: Readonly<Record<string, unknown>> = {}): void {
    this.line(["e", scope, this.clock, facts]);
  }

  /** A whole scope around what is done in it. */
  scope(kind: string, name: string, facts: Readonly<Record<string, unknown>>, body: (scope: number) => void, parent = 0): void {
    const scope = this.begin(kind, name, parent);
    body(scope);
    this.end(scope, facts);
  }

  query(scope: number, sql: string, stack: readonly FrameText[], more: QueryFacts = {}): void {
    const { duration = 500, connection = 0, state = 0, rows = 1, cause = 0, instance = 0, params = null, error = null } = more;
    const line = ["x", this.clock, duration, this.sql(sql), this.stack(stack), scope, connection, state, rows, cause, instance, error, params];
    this.line(line);
    this.clock += duration + 100;
  }

  /** A queryset with its statement; gives the fetch's id. */
  fetch(scope: number, model: string, rows: number, sql: string, stack: readonly FrameText[], cause = 0, instance = 0): number {
    this.query(scope, sql, stack, { rows, cause, instance });
    this.next.fetch += 1;
    this.line(["r", this.next.fetch, this.name(model), this.stack(stack), scope, rows, this.clock, cause]);
    return this.next.fetch;
  }

  cause(kind: string, model: string, field: string, fetch: number): number {
    const key = `a:${kind}:${model}:${field}:${fetch}`;
    const [modelName, fieldName] = [this.name(model), this.name(field)];
    return this.define("a", key, (id) => ["a", id, kind, modelName, fieldName, fetch]);
  }

  use(fetch: number, reads: readonly (readonly [model: string, field: string, instances: number])[]): void {
    const items = reads.map(([model, field, instances]) => [this.name(model), this.name(field), instances]);
    this.line(["u", fetch, items]);
  }

  connect(alias = "default"): number {
    this.next.connection += 1;
    this.line(["o", this.next.connection, alias, "postgresql", this.clock, { server: "16.4", reused: false }]);
    return this.next.connection;
  }

  transaction(connection: number, what: "begin" | "commit" | "rollback", scope: number): void {
    this.line(["t", connection, what, this.clock, scope]);
  }

  call(scope: number, connection: number, kind: string, target: string, duration: number, stack: readonly FrameText[]): void {
    this.line(["w", this.clock, duration, kind, target, this.stack(stack), scope, connection]);
    this.clock += duration;
  }

  text(): string {
    return this.lines.map((line) => `${line}\n`).join("");
  }

  close(): string {
    return this.line(["i", this.clock]).text();
  }

  private sql(text: string): number {
    return this.define("s", `s:${text}`, (id) => ["s", id, text]);
  }

  private name(text: string): number {
    return this.define("n", `n:${text}`, (id) => ["n", id, text]);
  }

  private stack(frames: readonly FrameText[]): number {
    const ids = frames.map((frame) => this.frame(frame));
    return this.define("k", `k:${ids.join(",")}`, (id) => ["k", id, ids]);
  }

  private frame(text: FrameText): number {
    const [place = "", name = "f"] = text.replace(/^[!~]/, "").split(" ");
    const [file = "", line = "1"] = place.split(":");
    const home = this.define("p", `p:${file}`, (id) => ["p", id, file, text.startsWith("!") ? 1 : 0]);
    return this.define("f", `f:${text}`, (id) => ["f", id, home, Number(line), name, text.startsWith("~") ? 1 : 0]);
  }

  private define(kind: string, key: string, line: (id: number) => readonly unknown[]): number {
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, id);
    this.ids.set(key, id);
    this.line(line(id));
    return id;
  }
}

interface QueryFacts {
  readonly duration?: number;
  readonly connection?: number;
  readonly state?: number;
  readonly rows?: number;
  readonly cause?: number;
  readonly instance?: number;
  readonly params?: string | number | null;
  readonly error?: string | null;
}

/** Puts processes where `luthier record` would below a project's root, and gives the recording's folder. */
export function writeRecording(root: string, processes: readonly (RecordedProcess | string)[], name = "20261122-214500-4f1c"): string {
  const folder = path.join(root, ".luthier", "recordings", name);
  mkdirSync(folder, { recursive: true });
  for (const [index, process] of processes.entries()) {
    writeFileSync(path.join(folder, `${100 + index}-0.jsonl`), typeof process === "string" ? process : process.close());
  }
  writeFileSync(path.join(folder, "..", "latest"), `${name}\n`);
  return folder;
}

import type { Recording, Stack } from "../../src/model/recording.ts";
import type { ReplayKind, ReplayStatement } from "../../src/model/replay.ts";
import { openSqlParser } from "../../src/sql/open-parser.ts";
import { withReplayShapes } from "../../src/workload/replay-shapes.ts";

/** Traffic in a few words: so many times, so many seconds apart. */
export interface GivenTraffic {
  readonly seconds: number;
  readonly isKeyed?: boolean;
  readonly statements: readonly {
    readonly sql: string;
    /** `shop/views.py:12 genres`, innermost first. */
    readonly stack?: readonly string[];
    readonly count: number;
    readonly every: number;
    /** Seconds before the first. */
    readonly after?: number;
    readonly ms?: number;
    readonly rows?: number;
    /** Different parameters, in turn. */
    readonly keys?: number;
    readonly kind?: ReplayKind;
    readonly scope?: string;
  }[];
}

/** The recording with that traffic in it, as the command line would hand it to rules. */
export async function withTraffic(recording: Recording, { seconds, isKeyed = true, statements }: GivenTraffic): Promise<Recording> {
  const parser = await openSqlParser();
  const made = statements.map(statementOf);
  const microseconds = recording.microseconds || made.reduce((sum, one) => sum + one.micros.reduce((total, time) => total + time, 0), 0);
  return withReplayShapes({ ...recording, microseconds, replay: { microseconds: seconds * 1_000_000, isKeyed, cutAt: null, statements: made } }, (sql) =>
    parser.shapeOf(sql),
  );
}

function statementOf({
  sql,
  stack = [],
  count,
  every,
  after = 0,
  ms = 1,
  rows = 1,
  keys = 1,
  kind = "open",
  scope,
}: GivenTraffic["statements"][number]): ReplayStatement {
  const each = <Value>(value: (index: number) => Value): Value[] => Array.from({ length: count }, (_, index) => value(index));
  return {
    sql,
    folded: sql,
    shape: null,
    stack: stack.map(frameOf),
    scopes: scope === undefined ? [] : [{ label: scope, count }],
    at: each((index) => (after + index * every) * 1_000_000),
    micros: each(() => ms * 1000),
    keys: each((index) => index % keys),
    rows: each(() => rows),
    kinds: each(() => kind),
  };
}

function frameOf(text: string): Stack[number] {
  const [, file = "", line = "1", name = ""] = /^(.+):(\d+) (.+)$/.exec(text) ?? [];
  return { file, owner: "project", line: Number(line), name, kind: file.endsWith(".py") ? "python" : "django" };
}

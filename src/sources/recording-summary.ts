import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import path from "node:path";

/** What a recording holds, counted without understanding it. */
export interface RecordingSummary {
  readonly statements: number;
  /** By kind, the most frequent first: requests, tests, … */
  readonly scopes: readonly (readonly [kind: string, count: number])[];
  readonly processes: number;
  readonly bytes: number;
  /** Statements or lines that were not kept, by the reason that the recorder gave. */
  readonly lost: readonly (readonly [reason: string, count: number])[];
  /** Reasons for which processes could not write, as the system calls them: `ENOSPC`. */
  readonly unwritten: readonly string[];
}

interface Tally {
  statements: number;
  readonly scopes: Map<string, number>;
  readonly lost: Map<string, number>;
}

const CHUNK = 1 << 20;

/** Counts a recording's lines, file by file, in memory that does not grow with them. */
export function summariseRecording(folder: string): RecordingSummary {
  const names = readdirSync(folder);
  const files = names.filter((name) => name.endsWith(".jsonl")).map((name) => path.join(folder, name));
  const tally: Tally = { statements: 0, scopes: new Map(), lost: new Map() };
  for (const file of files) countLines(file, tally);
  return {
    statements: tally.statements,
    scopes: [...tally.scopes].toSorted(([, a], [, b]) => b - a),
    processes: new Set(names.flatMap((name) => /^(\d+)-\d+\.jsonl$/.exec(name)?.[1] ?? [])).size,
    bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
    lost: [...tally.lost].toSorted(([, a], [, b]) => b - a),
    unwritten: unwrittenReasons(names),
  };
}

/** Why a process could not write its file, told by the names of the empty files that it could still make. */
export function unwrittenReasons(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => /^\d+\.lost\.(\w+)$/.exec(name)?.[1] ?? []))];
}

function countLines(file: string, tally: Tally): void {
  const descriptor = openSync(file, "r");
  const buffer = Buffer.allocUnsafe(CHUNK);
  let rest = "";
  try {
    for (;;) {
      const count = readSync(descriptor, buffer, 0, CHUNK, null);
      if (count === 0) return;
      const lines = (rest + buffer.toString("latin1", 0, count)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) countLine(line, tally);
    }
  } finally {
    closeSync(descriptor);
  }
}

function countLine(line: string, tally: Tally): void {
  const kind = line.slice(0, 4);
  if (kind === '["x"') tally.statements += 1;
  else if (kind === '["b"') add(tally.scopes, String(parse(line)?.[3]), 1);
  else if (kind === '["d"') {
    const [, , reason, count] = parse(line) ?? [];
    add(tally.lost, String(reason), Number(count));
  }
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function parse(line: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

import { Worker } from "node:worker_threads";
import type { Module } from "../model/index.ts";
import { decodeModule, encodeModule } from "../python/codec.ts";
import { decodeText } from "../python/decode-text.ts";
import { openPythonParser } from "../python/parser.ts";
import type { LoweredFile, SourceFile } from "./parse-worker.ts";

/** Below this a second thread starts (100 ms for the grammar) for less than it saves. */
const BYTES_FOR_A_THREAD = 1_500_000;
const BATCH_BYTES = 200_000;

export interface Lowering {
  readonly jobs: number;
  /** Encoded modules are wanted, to be kept. */
  readonly keeps: (file: string, encoded: Uint8Array) => void;
  readonly isKept: boolean;
  readonly tick: (files: number) => void;
}

/** Lowers Python files, in threads where there is enough to do. */
export async function lowerFiles(files: readonly SourceFile[], lowering: Lowering): Promise<ReadonlyMap<string, Module>> {
  if (files.length === 0) return new Map();
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const threads = Math.min(lowering.jobs, Math.floor(size / BYTES_FOR_A_THREAD));
  return threads < 2 || !isBuilt ? lowerHere(files, lowering) : lowerInThreads(files, lowering, threads);
}

/** Threads of Node 20 load no TypeScript. */
const isBuilt = import.meta.url.endsWith(".js");

async function lowerHere(files: readonly SourceFile[], { keeps, isKept, tick }: Lowering): Promise<Map<string, Module>> {
  const parser = await openPythonParser();
  const modules = new Map<string, Module>();
  for (const { file, bytes } of files) {
    const module = parser.lower(file, decodeText(bytes).text);
    if (isKept) keeps(file, encodeModule(module));
    modules.set(file, module);
    tick(1);
  }
  return modules;
}

async function lowerInThreads(files: readonly SourceFile[], lowering: Lowering, threads: number): Promise<Map<string, Module>> {
  const modules = new Map<string, Module>();
  const batches = intoBatches(files);
  const take = (lowered: readonly LoweredFile[]): void => {
    for (const { file, encoded } of lowered) {
      lowering.keeps(file, encoded);
      modules.set(file, decodeModule(encoded));
    }
    lowering.tick(lowered.length);
  };
  await Promise.all(Array.from({ length: threads }, () => runThread(batches, take)));
  return modules;
}

/** The largest files first, so that no thread is left with one at the end. */
function intoBatches(files: readonly SourceFile[]): SourceFile[][] {
  const batches: SourceFile[][] = [];
  let left = 0;
  for (const file of files.toSorted((a, b) => b.bytes.length - a.bytes.length)) {
    if (left <= 0) {
      batches.push([]);
      left = BATCH_BYTES;
    }
    batches.at(-1)?.push(file);
    left -= file.bytes.length;
  }
  return batches.toReversed();
}

/** Hands the thread one batch after the other until none is left. */
function runThread(batches: SourceFile[][], take: (lowered: readonly LoweredFile[]) => void): Promise<void> {
  const worker = new Worker(new URL("./parse-worker.js", import.meta.url));
  return new Promise<void>((resolve, reject) => {
    const next = (): void => {
      const batch = batches.pop();
      if (batch === undefined) void worker.terminate().then(() => resolve());
      else worker.postMessage(batch);
    };
    worker.on("error", reject);
    worker.on("message", (lowered: readonly LoweredFile[]) => {
      take(lowered);
      next();
    });
    next();
  });
}

import { Worker } from "node:worker_threads";
import type { Module } from "../model/index.ts";
import { decodeModule, encodeModule } from "../python/codec.ts";
import { decodeText } from "../python/decode-text.ts";
import { openPythonParser, type PythonParser } from "../python/parser.ts";
import type { LoweredFile, SourceFile } from "./parse-worker.ts";

/** Below this a second thread starts (100 ms for the grammar) for more than it saves. */
const BYTES_FOR_A_THREAD = 500_000;
const BATCH_BYTES = 100_000;
/** Batches that lie ready in a thread, so that it does not wait for this one, which lowers too. */
const AHEAD = 2;

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

async function lowerHere(files: readonly SourceFile[], lowering: Lowering): Promise<Map<string, Module>> {
  const parser = await openPythonParser();
  const modules = new Map<string, Module>();
  for (const one of files) lowerOne(parser, one, lowering, modules);
  return modules;
}

function lowerOne(parser: PythonParser, { file, bytes }: SourceFile, { keeps, isKept, tick }: Lowering, modules: Map<string, Module>): void {
  const module = parser.lower(file, decodeText(bytes).text);
  if (isKept) keeps(file, encodeModule(module));
  modules.set(file, module);
  tick(1);
}

/** This thread is one of them. */
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
  const others = Array.from({ length: threads - 1 }, () => runThread(batches, take));
  await Promise.all([...others, lowerBatches(batches, lowering, modules)]);
  return modules;
}

/** One batch after the other; between them what the other threads have done is taken in. */
async function lowerBatches(batches: SourceFile[][], lowering: Lowering, modules: Map<string, Module>): Promise<void> {
  const parser = await openPythonParser();
  for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
    for (const one of batch) lowerOne(parser, one, lowering, modules);
    await new Promise(setImmediate);
  }
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
    let open = 0;
    const next = (): void => {
      for (let batch = open < AHEAD ? batches.pop() : undefined; batch !== undefined; batch = open < AHEAD ? batches.pop() : undefined) {
        worker.postMessage(batch);
        open += 1;
      }
      if (open === 0) void worker.terminate().then(() => resolve());
    };
    worker.on("error", reject);
    worker.on("message", (lowered: readonly LoweredFile[]) => {
      open -= 1;
      take(lowered);
      next();
    });
    next();
  });
}

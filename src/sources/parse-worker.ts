/** A thread that lowers Python files: takes a batch, answers with encoded modules, until it is ended. */
import { parentPort } from "node:worker_threads";
import { encodeModule } from "../python/codec.ts";
import { decodeText } from "../python/decode-text.ts";
import { openPythonParser } from "../python/parser.ts";

export interface SourceFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface LoweredFile {
  readonly file: string;
  readonly encoded: Uint8Array;
}

const parser = openPythonParser();

parentPort?.on("message", (batch: readonly SourceFile[]) => {
  void answer(batch);
});

async function answer(batch: readonly SourceFile[]): Promise<void> {
  const reader = await parser;
  const lowered = batch.map(({ file, bytes }) => ({ file, encoded: encodeModule(reader.lower(file, decodeText(bytes).text)).slice() }));
  parentPort?.postMessage(
    lowered,
    lowered.map(({ encoded }) => encoded.buffer),
  );
}

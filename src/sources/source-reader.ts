import { readFileSync } from "node:fs";
import path from "node:path";
import type { SourceReader } from "../report/render-context.ts";

/** Reads files below a folder as text, each once; a file that cannot be read has no text. */
export function sourceReader(root: string): SourceReader {
  const texts = new Map<string, string | undefined>();
  return (file) => {
    if (!texts.has(file)) texts.set(file, readText(path.join(root, file)));
    return texts.get(file);
  };
}

/** With its byte order mark, which edits count. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

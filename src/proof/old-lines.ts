import type { Edit } from "../model/finding.ts";
import { changedBlocks, type ChangedBlock } from "../fixes/changed-blocks.ts";
import type { OldLine } from "./run-reader.ts";

/** Leads from lines of the edited files to those that they were before; inside an edit, to a line that it replaced. */
export function oldLines(edits: ReadonlyMap<string, readonly Edit[]>, read: (file: string) => string | undefined): OldLine {
  const blocks = new Map([...edits].map(([file, own]) => [file, changedBlocks(read(file) ?? "", own) ?? []]));
  return (file, line) => oldLineIn(blocks.get(file) ?? [], line);
}

function oldLineIn(blocks: readonly ChangedBlock[], line: number): number {
  let shift = 0;
  for (const { line: first, removed, added } of blocks) {
    const begins = first + shift;
    if (line < begins) break;
    if (line < begins + added.length) return first + Math.min(line - begins, Math.max(0, removed.length - 1));
    shift += added.length - removed.length;
  }
  return line - shift;
}

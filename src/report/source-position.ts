import type { Edit } from "../model/finding.ts";

/** Lines and columns from 1, columns in UTF-16 units, as places have them. */
export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The region that an edit replaces, from its byte offsets. */
export function editRegion(text: string, edit: Edit): Region {
  const bytes = new TextEncoder().encode(text);
  const start = positionAt(bytes, edit.start);
  const end = positionAt(bytes, edit.end);
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

function positionAt(bytes: Uint8Array, offset: number): { line: number; column: number } {
  const before = new TextDecoder().decode(bytes.subarray(0, offset));
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
}

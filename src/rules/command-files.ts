import type { QueryRun } from "../model/index.ts";

/** Modules that Django imports when their command is run, and at no other time. */
const COMMAND = /(?:^|\/)management\/commands\//;

/** Outside of a loop a command asks once a run: a question more is not worth a change. */
export function isOncePerRun({ span, loop }: Pick<QueryRun, "span" | "loop">): boolean {
  return loop === null && isCommandFile(span.file);
}

export function isCommandFile(file: string): boolean {
  return COMMAND.test(file);
}

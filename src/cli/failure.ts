import { UsageError } from "../model/usage-error.ts";
import type { Environment } from "./environment.ts";

/** Nothing was checked: bad usage, nothing to examine, or a bug. */
export const COULD_NOT_RUN = 2;

/** Says on standard error why the program could not run, and returns its exit status. */
export function reportFailure(error: unknown, { stderr, version }: Pick<Environment, "stderr" | "version">): number {
  stderr.write(error instanceof UsageError ? describeUsage(error) : describeBug(error, version));
  return COULD_NOT_RUN;
}

function describeUsage({ message, remedy }: UsageError): string {
  return `luthier: ${message}\n${remedy}\n`;
}

function describeBug(error: unknown, version: string): string {
  const stack = error instanceof Error ? withCauses(error) : String(error);
  return `luthier ${version} met a bug of its own (node ${process.version}, ${process.platform}):\n${stack}\nPlease report it with these lines.\n`;
}

function withCauses(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${withCauses(error.cause)}` : own;
}

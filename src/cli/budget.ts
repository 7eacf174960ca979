import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parse } from "smol-toml";
import { UsageError } from "../model/usage-error.ts";
import { renderBudget } from "../report/budget-text.ts";
import { budgetOf, compareBudget, mergeBudget, readBudget, writeBudget, type Budget, type Tolerance } from "../workload/budget.ts";
import type { Environment } from "./environment.ts";
import { findRoot } from "./prepare.ts";
import { requireRecordings } from "./recordings.ts";

export interface BudgetFlags {
  readonly update?: boolean;
  readonly check?: boolean;
  readonly keep?: boolean;
  readonly recording?: readonly string[];
  readonly file?: string;
  readonly tolerance?: Tolerance;
}

/** `luthier budget`: 1 when `--check` finds a test or route that sends more than it may. */
export async function budget(given: string, flags: BudgetFlags, environment: Environment): Promise<number> {
  if ((flags.update === true) === (flags.check === true)) {
    throw new UsageError(
      "bad-usage",
      "luthier budget needs --update or --check.",
      "--update writes luthier.lock from a recording, --check compares one with it.",
    );
  }
  const root = findRoot(given, environment.cwd);
  const file = flags.file === undefined ? path.join(root, "luthier.lock") : path.resolve(environment.cwd, flags.file);
  const recording = (await requireRecordings(flags.recording, root, environment)).at(-1);
  if (recording === undefined || !recording.scopes.some(({ kind }) => kind === "test" || kind === "request")) {
    throw new UsageError("nothing-examined", "the recording holds neither a test nor a request.", "Record one: luthier record -- pytest");
  }
  const shown = path.relative(environment.cwd, file) || file;
  if (flags.update === true) {
    const now = budgetOf(recording);
    write(file, flags.keep === true && existsSync(file) ? mergeBudget(now, load(file, shown)) : now, shown, environment);
    return 0;
  }
  const tolerance = flags.tolerance ?? (await configuredTolerance(root));
  const comparison = compareBudget(load(file, shown), recording, tolerance);
  environment.stdout.write(renderBudget(comparison, shown));
  return comparison.grown.length > 0 ? 1 : 0;
}

/** `thresholds = { budget-tolerance = 2 }`: statements that a budget may be exceeded by. */
async function configuredTolerance(root: string): Promise<Tolerance> {
  const { readConfiguration } = await import("../sources/configuration.ts");
  const file = await readConfiguration(root);
  return { statements: file?.values.thresholds?.["budget-tolerance"] ?? 0, share: 0 };
}

function load(file: string, shown: string): Budget {
  if (!existsSync(file)) throw new UsageError("no-budget", `there is no ${shown} yet.`, "Write it with luthier budget --update.");
  const budget = readBudget(parseToml(file, shown));
  if (budget === null) throw unreadable(shown);
  return budget;
}

function parseToml(file: string, shown: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw unreadable(shown, cause);
  }
}

function unreadable(shown: string, cause?: unknown): UsageError {
  return new UsageError("unreadable-budget", `${shown} is no budget of this version.`, "Restore it, or write it anew with luthier budget --update.", { cause });
}

function write(file: string, budget: Budget, shown: string, { stderr }: Environment): void {
  writeFileSync(file, writeBudget(budget));
  const [tests, routes] = [Object.keys(budget.tests).length, Object.keys(budget.routes).length];
  stderr.write(`Budget ${shown}: ${tests} ${tests === 1 ? "test" : "tests"}, ${routes} ${routes === 1 ? "route" : "routes"}.\n`);
}

/** Runs the user's command under the recorder in a copy of the project, with fixes and without. */
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { planFixes, type ChosenFix } from "../fixes/plan-fixes.ts";
import { UsageError } from "../model/usage-error.ts";
import { oldLines } from "../proof/old-lines.ts";
import type { Proof } from "../proof/proof.ts";
import { prove } from "../proof/prove.ts";
import { totalStatements, type RunFigures } from "../proof/run-figures.ts";
import { copyProject, type LeftOut, type ProjectCopy } from "./project-copy.ts";
import { readRun } from "./run-recording.ts";

/** Runs a command with the recorder in it and resolves to its exit status. */
export type RecordCommand = (order: {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The project's folder, which the recording's paths are relative to. */
  readonly root: string;
  /** Where the recording goes. */
  readonly folder: string;
  /** The file that gets what the command says. */
  readonly output: string;
}) => Promise<number>;

export interface ProofOrder {
  readonly chosen: readonly ChosenFix[];
  readonly root: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly repeat: number;
  /** Text of a file of the project as it is in the user's tree. */
  readonly read: (file: string) => string | undefined;
  readonly record: RecordCommand;
  /** Told of the copy once it is made. */
  readonly onCopy?: (folder: string, leftOut: readonly LeftOut[]) => void;
  readonly onRun?: (purpose: string, number: number) => void;
}

/** The folder for copies, patches and the command's output, relative to the project's. */
export const PROVE_FOLDER = ".luthier/prove";

/** Proves fixes in a copy that is gone afterwards, whatever happens. */
export async function proveInCopy(order: ProofOrder): Promise<Proof> {
  const id = randomBytes(4).toString("hex").slice(0, 7);
  const copy = copyProject(order.root, id);
  const leave = (): void => copy.remove();
  process.once("exit", leave);
  try {
    order.onCopy?.(`${PROVE_FOLDER}/${id}`, copy.leftOut);
    const output = path.join(order.root, PROVE_FOLDER, "output.txt");
    writeFileSync(output, "");
    return await prove(order.chosen, {
      repeat: order.repeat,
      run: runner(order, copy, output),
      checkBefore: (run) => checkBefore(run, order),
    });
  } finally {
    process.removeListener("exit", leave);
    copy.remove();
  }
}

function runner(order: ProofOrder, copy: ProjectCopy, output: string): (fixes: readonly ChosenFix[], purpose: string) => Promise<RunFigures> {
  const { read, record } = order;
  const place = placeOf(order, copy);
  let number = 0;
  return async (fixes, purpose) => {
    number += 1;
    order.onRun?.(purpose, number);
    const { edits } = planFixes(fixes, read);
    copy.apply(edits);
    const folder = path.join(path.dirname(copy.top), "recording");
    mkdirSync(folder, { recursive: true });
    appendFileSync(output, `--- run ${number}, ${purpose}\n`);
    const status = await record({ ...place, root: copy.root, folder, output });
    const { figures, outsideFiles, lost } = readRun(folder, status, oldLines(edits, read));
    rmSync(folder, { recursive: true, force: true });
    refuseIncomplete(lost, order);
    if (number === 1) refuseImportsOfTheOriginal(outsideFiles, order);
    return figures;
  };
}

/** The command as it is to run in the copy: whatever names a path of the user's tree names the copy's instead. */
function placeOf({ command, cwd, env, root }: ProofOrder, copy: ProjectCopy): Pick<Parameters<RecordCommand>[0], "command" | "cwd" | "env"> {
  const translated = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value === undefined ? value : copy.translate(value)]));
  const environments = [env["VIRTUAL_ENV"], path.resolve(cwd, path.dirname(command[0] ?? ""), ".."), path.join(root, ".venv"), path.join(root, "venv")];
  const paths = [...copy.importPaths(environments.filter((each) => each !== undefined)), translated["PYTHONPATH"]].filter(Boolean);
  const pythonPath = paths.length > 0 ? { PYTHONPATH: [...new Set(paths)].join(path.delimiter) } : {};
  return { command: command.map(copy.translate), cwd: copy.translate(cwd), env: { ...translated, ...pythonPath } };
}

/** What the command said, from the folder that the reader is in. */
const outputOf = ({ root, cwd }: ProofOrder): string => path.join(path.relative(cwd, root), PROVE_FOLDER, "output.txt");

/** A run of which statements are missing would look like one that sends fewer. */
function refuseIncomplete(lost: readonly string[], order: ProofOrder): void {
  const { command } = order;
  if (lost.length === 0) return;
  throw new UsageError(
    "recording-incomplete",
    `Not every statement of ${command.join(" ")} could be recorded (${lost.join(", ")}), so runs cannot be compared.`,
    `Make room on the disk, or see ${outputOf(order)}.`,
  );
}

function refuseImportsOfTheOriginal(files: ReadonlySet<string>, { root, command }: ProofOrder): void {
  const own = `${root}${path.sep}`;
  const file = [...files].find((each) => each.startsWith(own) && !each.startsWith(path.join(root, ".luthier")));
  if (file === undefined) return;
  throw new UsageError(
    "imports-elsewhere",
    `${command.join(" ")} imports ${path.relative(root, file)} from your tree instead of the copy, so fixes cannot be tried.`,
    "Give a command that imports the project from the folder that it runs in.",
  );
}

function checkBefore(run: RunFigures, order: ProofOrder): void {
  const { command } = order;
  if (run.status !== 0) {
    const bad = [...run.scopes.values()].filter(({ outcome }) => outcome === "failed" || outcome === "error").length;
    const tests = bad === 0 ? "" : `, ${bad} ${bad === 1 ? "test" : "tests"} not passed`;
    throw new UsageError(
      "command-fails",
      `${command.join(" ")} fails before any fix is applied: exit status ${run.status}${tests}.`,
      `What it said is in ${outputOf(order)}; give a command that passes.`,
    );
  }
  if (totalStatements(run) === 0) {
    throw new UsageError(
      "nothing-recorded",
      `${command.join(" ")} sent no statement to a database through Django.`,
      "Give a command that does: tests, a management command, a script that fetches pages.",
    );
  }
}

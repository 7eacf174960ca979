/** Environments with the versions of Django that migrations are tried on. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { ensurePythonEnv } from "./services.ts";

export interface DjangoEnvironment {
  readonly version: string;
  readonly python: string;
}

/** Of each, the oldest Python 3 that runs it. */
const VERSIONS = [
  { version: "4.2", oldest: 8 },
  { version: "5.2", oldest: 10 },
  { version: "6.0", oldest: 12 },
];

/** 4.2 and 5.2 always; 6.0 where a Python is new enough for it. */
export async function djangoEnvironments(): Promise<readonly DjangoEnvironment[]> {
  const found: DjangoEnvironment[] = [];
  for (const { version, oldest } of VERSIONS) {
    const interpreter = interpreters().find((one) => minorOf(one) >= oldest);
    if (interpreter === undefined) continue;
    const { python } = await ensurePythonEnv({
      requirements: `tests/migrations/requirements-${version}.txt`,
      directory: `.cache/venv-migrations-${version}`,
      interpreter,
    });
    found.push({ version, python });
  }
  return found;
}

function interpreters(): readonly string[] {
  const pyenv = path.join(process.env["PYENV_ROOT"] ?? path.join(homedir(), ".pyenv"), "versions");
  const kept = existsSync(pyenv) ? readdirSync(pyenv).map((name) => path.join(pyenv, name, "bin", "python3")) : [];
  return ["python3", "python3.12", "python3.13", "python3.14", ...kept];
}

function minorOf(command: string): number {
  const { status, stdout } = spawnSync(command, ["-c", "import sys; print(sys.version_info.minor)"], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : -1;
}

/** What a deployment is read from. */
import type { Module } from "../model/ir.ts";
import type { DjangoProject } from "../model/project.ts";
import type { ResolvedProgram } from "../python/program.ts";

export interface DeploymentInput {
  readonly program: ResolvedProgram;
  readonly project: DjangoProject;
  /** Python modules by path, those with names that no import says (`gunicorn.conf.py`) included. */
  readonly modules: ReadonlyMap<string, Module>;
  /** Paths of requirement, lock, configuration and deployment files. */
  readonly texts: readonly string[];
  readonly readText: (file: string) => string | null;
  readonly installedVersions: ReadonlyMap<string, string>;
}

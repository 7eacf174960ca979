import type { Deployment } from "../model/deployment.ts";
import { readTestProject, type Files } from "../django/test-project.ts";
import { openPythonParser } from "../python/parser.ts";
import { readDeployment } from "./read-deployment.ts";

const parser = await openPythonParser();

/** For tests: how a project whose files are in memory runs. */
export function readTestDeployment(files: Files, installed: Readonly<Record<string, string>> = {}): Deployment {
  const { program, project } = readTestProject(files);
  const python = Object.keys(files).filter((path) => path.endsWith(".py"));
  return readDeployment({
    program,
    project,
    modules: new Map(python.map((path) => [path, parser.lower(path, files[path] ?? "")])),
    texts: Object.keys(files).filter((path) => !path.endsWith(".py")),
    readText: (path) => files[path] ?? null,
    installedVersions: new Map(Object.entries(installed)),
  });
}

/** Operations of migrations as text. */
import { pythonString, type PythonCode } from "./python-code.ts";

/** Statements that run one by one: several in one string would be one transaction. */
export function runSql(forward: readonly string[], reverse: readonly string[] | "noop"): PythonCode {
  return (name) => {
    const call = name("django.db.migrations", "RunSQL");
    return `${call}(${statements(forward)}, ${reverse === "noop" ? `${call}.noop` : statements(reverse)})`;
  };
}

function statements(list: readonly string[]): string {
  const [only] = list;
  return list.length === 1 && only !== undefined ? pythonString(only) : `[${list.map(pythonString).join(", ")}]`;
}

/** What the database does and what Django takes it for. */
export function separate(database: readonly PythonCode[], state: readonly PythonCode[]): PythonCode {
  return (name) => {
    const list = (codes: readonly PythonCode[]): string => `[${codes.map((code) => code(name)).join(", ")}]`;
    return `${name("django.db.migrations", "SeparateDatabaseAndState")}(database_operations=${list(database)}, state_operations=${list(state)})`;
  };
}

/** An operation of `migrations`, its arguments as they are written. */
export function operation(kind: string, args: PythonCode): PythonCode {
  return (name) => `${name("django.db.migrations", kind)}(${args(name)})`;
}

/** One of django.contrib.postgres.operations, which need no entry in INSTALLED_APPS. */
export function postgresOperation(kind: string, args: PythonCode): PythonCode {
  return (name) => `${name("django.contrib.postgres.operations", kind)}(${args(name)})`;
}

/** The text of a new migration. */
import { fitText } from "../fit-text.ts";
import type { Style } from "../source-text.ts";
import { writeInMigration, type PythonCode } from "./python-code.ts";

export interface MigrationText {
  readonly app: string;
  /** Name of the migration before it; null for an app's first. */
  readonly after: string | null;
  /** False for what refuses to run in a transaction. */
  readonly isAtomic: boolean;
  readonly operations: readonly PythonCode[];
  /** Lines of import that the operations' texts need besides what they ask for. */
  readonly imports?: readonly string[];
}

const STYLE: Style = { quote: '"', width: 100, step: "    " };

export function migrationText({ app, after, isAtomic, operations, imports = [] }: MigrationText): string {
  const written = operations.map(writeInMigration);
  const lines = importLines(["from django.db import migrations", ...imports, ...written.flatMap((one) => one.imports)]);
  const body = written.map(({ text }) => `        ${fitText(text, { column: 8, after: 1, indent: "        " }, STYLE)},`);
  return `${lines.join("\n")}


class Migration(migrations.Migration):
${isAtomic ? "" : "    atomic = False\n\n"}    dependencies = [${after === null ? "" : dependencyText(app, after)}]

    operations = [
${body.join("\n")}
    ]
`;
}

/** How a dependency is written; what puts migrations in a row looks for it. */
export function dependencyText(app: string, name: string): string {
  return `("${app}", "${name}")`;
}

/** One line a module, modules that are imported whole first, as Django's own writer sorts them. */
function importLines(lines: readonly string[]): readonly string[] {
  const names = new Map<string, Set<string>>();
  const plain = new Set<string>();
  for (const line of lines) {
    const [, from, name] = /^from (\S+) import (.+)$/.exec(line) ?? [];
    if (from === undefined || name === undefined) plain.add(line);
    else names.set(from, (names.get(from) ?? new Set()).add(name));
  }
  const froms = [...names].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [...[...plain].toSorted(), ...froms.map(([from, own]) => `from ${from} import ${[...own].toSorted().join(", ")}`)];
}

/** Findings in modules that make rows to test with. */
import type { Finding, PythonModule, RuleInput } from "../model/index.ts";

/** `class TestCase(django.test.TestCase)`, which tests of the project build on. */
function holdsTestCase({ ir }: PythonModule): boolean {
  return ir.body.some(
    (stmt) => stmt.kind === "class" && stmt.bases.some((base) => (base.kind === "name" || base.kind === "attribute") && base.name.endsWith("TestCase")),
  );
}

/** Libraries that make rows to test with, or run the tests. */
const TEST_LIBRARIES = /^(?:factory|model_bakery|model_mommy|mixer|pytest)(?:\.|$)/;

/** A loop of a module that makes rows to test with has as many rounds as a test wants. */
export function doubtTestData(findings: readonly Finding[], source: RuleInput | null): Finding[] {
  const files = new Set(
    source === null
      ? []
      : [...source.program.modules.values()].filter((module) => importsTestLibrary(module) || holdsTestCase(module)).map(({ ir }) => ir.file),
  );
  return findings.map((finding) => {
    const loops = finding.places.filter(({ role }) => role === "loop");
    if (finding.confidence === "possible" || loops.length === 0 || !loops.every(({ file }) => files.has(file))) return finding;
    return { ...finding, confidence: "possible", doubt: "the module makes rows to test with" };
  });
}

function importsTestLibrary({ ir }: PythonModule): boolean {
  return ir.body.some(
    (stmt) =>
      stmt.kind === "import" &&
      (stmt.from === null ? stmt.names.some(({ name }) => TEST_LIBRARIES.test(name)) : stmt.level === 0 && TEST_LIBRARIES.test(stmt.from)),
  );
}

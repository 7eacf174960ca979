/** Which way the tests of settings go in a deployment. */
import type { Expr } from "../model/ir.ts";
import { dottedName } from "../python/program-scope.ts";

const OFF = /^(?:IS_|IN_|RUNNING_|USE_)?(?:DEBUG|TEST|TESTS|TESTING|TEST_MODE|LOCAL|DEV|DEVELOPMENT|CI|UNIT_TEST\w*)$/;
const ON = /^(?:IS_|IN_)?(?:PROD|PRODUCTION)$/;

/** A deployment is neither a test run nor a developer's machine. */
export function decideForProduction(test: Expr): boolean | undefined {
  if (test.kind === "not") {
    const inner = decideForProduction(test.operand);
    return inner === undefined ? undefined : !inner;
  }
  if (test.kind === "name" || test.kind === "attribute") {
    const name = test.name;
    return OFF.test(name) ? false : ON.test(name) ? true : undefined;
  }
  // `os.getenv("DB") in ["mysql", "mariadb"]`
  if (test.kind === "compare" && test.operators[0] === "in" && test.rights[0]?.kind === "sequence") return decideEngines(test.rights[0].items);
  // `"test" in sys.argv`
  if (test.kind === "compare" && test.operators[0] === "in" && test.rights[0] !== undefined)
    return /(?:^|\.)argv$/.test(dottedName(test.rights[0]) ?? "") ? false : undefined;
  // Settings for several engines: what is read here is how they stand for PostgreSQL.
  if (test.kind === "compare" && test.operators[0] === "==" && test.rights[0]?.kind === "str") return decideEngine(test.rights[0].value);
  if (test.kind === "bool") {
    const items = test.items.map(decideForProduction);
    const settles = test.operator === "or";
    if (items.includes(settles)) return settles;
    return items.every((item) => item === !settles) ? !settles : undefined;
  }
  return undefined;
}

function decideEngine(name: string): boolean | undefined {
  if (/^(?:django\.db\.backends\.)?postg/.test(name)) return true;
  return /^(?:django\.db\.backends\.)?(?:mysql|mariadb|sqlite|oracle)/.test(name) ? false : undefined;
}

function decideEngines(items: readonly Expr[]): boolean | undefined {
  const ways = items.map((item) => (item.kind === "str" ? decideEngine(item.value) : undefined));
  if (ways.includes(true)) return true;
  return ways.length > 0 && ways.every((way) => way === false) ? false : undefined;
}

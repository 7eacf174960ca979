/** Functions that a call puts into a queue, and does not run. */
import type { Expr, FunctionDef, Lambda, PythonModule } from "../model/index.ts";
import { dottedName } from "../python/program-scope.ts";
import type { Engine } from "./engine.ts";

/** Decorators of huey and of django-background-tasks. Celery's and RQ's leave the function as it is, and have `delay()` beside it. */
const QUEUED = /^(?:(?:huey\.contrib\.djhuey|django_huey)\.(?:db_)?(?:periodic_)?task|huey\.contrib\.djhuey\.on_commit_task|background_task\.background)$/;

const known = new WeakMap<FunctionDef, boolean>();

/** `@db_task()`: a worker runs the body later, once per call. */
export function isQueuedByCall(engine: Engine, module: PythonModule, def: FunctionDef | Lambda): boolean {
  if (def.kind === "lambda" || def.decorators.length === 0) return false;
  const answer = known.get(def) ?? def.decorators.some((one) => QUEUED.test(externalName(engine, module, one)));
  known.set(def, answer);
  return answer;
}

function externalName({ program }: Engine, module: PythonModule, decorator: Expr): string {
  const [first, ...rest] = (dottedName(decorator.kind === "call" ? decorator.callee : decorator) ?? "").split(".");
  const symbol = first === undefined || first === "" ? null : program.resolve(module, first);
  return symbol?.kind === "external" ? [symbol.name, ...rest].join(".") : "";
}

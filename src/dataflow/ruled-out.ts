/** Ways that the project's settings, as they are written, do not take: `if not settings.USE_CACHES:` where they say `USE_CACHES = True`. */
import type { Expr } from "../model/index.ts";
import { ruledOutFrom, type Byway } from "./byways.ts";
import type { Engine } from "./engine.ts";
import type { Frame } from "./frame.ts";

/** What the settings answer, and the assignments by which they do. */
interface Answer {
  readonly holds: boolean;
  readonly by: readonly string[];
}

/** The way where a test holds, or does not; null where the settings do not rule it out. */
export function ruledOut(engine: Engine, test: Expr, holds: boolean, frame: Frame): Byway | null {
  if (engine.project.flagSettings.size === 0) return null;
  const answer = answered(engine, test, frame);
  if (answer === null || answer.holds === holds) return null;
  return ruledOutFrom(frame, `the settings say ${answer.by.map((one) => `\`${one}\``).join(" and ")}; only another value comes here`);
}

function answered(engine: Engine, test: Expr, frame: Frame): Answer | null {
  switch (test.kind) {
    case "not": {
      const answer = answered(engine, test.operand, frame);
      return answer === null ? null : { ...answer, holds: !answer.holds };
    }
    case "bool": {
      const ends = test.operator === "or";
      const answers = test.items.map((item) => answered(engine, item, frame));
      const ending = answers.find((one) => one?.holds === ends);
      if (ending !== undefined || answers.includes(null)) return ending ?? null;
      return { holds: !ends, by: answers.flatMap((one) => one?.by ?? []) };
    }
    case "attribute":
      return ofSetting(engine, test.object, test.name, frame);
    case "call": {
      const [object, name] = test.args;
      const isGetattr = test.callee.kind === "name" && test.callee.name === "getattr";
      return isGetattr && object !== undefined && name?.kind === "str" ? ofSetting(engine, object, name.value, frame) : null;
    }
    default:
      return null;
  }
}

function ofSetting(engine: Engine, object: Expr, name: string, frame: Frame): Answer | null {
  const holds = engine.project.flagSettings.get(name);
  if (holds === undefined || object.kind !== "name") return null;
  const value = engine.evaluate(object, frame);
  const isSettings = value.kind === "external" ? value.name === "django.conf.settings" : value.kind === "object" && value.cls.id === "django.conf.LazySettings";
  return isSettings ? { holds, by: [`${name} = ${holds ? "True" : "False"}`] } : null;
}

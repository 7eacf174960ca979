/** Findings in an arm that the project's settings, as they are written, do not take. */
import type { Expr, Finding, Place, RuleInput } from "../model/index.ts";
import { isWithin } from "../model/span.ts";
import { moduleOf, pathTo } from "../python/syntax-tree.ts";
import { spanOf } from "./positions.ts";

/** What rules read off the text alone, the engine has not told from what the settings come to: `if settings.USE_SEARCH:` where they say False. */
export function doubtRuledOut(findings: readonly Finding[], source: RuleInput | null): Finding[] {
  if (source === null || source.project.flagSettings.size === 0) return [...findings];
  return findings.map((finding) => {
    const [first] = finding.places;
    const setting = finding.confidence === "possible" || first === undefined ? null : settingAgainst(first, source);
    return setting === null ? finding : { ...finding, confidence: "possible", doubt: `the settings say \`${setting}\`; only another value comes here` };
  });
}

/** The setting that rules out the arm around the place. */
function settingAgainst(place: Place, source: RuleInput): string | null {
  const { file } = place;
  const span = spanOf(source.text(file), place);
  for (const node of pathTo(source.program, span)) {
    if (node.kind !== "if") continue;
    const isIn = (arm: readonly { readonly start: number; readonly end: number }[]): boolean =>
      arm.some(({ start, end }) => isWithin(span, { file, start, end }));
    const holds = isIn(node.then) ? true : isIn(node.otherwise) ? false : null;
    const setting = holds === null ? null : answerOf(node.test, file, source);
    if (setting !== null && setting.holds !== holds) return setting.by;
  }
  return null;
}

function answerOf(test: Expr, file: string, source: RuleInput): { readonly holds: boolean; readonly by: string } | null {
  if (test.kind === "not") {
    const answer = answerOf(test.operand, file, source);
    return answer === null ? null : { ...answer, holds: !answer.holds };
  }
  const holds = test.kind === "attribute" ? source.project.flagSettings.get(test.name) : undefined;
  const module = moduleOf(source.program, file);
  if (test.kind !== "attribute" || holds === undefined || module === null || test.object.kind !== "name") return null;
  const symbol = source.program.resolve(module, test.object.name);
  const isSettings = symbol?.kind === "external" ? symbol.name === "django.conf.settings" : symbol?.kind === "variable" && symbol.name === "settings";
  return isSettings ? { holds, by: `${test.name} = ${holds ? "True" : "False"}` } : null;
}

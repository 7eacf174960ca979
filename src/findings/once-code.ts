/** Findings about loops of code that is run once. */
import type { Expr, Finding, Place, RuleInput } from "../model/index.ts";
import { moduleOf, nodesIn, pathTo } from "../python/syntax-tree.ts";
import { isCommandFile, isOnceCommand, isSampleDataCommand } from "../rules/command-files.ts";
import { spanOf } from "./positions.ts";

/** `"""One time migration to give old rows a number."""`: what was slow once, is over. */
const ONCE =
  /\bone[- ](?:time|off|shot)(?: \w+)? (?:migration|script|command|task|job|fix|import|clean-?up|conversion|update|process|operation)|\b(?:run|executed|used) (?:only )?once\b(?! (?:a|an|per|every|each|for)\b)/i;

export function doubtOnceCode(findings: readonly Finding[], source: RuleInput | null): Finding[] {
  if (source === null) return [...findings];
  return findings.map((finding) => {
    const loops = finding.places.filter(({ role }) => role === "loop");
    if (finding.confidence === "possible") return finding;
    const why = loops.length === 0 ? whyNotWorth(finding.places.slice(0, 1), source) : whyOnce(loops, source);
    return why === null ? finding : { ...finding, confidence: "possible", doubt: why };
  });
}

/** With or without a loop. */
function whyNotWorth(places: readonly Place[], source: RuleInput): string | null {
  if (places.length === 0) return null;
  if (places.every(({ file }) => isSampleDataCommand(file) || saysSampleData(file, source))) return "the command makes data to try things with";
  return places.every(({ file }) => isForDevelopers(file, source)) ? "the command refuses to run without `DEBUG`" : null;
}

/** `help = "Creates some test orders"` of a command. */
const SAMPLE_DATA =
  /\b(?:create|generate|populate|seed|fill|add|insert|make|load)s?\b[^.]{0,40}\b(?:test|dummy|fake|sample|demo|mock)\b(?! (?:mode|server|environment|suite|runner|database))/i;

/** Packages that make things up. */
const FAKERS = /^(?:faker|factory|mimesis|model_bakery|model_mommy|mixer)(?:\.|$)/;

function saysSampleData(file: string, { program }: RuleInput): boolean {
  const body = isCommandFile(file) ? (moduleOf(program, file)?.ir.body ?? []) : [];
  if (body.some((stmt) => stmt.kind === "import" && [stmt.from ?? "", ...stmt.names.map(({ name }) => name)].some((name) => FAKERS.test(name)))) return true;
  return body
    .flatMap((stmt) => (stmt.kind === "class" ? stmt.body : []))
    .some((stmt) => {
      const [target] = stmt.kind === "assign" ? stmt.targets : [];
      return (
        stmt.kind === "assign" &&
        target?.kind === "name" &&
        target.name === "help" &&
        nodesIn(stmt).some((node) => node.kind === "str" && SAMPLE_DATA.test(node.value))
      );
    });
}

/** `if not settings.DEBUG and not options["force"]: raise CommandError(…)`. */
function isForDevelopers(file: string, { program }: RuleInput): boolean {
  const body = isCommandFile(file) ? (moduleOf(program, file)?.ir.body ?? []) : [];
  return body.flatMap((stmt) => nodesIn(stmt)).some((node) => node.kind === "if" && node.then.at(-1)?.kind === "raise" && asksNoDebug(node.test));
}

function asksNoDebug(test: Expr): boolean {
  if (test.kind === "bool" && test.operator === "and") return test.items.some(asksNoDebug);
  return test.kind === "not" && test.operand.kind === "attribute" && test.operand.name === "DEBUG";
}

function whyOnce(loops: readonly Place[], source: RuleInput): string | null {
  const why = whyNotWorth(loops, source);
  if (why !== null) return why;
  if (loops.every(({ file }) => isOnceCommand(file))) return "the command's name says that it is run once";
  return loops.every((loop) => saysOnce(loop, source)) ? "its own words say that it is run once" : null;
}

/** What stands above the first statement of the functions around the loop, and of a command's module. */
function saysOnce(place: Place, source: RuleInput): boolean {
  const { file } = place;
  const text = source.text(file);
  const loop = spanOf(text, place);
  const docstrings = pathTo(source.program, loop).flatMap((node) =>
    node.kind === "function" || node.kind === "class" ? [text.slice(node.headEnd, node.body[0]?.start ?? node.end)] : [],
  );
  const head = isCommandFile(file) ? text.slice(0, moduleOf(source.program, file)?.ir.body[0]?.start ?? 0) : "";
  return [head, ...docstrings].some((words) => ONCE.test(words.replaceAll(/\s+/g, " ")));
}

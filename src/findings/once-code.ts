/** Findings about loops of code that is run once. */
import type { Finding, Place, RuleInput } from "../model/index.ts";
import { moduleOf, pathTo } from "../python/syntax-tree.ts";
import { isCommandFile, isOnceCommand, isSampleDataCommand } from "../rules/command-files.ts";
import { offsetOf } from "./positions.ts";

/** `"""One time migration to give old rows a number."""`: what was slow once, is over. */
const ONCE =
  /\bone[- ](?:time|off|shot)(?: \w+)? (?:migration|script|command|task|job|fix|import|clean-?up|conversion|update|process|operation)|\b(?:run|executed|used) (?:only )?once\b(?! (?:a|an|per|every|each|for)\b)/i;

export function doubtOnceCode(findings: readonly Finding[], source: RuleInput | null): Finding[] {
  if (source === null) return [...findings];
  return findings.map((finding) => {
    const loops = finding.places.filter(({ role }) => role === "loop");
    if (finding.confidence === "possible" || loops.length === 0) return finding;
    const why = whyOnce(loops, source);
    return why === null ? finding : { ...finding, confidence: "possible", doubt: why };
  });
}

function whyOnce(loops: readonly Place[], source: RuleInput): string | null {
  if (loops.every(({ file }) => isSampleDataCommand(file))) return "the command makes data to try things with";
  if (loops.every(({ file }) => isOnceCommand(file))) return "the command's name says that it is run once";
  return loops.every((loop) => saysOnce(loop, source)) ? "its own words say that it is run once" : null;
}

/** What stands above the first statement of the functions around the loop, and of a command's module. */
function saysOnce({ file, line, column, endLine, endColumn }: Place, source: RuleInput): boolean {
  const text = source.text(file);
  const loop = { file, start: offsetOf(text, { line, column }), end: offsetOf(text, { line: endLine, column: endColumn }) };
  const docstrings = pathTo(source.program, loop).flatMap((node) =>
    node.kind === "function" || node.kind === "class" ? [text.slice(node.headEnd, node.body[0]?.start ?? node.end)] : [],
  );
  const head = isCommandFile(file) ? text.slice(0, moduleOf(source.program, file)?.ir.body[0]?.start ?? 0) : "";
  return [head, ...docstrings].some((words) => ONCE.test(words.replaceAll(/\s+/g, " ")));
}

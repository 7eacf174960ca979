/** One line that is blamed twice with the same words is one finding: a queryset is followed once for each way of making it. */
import { distinctBy, groupBy } from "../model/group-by.ts";
import type { Edit, Finding, Fix } from "../model/index.ts";
import { CONFIDENCES } from "../select/severity.ts";
import { isSourceLine } from "../select/source-line.ts";

export function withSameClaimsMerged(findings: readonly Finding[]): Finding[] {
  return [...groupBy(findings, claimKey).values()].flatMap(withoutRepeats);
}

function withoutRepeats(all: readonly Finding[]): Finding[] {
  const kept: Finding[] = [];
  for (const finding of all) {
    const at = kept.findIndex((one) => areOneChange(one, finding));
    const known = kept[at];
    if (known === undefined) kept.push(finding);
    else kept[at] = together(known, finding);
  }
  return kept;
}

/** What stands in no source is told apart by more than its words. */
function claimKey({ id, rule, claim, chapter, severity, model, relation, places, fixes }: Finding): string {
  const line = places.find(isSourceLine);
  if (line === undefined) return id;
  const objects = places.flatMap(({ object }) => object ?? []);
  const remedies = fixes.map(({ title, safety, kind, edits }) => [title, safety, kind, edits.length > 0]);
  return JSON.stringify([rule, chapter, severity, claim, model ?? "", relation ?? "", line.role, line.file, line.line, objects, remedies]);
}

/** Both can be made at once: no text is replaced in two ways. */
function areOneChange(a: Finding, b: Finding): boolean {
  const edits = editsOf(a);
  return editsOf(b).every((edit) => edits.every((other) => editKey(edit) === editKey(other) || !overlaps(edit, other)));
}

const editsOf = ({ fixes }: Finding): readonly Edit[] => fixes.flatMap((fix) => fix.edits);
const editKey = ({ file, start, end, text }: Edit): string => JSON.stringify([file, start, end, text]);
const overlaps = (a: Edit, b: Edit): boolean => a.file === b.file && a.start <= b.end && b.start <= a.end;

/** The surer one speaks for both, and names the places of the other too. */
function together(first: Finding, second: Finding): Finding {
  const [best, other] = CONFIDENCES.indexOf(second.confidence) < CONFIDENCES.indexOf(first.confidence) ? [second, first] : [first, second];
  return {
    ...best,
    id: first.id,
    places: distinctBy([...best.places, ...other.places], (place) => JSON.stringify(place)),
    fixes: best.fixes.map((fix, index): Fix => ({ ...fix, edits: distinctBy([...fix.edits, ...(other.fixes[index]?.edits ?? [])], editKey) })),
  };
}

/** What is the project's to mend: not what installed packages do among themselves. */
import type { FindingDraft, RuleInput, Span } from "../model/index.ts";

/** Of what a rule of the source says, that which the project can mend. */
export function ownDrafts(input: RuleInput): (draft: FindingDraft) => boolean {
  const packages = packageFiles(input);
  if (packages.size === 0) return () => true;
  const heads = classHeads(input);
  return (draft) => !isOfPackage(draft, packages, heads);
}

/** What is wrong within a package is not the project's to mend: neither seen there, nor whole behind one of the project's calls. */
function isOfPackage({ places }: FindingDraft, packages: ReadonlySet<string>, heads: ReadonlySet<string>): boolean {
  const [first] = places;
  if (first === undefined) return false;
  const isOneCall =
    places.length > 1 && places.every(({ span }) => span.file === first.span.file && span.start === first.span.start && span.end === first.span.end);
  return (isOneCall && !heads.has(placeKey(first.span))) || places.some((spot) => packages.has(spot.span.file));
}

/** Classes of the project, which have querysets of their own where a base class asks for them. */
function classHeads({ program }: RuleInput): ReadonlySet<string> {
  return new Set(
    program.classes.flatMap(({ module, def }) => (module.origin === "project" ? [placeKey({ file: module.ir.file, start: def.start, end: def.headEnd })] : [])),
  );
}

const placeKey = (span: Span): string => `${span.file}:${span.start}:${span.end}`;

function packageFiles({ program }: RuleInput): ReadonlySet<string> {
  return new Set([...program.modules.values()].flatMap((module) => (module.origin === "installed" ? [module.ir.file] : [])));
}

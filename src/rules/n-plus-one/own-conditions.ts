/** `book.reviews.filter(rating=book.stock)`: conditions on the very row that has the relation, which no `Prefetch` can hold. */
import type { Expr, LazyLoad, RuleInput } from "../../model/index.ts";
import { conditionKey } from "../../dataflow/conditions.ts";
import { nodesIn, pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";

export function hasOwnConditions({ access, path }: LazyLoad, { program }: RuleInput): boolean {
  const relation = path.split("__").at(-1);
  const around = pathTo(program, access);
  const inside = around.at(-1);
  const reads = [...around, ...(inside === undefined ? [] : nodesIn(inside))];
  const read = reads.find((node) => node.kind === "attribute" && node.name === relation);
  const row = read?.kind === "attribute" ? conditionKey(read.object) : null;
  if (read === undefined || row === null) return false;
  const conditions = argumentsAfter(pathTo(program, { file: access.file, start: read.start, end: read.end }));
  return conditions.some((one) => nodesIn(one).some((node) => (node.kind === "name" || node.kind === "attribute") && conditionKey(node) === row));
}

/** What the calls of a chain are given that begins with the last node of the path. */
function argumentsAfter(path: readonly SyntaxNode[]): readonly Expr[] {
  const found: Expr[] = [];
  let below = path.at(-1);
  for (const node of path.slice(0, -1).toReversed()) {
    if (node.kind === "call" && node.callee === below) found.push(...node.args, ...node.keywords.map(({ value }) => value));
    else if (node.kind !== "attribute" || node.object !== below) return found;
    below = node;
  }
  return found;
}

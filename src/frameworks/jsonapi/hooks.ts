/** djangorestframework-jsonapi: its views load what a serializer includes. */
import type { Engine, Hook } from "../../dataflow/engine.ts";
import { list, literal, UNKNOWN } from "../../dataflow/values.ts";

/** `["author", "author.country"]` as `prefetch_related()` wants them. */
const lookups =
  (_engine: Engine): Hook =>
  ({ positional: [included] }) => {
    if (included?.kind !== "list" || included.items === null) return UNKNOWN;
    return list(included.items.map((one) => (one.kind === "literal" && typeof one.value === "string" ? literal(one.value.replaceAll(".", "__")) : UNKNOWN)));
  };

export const jsonApiHooks = { "luthier.lookups": lookups };

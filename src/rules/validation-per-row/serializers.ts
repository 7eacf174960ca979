/** Serializer fields that look up each key of a list by itself. */
import type { ClassInfo, Definition, Expr, FindingDraft, RuleInput } from "../../model/index.ts";

export function serializerDrafts(input: RuleInput): FindingDraft[] {
  return input.program.classes
    .filter((cls) => cls.module.origin === "project" && input.program.isSubclass(cls, "rest_framework.serializers.BaseSerializer"))
    .flatMap((cls) => [...cls.members].flatMap(([name, definitions]) => ofField(cls, name, definitions.at(-1))));
}

function ofField(cls: ClassInfo, name: string, definition: Definition | undefined): FindingDraft[] {
  if (definition?.kind !== "variable" || definition.value?.kind !== "call") return [];
  const { callee, keywords } = definition.value;
  const given = new Map(keywords.map((keyword) => [keyword.name, keyword.value]));
  const field = callee.kind === "name" || callee.kind === "attribute" ? callee.name : "";
  if (!/^(?:PrimaryKey|Slug|Hyperlinked)RelatedField$/.test(field)) return [];
  if (!isTrue(given.get("many")) || isTrue(given.get("read_only")) || !given.has("queryset")) return [];
  return [
    {
      key: [cls.id, name],
      severity: "info",
      confidence: "likely",
      claim: `\`${cls.name}.${name}\` looks up each submitted key by itself: one query a key.`,
      reason: `\`${field}(many=True)\` calls \`get()\` on its queryset for every value of the list.`,
      remedy: "Take a list of integers and check all keys with one `filter(pk__in=…)` in `validate`.",
      doubt: "lists of a few keys cost little",
      relation: name,
      places: [{ role: "definition", span: { file: cls.module.ir.file, start: definition.stmt.start, end: definition.stmt.end } }],
      fixes: [],
    },
  ];
}

function isTrue(expr: Expr | undefined): boolean {
  return expr?.kind === "constant" && expr.value === "true";
}

/** Serializer fields that look up each key by itself: of a list of keys, or of a list of rows. */
import type { Call, ClassInfo, Definition, Expr, FindingDraft, PythonModule, RuleInput, Span, Str } from "../../model/index.ts";
import { callsOf, nodesIn, type SyntaxNode, visit } from "../../python/syntax-tree.ts";
import { attributeValue, classNamed, metaModel, metaValue } from "../meta-class.ts";

export function serializerDrafts(input: RuleInput): FindingDraft[] {
  const serializers = input.program.classes.filter((cls) => cls.module.origin === "project" && isSerializer(cls, input));
  if (serializers.length === 0) return [];
  const lists = serializers.flatMap((cls) => {
    const ofFields = [...cls.members].flatMap(([name, definitions]) => ofField(cls, name, definitions.at(-1)));
    return [...(ofFields.length > 0 && isOnlyShown(cls, input) ? [] : ofFields), ...ofMeta(cls, input)];
  });
  const modules = [...input.program.modules.values()].filter((module) => module.origin === "project");
  return [...lists, ...modules.flatMap((module) => ofModule(module, input))];
}

function isSerializer(cls: ClassInfo, input: RuleInput): boolean {
  return input.program.isSubclass(cls, "rest_framework.serializers.BaseSerializer");
}

/** A field that is written to and asks its queryset for each value; its `many` tells whether of one key or of several. */
interface KeyField {
  readonly field: string;
  readonly many: boolean;
  /** What the values are: keys, or a column that `slug_field` names. */
  readonly slug: string | null;
  readonly span: Span;
}

function keyField(cls: ClassInfo, definition: Definition | undefined): KeyField | null {
  if (definition?.kind !== "variable" || definition.value?.kind !== "call") return null;
  const { callee } = definition.value;
  const given = keywordsOf(definition.value);
  const field = callee.kind === "name" || callee.kind === "attribute" ? callee.name : "";
  if (!/^(?:PrimaryKey|Slug|Hyperlinked)RelatedField$/.test(field)) return null;
  if (isTrue(given.get("read_only")) || !given.has("queryset")) return null;
  const slug = given.get("slug_field");
  return {
    field,
    many: isTrue(given.get("many")),
    slug: slug?.kind === "str" ? slug.value : null,
    span: { file: cls.module.ir.file, start: definition.stmt.start, end: definition.stmt.end },
  };
}

function keywordsOf(call: Call): ReadonlyMap<string | null, Expr> {
  return new Map(call.keywords.map((keyword) => [keyword.name, keyword.value]));
}

/** `LineSerializer(data=rows, many=True)`: a key of each row is asked for by itself. */
function ofModule(module: PythonModule, input: RuleInput): FindingDraft[] {
  if (!callsOf(module.ir).some((call) => isTrue(keywordsOf(call).get("many")))) return [];
  const drafts: FindingDraft[] = [];
  const see = (node: SyntaxNode): void => {
    if (node.kind !== "call") return;
    const given = keywordsOf(node);
    const data = given.get("data");
    if (data === undefined || data.kind === "sequence" || !isTrue(given.get("many"))) return;
    const cls = serializerOf(node.callee, module, input);
    if (cls !== null) drafts.push(...ofRows(cls, { file: module.ir.file, start: node.start, end: node.end }));
  };
  for (const stmt of module.ir.body) {
    see(stmt);
    visit(stmt, see);
  }
  return drafts;
}

/** `LineSerializer` or `serializers.LineSerializer`. */
function serializerOf(callee: Expr, module: PythonModule, input: RuleInput): ClassInfo | null {
  let symbol = callee.kind === "name" ? input.program.resolve(module, callee.name) : null;
  if (callee.kind === "attribute" && callee.object.kind === "name") {
    const home = input.program.resolve(module, callee.object.name);
    if (home?.kind === "module") symbol = input.program.resolve(home.module, callee.name);
  }
  return symbol?.kind === "class" && isSerializer(symbol.cls, input) ? symbol.cls : null;
}

function ofRows(cls: ClassInfo, access: Span): FindingDraft[] {
  return [...cls.members].flatMap(([name, definitions]) => {
    const key = keyField(cls, definitions.at(-1));
    if (key === null || key.many) return [];
    return [
      {
        key: [cls.id, name, "rows"],
        severity: "info",
        confidence: "likely",
        claim: `\`${cls.name}.${name}\` looks up its key for each submitted row: one query a row.`,
        reason: `\`${key.field}\` calls \`get()\` on its queryset, and \`many=True\` validates row by row.`,
        remedy: "Take the key as a plain value, and fetch all rows that are named with one `in_bulk()`.",
        doubt: "lists of a few rows cost little",
        relation: name,
        places: [
          { role: "definition", span: key.span },
          { role: "access", span: access, label: "validates a list of rows" },
        ],
        fixes: [],
      } satisfies FindingDraft,
    ];
  });
}

function ofField(cls: ClassInfo, name: string, definition: Definition | undefined): FindingDraft[] {
  const key = keyField(cls, definition);
  return key?.many === true ? [manyDraft(cls, name, key)] : [];
}

function manyDraft(cls: ClassInfo, name: string, { field, slug, span }: Omit<KeyField, "many">): FindingDraft {
  return {
    key: [cls.id, name],
    severity: "info",
    confidence: "likely",
    claim: `\`${cls.name}.${name}\` looks up each submitted key by itself: one query a key.`,
    reason: `\`${field}(many=True)\` calls \`get()\` on its queryset for every value of the list.`,
    // A plain list field would show the relation's manager, not its rows.
    remedy:
      `Declare the field by a subclass of \`${field}\` whose \`many_init()\` makes a \`ManyRelatedField\` that fetches all rows with one \`filter(${slug ?? "pk"}__in=…)\` ` +
      "in its `to_internal_value()`: what the field shows and refuses stays as it is. Where it is only written, a `ListField` of plain values and one query in `validate()` will do.",
    doubt: "lists of a few keys cost little",
    relation: name,
    places: [{ role: "definition", span }],
    fixes: [],
  };
}

/** Many-to-many fields that a model serializer takes from `Meta.fields`: written by their keys, where a view writes with it. */
function ofMeta(cls: ClassInfo, input: RuleInput): FindingDraft[] {
  const meta = cls.nested.get("Meta");
  const model = metaModel(cls, input);
  if (meta === undefined || model === null || metaValue(cls, "depth") !== null || !isWrittenWith(cls, input)) return [];
  const hidden = new Set([...textsIn(metaValue(cls, "read_only_fields")), ...textsIn(metaValue(cls, "extra_kwargs"))].map(({ value }) => value));
  return textsIn(metaValue(cls, "fields")).flatMap((text) => {
    const relation = model.fields.get(text.value)?.relation;
    if (relation?.kind !== "m2m" || hidden.has(text.value) || input.program.member(cls, text.value) !== null) return [];
    return [manyDraft(cls, text.value, { field: "PrimaryKeyRelatedField", slug: null, span: { file: meta.module.ir.file, start: text.start, end: text.end } })];
  });
}

function textsIn(expr: Expr | null): readonly Str[] {
  if (expr === null) return [];
  return [...nodesIn(expr)].filter((node): node is Str => node.kind === "str");
}

const WRITING = ["rest_framework.mixins.CreateModelMixin", "rest_framework.mixins.UpdateModelMixin"];

/** A view of the project that creates or updates names the serializer. */
function isWrittenWith(serializer: ClassInfo, input: RuleInput): boolean {
  const { program } = input;
  return program.classes.some((view) => {
    if (view.module.origin !== "project" || !WRITING.some((base) => program.isSubclass(view, base))) return false;
    return classNamed(attributeValue(view, "serializer_class"), view, input) === serializer;
  });
}

/** Views name the serializer, none of them writes, and nothing else uses it: what could be submitted never is. */
function isOnlyShown(serializer: ClassInfo, input: RuleInput): boolean {
  const { program } = input;
  const views = program.classes.filter(
    (one) => one.module.origin === "project" && classNamed(attributeValue(one, "serializer_class"), one, input) === serializer,
  );
  if (views.length === 0 || views.some((view) => writes(view, input))) return false;
  let uses = 0;
  for (const module of program.modules.values()) {
    if (module.origin !== "project") continue;
    for (const stmt of module.ir.body) uses += nodesIn(stmt).filter((node) => isNamed(node, serializer, module, input)).length;
  }
  return uses === views.length;
}

/** A name that stands for the class there, or an attribute of its name. */
function isNamed(node: SyntaxNode, cls: ClassInfo, module: PythonModule, { program }: RuleInput): boolean {
  if (node.kind === "attribute") return node.name === cls.name;
  if (node.kind !== "name" || node.name !== cls.name) return false;
  const symbol = program.resolve(module, node.name);
  return symbol?.kind === "class" && symbol.cls === cls;
}

const WRITTEN_BY: readonly string[] = ["post", "put", "patch", "create", "update", "partial_update"];

function writes(view: ClassInfo, { program }: RuleInput): boolean {
  if (WRITING.some((base) => program.isSubclass(view, base))) return true;
  if (WRITTEN_BY.some((name) => program.member(view, name)?.owner.module.origin === "project")) return true;
  return nodesIn(view.def).some((node) => node.kind === "attribute" && node.name === "is_valid");
}

function isTrue(expr: Expr | undefined): boolean {
  return expr?.kind === "constant" && expr.value === "true";
}

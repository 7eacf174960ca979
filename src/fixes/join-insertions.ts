import type { Edit } from "../model/finding.ts";
import { canJoinOptions, isMetaList, isWrittenList, joinMetaLists, joinOptions, joinWrittenLists } from "./join-lists.ts";

/** Forms of an insertion that loads relations; two of one form at one point can be made together. */
const FORMS = {
  /** `.select_related("a")`, on one line or with its arguments on lines of their own. */
  call: /^(?<head>(?:\s|\\\n)*\.(?:select|prefetch)_related\(\s*)(?<names>[^()]*?)(?<tail>\s*\))$/,
  tuple: /^(?<head>\s*list_select_related = \()(?<names>[^()]*?)(?<tail>,?\))$/,
  /** A method of its own that loads what another one would load too. */
  override: /^(?<head>\n\n[\t ]+def get_queryset\([^()]*\):\n[\t ]+return super\(\)\.get_queryset\([^()]*\))(?<call>\.(?:select|prefetch)_related\([^()]*\))$/,
  /** One more argument after another. */
  argument: /^(?:,\s*["']\w+["'])+$/,
  line: /^(?:\s*["']\w+["'],)+$/,
  /** A line of import, before or after another one. */
  importBefore: /^from [\w.]+ import [\w, ]+\n{1,2}$/,
  importAfter: /^\nfrom [\w.]+ import [\w, ]+$/,
  /** More names of an import that is there, before or after another one. */
  nameBefore: /^(?:\w+,\s+)+$/,
  nameAfter: /^(?:,\s+\w+)+$/,
  /** One more entry of Meta.indexes or Meta.constraints, on lines of its own. */
  entry: /^\n[\t ]+[\w.]*(?:Index|Constraint)\([\s\S]*\),$/,
} as const;

type Form = keyof typeof FORMS;

/** Two edits of one place, mostly insertions, that `joinInsertions` can make one of. */
export function canJoin(a: Edit, b: Edit): boolean {
  const isOnePlace = a.file === b.file && a.start === b.start && a.end === b.end;
  if (!isOnePlace) return false;
  const form = formOf(a.text);
  if (form !== null) return form === formOf(b.text) && (form !== "override" || headOf(a.text) === headOf(b.text));
  return (isMetaList(a.text) && isMetaList(b.text)) || (isWrittenList(a.text) && isWrittenList(b.text)) || canJoinOptions(a.text, b.text);
}

/** One edit for several of one place, of which every two can be joined: a call with the names of all. */
export function joinInsertions(edits: readonly [Edit, ...Edit[]]): Edit {
  const [first] = edits;
  const texts = [...new Set(edits.map((edit) => edit.text))];
  const form = formOf(first.text);
  if (texts.length === 1) return first;
  if (form === null)
    return { ...first, text: isMetaList(first.text) ? joinMetaLists(texts) : isWrittenList(first.text) ? joinWrittenLists(texts) : joinOptions(texts) };
  if (form === "nameBefore" || form === "nameAfter") return { ...first, text: joinImportedNames(texts, form) };
  if (form === "argument" || form === "line" || form === "entry") return { ...first, text: texts.join("") };
  if (form === "importBefore" || form === "importAfter") return { ...first, text: joinImports(texts) };
  if (form === "override") {
    const call = joinCalls(
      "call",
      texts.map((text) => FORMS.override.exec(text)?.groups?.["call"] ?? ""),
    );
    return { ...first, text: `${headOf(first.text)}${call}` };
  }
  return { ...first, text: joinCalls(form, texts) };
}

function headOf(override: string): string {
  return FORMS.override.exec(override)?.groups?.["head"] ?? "";
}

function joinCalls(form: "call" | "tuple", texts: readonly string[]): string {
  const methods = [...new Set(texts.map(methodOf))].toSorted().toReversed();
  const joined = methods.map((method) =>
    joinNames(
      form,
      texts.filter((text) => methodOf(text) === method),
    ),
  );
  return joined.join("");
}

/** One line a module. */
function joinImports(texts: readonly string[]): string {
  const modules = new Map<string, Set<string>>();
  for (const text of texts) {
    const [, module = "", names = ""] = /from ([\w.]+) import ([\w, ]+)/.exec(text) ?? [];
    modules.set(module, new Set([...(modules.get(module) ?? []), ...names.split(", ")]));
  }
  const lines = [...modules].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([module, names]) => `from ${module} import ${[...names].toSorted().join(", ")}`);
  const [first = ""] = texts;
  return `${first.startsWith("\n") ? "\n" : ""}${lines.join("\n")}${/\n*$/.exec(first)?.[0] ?? ""}`;
}

function joinImportedNames(texts: readonly string[], form: "nameBefore" | "nameAfter"): string {
  const [first = ""] = texts;
  const blanks = /,(\s+)/.exec(first)?.[1] ?? " ";
  const names = [...new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []))].toSorted();
  return names.map((name) => (form === "nameBefore" ? `${name},${blanks}` : `,${blanks}${name}`)).join("");
}

function formOf(text: string): Form | null {
  const forms: readonly Form[] = ["call", "tuple", "override", "argument", "line", "entry", "importBefore", "importAfter", "nameBefore", "nameAfter"];
  return forms.find((form) => FORMS[form].test(text)) ?? null;
}

function methodOf(text: string): string {
  return /\.(\w+)\(/.exec(text)?.[1] ?? "";
}

function joinNames(form: "call" | "tuple", texts: readonly string[]): string {
  const groups = texts.map((text) => FORMS[form].exec(text)?.groups ?? {});
  const names = groups.flatMap((group) => (group["names"] ?? "").split(",").map((name) => name.trim()));
  const wanted = [...new Set(names)].filter((name) => name !== "" && !names.some((other) => other.startsWith(`${name.slice(0, -1)}__`)));
  const tail = form === "tuple" && wanted.length > 1 ? ")" : (groups[0]?.["tail"] ?? ")");
  return `${groups[0]?.["head"] ?? ""}${wanted.join(", ")}${tail}`;
}

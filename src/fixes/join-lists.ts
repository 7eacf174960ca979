/** Insertions that write a list or a dictionary of their own at one point, made one: `Meta.indexes` of two indexes, `OPTIONS` of two settings. */

interface MetaLists {
  /** Up to the first list: a line feed with its indentation, or a whole `class Meta:`. */
  readonly head: string;
  readonly indent: string;
  readonly step: string;
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

const META = /^(?<head>\s*?(?:\n[\t ]*class Meta[^\n]*:)?\n(?<indent>[\t ]*))(?<list>indexes|constraints) = \[(?<body>[\s\S]*)\]$/;

/** `indexes = […]` of a Meta that has none yet, or of a new Meta. */
export const isMetaList = (text: string): boolean => META.test(text);

export function joinMetaLists(texts: readonly string[]): string {
  const [first, ...rest] = texts.flatMap((text) => readMeta(text) ?? []);
  if (first === undefined) return texts[0] ?? "";
  const lists = new Map(first.lists);
  for (const other of rest) for (const [list, entries] of other.lists) lists.set(list, [...new Set([...(lists.get(list) ?? []), ...entries])]);
  const { head, indent } = first;
  const step = [first, ...rest].find((one) => one.step !== "")?.step ?? "    ";
  return (
    head + [...lists].map(([list, entries]) => `${list} = [\n${entries.map((entry) => `${indent}${step}${entry},\n`).join("")}${indent}]`).join(`\n${indent}`)
  );
}

function readMeta(text: string): MetaLists | null {
  const { head, indent, list, body } = META.exec(text)?.groups ?? {};
  if (head === undefined || indent === undefined || list === undefined || body === undefined) return null;
  const step = /^\n([\t ]*)/.exec(body)?.[1]?.slice(indent.length) ?? "";
  return { head, indent, step, lists: new Map([[list, entriesOf(body)]]) };
}

/** Entries on lines of their own begin where the first one does; on one line there is one, or they are told by nothing. */
function entriesOf(body: string): readonly string[] {
  const [, indent] = /^\n([\t ]*)/.exec(body) ?? [];
  if (indent === undefined) return [body.trim()];
  const entries: string[] = [];
  for (const line of body.split("\n").slice(1)) {
    const isStart = line.startsWith(indent) && /[^\s)\]}]/.test(line[indent.length] ?? "");
    if (isStart) entries.push(line.slice(indent.length));
    else if (line.trim() !== "" && entries.length > 0) entries.push(`${entries.pop() ?? ""}\n${line}`);
  }
  return entries.map((entry) => entry.trimEnd().replace(/,$/, ""));
}

const LIST = /^(?<open>[[(])\n(?<indent>[\t ]*)[\s\S]*\n(?<close>[\t ]*[\])])$/;

/** A list that was on one line and is written anew with one more entry, on lines. */
export const isWrittenList = (text: string): boolean => LIST.test(text);

export function joinWrittenLists(texts: readonly string[]): string {
  const { open = "[", indent = "", close = "]" } = LIST.exec(texts[0] ?? "")?.groups ?? {};
  const entries = [...new Set(texts.flatMap((text) => entriesOf(text.slice(1, text.lastIndexOf("\n") + 1))))];
  return `${open}\n${entries.map((entry) => `${indent}${entry},\n`).join("")}${close}`;
}

const PAIR = String.raw`"\w+": (?:"[^"\n]*"|[\w.]+)`;
const OPTIONS = [
  /** A new `OPTIONS` beside another key. */
  new RegExp(String.raw`^[^{]*\bOPTIONS["'\]]*\s*[:=]\s*\{${PAIR}(?:, ${PAIR})*\}$`),
  /** More keys of one that is there, on lines or on one. */
  new RegExp(String.raw`^(?:\n[\t ]*${PAIR},)+$`),
  new RegExp(String.raw`^${PAIR}(?:, ${PAIR})*(?:, )?$`),
];

const optionsForm = (text: string): number => OPTIONS.findIndex((form) => form.test(text));

/** Two insertions of settings that have no key at two values; of `options` both are asked for. */
export function canJoinOptions(a: string, b: string): boolean {
  return optionsForm(a) !== -1 && optionsForm(a) === optionsForm(b) && pairsOf([a, b]) !== null;
}

export function joinOptions(texts: readonly string[]): string {
  const [first = ""] = texts;
  const pairs = [...(pairsOf(texts) ?? [])].map(([name, value]) => `"${name}": ${value}`);
  const form = optionsForm(first);
  if (form === 1) return pairs.map((pair) => `${/^\n[\t ]*/.exec(first)?.[0] ?? "\n"}${pair},`).join("");
  if (form === 2) return `${pairs.join(", ")}${first.endsWith(", ") ? ", " : ""}`;
  return `${first.slice(0, first.indexOf("{") + 1)}${pairs.join(", ")}}`;
}

/** Null where a key is to have two values. */
function pairsOf(texts: readonly string[]): ReadonlyMap<string, string> | null {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    for (const [, name = "", value = ""] of text.matchAll(new RegExp(PAIR.replace(String.raw`"\w+": (?:`, String.raw`"(\w+)": (`), "g"))) {
      const known = pairs.get(name);
      if (known !== undefined && known !== value && name !== "options") return null;
      pairs.set(name, known === undefined || known === value ? value : `${known.slice(0, -1)} ${value.slice(1)}`);
    }
  }
  return pairs;
}

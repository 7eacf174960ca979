/** Compose and Kubernetes files: services with their commands, replicas and variables. Any text gives some, or a notice. */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Document, type Node } from "yaml";
import type { PoolerConfiguration, Said } from "../model/deployment.ts";
import type { Span, Spot } from "../model/span.ts";
import { shellWord, type ListedCommand } from "./service-files.ts";

export interface YamlFacts {
  readonly commands: readonly ListedCommand[];
  readonly poolers: readonly PoolerConfiguration[];
  readonly maxConnections: Said<number> | null;
  /** Dockerfiles and scripts that a service starts by. */
  readonly builds: readonly string[];
  readonly notice: string | null;
}

const NOTHING: YamlFacts = { commands: [], poolers: [], maxConnections: null, builds: [], notice: null };
/**
 * What a text must say to be a Compose file or hold a workload; a feature manifest, a fixture or a translation does not, and some projects have thousands of those.
 * A broken file among them is no concern of ours.
 */
const SAYS_SERVICES = /\bservices["']?\s*:|\b(?:Deployment|StatefulSet|DaemonSet|ReplicaSet)\b/;
/** A merge that leads back to itself ends here. */
const DEEPEST_MERGE = 8;

/** A place in a file: a node and what it holds, with aliases and merges followed. */
interface Look {
  readonly file: string;
  readonly document: Document;
  readonly node: Node | null;
}

export function readYaml(file: string, text: string): YamlFacts {
  if (!SAYS_SERVICES.test(text)) return NOTHING;
  if (/\{\{[^}]*\}\}/.test(text) && /(?:^|\/)templates\//.test(file)) return NOTHING;
  let documents: readonly Document[];
  try {
    documents = parseAllDocuments(text, { merge: true, uniqueKeys: false, logLevel: "silent" }) as readonly Document[];
  } catch (error) {
    return { ...NOTHING, notice: `${file} was not read: ${error instanceof Error ? error.message : "it is no YAML"}.` };
  }
  const broken = documents.find(({ errors }) => errors.length > 0)?.errors[0];
  if (broken !== undefined) return { ...NOTHING, notice: `${file} was not read: ${(broken.message.split("\n")[0] ?? "").replace(/:?\s*$/, "")}.` };
  const read = documents.map((document): YamlFacts => {
    const look: Look = { file, document, node: document.contents };
    return within(look, "services") !== null ? readCompose(look) : readWorkload(look);
  });
  return {
    commands: read.flatMap(({ commands }) => commands),
    poolers: read.flatMap(({ poolers }) => poolers),
    maxConnections: read.find(({ maxConnections }) => maxConnections !== null)?.maxConnections ?? null,
    builds: read.flatMap(({ builds }) => builds),
    notice: null,
  };
}

/** Follows keys; null where there is none. */
function within(look: Look, ...keys: readonly (string | number)[]): Look | null {
  let { node } = look;
  for (const key of keys) {
    node = stepInto(look.document, node, key);
    if (node === null) return null;
  }
  return { ...look, node };
}

function stepInto(document: Document, node: Node | null, key: string | number, depth = 0): Node | null {
  const here = resolved(document, node);
  if (isSeq(here) && typeof key === "number") return resolved(document, (here.items[key] as Node | undefined) ?? null);
  if (!isMap(here)) return null;
  const own = here.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
  if (own !== undefined) return resolved(document, own.value as Node | null);
  for (const pair of here.items) {
    if (!isMerge(pair.key)) continue;
    const source = resolved(document, pair.value as Node | null);
    for (const one of isSeq(source) ? source.items : [source]) {
      const found = depth > DEEPEST_MERGE ? null : stepInto(document, one as Node | null, key, depth + 1);
      if (found !== null) return found;
    }
  }
  return null;
}

const isMerge = (key: unknown): boolean => isScalar(key) && (key.source === "<<" || key.value === "<<");

function resolved(document: Document, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

const spanOf = ({ file, node }: Look): Span => ({ file, start: node?.range?.[0] ?? 0, end: node?.range?.[1] ?? 0 });
const spotOf = (look: Look): Spot => ({ role: "definition", span: spanOf(look) });

function keysOf(look: Look | null): string[] {
  const node = look === null ? null : resolved(look.document, look.node);
  return isMap(node) ? node.items.flatMap(({ key }) => (isScalar(key) && !isMerge(key) ? [String(key.value)] : [])) : [];
}

function itemsOf(look: Look | null): Look[] {
  const node = look === null ? null : resolved(look.document, look.node);
  return look !== null && isSeq(node) ? node.items.map((_, index) => within(look, index)).filter((one) => one !== null) : [];
}

function textOf(look: Look | null): string | null {
  const node = look === null ? null : resolved(look.document, look.node);
  return isScalar(node) && (typeof node.value === "string" || typeof node.value === "number" || typeof node.value === "boolean") ? String(node.value) : null;
}

function numberOf(look: Look | null): Said<number> | null {
  const text = textOf(look);
  return look === null || text === null || !/^\d+$/.test(text) ? null : { value: Number(text), spot: spotOf(look) };
}

/** A string is a line of shell, a list its words. */
function commandOf(look: Look | null): { readonly text: string; readonly look: Look; readonly isExact: boolean } | null {
  if (look === null) return null;
  const text = textOf(look);
  const node = resolved(look.document, look.node);
  if (text !== null)
    return { text, look, isExact: isScalar(node) && node.type === "PLAIN" && !text.includes("\n") && spanOf(look).end - spanOf(look).start === text.length };
  const words = itemsOf(look).map((one) => textOf(one) ?? "");
  return words.length === 0 ? null : { text: joinWords(words), look, isExact: false };
}

/** `sh -c "…"` is the line that it runs. */
function joinWords(words: readonly string[]): string {
  const at = words.findIndex((word) => /^-\w*c$/.test(word));
  if (at > 0 && /(?:^|\/)(?:ba|da|a)?sh$/.test(words[at - 1] ?? "")) return words.slice(at + 1).join(" ");
  return words.map(shellWord).join(" ");
}

/** `environment` as a map or as a list of `A=b`; Kubernetes' list of `name` and `value`. */
function variablesOf(look: Look | null): ReadonlyMap<string, string> {
  const named = keysOf(look).map((key) => [key, look === null ? null : textOf(within(look, key))] as const);
  const listed = itemsOf(look).map((one) => {
    const [, name = "", value = null] = /^(\w+)=(.*)$/s.exec(textOf(one) ?? "") ?? [];
    return name === "" ? ([textOf(within(one, "name")) ?? "", textOf(within(one, "value"))] as const) : ([name, value] as const);
  });
  return new Map([...named, ...listed].flatMap(([name, value]) => (value === null ? [] : [[name, withDefault(value)] as const])));
}

/** Compose fills `${PORT:-8000}` in itself. */
const withDefault = (text: string): string => text.replaceAll(/\$\{\w+:?-([^}]*)\}/g, "$1");

// --------------------------------------------------------------------------------------------- Compose

function readCompose(root: Look): YamlFacts {
  const services = within(root, "services");
  const read = keysOf(services).flatMap((name) => {
    const service = services === null ? null : within(services, name);
    return service === null ? [] : [readService(name, service)];
  });
  return {
    ...NOTHING,
    commands: read.flatMap(({ commands }) => commands),
    poolers: read.flatMap(({ poolers }) => poolers),
    builds: read.flatMap(({ builds }) => builds),
    maxConnections: read.find(({ maxConnections }) => maxConnections !== null)?.maxConnections ?? null,
  };
}

function readService(name: string, service: Look): YamlFacts {
  const variables = variablesOf(within(service, "environment"));
  const image = textOf(within(service, "image")) ?? "";
  const parts = [commandOf(within(service, "entrypoint")), commandOf(within(service, "command"))].filter((one) => one !== null);
  if (/pgbouncer/i.test(image)) return { ...NOTHING, poolers: [poolerOf(service)] };
  if (/postg/i.test(image)) return { ...NOTHING, maxConnections: maxConnectionsIn(parts) };
  const replicas = numberOf(within(service, "deploy", "replicas")) ?? numberOf(within(service, "scale"));
  const build = textOf(within(service, "build", "dockerfile"));
  const group = service.file;
  return {
    ...NOTHING,
    commands: parts.map(({ text, look, isExact }) => ({ name, text, place: { span: spanOf(look), isExact }, variables, replicas, surge: null, group })),
    builds: parts.length > 0 || build === null ? [] : [build],
  };
}

function maxConnectionsIn(parts: readonly { readonly text: string; readonly look: Look }[]): Said<number> | null {
  for (const { text, look } of parts) {
    const said = /max_connections\s*=\s*'?(\d+)/.exec(text)?.[1];
    if (said !== undefined) return { value: Number(said), spot: spotOf(look) };
  }
  return null;
}

/** Images of pgbouncer take its settings as variables: POOL_MODE, or PGBOUNCER_POOL_MODE. */
function poolerOf(service: Look): PoolerConfiguration {
  const environment = within(service, "environment");
  const values = new Map<string, Said<string>>();
  for (const [name, value] of variablesOf(environment)) {
    if (/PASSWORD|SECRET|USERLIST|DATABASE_URL|_URI/i.test(name)) continue;
    values.set(name.toLowerCase().replace(/^pgbouncer_/, ""), {
      value,
      spot: spotOf((environment === null ? null : within(environment, name)) ?? environment ?? service),
    });
  }
  return { file: service.file, kind: "pgbouncer", values, databases: [] };
}

// ------------------------------------------------------------------------------------------ Kubernetes

/** How many more pods a rolling update starts, where nothing is said (Deployment, apps/v1). */
const DEFAULT_SURGE = 0.25;

function readWorkload(root: Look): YamlFacts {
  const kind = textOf(within(root, "kind")) ?? "";
  if (kind === "List") {
    const items = itemsOf(within(root, "items")).map(readWorkload);
    return { ...NOTHING, commands: items.flatMap(({ commands }) => commands) };
  }
  if (kind !== "Deployment" && kind !== "StatefulSet" && kind !== "DaemonSet" && kind !== "ReplicaSet") return NOTHING;
  const replicas =
    numberOf(within(root, "spec", "replicas")) ?? (kind === "Deployment" || kind === "StatefulSet" ? { value: 1, spot: null, isDefault: true } : null);
  const surge = kind === "Deployment" ? surgeOf(root, replicas?.value ?? 1) : null;
  const name = textOf(within(root, "metadata", "name")) ?? "";
  const containers = itemsOf(within(root, "spec", "template", "spec", "containers"));
  const read = containers.map((container): YamlFacts => {
    const variables = variablesOf(within(container, "env"));
    const parts = [commandOf(within(container, "command")), commandOf(within(container, "args"))].filter((one) => one !== null);
    const [first] = parts;
    if (first === undefined) return NOTHING;
    const words = [...itemsOf(within(container, "command")), ...itemsOf(within(container, "args"))].map((one) => textOf(one) ?? "");
    const text = words.length > 0 ? joinWords(words) : parts.map((one) => one.text).join(" ");
    const span = { ...spanOf(first.look), end: spanOf(parts.at(-1)?.look ?? first.look).end };
    return {
      ...NOTHING,
      commands: [
        { name: textOf(within(container, "name")) ?? name, text, place: { span, isExact: false }, variables, replicas, surge, group: folderOf(root.file) },
      ],
    };
  });
  return { ...NOTHING, commands: read.flatMap(({ commands }) => commands) };
}

const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf("/")));

function surgeOf(root: Look, replicas: number): Said<number> {
  const strategy = within(root, "spec", "strategy");
  if (strategy !== null && textOf(within(strategy, "type")) === "Recreate") return { value: 0, spot: spotOf(strategy) };
  const look = strategy === null ? null : within(strategy, "rollingUpdate", "maxSurge");
  const said = textOf(look);
  if (look === null || said === null) return { value: Math.ceil(replicas * DEFAULT_SURGE) / Math.max(1, replicas), spot: null, isDefault: true };
  const share = said.endsWith("%")
    ? Math.ceil((replicas * Number.parseFloat(said)) / 100) / Math.max(1, replicas)
    : Number.parseFloat(said) / Math.max(1, replicas);
  return Number.isFinite(share) ? { value: share, spot: spotOf(look) } : { value: 0, spot: null, isDefault: true };
}

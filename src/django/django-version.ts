/** Text files by path, as discovery needs them. */
export type ReadText = (path: string) => string | null;

/**
 * Django's version as `5.2`, from what says it most surely: an environment, lock files, pinned requirements, then
 * the lowest version that a range allows.
 */
export function findDjangoVersion(texts: readonly string[], readText: ReadText, installed: ReadonlyMap<string, string> = new Map()): string | null {
  const found = installed.get("django");
  if (found) return minor(found);
  const ordered = texts
    .map((path) => ({ path, depth: path.split("/").length, rank: rankOf(path) }))
    .filter((each) => each.rank >= 0)
    .toSorted((a, b) => a.rank - b.rank || a.depth - b.depth || (a.path < b.path ? -1 : 1));
  const ranges: string[] = [];
  for (const { path } of ordered) {
    const said = versionIn(path, readText(path) ?? "", readText);
    if (said?.isPinned) return said.version;
    if (said) ranges.push(said.version);
  }
  return ranges[0] ?? null;
}

/** True when a requirement, lock file or environment names Django at all. */
export function requiresDjango(texts: readonly string[], readText: ReadText): boolean {
  return texts.some((path) => rankOf(path) >= 0 && /(?:^|["'\s])django(?:["'\s=<>~^,;[]|$)/im.test(readText(path) ?? ""));
}

interface Said {
  readonly version: string;
  readonly isPinned: boolean;
}

const sources = [
  /(?:^|\/)(?:uv|poetry|pdm)\.lock$/,
  /(?:^|\/)Pipfile\.lock$/,
  /requirements.*\.txt$|constraints.*\.txt$/,
  /(?:^|\/)pyproject\.toml$/,
  /(?:^|\/)(?:setup\.cfg|setup\.py|Pipfile)$/,
  /\.in$/,
];

function rankOf(path: string): number {
  return sources.findIndex((pattern) => pattern.test(path));
}

function versionIn(path: string, text: string, readText: ReadText): Said | null {
  if (path.endsWith("Pipfile.lock")) {
    const match = /"django":\s*\{[^}]*?"version":\s*"==([\d.]+\w*)"/i.exec(text);
    return match ? pinned(match[1] ?? "") : null;
  }
  if (path.endsWith(".lock")) {
    const match = /^name = "django"\r?\nversion = "([^"]+)"/im.exec(text);
    return match ? pinned(match[1] ?? "") : null;
  }
  if (/\.(?:txt|in)$/.test(path)) return versionInRequirements(path, text, readText, new Set([path]));
  return versionInMetadata(text);
}

function versionInRequirements(path: string, text: string, readText: ReadText, seen: Set<string>): Said | null {
  for (const line of text.split(/\r?\n/)) {
    const own = /^\s*django\s*(?:\[[^\]]*\])?\s*([=<>~!][^#;\\]*)?/i.exec(line);
    if (own && !/^\s*django[-_.\w]/i.test(line)) {
      const said = own[1] ? versionOf(own[1]) : null;
      if (said) return said;
    }
    const included = /^\s*(?:-r|--requirement|-c|--constraint)[\s=]+(\S+)/.exec(line)?.[1];
    const other = included && normalise(path, included);
    if (!other || seen.has(other)) continue;
    seen.add(other);
    const said = versionInRequirements(other, readText(other) ?? "", readText, seen);
    if (said) return said;
  }
  return null;
}

/** `"Django>=4.2,<5"` in lists of requirements, `django = "^5.1"` in Poetry's table and Pipfiles. */
function versionInMetadata(text: string): Said | null {
  const table = /^\s*"?django"?\s*=\s*(?:\{[^}\n]*version\s*=\s*)?["']([^"'\n]+)["']/im.exec(text);
  const listed = /(?:["'\s]|^)django\s*(?:\[[^\]\n]*\])?\s*\(?([=<>~!]=?[^"'#;)\n]*)/im.exec(text);
  return versionOf((table ?? listed)?.[1] ?? "");
}

function versionOf(specifier: string): Said | null {
  const exact = /={2,3}\s*(\d[\w.]*)/.exec(specifier) ?? /^\s*(\d[\w.]*)\s*$/.exec(specifier);
  if (exact) return pinned(exact[1] ?? "");
  const low = /(?:>=?|~=|\^|~)\s*(\d[\w.]*)/.exec(specifier);
  if (low) return { version: minor(low[1] ?? ""), isPinned: false };
  const high = /<=\s*(\d[\w.]*)/.exec(specifier);
  return high ? { version: minor(high[1] ?? ""), isPinned: false } : null;
}

const pinned = (version: string): Said => ({ version: minor(version), isPinned: true });

function minor(version: string): string {
  const [major = "", second = "0"] = version.split(".");
  return `${major}.${/^\d+/.exec(second)?.[0] ?? "0"}`;
}

function normalise(from: string, path: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

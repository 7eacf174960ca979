/**
 * Whether a posix path below the root is meant by a glob: `*` and `?` stay inside a folder, `**` does not, `[ab]` and
 * `{a,b}` are choices. As in .gitignore, a glob without a slash means any file or folder of that name, and one that
 * means a folder means all that is in it.
 */
export function matchesGlob(path: string, glob: string): boolean {
  return globToRegExp(glob).test(path);
}

export function globToRegExp(glob: string): RegExp {
  const trimmed = glob.replace(/^\.?\//, "").replace(/\/+$/, "");
  const anywhere = trimmed.includes("/") || glob.startsWith("/") ? "" : "(?:.*/)?";
  return new RegExp(`^${anywhere}${translate(trimmed)}(?:/.*)?$`, "su");
}

function translate(glob: string): string {
  const pieces = glob.match(/\*\*\/|\*\*|\[[^\]]+\]|\{[^{}]*\}|./gsu) ?? [];
  return pieces.map(translatePiece).join("");
}

function translatePiece(piece: string): string {
  if (piece === "**/") return "(?:.*/)?";
  if (piece === "**") return ".*";
  if (piece === "*") return "[^/]*";
  if (piece === "?") return "[^/]";
  if (/^\[.+\]$/s.test(piece)) return translateClass(piece.slice(1, -1));
  if (/^\{.*\}$/s.test(piece)) return `(?:${piece.slice(1, -1).split(",").map(translate).join("|")})`;
  return escape(piece);
}

function translateClass(body: string): string {
  const negated = /^[!^]/.test(body);
  const members = body.slice(Number(negated)).match(/.-.|./gsu) ?? [];
  return members.length === 0 ? escape(`[${body}]`) : `[${negated ? "^/" : ""}${members.map(translateMember).join("")}]`;
}

/** A character, or a range; one that runs backwards means its ends. */
function translateMember(member: string): string {
  const [first = "", , last] = member;
  return last === undefined ? quote(first) : `${quote(first)}${first <= last ? "-" : ""}${quote(last)}`;
}

function quote(text: string): string {
  return text.replaceAll(/[\\\]^[-]/g, String.raw`\$&`);
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

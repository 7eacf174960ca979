import type { ConstantValue } from "./constant.ts";

/** Where the project's root stands in evaluated paths: `__file__` is `/@root/shop/settings.py`. */
export const rootMark = "/@root";

/** The path below the project's root that an evaluated path means; null for a path elsewhere. */
export function belowRoot(path: string): string | null {
  const normal = normalisePath(path);
  if (normal === rootMark) return "";
  return normal.startsWith(`${rootMark}/`) ? normal.slice(rootMark.length + 1) : null;
}

export function joinPath(...parts: readonly string[]): string {
  let joined = "";
  for (const part of parts) {
    if (part.startsWith("/") || joined === "") joined = part;
    else if (part !== "") joined = `${joined.replace(/\/$/, "")}/${part}`;
  }
  return normalisePath(joined);
}

export function parentPath(path: string, levels = 1): string {
  let current = normalisePath(path);
  for (let level = 0; level < levels; level += 1) {
    const cut = current.lastIndexOf("/");
    current = cut <= 0 ? (current.startsWith("/") ? "/" : "") : current.slice(0, cut);
  }
  return current;
}

export function normalisePath(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") {
      if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
      else if (!path.startsWith("/")) kept.push(part);
    } else if (part !== "" && part !== ".") kept.push(part);
  }
  return (path.startsWith("/") ? "/" : "") + kept.join("/");
}

const unchanged = new Set(["abspath", "realpath", "normpath", "expanduser", "Path", "PurePath", "str", "fspath"]);
const selfMethods = new Set(["resolve", "absolute", "expanduser", "as_posix", "__str__"]);

/** `os.path.join(…)`, `os.path.dirname(…)`, `Path(…)`; undefined for other functions and unknown arguments. */
export function evaluatePathCall(callee: string, args: readonly (ConstantValue | undefined)[]): string | undefined {
  const name = callee.slice(callee.lastIndexOf(".") + 1);
  const first = args[0];
  if (callee.endsWith("os.getcwd") || callee.endsWith("Path.cwd")) return rootMark;
  if (typeof first !== "string") return undefined;
  if (unchanged.has(name) || callee === "environ.Path") {
    const parts = args.filter((arg) => typeof arg === "string");
    return joinPath(...parts);
  }
  if (name === "dirname") return parentPath(first);
  if (name === "basename") return first.slice(first.lastIndexOf("/") + 1);
  if (name === "join" && /(?:^|\.)(?:path|posixpath|os)\.join$|^join$/.test(callee)) {
    const parts = args.filter((arg) => typeof arg === "string");
    return parts.length === args.length ? joinPath(...parts) : undefined;
  }
  return undefined;
}

/** `path.parent`, `path.parents[1]`, `path.joinpath("x")`, `path.resolve()`. */
export function evaluatePathAttribute(
  path: ConstantValue | undefined,
  name: string,
  args: readonly (ConstantValue | undefined)[] = [],
): ConstantValue | undefined {
  if (typeof path !== "string") return undefined;
  if (selfMethods.has(name)) return path;
  if (name === "parent") return parentPath(path);
  if (name === "name") return path.slice(path.lastIndexOf("/") + 1);
  if (name === "parents") {
    const levels = normalisePath(path).split("/").length;
    const items = Array.from({ length: Math.max(0, levels - 1) }, (_, index) => parentPath(path, index + 1));
    return { kind: "list", items, isComplete: true };
  }
  if (name === "joinpath" || name === "path") {
    const parts = args.filter((arg) => typeof arg === "string");
    return parts.length === args.length ? joinPath(path, ...parts) : undefined;
  }
  return undefined;
}

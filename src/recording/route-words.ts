/** How a route is read: Django's `orders/<int:pk>/` as it is, a regular expression with its groups by their names. */

/** @example routeWords("^routine/(?P<pk>[^/.]+)/stats/$"); // "/routine/<pk>/stats/" */
export function routeWords(route: string): string {
  const isPattern = /[\^$\\]|\(\?/.test(route);
  const bare = isPattern ? withoutMarks(route) : route;
  return bare.startsWith("/") ? bare : `/${bare}`;
}

function withoutMarks(pattern: string): string {
  let words = "";
  for (let index = 0; index < pattern.length;) {
    const char = pattern[index] ?? "";
    if (char === "(") {
      const end = groupEnd(pattern, index);
      words += groupWords(pattern.slice(index, end));
      index = end;
    } else if (char === "\\") {
      words += /[AZ]/.test(pattern[index + 1] ?? "") ? "" : pattern.slice(index, index + 2).replace(/^\\(?=\W)/, "");
      index += 2;
    } else {
      words += char === "^" || char === "$" ? "" : char;
      index += 1;
    }
  }
  return words;
}

/** Behind the parenthesis that closes the group, and what says how often it comes. */
function groupEnd(pattern: string, start: number): number {
  let [depth, index, inClass] = [0, start, false];
  for (; index < pattern.length; index += 1) {
    const char = pattern[index];
    if (char === "\\") index += 1;
    else if (inClass) inClass = char !== "]";
    else if (char === "[") inClass = true;
    else if (char === "(") depth += 1;
    else if (char === ")" && (depth -= 1) === 0) break;
  }
  return Math.min(pattern.length, index + 1);
}

/** A group that only bundles alternatives stays as it is written. */
function groupWords(group: string): string {
  const [, name] = /^\(\?P<(\w+)>/.exec(group) ?? [];
  if (name !== undefined) return `<${name}>`;
  return group.startsWith("(?") ? group : "<…>";
}

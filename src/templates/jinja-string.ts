const ESCAPE = /\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\s\S]))/g;
const PLAIN: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\n": "" };

/** The value of a string literal, quotes included in `literal`. */
export function readStringValue(literal: string): string {
  const inner = literal.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  return inner.replaceAll(ESCAPE, (whole: string, unicode?: string, byte?: string, char?: string) => {
    const code = unicode ?? byte;
    if (code) return String.fromCharCode(Number.parseInt(code, 16));
    return readEscape(whole, char ?? "");
  });
}

function readEscape(whole: string, char: string): string {
  return PLAIN[char] ?? (/["'\\]/.test(char) ? char : whole);
}

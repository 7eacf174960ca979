export interface DecodedText {
  readonly text: string;
  /** Why the text may be wrong; null when it was decoded as its author meant. */
  readonly notice: string | null;
}

/**
 * Decodes a Python file as Python does: UTF-8 unless a byte order mark or a coding cookie in the first two lines
 * says otherwise (PEP 263). What cannot be decoded that way is read as Latin-1, which loses nothing but letters.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const name = hasMark ? "utf-8" : (findCookie(bytes) ?? "utf-8");
  const encoding = nameEncoding(name);
  if (encoding === "latin1") return { text: latin1(bytes), notice: null };
  if (encoding === "windows-1252") return { text: windows1252(bytes), notice: null };
  const decoder = openDecoder(encoding);
  if (decoder === null) return { text: latin1(bytes), notice: `unknown encoding ${name}, read as latin-1` };
  try {
    return { text: decoder.decode(bytes), notice: null };
  } catch {
    return { text: latin1(bytes), notice: `not valid ${name}, read as latin-1` };
  }
}

/** A cookie is a comment alone on the first line, or on the second after a comment or an empty line. */
const cookie = /^[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n)[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)/;
const firstLineCookie = /^[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)/;

function findCookie(bytes: Uint8Array): string | null {
  const head = latin1(bytes.subarray(0, 1000));
  return (firstLineCookie.exec(head) ?? cookie.exec(head))?.[1] ?? null;
}

/** Python's name of an encoding as WHATWG's. Its Latin-1 is left apart, for there the name means cp1252. */
function nameEncoding(name: string): string {
  const plain = name.toLowerCase().replace(/_/g, "-");
  if (/^utf-?8(-|$)|^u8$/.test(plain)) return "utf-8";
  if (/^(latin-?1|l1|iso-?8859-1|iso-latin-1|cp819|ascii|us-ascii)(-|$)/.test(plain)) return "latin1";
  return plain.replace(/^cp(125\d)$/, "windows-$1").replace(/^cp(866|949|932)$/, (_, page) => codePages[page] ?? "");
}

const codePages: Readonly<Record<string, string>> = {
  "866": "ibm866",
  "949": "euc-kr",
  "932": "shift-jis",
};

function openDecoder(encoding: string): InstanceType<typeof TextDecoder> | null {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    return null;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

const c1 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

/** Node 20 to 23 decode windows-1252 as Latin-1. */
function windows1252(bytes: Uint8Array): string {
  return latin1(bytes).replace(/[\u0080-\u009f]/g, (letter) => c1.charAt(letter.charCodeAt(0) - 0x80));
}

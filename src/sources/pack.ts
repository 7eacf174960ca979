import { createHash } from "node:crypto";

/** Encoded modules by the hash of what they were lowered from. */
export type Pack = ReadonlyMap<string, Uint8Array>;

/** A new format gets a new word, and older files are passed over. */
const MAGIC = "luthier-pack/1";
const HASH_BYTES = 32;

/** `stamp` names the program that wrote it: another build may lower otherwise. */
export function writePack(entries: Pack, stamp: string): Uint8Array {
  const index = JSON.stringify({ magic: MAGIC, stamp, entries: [...entries].map(([key, bytes]) => [key, bytes.length]) });
  const head = Buffer.from(index);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const content = Buffer.concat([length, head, ...entries.values()]);
  return Buffer.concat([sha256(content), content]);
}

/** What `writePack` wrote under the same stamp; null for anything else, be it cut short, damaged or foreign. */
export function readPack(bytes: Uint8Array, stamp: string): Pack | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const content = file.subarray(HASH_BYTES);
  if (content.length < 4 || !sha256(content).equals(file.subarray(0, HASH_BYTES))) return null;
  let at = 4 + content.readUInt32LE(0);
  const index = parseIndex(content.subarray(4, at).toString("utf8"));
  if (index === null || index.magic !== MAGIC || index.stamp !== stamp) return null;
  const entries = new Map<string, Uint8Array>();
  for (const [key, length] of index.entries) {
    entries.set(key, content.subarray(at, at + length));
    at += length;
  }
  return entries;
}

interface Index {
  readonly magic: string;
  readonly stamp: string;
  readonly entries: readonly (readonly [string, number])[];
}

/** The checksum has been compared: what is JSON here is what was written. */
function parseIndex(text: string): Index | null {
  try {
    return JSON.parse(text) as Index;
  } catch {
    return null;
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** The key of a file's content; its path is part of it, for the encoded module holds its path. */
export function contentHash(file: string, bytes: Uint8Array | string): string {
  return createHash("sha256").update(file).update("\0").update(bytes).digest("base64url");
}

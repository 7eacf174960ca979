/** Reading a record of which nothing is sure: each figure is there and of its type, or null. */
export type JsonNode = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function numberAt(node: JsonNode, key: string): number | null {
  const value = node[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function textAt(node: JsonNode, key: string): string | null {
  const value = node[key];
  return typeof value === "string" ? value : null;
}

export function recordsAt(node: JsonNode, key: string): JsonNode[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter((one: unknown): one is JsonNode => isRecord(one)) : [];
}

export function recordAt(node: JsonNode, key: string): JsonNode {
  const value = node[key];
  return isRecord(value) ? value : {};
}

export function textsAt(node: JsonNode, key: string): string[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter((one: unknown): one is string => typeof one === "string") : [];
}

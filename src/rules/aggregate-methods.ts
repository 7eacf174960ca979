/** Ways of reading a related manager that want one value, not the rows. */
const AGGREGATES: ReadonlySet<string> = new Set(["count", "exists", "aggregate", "first", "last", "latest", "earliest", "contains", "get", "index"]);

export function isAggregate(method: string | null): boolean {
  return method !== null && AGGREGATES.has(method);
}

/** Names and values as PromQL reads them back, whatever is in them. */
export type Labels = Readonly<Record<string, string>>;

/** PromQL's strings have Go's escapes, of which JSON's are a part. */
export const quoteLabel = (value: string): string => JSON.stringify(value);

/** `{job="bookshop-postgres", relname="orders_order"}` */
export function selector(labels: Labels): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${quoteLabel(value)}`)
    .join(", ")}}`;
}

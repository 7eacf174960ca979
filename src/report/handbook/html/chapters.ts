/** The chapters of the handbook, as its outline names them. */
export const CHAPTERS: readonly { readonly number: string; readonly title: string; readonly short: string }[] = [
  { number: "1", title: "Database Schema Optimization", short: "Schema" },
  { number: "2", title: "Query Optimization", short: "Queries" },
  { number: "3", title: "Django ORM Best Practices", short: "ORM practice" },
  { number: "4", title: "Connection Pooling and Connection Management", short: "Connections" },
  { number: "5", title: "Database Maintenance", short: "Maintenance" },
  { number: "6", title: "Caching Strategies", short: "Caching" },
  { number: "7", title: "Horizontal and Vertical Scaling", short: "Scaling" },
];

export function chapterOf(section: string): string {
  return section.split(".")[0] ?? "";
}

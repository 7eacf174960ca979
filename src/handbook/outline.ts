/** The chapters and sections of the handbook, with the pages that belong to them. */

export interface OutlineSection {
  readonly section: string;
  readonly title: string;
  /** Page that holds its findings whole; without one they stand in the chapter. */
  readonly analysis: string | null;
  /** Page of pairs from the project, before and after. */
  readonly examples: string | null;
  /** How the table of contents names that page. */
  readonly examplesTitle: string;
}

export interface OutlineChapter {
  readonly chapter: string;
  readonly title: string;
  readonly page: string;
  readonly sections: readonly OutlineSection[];
}

interface Pages {
  readonly analysis?: string;
  readonly examples?: string;
  readonly examplesTitle?: string;
}

const section = (number: string, title: string, { analysis, examples, examplesTitle = "Examples" }: Pages = {}): OutlineSection => ({
  section: number,
  title,
  analysis: analysis ?? null,
  examples: examples ?? null,
  examplesTitle,
});

export const TITLE = "Django ORM and Postgres Optimization Solutions";

export const CHAPTERS: readonly OutlineChapter[] = [
  {
    chapter: "1",
    title: "Database Schema Optimization",
    page: "chapter-1-schema.md",
    sections: [
      section("1.1", "Normalization and Denormalization"),
      section("1.2", "Indexing Strategies", { analysis: "index-analysis.md" }),
      section("1.3", "Data Type Selection"),
      section("1.4", "Partitioning"),
      section("1.5", "Using Views"),
    ],
  },
  {
    chapter: "2",
    title: "Query Optimization",
    page: "chapter-2-queries.md",
    sections: [
      section("2.1", "Query Profiling"),
      section("2.2", "Query Optimization Techniques"),
      section("2.3", "Query Caching", { analysis: "cache-analysis.md" }),
      section("2.4", "Avoiding N+1 Query Problem", { analysis: "n1-analysis.md", examples: "n1-examples.md" }),
      section("2.5", "Lazy Loading", { analysis: "lazy-loading-analysis.md", examples: "lazy-loading-examples.md" }),
    ],
  },
  {
    chapter: "3",
    title: "Django ORM Best Practices",
    page: "chapter-3-orm.md",
    sections: [
      section("3.1", "Selecting Fields Wisely", { analysis: "orm-fields-analysis.md", examples: "orm-fields-examples.md" }),
      section("3.2", "Using `select_related` and `prefetch_related`"),
      section("3.3", "Queryset Optimization"),
      section("3.4", "Avoiding Unnecessary Joins"),
      section("3.5", "Using `only()` and `defer()`"),
    ],
  },
  {
    chapter: "4",
    title: "Connection Pooling and Connection Management",
    page: "chapter-4-connections.md",
    sections: [section("4.1", "Connection Pooling Setup"), section("4.2", "Managing Database Connections"), section("4.3", "Connection Timeouts")],
  },
  {
    chapter: "5",
    title: "Database Maintenance",
    page: "chapter-5-maintenance.md",
    sections: [section("5.1", "Vacuuming and Analyzing"), section("5.2", "Autovacuum Configuration"), section("5.3", "Monitoring and Alerting")],
  },
  {
    chapter: "6",
    title: "Caching Strategies",
    page: "chapter-6-caching.md",
    sections: [
      section("6.1", "Caching Queries", { examples: "cache-examples.md" }),
      section("6.2", "Cache Invalidation", { examples: "cache-invalidation.md" }),
      section("6.3", "Using Third-party Cache Libraries", { examples: "third-party-possible-solutions.md", examplesTitle: "Possible solutions" }),
    ],
  },
  {
    chapter: "7",
    title: "Horizontal and Vertical Scaling",
    page: "chapter-7-scaling.md",
    sections: [
      section("7.1", "Horizontal Scaling with Load Balancers"),
      section("7.2", "Vertical Scaling with Hardware Upgrades"),
      section("7.3", "Using Read Replicas"),
    ],
  },
];

export const SECTIONS: readonly OutlineSection[] = CHAPTERS.flatMap(({ sections }) => sections);

export function chapterOf(number: string): OutlineChapter | undefined {
  return CHAPTERS.find(({ sections }) => sections.some((one) => one.section === number));
}

/** The page on which a section's findings stand whole. */
export function pageOf(number: string): string {
  const section = SECTIONS.find((one) => one.section === number);
  return section?.analysis ?? chapterOf(number)?.page ?? "README.md";
}

import type { DatabaseDraft, EvidenceInput, PackageFact, Rule, Spot } from "../../model/index.ts";
import { auditEntries, confidenceOf, poolOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { isAtLeast } from "../../model/django-at-least.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S03",
    chapter: "4.1",
    summary: "Django's own pool without what it needs: Django 5.1, psycopg 3 and psycopg_pool",
    severity: "error",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

interface Lack {
  readonly claim: string;
  readonly reason: string;
  readonly remedy: string;
  readonly spot: Spot | null;
}

function draftsOf(entry: Entry, input: EvidenceInput): DatabaseDraft[] {
  const pool = poolOf(entry.database);
  const lack = pool === null ? null : lackOf(input);
  if (pool === null || pool.spot === null || lack === null) return [];
  const { alias } = entry.database;
  return [
    {
      key: [alias, pool.spot.span.file],
      confidence: confidenceOf(entry, pool) === "possible" ? "possible" : "likely",
      claim: `Database \`${alias}\` asks for a pool, ${lack.claim}.`,
      reason: lack.reason,
      remedy: lack.remedy,
      doubt: "what is installed where it runs may not be what the files here say",
      places: [{ ...pool.spot, label: "asks for a pool" }, ...(lack.spot === null ? [] : [{ ...lack.spot, label: "what is there" }])],
      evidence: [filesEvidence(pool.spot, lack.spot)],
      fixes: [],
    },
  ];
}

function lackOf({ source, deployment: { packages } }: EvidenceInput): Lack | null {
  const version = source?.project.djangoVersion ?? null;
  const [three, two, pool] = ["psycopg", "psycopg2", "psycopg-pool"].map((name): PackageFact | undefined => packages.get(name));
  if (version !== null && !isAtLeast(version, 5, 1)) {
    return {
      claim: `and Django ${version} has none`,
      reason: "The option came with Django 5.1; before it, `pool` reaches the driver, which refuses it as an invalid connection option.",
      remedy: "Update Django to 5.1 or later, or pool with PgBouncer.",
      spot: packages.get("django")?.spot ?? null,
    };
  }
  if (three === undefined && two !== undefined) {
    return {
      claim: "and its driver is psycopg2",
      reason: 'Django raises ImproperlyConfigured, "Database pooling requires psycopg >= 3": psycopg2\'s own pool is not used by Django.',
      remedy: "Install `psycopg[binary,pool]` in place of psycopg2.",
      spot: two.spot,
    };
  }
  if (three !== undefined && pool === undefined) {
    return {
      claim: "and `psycopg_pool` is not among its packages",
      reason: 'Django raises ImproperlyConfigured, "Error loading psycopg_pool module", when the first query asks for a connection.',
      remedy: "Install `psycopg[pool]`.",
      spot: three.spot,
    };
  }
  return null;
}

// Creates the folder of a new rule: npm run new-rule -- slow-thing 2.2 "What it finds, in one line" [--database | --audit]
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [id, chapter, summary] = process.argv.slice(2).filter((word) => !["--database", "--audit"].includes(word));
const problem = findProblem();
if (problem !== null) {
  process.stderr.write(`${problem}\nUsage: npm run new-rule -- ID CHAPTER "SUMMARY" [--database | --audit]\n`);
  process.exit(2);
}

const folder = join("src", "rules", id);
mkdirSync(join(folder, "fixtures"), { recursive: true });
/** A rule of the source: it reports explain(). */
const ofSource = () => ({
  "rule.ts": `import type { FindingDraft, QueryRun, Rule } from "../../model/index.ts";
import { nameOf, oncePerPlace, runPlaces } from "../runs.ts";

export const rule: Rule = {
  meta: {
    id: ${JSON.stringify(id)},
    chapter: ${JSON.stringify(chapter)},
    summary: ${JSON.stringify(summary)},
    severity: "warning",
    confidence: "possible",
    fix: "never",
    stage: "preview",
  },
  check: (input) => oncePerPlace(input.facts.runs.filter(isGuilty)).map(toDraft),
};

/** Cheapest question first, one early return for each innocent case. */
function isGuilty(run: QueryRun): boolean {
  if (run.cached) return false;
  return run.how === "explain";
}

function toDraft(run: QueryRun): FindingDraft {
  return {
    key: [run.symbol, run.model],
    claim: \`The view explains its \\\`\${nameOf(run.model)}\\\` query.\`,
    reason: "Why that costs.",
    remedy: "What to do.",
    doubt: "what would make this wrong",
    model: run.model,
    places: runPlaces(run, "a few words"),
    fixes: [],
  };
}
`,
  "doc.md": `# ${id}

## What it finds

${summary}.

## Why it costs

With a number that was measured.

## Bad

\`\`\`python
def plan(request):
    return Order.objects.all().explain()
\`\`\`

## Good

\`\`\`python
def plan(request):
    return Order.objects.all()
\`\`\`

## How we know

From the source: which facts prove it.

## When not to use

Who gains nothing.

## Links

- https://docs.djangoproject.com/en/5.2/topics/db/optimization/
`,
  "fixtures/bad-first.py": `from shop.models import Order


def plan(request):
    return Order.objects.all().explain()  # expect: ${id}
`,
  "fixtures/good-rows.py": `from shop.models import Order


def plan(request):
    return Order.objects.all()
`,
  "fixtures/good-count.py": `from shop.models import Order


def plan(request):
    return Order.objects.count()
`,
});

/** A rule of the database: it reports tables without a comment. */
const ofDatabase = () => ({
  "rule.ts": `import type { Database, DatabaseDraft, Rule, Table } from "../../model/index.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { shortName, tableSpot } from "../database/names.ts";

export const rule: Rule = {
  meta: {
    id: ${JSON.stringify(id)},
    chapter: ${JSON.stringify(chapter)},
    summary: ${JSON.stringify(summary)},
    severity: "info",
    confidence: "certain",
    fix: "never",
    stage: "preview",
    needs: ["database"],
  },
  judge: ({ database }) => ({
    drafts: database.tables.filter(isGuilty).map((table) => toDraft(table, database)),
    unjudged: [],
    examined: \`\${database.tables.length} tables\`,
  }),
};

/** Cheapest question first, one early return for each innocent case. */
function isGuilty(table: Table): boolean {
  if (table.partitionOf !== null) return false;
  return table.comment === null;
}

function toDraft(table: Table, database: Database): DatabaseDraft {
  return {
    key: [shortName(table)],
    claim: \`Table \\\`\${shortName(table)}\\\` has no comment.\`,
    reason: "Why that costs.",
    remedy: "What to do.",
    doubt: "what would make this wrong",
    places: [tableSpot(table)],
    evidence: [catalogEvidence(database)],
    fixes: [],
  };
}
`,
  "doc.md": `# ${id}

## What it finds

${summary}.

## Why it costs

With a number that was measured.

## Bad

\`\`\`sql
CREATE TABLE orders (id bigint PRIMARY KEY);
\`\`\`

## Good

\`\`\`sql
CREATE TABLE orders (id bigint PRIMARY KEY);
COMMENT ON TABLE orders IS 'what customers bought';
\`\`\`

## How we know

From the catalog, statistics or counters: which of them prove it.

## When not to use

Who gains nothing.

## Links

- https://www.postgresql.org/docs/current/
`,
  "fixtures/bad-first.sql": `CREATE TABLE orders (id bigint PRIMARY KEY);
-- expect: table public.orders
`,
  "fixtures/good-comment.sql": `CREATE TABLE orders (id bigint PRIMARY KEY);
COMMENT ON TABLE orders IS 'what customers bought';
`,
  "fixtures/good-partition.sql": `-- A partition is described by its parent.
CREATE TABLE events (id bigint, at timestamptz NOT NULL) PARTITION BY RANGE (at);
COMMENT ON TABLE events IS 'what happened';
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
`,
});

/** A rule of all evidence: it reports servers that keep their default for how long a request lasts. */
const ofAudit = () => ({
  "rule.ts": `import type { DatabaseDraft, Judgement, Rule, Service } from "../../model/index.ts";
import { filesEvidence } from "../deployment/evidence.ts";

export const rule: Rule = {
  meta: {
    id: ${JSON.stringify(id)},
    chapter: ${JSON.stringify(chapter)},
    summary: ${JSON.stringify(summary)},
    severity: "info",
    confidence: "certain",
    fix: "never",
    stage: "preview",
  },
  audit: ({ deployment }): Judgement => ({
    drafts: deployment.services.filter(isGuilty).map(toDraft),
    unjudged: [],
    examined: \`\${deployment.services.length} services\`,
  }),
};

/** Cheapest question first, one early return for each innocent case. */
function isGuilty(service: Service): boolean {
  if (service.kind !== "wsgi") return false;
  return service.timeout?.isDefault === true;
}

function toDraft(service: Service): DatabaseDraft {
  return {
    key: [service.name],
    claim: \`Service \\\`\${service.name}\\\` ends a request after its default of \${service.timeout?.value ?? 0} s.\`,
    reason: "Why that costs.",
    remedy: "What to do.",
    doubt: "what would make this wrong",
    places: [service.spot],
    evidence: [filesEvidence(service.spot)],
    fixes: [],
  };
}
`,
  "doc.md": `# ${id}

## What it finds

${summary}.

## Why it costs

With a number that was measured.

## Bad

\`\`\`text Procfile
web: gunicorn config.wsgi
\`\`\`

## Good

\`\`\`text Procfile
web: gunicorn --timeout 20 config.wsgi
\`\`\`

## How we know

From the project's files, its database or a recording: which of them prove it.

## When not to use

Who gains nothing.

## Links

- https://docs.gunicorn.org/en/stable/settings.html#timeout
`,
  "fixtures/bad-first.md": `\`\`\`text Procfile
web: gunicorn config.wsgi  # expect: ${id}
\`\`\`
`,
  "fixtures/good-said.md": `\`\`\`text Procfile
web: gunicorn --timeout 20 config.wsgi
\`\`\`
`,
  "fixtures/good-configuration.md": `\`\`\`text Procfile
web: gunicorn config.wsgi
\`\`\`

\`\`\`python gunicorn.conf.py
timeout = 20
\`\`\`
`,
});

const kinds = {
  source: [ofSource, "explain()", "tests/rules.test.ts"],
  database: [ofDatabase, "tables without a comment", "tests/database-rules.heavy.test.ts"],
  audit: [ofAudit, "servers with a default timeout", "tests/audit-rules.test.ts"],
};
const [makeFiles, finds, suite] = kinds[["database", "audit"].find((kind) => process.argv.includes(`--${kind}`)) ?? "source"];
for (const [name, text] of Object.entries(makeFiles())) writeFileSync(join(folder, name), text);
process.stdout.write(`Created ${folder}. It finds ${finds} for now: see docs/adding-a-rule.md.\nTest it: npx vitest run ${suite} -t ${id}\n`);

function findProblem() {
  if (!/^(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)+|[A-Z]+-[A-Z]\d+)$/.test(id ?? "")) return "The id has to be words in kebab-case, such as slow-thing.";
  if (!/^\d+\.\d+$/.test(chapter ?? "")) return "The chapter has to be a section of the catalogue, such as 2.2.";
  if ((summary ?? "").trim() === "") return "The summary is missing.";
  return existsSync(join("src", "rules", id)) ? `src/rules/${id} is there already.` : null;
}

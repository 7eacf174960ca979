import { distinctBy } from "../../model/group-by.ts";
import type { Call, DatabaseDraft, EvidenceInput, Expr, Judgement, Program, Rule, RuleInput, Span, Spot } from "../../model/index.ts";
import type { DatabaseSettings, SettingsFacts } from "../../model/deployment.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { isOpen } from "../deployment/entries.ts";
import { isReplicaName, replicasOf } from "../scaling/aliases.ts";
import { atomicRegions, type AtomicRegions } from "../scaling/atomic-regions.ts";
import { callsIn } from "../scaling/calls-in.ts";
import { readOnlyAliases, routersOf, type Router } from "../scaling/routers.ts";
import { isInside } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "SCALE-S",
    chapter: "7.3",
    summary: "A router or an alias of a replica lets writes, transactions, sessions or tests reach the wrong database",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
  },
  audit,
};

function audit({ source, deployment }: EvidenceInput): Judgement {
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  const regions = atomicRegions(source.program);
  const looks = deployment.settings.map((settings) => lookAt(source, settings, regions));
  const aliases = new Set(looks.flatMap(({ replicas, read }) => replicas.filter((one) => isReplica(one, read, source)).map(({ alias }) => alias)));
  const drafts = [...looks.flatMap((one) => one.drafts), ...sentTo(source, aliases, regions)];
  const routers = new Set(looks.flatMap((one) => one.routers.map(({ name }) => name)));
  return {
    drafts: once(drafts),
    unjudged: [],
    examined: `${routers.size} ${routers.size === 1 ? "router" : "routers"}, ${aliases.size} ${aliases.size === 1 ? "alias" : "aliases"} of replicas`,
  };
}

/** Settings that build on each other say the same of one router. */
function once(drafts: readonly DatabaseDraft[]): DatabaseDraft[] {
  return distinctBy(drafts, (one) => one.key.join("\n"));
}

/** `"analytics": {"TEST": {"MIRROR": "default"}}` spares the tests a database of its own: where the code writes to it, it is one. */
function isReplica({ alias }: DatabaseSettings, read: ReadonlySet<string>, { program }: RuleInput): boolean {
  if (isReplicaName(alias) || read.has(alias)) return true;
  return !codeOf(program).some(({ ir }) => callsIn(ir.body).some((call) => writtenAlias(call) === alias));
}

interface Look {
  /** Aliases that routers read from and never write to. */
  readonly read: ReadonlySet<string>;
  readonly routers: readonly Router[];
  readonly replicas: readonly DatabaseSettings[];
  readonly drafts: readonly DatabaseDraft[];
}

function lookAt(source: RuleInput, settings: SettingsFacts, regions: AtomicRegions): Look {
  const routers = routersOf(source, settings);
  const read = readOnlyAliases(routers);
  const replicas = replicasOf(settings, read);
  const reading = routers.filter(({ reads }) => reads?.aliases.some((alias) => read.has(alias)) === true);
  const drafts = [
    ...reading.flatMap((one) => [...writesBack(one), ...forgetsTransactions(one, settings, source, regions), ...losesSessions(one, settings)]),
    ...(reading[0] !== undefined && !routers.some(({ hasRelations }) => hasRelations) ? [refusesRelations(reading[0])] : []),
    ...replicas.flatMap((one) => [...(isReadFrom(one, settings, routers, source) ? withoutMirror(one) : []), ...inTransactions(one)]),
  ];
  return { read, routers, replicas, drafts };
}

type Words = Pick<DatabaseDraft, "claim" | "reason" | "remedy" | "doubt"> & Partial<Pick<DatabaseDraft, "severity" | "confidence">>;

function draft(key: readonly string[], places: readonly Spot[], words: Words): DatabaseDraft {
  return { key, ...words, places, evidence: [filesEvidence(...places)], fixes: [] };
}

const at = (span: Span, label: string): Spot => ({ role: "definition", span, label });
const aliasOf = ({ reads }: Router): string => reads?.aliases.find((alias) => alias !== "default") ?? "replica";
const headOf = ({ cls }: Router): Span => ({ file: cls.module.ir.file, start: cls.def.start, end: cls.def.headEnd });

// ---------------------------------------------------------------------------------------------------------------- routers

/** Django's own router takes the row's database, when nobody names one. */
function writesBack(router: Router): DatabaseDraft[] {
  const { writes, name, reads } = router;
  if (writes !== null && (writes.aliases.length > 0 || writes.isOpen)) return [];
  const alias = aliasOf(router);
  return [
    draft(
      ["writes", name],
      [
        ...(writes === null ? [at(headOf(router), "has no db_for_write")] : [at(writes.span, "names no database")]),
        ...(reads === null ? [] : [at(reads.span, `reads from ${alias}`)]),
      ],
      {
        severity: "error",
        claim: `\`${name}\` names no database for writes: a row that was read from \`${alias}\` is saved to \`${alias}\`.`,
        reason:
          "Where no router names one, Django writes to the database that the instance came from. A standby refuses; a replica that takes writes keeps what the primary never sees.",
        remedy: 'Return "default" from db_for_write, always.',
        doubt: "another router of the list, of a package that was not read, may name one first",
      },
    ),
  ];
}

/** Words of a router that knows of something besides the model: what it knows is not judged. */
const KNOWS_MORE = /in_atomic_block|get_autocommit|\bpin|ContextVar|local\(\)|session|cookie|wrote|written|use_primary|use_master|sticky/i;

function forgetsTransactions(router: Router, settings: SettingsFacts, source: RuleInput, regions: AtomicRegions): DatabaseDraft[] {
  const { reads, name, text } = router;
  if (reads === null || !reads.isUnconditional || KNOWS_MORE.test(text)) return [];
  const requests = settings.databases.find(({ alias }) => alias === "default")?.atomicRequests;
  const block = source.facts.writes.map(({ span }) => regions.atomicAt(span)).find((one) => one !== null) ?? null;
  const spot: Spot | null =
    requests?.value === true && requests.spot !== null
      ? { ...requests.spot, label: "every request is a transaction" }
      : block === null
        ? null
        : { role: "call", span: block, label: "writes in a transaction" };
  if (spot === null) return [];
  const alias = aliasOf(router);
  return [
    draft(["atomic", name], [at(reads.span, `reads from ${alias}, always`), spot], {
      severity: "error",
      claim: `\`${name}\` reads from \`${alias}\` inside transactions too: what a request has just written is not found.`,
      reason:
        "What a transaction wrote is on the primary alone until it commits, and on the replica a moment later. `get_or_create` makes a second row, validation misses the first.",
      remedy: 'Return "default" while `connections["default"].in_atomic_block`, and for the rest of a request that wrote.',
      doubt: "code that names its database by `using` does not ask the router",
    }),
  ];
}

const OF_DATABASE = /\.(?:backends\.)?(?:db|cached_db)$/;

function losesSessions(router: Router, settings: SettingsFacts): DatabaseDraft[] {
  const { reads, name, text } = router;
  const engine = settings.values.get("SESSION_ENGINE");
  const apps = settings.values.get("INSTALLED_APPS")?.value;
  const isInstalled = Array.isArray(apps) && apps.includes("django.contrib.sessions");
  const value = engine?.value ?? "django.contrib.sessions.backends.db";
  if (reads === null || !reads.isUnconditional || KNOWS_MORE.test(text) || !isInstalled || typeof value !== "string" || !OF_DATABASE.test(value)) return [];
  const alias = aliasOf(router);
  return [
    draft(["sessions", name], [at(reads.span, `reads sessions from ${alias}`), ...(engine?.spot == null ? [] : [engine.spot])], {
      claim: `\`${name}\` reads sessions from \`${alias}\`: who signed in is a stranger on the next page until it is replayed.`,
      reason:
        "The session is written to the primary at the end of one request and read at the beginning of the next, which a redirect sends within milliseconds.",
      remedy: 'Return "default" for the models of `sessions` and for the user model, or keep sessions in a cache.',
      doubt: "with a synchronous standby and synchronous_commit = remote_apply a replica is never behind",
    }),
  ];
}

function refusesRelations(router: Router): DatabaseDraft {
  const alias = aliasOf(router);
  return draft(["relations", router.name], [at(headOf(router), "has no allow_relation")], {
    severity: "error",
    claim: `No router allows relations between \`default\` and \`${alias}\`: assigning a row of one to a row of the other raises ValueError.`,
    reason: "Without allow_relation Django compares the names of the databases that both rows came from, and they differ.",
    remedy: `Return True from allow_relation when both rows come from \`default\` or \`${alias}\`.`,
    doubt: "where no row that was read is ever assigned to a new one, nothing is raised",
  });
}

// ---------------------------------------------------------------------------------------------------------------- aliases

/** A router sends reads there, or one of a package may; or a query names it. What only a backup knows of, no test reads from. */
function isReadFrom({ alias }: DatabaseSettings, settings: SettingsFacts, routers: readonly Router[], source: RuleInput): boolean {
  const listed = settings.values.get("DATABASE_ROUTERS")?.value;
  const ofPackages = (Array.isArray(listed) ? listed.length : 0) > routers.length;
  return ofPackages || routers.some(({ reads }) => reads !== null && (reads.isOpen || reads.aliases.includes(alias))) || isNamedByQuery(alias, source);
}

const CONSTANT = /^[A-Z][A-Z0-9_]*$/;
const ASKS_BY: ReadonlySet<string> = new Set(["using", "db_manager"]);

/** A constant or a setting may be the alias; a variable goes over all of them, mostly. */
function isNamedByQuery(alias: string, { program }: RuleInput): boolean {
  const mayBe = (expr: Expr | undefined): boolean =>
    expr?.kind === "str" ? expr.value === alias : (expr?.kind === "name" || expr?.kind === "attribute") && CONSTANT.test(expr.name);
  return codeOf(program).some(({ ir }) =>
    callsIn(ir.body).some(
      ({ callee, args, keywords }) =>
        (callee.kind === "attribute" && ASKS_BY.has(callee.name) && mayBe(args[0])) || mayBe(keywords.find(({ name }) => name === "using")?.value),
    ),
  );
}

function withoutMirror(database: DatabaseSettings): DatabaseDraft[] {
  const { alias, mirrorOf, spot } = database;
  if (mirrorOf !== null || isOpen(database, "TEST", ["code"])) return [];
  return [
    draft(["mirror", alias], [{ ...spot, label: "no TEST MIRROR" }], {
      severity: "info",
      confidence: "likely",
      claim: `Tests give the replica \`${alias}\` a database of its own, which stays empty: its TEST has no MIRROR.`,
      reason: "The test runner makes and migrates a second database, and what a test reads through it has no rows.",
      remedy: `Set "TEST": {"MIRROR": "default"} for \`${alias}\`.`,
      doubt: "settings of the tests alone may do so elsewhere",
    }),
  ];
}

function inTransactions({ alias, atomicRequests }: DatabaseSettings): DatabaseDraft[] {
  if (atomicRequests?.value !== true || atomicRequests.spot === null) return [];
  return [
    draft(["requests", alias], [{ ...atomicRequests.spot, label: "a transaction a request" }], {
      claim: `ATOMIC_REQUESTS is on for the replica \`${alias}\`: every request opens a transaction there too, whether it reads from it or not.`,
      reason: "Each request takes a connection of the replica and holds a snapshot on it until it ends; replay waits for it or cancels it.",
      remedy: `Set ATOMIC_REQUESTS to False for \`${alias}\`.`,
      doubt: "a view with non_atomic_requests for this alias opens none",
    }),
  ];
}

// -------------------------------------------------------------------------------------------------------------- call sites

const WRITES: ReadonlySet<string> = new Set([
  "create",
  "update",
  "delete",
  "bulk_create",
  "bulk_update",
  "get_or_create",
  "update_or_create",
  "acreate",
  "aupdate",
  "adelete",
  "abulk_create",
  "aget_or_create",
  "aupdate_or_create",
]);
const BY_ARGUMENT: ReadonlySet<string> = new Set(["save", "delete", "asave", "adelete"]);

const codeOf = ({ modules }: Program) => [...modules.values()].filter(({ origin, ir }) => origin === "project" && !/(?:^|\/)tests?(?:\/|\.py|_)/.test(ir.file));

/** `.using("replica")` and `using="replica"` where something is written, or inside a transaction. */
function sentTo({ program }: RuleInput, aliases: ReadonlySet<string>, regions: AtomicRegions): DatabaseDraft[] {
  if (aliases.size === 0) return [];
  return codeOf(program).flatMap(({ ir }) => {
    const calls = callsIn(ir.body);
    const written = calls.flatMap((call) => writeTo(call, ir.file, aliases));
    return [...written, ...calls.flatMap((call) => readInside(call, ir.file, aliases, regions, written))];
  });
}

function writeTo(call: Call, file: string, aliases: ReadonlySet<string>): DatabaseDraft[] {
  const alias = writtenAlias(call);
  if (alias === null || !aliases.has(alias) || call.callee.kind !== "attribute") return [];
  const { name } = call.callee;
  return [
    draft(["write", file, String(call.callee.nameStart)], [{ role: "write", span: { file, start: call.start, end: call.end }, label: `writes to ${alias}` }], {
      severity: "error",
      claim: `\`${name}()\` is sent to the replica \`${alias}\`, which takes no writes.`,
      reason: "A standby answers with error 25006; a replica that takes writes keeps what the primary never sees.",
      remedy: 'Send it to "default".',
      doubt: `\`${alias}\` is taken for a replica by its name, its MIRROR or a router that never writes to it`,
    }),
  ];
}

/** The database that a call names and writes to. */
function writtenAlias({ callee, keywords }: Call): string | null {
  if (callee.kind !== "attribute") return null;
  const { name, object } = callee;
  return (WRITES.has(name) ? usedIn(object) : null) ?? (BY_ARGUMENT.has(name) ? textOf(keywords.find((one) => one.name === "using")?.value) : null);
}

function readInside(call: Call, file: string, aliases: ReadonlySet<string>, regions: AtomicRegions, written: readonly DatabaseDraft[]): DatabaseDraft[] {
  if (call.callee.kind !== "attribute" || call.callee.name !== "using") return [];
  const alias = textOf(call.args[0]);
  const span = { file, start: call.start, end: call.end };
  const block = regions.atomicAt(span);
  const isWrite = written.some(({ places }) => places.some((place) => "span" in place && isInside(call, place.span)));
  if (alias === null || !aliases.has(alias) || block === null || isWrite) return [];
  return [
    draft(
      ["inside", file, String(call.start)],
      [
        { role: "queryset", span, label: `reads from ${alias}` },
        { role: "call", span: block, label: "in a transaction of default" },
      ],
      {
        confidence: "likely",
        claim: `A transaction reads from the replica \`${alias}\`: it sees neither what it wrote itself nor what was locked for it.`,
        reason: "The transaction is open on the primary alone; the replica answers with what it had replayed by then.",
        remedy: "Read from the primary inside the block, or before it.",
        doubt: "a lookup of what never changes may be meant",
      },
    ),
  ];
}

/** The alias of the last `using("…")` of a chain. */
function usedIn(expr: Expr): string | null {
  if (expr.kind === "call" && expr.callee.kind === "attribute")
    return expr.callee.name === "using" || expr.callee.name === "db_manager" ? textOf(expr.args[0]) : usedIn(expr.callee.object);
  return expr.kind === "attribute" ? usedIn(expr.object) : null;
}

const textOf = (expr: Expr | undefined): string | null => (expr?.kind === "str" ? expr.value : null);

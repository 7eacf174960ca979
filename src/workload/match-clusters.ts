/** Which finding of the source speaks of what was recorded. */
import type { Finding, Place } from "../model/finding.ts";
import type { CauseKind, Frame, LoopCluster, RowCluster, Stack } from "../model/recording.ts";
import { isBlamable, ownFrame } from "../recording/user-code.ts";
import { isLoadOf, type RelationTargetOf } from "./relation-tables.ts";
import type { SourceLines } from "./source-lines.ts";

const RELATION_RULES = [
  "n-plus-one",
  "aggregate-in-loop",
  "defeated-prefetch",
  "validation-per-row",
  "lazy-in-async",
  "generic-foreign-key-lazy",
  "deferred-field-load",
  "only-without-foreign-key",
  "query-in-loop",
];
const COLUMN_RULES = ["deferred-field-load", "harmful-only", "only-without-foreign-key", "n-plus-one", "lazy-in-async"];

const RULES_OF_CAUSES: Readonly<Record<CauseKind, readonly string[]>> = {
  forward: RELATION_RULES,
  "reverse-one": RELATION_RULES,
  manager: RELATION_RULES,
  generic: RELATION_RULES,
  deferred: COLUMN_RULES,
  refresh: COLUMN_RULES,
  prefetch: ["prefetch-in-loop"],
};

const LOOP_RULES: ReadonlySet<string> = new Set([
  "query-in-loop",
  "save-in-loop",
  "delete-in-loop",
  "add-in-loop",
  "get-or-create-in-loop",
  "prefetch-in-loop",
  "aggregate-in-loop",
  "validation-per-row",
  "defeated-prefetch",
  // A relation that the recorder could not name.
  "n-plus-one",
]);

/** Less than this says that the relation has the same name, and no more. */
const LEAST_SCORE = 2;

/**
 * The findings about a cluster: the same relation, and a place that the recorded stacks went through. Of several the nearest: a
 * model's property is read from many views, and each has its own finding.
 */
export function findingsOfRows(cluster: RowCluster, findings: readonly Finding[], lines: SourceLines, views: readonly string[]): readonly Finding[] {
  const rules = RULES_OF_CAUSES[cluster.cause];
  const scored = findings
    .filter((finding) => rules.includes(finding.rule) && isSameRelation(finding, cluster) && !isOfOtherCommand(finding, [...cluster.fetch, ...cluster.access]))
    .map((finding) => ({ finding, ...scoreOf(finding, cluster, lines, views) }))
    .filter(({ finding, score, isRead }) => score >= LEAST_SCORE && (finding.model === cluster.model || isRead));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const nearest = scored.filter(({ score }) => score === best).map(({ finding }) => finding);
  const whole = nearest.filter((finding) => !isOnTheWayTo(finding, cluster));
  return whole.length > 0 ? whole : nearest;
}

/** A command's own queryset, where no frame of that command is: the same function was called from elsewhere. */
function isOfOtherCommand({ places }: Finding, stack: Stack): boolean {
  const commands = places.filter(({ role, file }) => role === "queryset" && /(?:^|\/)management\/commands\//.test(file));
  return commands.length > 0 && !commands.some(({ file }) => stack.some((frame) => frame.file === file));
}

/** The finding's path, a part of it from its beginning, or the end of a longer one that begins at another queryset. */
function isSameRelation({ relation, rule }: Finding, { path, field, cause }: RowCluster): boolean {
  if (relation === undefined) return false;
  // The key that Django itself reads to hand out a prefetch's rows.
  if (rule === "only-without-foreign-key" && cause === "deferred" && path.startsWith(`${relation}__`)) return true;
  if (relation === path || relation.startsWith(`${path}__`) || path.endsWith(`__${relation}`) || relation.endsWith(`__${path}`)) return true;
  if (isOnTheWayTo({ relation }, { path })) return true;
  const bare = field.replace(/_id$/, "");
  return relation.split("__").at(-1)?.replace(/_id$/, "") === bare && path.split("__").length === relation.split("__").length;
}

/** What the finding's path goes through, from another queryset further out: its fix loads that too. */
function isOnTheWayTo({ relation = "" }: Pick<Finding, "relation">, { path }: Pick<RowCluster, "path">): boolean {
  const steps = relation.split("__");
  return steps.slice(0, -1).some((_, index) => path.endsWith(`__${steps.slice(0, index + 1).join("__")}`));
}

function scoreOf(finding: Finding, cluster: RowCluster, lines: SourceLines, views: readonly string[]): { readonly score: number; readonly isRead: boolean } {
  const inner = ownFrame(cluster.access);
  const isRead = inner !== null && finding.places.some((place) => isReadPlace(place) && isOn(place, inner, lines));
  const isOnTheWay = finding.places.some((place) => place.role === "call" && cluster.access.some((frame) => isOn(place, frame, lines)));
  const through = [...cluster.fetch, ...cluster.access];
  const isFetched = finding.places.some((place) => (place.role === "queryset" || place.role === "loop") && through.some((frame) => isOn(place, frame, lines)));
  if (!isRead && !isFetched && inner !== null && readsElsewhere(finding, inner, lines)) return { score: 0, isRead };
  // A generic view fetches its rows in the library or in a template: then the view's name is all there is.
  const byName = cluster.fetch.some((frame) => isBlamable(frame) && frame.kind === "python") ? [] : views;
  const isHeld = finding.places.some((place) => place.role === "queryset" && isHeldBy(place, through, byName, lines));
  return { score: 3 * Number(isRead) + Number(isOnTheWay) + 3 * Number(isFetched) + 2 * Number(isHeld), isRead };
}

/** The recorded read is in the very function of the finding's read, and on another statement of it. */
function readsElsewhere({ places }: Finding, frame: Frame, lines: SourceLines): boolean {
  const [around] = lines.definitionsAt(frame.file, frame.line);
  if (around === undefined) return false;
  return places.some((place) => isReadPlace(place) && place.file === frame.file && lines.definitionsAt(place.file, place.line)[0]?.name === around.name);
}

function isReadPlace({ role }: Place): boolean {
  return role === "access" || role === "write";
}

/** On the same statement: a frame names one line of it, and which one differs between versions of Python. */
function isOn(place: Place, frame: Frame, lines: SourceLines): boolean {
  if (frame.owner !== "project" || frame.file !== place.file) return false;
  if (place.line <= frame.line && frame.line <= place.endLine && place.endLine - place.line < LONGEST_PLACE) return true;
  const { from, to } = lines.statementAt(frame.file, frame.line);
  return from <= place.line && place.line <= to;
}

/** A place of more lines is a class or a function, and being in it says less. */
const LONGEST_PLACE = 30;

/** The stack, or the view of the request, is in the function or class that holds the queryset. */
function isHeldBy(place: Place, stack: Stack, views: readonly string[], lines: SourceLines): boolean {
  const around = lines.definitionsAt(place.file, place.line);
  const [inner] = around;
  if (inner === undefined) return false;
  if (stack.some((frame) => frame.owner === "project" && frame.file === place.file && frame.line >= inner.from && frame.line <= inner.to)) return true;
  const module = place.file.replace(/\.py$/, "").replaceAll("/", ".");
  return views.some((view) => around.some(({ name }) => `${module}.${name}` === view || `.${module}.${name}`.endsWith(`.${view}`)));
}

/** The findings about a statement that is sent again and again: one of their places is where it is sent. */
export function findingsOfLoop(
  cluster: LoopCluster,
  findings: readonly Finding[],
  lines: SourceLines,
  targetOf?: RelationTargetOf,
  views: readonly string[] = [],
): readonly Finding[] {
  const inner = ownFrame(cluster.stack);
  if (inner === null) return [];
  const here = findings.filter(
    (finding) =>
      LOOP_RULES.has(finding.rule) &&
      isFitting(finding.rule, cluster.sql) &&
      !isOfOtherCommand(finding, cluster.stack) &&
      finding.places.some((place) => isSending(place) && isOn(place, inner, lines)),
  );
  if (targetOf === undefined) return here;
  const relations = new Set(here.filter(isOfRelation).map(({ model, relation }) => `${model} ${relation}`));
  const loading = here.filter((finding) => !isOfRelation(finding) || isOfTarget(finding, cluster, targetOf, relations.size === 1));
  return loading.filter(
    (finding) =>
      !isOfQueryset(finding) ||
      isFetchedThere(finding, cluster, lines, views) ||
      !loading.some((other) => isSameLoad(other, finding) && isFetchedThere(other, cluster, lines, views)),
  );
}

/** A prefetch that is asked again begins at whichever queryset made it: there the last step alone is the same. */
function isSameLoad(a: Finding, b: Finding): boolean {
  if (!isOfQueryset(a) || a.rule !== b.rule) return false;
  const isSame = a.rule === "defeated-prefetch" ? lastStep(a) === lastStep(b) : a.model === b.model && a.relation === b.relation;
  return isSame && a !== b;
}

const lastStep = ({ relation = "" }: Finding): string => relation.split("__").at(-1) ?? "";

/** One serializer serves several querysets: what ran is the fault of the one that the request went through. */
function isFetchedThere({ places }: Finding, { stack }: LoopCluster, lines: SourceLines, views: readonly string[]): boolean {
  return places.some((place) => place.role === "queryset" && (stack.some((frame) => isOn(place, frame, lines)) || isHeldBy(place, stack, views, lines)));
}

/** A helper's line sends statements of many models: those of another table are not this finding's. */
const OF_RELATION: ReadonlySet<string> = new Set(["n-plus-one", "aggregate-in-loop"]);

/** Of a prefetch that is asked again, what that one prefetches in turn is sent from its line too. */
const isOfQueryset = (finding: Finding): boolean => isOfRelation(finding) || finding.rule === "defeated-prefetch";

const isOfRelation = ({ rule, model, relation }: Finding): boolean => OF_RELATION.has(rule) && model !== undefined && relation !== undefined;

/** Where no model says what a relation leads to, the line alone tells, if it has no other finding. */
function isOfTarget({ model = "", relation = "" }: Finding, { sql }: LoopCluster, targetOf: RelationTargetOf, isOnly: boolean): boolean {
  const target = targetOf(model, relation);
  return target === null ? isOnly : isLoadOf(target, sql);
}

function isSending({ role }: Place): boolean {
  return role === "access" || role === "write" || role === "queryset" || role === "call";
}

function isFitting(rule: string, sql: string): boolean {
  const isWrite = /^(?:INSERT|UPDATE|DELETE)\b/.test(sql);
  if (rule === "delete-in-loop") return /^(?:DELETE|SELECT)\b/.test(sql);
  if (rule === "save-in-loop") return /^(?:INSERT|UPDATE)\b/.test(sql);
  if (rule === "add-in-loop") return isWrite;
  return rule === "get-or-create-in-loop" || !isWrite;
}

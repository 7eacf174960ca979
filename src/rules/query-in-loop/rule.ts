import type { Confidence, FindingDraft, FixDraft, LoopFact, QueryRun, Rule, RuleInput, Spot } from "../../model/index.ts";
import { groupBy } from "../../model/group-by.ts";
import { isAskedOnce, rarity } from "../../model/otherwise.ts";
import { nodesIn, pathTo } from "../../python/syntax-tree.ts";
import { changedNames, exprAt, functionAt, namesIn, sourceText } from "../code.ts";
import {
  isCachedFunction,
  isFlush,
  isHandedOut,
  isOverConstant,
  isOverDictionary,
  isRemembered,
  loopSite,
  type LoopSite,
  needsItsQueries,
  stopsEarly,
} from "../loops.ts";
import { COLLECTED, isLoadPerRow, otherwiseDoubt } from "../load-places.ts";
import { holderName } from "../names.ts";
import { nameOf, oncePerPlace } from "../runs.ts";
import { asksTheSame, canChange, hasUnknownInput, isReachedFrom, varies } from "../same-rounds.ts";
import { isTakenAlong, TAKEN_ALONG } from "../cascades.ts";
import { isSetOffByWrite, SET_OFF } from "../set-off.ts";
import { waitDoubt, waitsBeside } from "../waits-beside.ts";
import { isCommandFile } from "../command-files.ts";
import { fetchedUpAbove } from "./at-hand.ts";
import { addsRows, asksApart, fedRemedy, isFedByRounds, isKeptInStep, isOfRowFromRound, remedyOf } from "./remedies.ts";
import { lastName } from "../transactions/blocks.ts";
import { updateDrafts } from "./updates.ts";
import { isOverOwnFile } from "../own-files.ts";
import { isOverShortText } from "../short-texts.ts";
import { isInside, isWithin } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "query-in-loop",
    chapter: "2.2",
    summary: "A loop sends a query of its own each round",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => [
    ...oncePerChange(oncePerPlace(surestFirst(looped(input).filter((one) => isGuilty(one, input)))).map((one) => toDraft(one, input))),
    ...updateDrafts(input),
  ],
};

/** A round that asks the same model many things: what one change mends is told once, with all places. */
function oncePerChange(drafts: readonly FindingDraft[]): readonly FindingDraft[] {
  const keyOf = (draft: FindingDraft): unknown =>
    draft.fixes.length > 0
      ? draft
      : JSON.stringify([draft.claim, draft.remedy, draft.confidence, draft.doubt, draft.places.find(({ role }) => role === "loop")?.span]);
  return [...groupBy(drafts, keyOf).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const seen = new Set(first.places.map(placeOf));
    const more = others.flatMap(({ places }) => places).filter((place) => !seen.has(placeOf(place)) && seen.add(placeOf(place)).size > 0);
    return [{ ...first, places: [...first.places, ...more] }];
  });
}

function placeOf({ span }: Spot): string {
  return `${placeKey(span)}:${span.end}`;
}

interface LoopedRun {
  readonly run: QueryRun;
  readonly loop: LoopFact;
  readonly site: LoopSite;
  readonly span: QueryRun["span"];
}

/** A place that other rounds come to as well is told of those. */
function surestFirst(all: readonly LoopedRun[]): readonly LoopedRun[] {
  return all.toSorted((a, b) => rarity(a.run.otherwise) - rarity(b.run.otherwise) || Number(a.run.doubts.length > 0) - Number(b.run.doubts.length > 0));
}

/** Querysets of a row's own related managers are left to n-plus-one and aggregate-in-loop. */
function looped(input: RuleInput): LoopedRun[] {
  const loads = input.facts.loads.filter((load) => isLoadPerRow(load, input.facts));
  const told = new Set(loads.map(({ access }) => placeKey(access)));
  const toldOfLoop = new Set(loads.flatMap(({ access, loop }) => (loop === null ? [] : `${placeKey(access)} ${placeKey(loop.span)}`)));
  return input.facts.runs.flatMap((run) => {
    const { loop } = run;
    if (isOfNamedRow(run) && (told.has(placeKey(run.span)) || isCovered(run, input))) return [];
    // A row that the code put among those that a query fetched.
    if (run.origin.kind === "related" && loop !== null && toldOfLoop.has(`${placeKey(run.span)} ${placeKey(loop.span)}`)) return [];
    if (loop === null || run.cached || run.related || run.atImport || run.how === "raw" || run.how === "explain") return [];
    return [{ run, loop, site: loopSite(input, loop, run.calls[0] ?? run.span), span: run.span }];
  });
}

/** Asked of a row that no query was seen to fetch; where other callers' rows were, the finding about those says it better. */
function isOfNamedRow({ origin, isOfFetchedRow }: QueryRun): boolean {
  return origin.kind === "related" && isOfFetchedRow !== true;
}

/** Rows that were seen to come there have it loaded. */
function isCovered({ origin, span }: QueryRun, { facts }: RuleInput): boolean {
  return [origin.span, span].some((at) => facts.covered.has(`${placeKey(at)}:${origin.relation ?? ""}`));
}

function placeKey({ file, start }: QueryRun["span"]): string {
  return `${file}:${start}`;
}

/** The first round loads the rows of a queryset that all rounds share, the others find them loaded. */
const KEEPS_ROWS: ReadonlySet<string> = new Set(["iterate", "list", "len", "bool", "sorted", "sum", "text", "unpack", "contains"]);

function isGuilty(one: LoopedRun, input: RuleInput): boolean {
  const { run, loop, site } = one;
  if (loop.over !== "rows" && loop.over !== "unknown") return false;
  if (!run.madeInLoop && KEEPS_ROWS.has(run.how)) return false;
  if (isWithin(run.span, loop.span) && run.calls.length === 0) return false;
  if (needsItsQueries(input, site, loop) || isRemembered(site) || isLockedPerRound(run, site, input)) return false;
  // Each round asks another database.
  if (run.origin.calls.some(({ name, args }) => name === "using" && args.some((arg) => varies(arg, one, input)))) return false;
  return run.calls.length === 0 || ![...run.calls.slice(1), run.span].some((at) => isCachedFunction(input, at));
}

/** Each round locks its rows for a transaction of its own: what was fetched before the loop would not be locked. */
function isLockedPerRound(run: QueryRun, site: LoopSite, { program }: RuleInput): boolean {
  return run.origin.calls.some(({ name }) => name === "select_for_update") && isInOwnTransaction({ run, site }, program);
}

/** `with atomic():` in the round, or around the function that it calls. */
function isInOwnTransaction({ run: { span }, site: { loop } }: Pick<LoopedRun, "run" | "site">, program: RuleInput["program"]): boolean {
  const path = pathTo(program, span);
  const round = loop !== null && path.includes(loop) ? path.slice(path.indexOf(loop) + 1) : path;
  const opened = round.flatMap((node) => (node.kind === "with" ? node.items.map(({ context }) => context) : node.kind === "function" ? node.decorators : []));
  return opened.some((expr) => [...nodesIn(expr)].some((node) => (node.kind === "name" || node.kind === "attribute") && node.name === "atomic"));
}

function toDraft(one: LoopedRun, input: RuleInput): FindingDraft {
  const { run, loop, site } = one;
  const isInvariant = isProvenInvariant(run, site, input);
  const isSetOff = loop.collects === undefined && isSetOffByWrite(run.calls, run.span, input);
  const isAlong = isTakenAlong(loop, input);
  const wait = waitsBeside(site, [...run.calls, run.span], input);
  const isFed = !isInvariant && loop.collects === undefined && TEXTS[run.how] === undefined && isFedByRounds(one, input);
  const keptInStep = isFed && isKeptInStep(one, input);
  const isOwnWork = !isInvariant && loop.collects === undefined && worksThroughItsOwn(one, input);
  // The first round leaves its answer to all others.
  const isCachedOnce = run.otherwise === "cached" && (isInvariant || asksTheSame(one, input));
  const isApart = !isInvariant && loop.collects === undefined && TEXTS[run.how] === undefined && asksApart(one, input);
  const isOfMade = !isInvariant && loop.collects === undefined && isOfRowFromRound(one, input);
  const step = keptInStep ? " Add the keys that the loop makes." : addsRows(one, input) ? " Add the rows that the loop makes." : "";
  const atHand = isInvariant ? null : fetchedUpAbove(one, input);
  const remedy = atHand !== null ? AT_HAND : isFed && !keptInStep ? fedRemedy(run) : `${remedyOf(one, input)}${step}`;
  const places: Spot[] = [
    { role: "queryset", span: run.origin.span },
    { role: "loop", span: loop.span },
  ];
  for (const call of run.calls) places.push({ role: "call", span: call });
  places.push({ role: "access", span: run.span, label: "one query a round" });
  if (atHand !== null) places.push({ role: "access", span: atHand.span, label: "fetches the same row" });
  const model = nameOf(run.model);
  const relation = run.origin.kind === "related" ? (run.origin.relation ?? null) : null;
  return {
    key: [run.symbol, run.model, run.how],
    confidence:
      isSetOff ||
      isAlong ||
      wait !== null ||
      isOverOwnFile(site, loop, input) ||
      isGuessed(run, input) ||
      (isFed && !keptInStep) ||
      isApart ||
      isOfMade ||
      isOwnWork ||
      isCachedOnce
        ? "possible"
        : confidenceOf(run, loop, site, input),
    ...(relation === null ? {} : { relation }),
    ...(loop.collects === undefined
      ? (ownText(one, input) ?? queryText(run, holderName(run.symbol, input.program), { relation, isInvariant, remedy }))
      : collectedText(model, nameOf(loop.collects), asksTheSame(one, input))),
    doubt: isSetOff
      ? SET_OFF
      : isAlong
        ? TAKEN_ALONG
        : wait !== null
          ? waitDoubt(wait)
          : isApart
            ? APART
            : isOfMade
              ? OF_MADE
              : isOwnWork
                ? OWN_WORK
                : doubtOf(run, loop),
    model: run.model,
    places,
    fixes: isInvariant && loop.collects === undefined ? hoist(run, site, input) : [],
  };
}

const APART = "each round asks for a stretch of its own, or works out columns by values of its own: one query for all of them may fetch far more";

const OF_MADE = "the row that it asks by is made in the round, or was made by one before: no key is known before the loop";

const OWN_WORK = "each round of the job works through rows of its own: all rounds' rows at once would have to fit into memory";

const FILE_WORK = /^(?:open|copy|copyfile|write|write_\w+|download\w*|upload\w*)$/;

/** In a command: rows that the round goes through one by one, within a transaction of its own, or with a file for each. */
function worksThroughItsOwn(one: LoopedRun, { program, facts }: RuleInput): boolean {
  const { run, loop } = one;
  if (!isCommandFile(loop.span.file) || run.sliced) return false;
  const gone = facts.runs.filter(({ queryset, how, sliced }) => queryset === run.queryset && how === "iterate" && !sliced);
  const loops = gone.flatMap(({ span }) => pathTo(program, span).filter((node) => node.kind === "for" && isInside(span, node.iterable)));
  return (
    loops.some((node) => nodesIn(node).some((call) => call.kind === "call" && FILE_WORK.test(lastName(call.callee)))) ||
    (loops.length > 0 && run.calls.length > 0 && isInOwnTransaction(one, program))
  );
}

const AT_HAND = "The round has fetched this row already: use that one.";

function doubtOf({ otherwise, doubts }: QueryRun, { over }: LoopFact): string {
  if (otherwise !== undefined) return otherwiseDoubt(otherwise, doubts);
  return over === "rows" ? "a loop over one row costs nothing more" : "nothing says how many rounds the loop has";
}

type Text = Pick<FindingDraft, "claim" | "reason" | "remedy">;

interface Asked {
  /** Of a row, where its related manager is asked. */
  readonly relation: string | null;
  readonly isInvariant: boolean;
  /** Where rounds ask different things. */
  readonly remedy: string;
}

function queryText({ model, inTemplate }: QueryRun, holder: string, { relation, isInvariant, remedy }: Asked): Text {
  const of = `\`${nameOf(model)}\``;
  const asked = relation !== null ? `asks for \`${relation}\`, rows of ${of},` : isInvariant ? `sends the same ${of} query` : `queries ${of}`;
  if (!isInvariant)
    return {
      claim: `\`${holder}\` ${asked} in each round of a loop.`,
      reason: "One query for all rounds would do.",
      remedy,
    };
  return {
    claim: `\`${holder}\` ${asked} in each round of a loop.`,
    reason: relation !== null ? "It is the same row's in each round, and its rows are not kept." : "Nothing in the query changes from round to round.",
    remedy: inTemplate ? "Fetch it once in the view as a list, and ask that list in the loop." : "Run it once before the loop.",
  };
}

function collectedText(model: string, deleted: string, isSame: boolean): Text {
  return {
    claim: `A receiver queries \`${model}\` for each \`${deleted}\` that the delete takes with it.`,
    reason: "`delete()` calls the receivers of the rows that go, one row after the other.",
    remedy: isSame ? KEPT : COLLECTED,
  };
}

/** A receiver that asks for what has nothing to do with its row. */
const KEPT = "The query is given nothing of the row: keep its answer from one row to the next, or have the query that needs the answer look there itself.";

const TEXTS: Readonly<Record<string, (model: string, run: QueryRun) => Text>> = {
  choices: choicesText,
  "form choices": formChoicesText,
  specific: specificText,
  refresh: refreshText,
};

/** Of queries that have a remedy of their own kind. */
function ownText(one: LoopedRun, input: RuleInput): Text | null {
  const { run } = one;
  const model = nameOf(run.model);
  const written = run.how === "refresh" ? writtenBefore(one, input) : null;
  if (written !== null) return { ...refreshText(model), remedy: written === "update" ? AFTER_UPDATE : AFTER_SAVE };
  return TEXTS[run.how]?.(model, run) ?? null;
}

/** A row that is in memory is read anew on purpose: to see what others wrote, or what the database computed. */
function refreshText(model: string): Text {
  return {
    claim: `Each round of the loop reads its \`${model}\` row anew.`,
    reason: "`refresh_from_db()` queries for one row.",
    remedy: "Leave it out for rows that were fetched just before; fetch them with `select_for_update()` where nobody else may change them meanwhile.",
  };
}

/** `update()` wrote to the table, past the row that the code holds. */
const AFTER_UPDATE = "Set on the row what `update()` wrote; what the database works out there (`F()`), fetch for the rows of all rounds after the loop.";
const AFTER_SAVE = "Leave it out where the row holds what it saved; what the database works out or converts, fetch for the rows of all rounds after the loop.";

const SAVES: ReadonlySet<string> = new Set(["save", "create", "get_or_create", "update_or_create"]);

/** How the round wrote rows of the model before it read the row anew, in the same function. */
function writtenBefore({ run, site }: LoopedRun, { facts, program }: RuleInput): "update" | "save" | null {
  const holder = run.calls.length > 0 ? functionAt(pathTo(program, run.span)) : site.loop;
  if (holder === null) return null;
  const before = { file: run.span.file, start: holder.start, end: run.span.start };
  const written = facts.writes.filter((write) => write.model === run.model && isWithin(write.span, before));
  if (written.some(({ how }) => how === "update")) return "update";
  return written.some(({ how }) => SAVES.has(how)) ? "save" : null;
}

/** Wagtail's `page.specific`. */
function specificText(model: string): Text {
  return {
    claim: `Each round of the loop fetches its \`${model}\` again, as what it is.`,
    reason: "`specific` queries the page's own model, one page at a time.",
    remedy: "Call `specific()` on the queryset: one query for each type of page.",
  };
}

/** Forms do not share their choices, even where all of them offer the same rows. */
function choicesText(model: string, { origin: { offeredFor } }: QueryRun): Text {
  const field = offeredFor === undefined ? "the field" : `\`${offeredFor.field}\``;
  return {
    claim: `Each row's form lists every \`${model}\` for its select.`,
    reason: "A choice field asks for its rows anew in every form.",
    remedy: `Name ${field} in \`raw_id_fields\`, or in \`autocomplete_fields\`, for which the admin of \`${model}\` needs \`search_fields\`: both look at the chosen row alone. Or make it read-only.`,
  };
}

function formChoicesText(model: string): Text {
  return {
    claim: `Each form of the set lists every \`${model}\` for its select.`,
    reason: "A choice field asks for its rows anew in every form.",
    remedy: "Read the choices once and hand them to each form by `form_kwargs`: `self.fields[…].choices = choices`.",
  };
}

/** More calls than this between loop and query, and the way may never be taken. */
const NEAR = 2;

function confidenceOf(run: QueryRun, loop: LoopFact, site: LoopSite, input: RuleInput): Confidence {
  if (run.doubts.length > 0 || isAskedOnce(run.otherwise) || isOverConstant(site) || stopsEarly(site) || isFlush(site)) return "possible";
  if (isOverShortText(site, input) || isHandedOut(input, run.span)) return "possible";
  if (run.how === "refresh") return "likely";
  if (loop.over === "unknown" && isOverDictionary(site)) return "possible";
  // No form of a set comes from a loop over rows: it goes through them beside one form, whose parts it may ask for alone (`form.city.field`).
  if (run.how === "form choices" && loop.over === "rows") return "possible";
  // Who may not change the rows is shown no selects; a page may render a form's fields one by one.
  if (run.how === "choices" || run.how === "form choices") return "likely";
  if (loop.over === "unknown") return run.calls.length === 0 ? "likely" : "possible";
  if (run.calls.length === 0) return run.otherwise === undefined ? "certain" : "likely";
  return run.calls.filter((call) => isInFunction(call, input)).length <= NEAR ? "likely" : "possible";
}

/** What a class body declares, a serializer's field first of all, is called for each row. */
function isInFunction(call: Spot["span"], { program }: RuleInput): boolean {
  return functionAt(pathTo(program, call)) !== null;
}

/** These send a statement whether or not the relation's rows are there. */
const ALWAYS_SENT: ReadonlySet<string> = new Set(["get", "first", "last", "aggregate", "in_bulk"]);

/** A relation of a row that only its name tells, while some queryset loads such relations: it may be that one's row. */
function isGuessed({ origin, related, how, narrowed, isOfFetchedRow }: QueryRun, { facts }: RuleInput): boolean {
  if (origin.kind !== "related" || related || isOfFetchedRow === true || origin.relation === undefined || narrowed || ALWAYS_SENT.has(how)) return false;
  const end = `.${origin.relation}`;
  return [...facts.loadedEagerly].some((one) => one.endsWith(end));
}

/** No name in the expression is bound or changed in the loop, and the loop writes nothing of that model. */
function isProvenInvariant(run: QueryRun, site: LoopSite, input: RuleInput): boolean {
  // A template narrows no relation, and fetched rows of the loop's own are not judged here: the row is one from before the loop.
  if (run.inTemplate) return run.origin.kind === "related" && run.isOfFetchedRow === true && !run.narrowed && run.calls.length === 0;
  if (run.keyed === "keyed" || site.loop === null) return false;
  const { loop } = site;
  const at = run.calls[0] ?? run.span;
  const expr = exprAt(input, at);
  if (expr === null || hasUnknownInput(expr)) return false;
  const changed = changedNames(loop);
  for (const name of namesIn(expr)) if (changed.has(name)) return false;
  return !input.facts.writes.some((write) => isReachedFrom({ ...at, start: loop.start, end: loop.end }, write) && canChange(write, run, input));
}

/** `name = query` on a line of the loop's body goes before the loop. */
function hoist(run: QueryRun, site: LoopSite, input: RuleInput): FixDraft[] {
  const { loop } = site;
  if (loop === null || run.calls.length > 0 || run.how === "iterate") return [];
  const stmt = loop.body.find((one) => isInside(run.span, one));
  if (stmt?.kind !== "assign" || stmt.value === null || stmt.targets.length !== 1 || stmt.value.end !== run.span.end) return [];
  const [target] = stmt.targets;
  if (target?.kind !== "name" || loop.body.length < 2) return [];
  if (loop.body.some((one) => one !== stmt && changedNames(one).has(target.name))) return [];
  const { file } = run.span;
  const text = input.text(file);
  const lineStart = text.lastIndexOf("\n", stmt.start - 1) + 1;
  const lineEnd = text.indexOf("\n", stmt.end) + 1;
  const indent = text.slice(text.lastIndexOf("\n", loop.start - 1) + 1, loop.start);
  if (lineEnd === 0 || indent.trim() !== "" || text.slice(lineStart, stmt.start).trim() !== "" || text.slice(stmt.end, lineEnd).trim() !== "") return [];
  const moved = sourceText(input, file, stmt);
  if (moved.includes("\n")) return [];
  return [
    {
      title: "Run it once before the loop",
      safety: "review",
      edits: [
        { span: { file, start: loop.start, end: loop.start }, text: `${moved}\n${indent}` },
        { span: { file, start: lineStart, end: lineEnd }, text: "" },
      ],
    },
  ];
}

/** Findings of the source whose statement is known: where there is a phantom, it is planned as it is asked today and as it would be asked after the change. */
import type { DatabaseDraft, DatabaseInput, Evidence, Judgement, Span, Spot, Statement } from "../../model/index.ts";
import { withChangeProofs } from "./change-proof.ts";
import { statementSpot } from "./statement-places.ts";

/** The statement's text after the change; null where the text is not of the kind that the change is for. */
export type Restate = (sql: string) => string | null;

const SOURCE_ONLY: readonly Evidence[] = [{ kind: "inferred", note: "source only: its statement was not planned" }];

/** What `check` says, each finding with the plans of its statement. */
export function judgeRestated({ checked, database, source }: DatabaseInput, restate: Restate): Judgement {
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  return withRestated({ drafts: checked.map((draft) => ({ ...draft, evidence: SOURCE_ONLY })), unjudged: [], examined: "" }, database, restate);
}

export function withRestated(judgement: Judgement, database: DatabaseInput["database"], restate: Restate): Judgement {
  const drafts = judgement.drafts.map((draft) => asking(draft, database.workload.statements, restate));
  return withChangeProofs({ ...judgement, drafts }, database, { standsOn: () => "more" });
}

function asking(draft: DatabaseDraft, statements: readonly Statement[], restate: Restate): DatabaseDraft {
  const own = statements.flatMap((statement) => {
    const sql = isSentFrom(draft, statement) ? restate(statement.sql) : null;
    return sql === null ? [] : [{ statement: statement.id, sql }];
  });
  const named = new Set(draft.places.flatMap((place) => ("object" in place ? [place.object] : [])));
  return own.length === 0
    ? draft
    : {
        ...draft,
        places: [...draft.places, ...own.filter(({ statement }) => !named.has(statement)).map(({ statement }) => statementSpot({ id: statement }))],
        tries: { kind: "restated", key: `restated ${draft.key.join(" ")}`, object: `statement ${own[0]?.statement ?? ""}`, rewrites: own },
      };
}

/** A statement that this line alone writes, or was recorded sending. */
function isSentFrom({ places }: Pick<DatabaseDraft, "places">, { written }: Statement): boolean {
  const spans = places.flatMap((place) => ("span" in place && SENDS.has(place.role) ? [place.span] : []));
  const isHere = (sent: Span): boolean => spans.some(({ file, start, end }) => file === sent.file && start <= sent.end && sent.start <= end);
  return written.sites.some((site) => (written.certainty === "unique" || site.isRecorded === true) && [site.span, ...(site.sent ?? [])].some(isHere));
}

const SENDS: ReadonlySet<Spot["role"]> = new Set(["queryset", "access"]);

/** A finding about one column, with the parts that all of them share. */
import type { Confidence, Database, DatabaseDraft, FixDraft, Impact, ObjectSpot, Severity, Spot } from "../../model/index.ts";
import { catalogEvidence } from "./evidence.ts";
import { columnSpots, type ColumnOf } from "./columns.ts";
import { modelLabel, shortName } from "./names.ts";

export interface ColumnParts {
  readonly claim: string;
  readonly reason: string;
  readonly remedy: string;
  readonly doubt: string;
  /** A few words under the table's place. */
  readonly label: string;
  readonly figures?: Readonly<Record<string, number>>;
  readonly severity?: Severity;
  readonly confidence?: Confidence;
  readonly impact?: Impact;
  readonly fixes?: readonly FixDraft[];
  readonly morePlaces?: readonly (Spot | ObjectSpot)[];
}

export function columnDraft(database: Database, of: ColumnOf, parts: ColumnParts): DatabaseDraft {
  const model = modelLabel(database, of.table);
  const field = database.fieldOf(of.table, of.column.name);
  const { claim, reason, remedy, doubt, severity, confidence, impact, fixes = [], figures = {}, morePlaces = [] } = parts;
  return {
    key: [shortName(of.table), of.column.name],
    claim,
    reason,
    remedy,
    doubt,
    ...(severity === undefined ? {} : { severity }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(model === undefined ? {} : { model }),
    ...(field === null || field.relation === null ? {} : { relation: field.name }),
    places: [...columnSpots(database, of, parts.label), ...morePlaces],
    evidence: [catalogEvidence(database, figures)],
    ...(impact === undefined ? {} : { impact }),
    fixes,
  };
}

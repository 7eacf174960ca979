import type { DatabaseDraft, Field, FindingDraft, Model, Rule, RuleInput } from "../../model/index.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { catalogGaps } from "../database/evidence.ts";
import { columnName, ownColumns, wordsOf, type ColumnOf } from "../database/columns.ts";
import { retypeFixes } from "../database/retype-fix.ts";
import { numberRange } from "../database/values.ts";

export const rule: Rule = {
  meta: {
    id: "float-for-money",
    chapter: "1.3",
    summary: "Money is held in floating point",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => projectModels(input).flatMap((model) => moneyFields(model).map((field) => ofField(model, field))),
  judge: (input) => {
    const floats = ownColumns(input.database).filter(({ column }) => FLOATS.has(column.typeName));
    return {
      drafts: floats
        .filter(({ column, table }) => isMoney(column.name, [table.name, ...table.columns.map((one) => one.name)]))
        .map((of) => ofColumn(input, of)),
      unjudged: catalogGaps(input.database, "columns"),
      examined: `${floats.length} columns of floating point`,
    };
  },
};

const FLOATS: ReadonlySet<string> = new Set(["float4", "float8"]);

const MONEY: ReadonlySet<string> = new Set([
  "price",
  "amount",
  "balance",
  "cost",
  "fee",
  "salary",
  "wage",
  "revenue",
  "subtotal",
  "payment",
  "refund",
  "deposit",
  "credit",
  "debit",
  "invoice",
  "payout",
  "turnover",
  "tip",
  "vat",
]);
/** A quantity of something else, or money that was computed on: a rate, an average, a forecast. */
const OTHER: ReadonlySet<string> = new Set(
  "rate ratio percent percentage pct factor share weight score rank index count hours hour minutes seconds days ms km kg time distance size width height lat lon latitude longitude probability estimate estimated predicted prediction forecast mean avg average std stddev variance coefficient elasticity log energy".split(
    " ",
  ),
);

/** An amount of milk is none of money: what stands beside it has to speak of money too. */
const VAGUE: ReadonlySet<string> = new Set(["amount", "deposit", "tip"]);
const COMPANY: ReadonlySet<string> = new Set(
  [...MONEY]
    .filter((word) => !VAGUE.has(word))
    .concat(
      "currency donation order bill billing purchase sale transaction transfer account wallet budget expense tax cart checkout subscription charge discount coupon voucher payroll loan cash money eur usd gbp paid due".split(
        " ",
      ),
    ),
);

const singular = (word: string): string => (MONEY.has(word.replace(/s$/, "")) || COMPANY.has(word.replace(/s$/, "")) ? word.replace(/s$/, "") : word);

/** `unit_price`, `totalAmount`, and `total` by itself; `beside`: names of the table and its other columns. */
function isMoney(name: string, beside: readonly string[]): boolean {
  const words = wordsOf(name).map(singular);
  if (words.some((word) => OTHER.has(word))) return false;
  if (words.some((word) => MONEY.has(word) && !VAGUE.has(word)) || (words.length <= 2 && words.at(-1) === "total")) return true;
  return words.some((word) => VAGUE.has(word)) && [...words, ...beside.flatMap(wordsOf).map(singular)].some((word) => COMPANY.has(word));
}

function projectModels({ graph }: RuleInput): readonly Model[] {
  return [...graph.models.values()].filter((model) => model.cls.module.origin === "project");
}

/** Inherited fields are told of once, at the model that declares them. */
function moneyFields(model: Model): readonly Field[] {
  const { module, def } = model.cls;
  return [...model.fields.values()].filter(
    (field) =>
      field.type.endsWith(".FloatField") &&
      isMoney(field.name, [model.name, ...model.fields.keys()]) &&
      field.span.file === module.ir.file &&
      field.span.start >= def.start &&
      field.span.end <= def.end,
  );
}

const REASON = "Floating point holds 0.1 and 19.99 only nearly: sums drift by cents, and `=` misses amounts that look equal.";

function ofField(model: Model, field: Field): FindingDraft {
  return {
    key: [model.label, field.name],
    claim: `\`${model.name}.${field.name}\` holds money as a FloatField.`,
    reason: REASON,
    remedy: "Use `DecimalField(max_digits=…, decimal_places=2)`.",
    doubt: "the name alone says that this is money",
    model: model.label,
    places: [{ role: "definition", span: field.span, label: "FloatField" }],
    fixes: [],
  };
}

function ofColumn(input: ChangeInput, of: ColumnOf): DatabaseDraft {
  const { database } = input;
  const { table, column } = of;
  const range = numberRange(database, table, column);
  const digits = range === null ? 12 : Math.max(8, Math.ceil(Math.log10(Math.max(Math.abs(range.minimum), Math.abs(range.maximum), 1) + 1)) + 4);
  return columnDraft(database, of, {
    claim: `\`${columnName(of)}\` holds money as \`${column.type}\`${range === null ? "" : `, ${range.minimum} to ${range.maximum} in ${range.base}`}.`,
    reason: REASON,
    remedy: `Make it \`numeric(${digits}, 2)\`: \`DecimalField(max_digits=${digits}, decimal_places=2)\`.`,
    doubt: "the name alone says that this is money; values with more than two decimals are rounded",
    label: column.type,
    fixes:
      range === null
        ? []
        : retypeFixes(input, {
            ...of,
            field: { kind: "decimal", maxDigits: digits, decimalPlaces: 2 },
            type: `numeric(${digits}, 2)`,
            using: "round(%::numeric, 2)",
          }),
  });
}

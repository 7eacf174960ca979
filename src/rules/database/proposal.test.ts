import { expect, test } from "vitest";
import type { Database, DatabaseDraft, Index, IndexProposal, Plan, Statement, StudiedStatement, Table } from "../../model/index.ts";
import { readPlan } from "../../postgres/plans/read-plan.ts";
import { NOT_COMPARED, planText, proposalOf, withProposalProofs, type Proposed } from "./proposal.ts";

const BOOK = { oid: 7, name: "book", schema: "public", kind: "table" } as unknown as Table;
const OLD = { oid: 70, name: "book_at", schema: "public" } as unknown as Index;
const SPEC: Proposed["spec"] = { keys: [{ kind: "column", column: "due" }], condition: [{ column: "done", operator: "=", value: false }] };
const PLAIN: Proposed["spec"] = { keys: [{ kind: "column", column: "due" }] };
const ASKED = [{ id: "11" }] as unknown as readonly Statement[];
const BARE = { catalog: { indexes: [], extensions: [] } } as unknown as Database;

const proposal = (more: Partial<Proposed> = {}): IndexProposal => proposalOf({ table: BOOK, spec: SPEC, statements: ASKED, ...more }, BARE);

function planOf(cost: number, index: string | null): Plan {
  const scan = index === null ? { "Node Type": "Seq Scan" } : { "Node Type": "Index Scan", "Index Name": index };
  return readPlan(
    { Plan: { "Node Type": "Limit", "Total Cost": cost, Plans: [{ ...scan, "Relation Name": "book", "Total Cost": cost }] } },
    { file: "", line: 0 },
  ) as Plan;
}

/** Statement 11 of the finding, planned with it. */
function studied(one: IndexProposal, after: number, more: Partial<StudiedStatement> = {}): StudiedStatement {
  const costs = { before: 100, after };
  const verdict = after < 99 ? "gain" : after > 105 ? "dearer" : "same";
  const uses = verdict === "gain" ? [one.name] : [];
  return {
    statement: "11",
    calls: 10,
    server: costs,
    careful: costs,
    verdict,
    uses,
    range: null,
    basis: "values",
    plans: uses.length === 0 ? null : { before: planOf(100, null), after: planOf(after, one.name) },
    ...more,
  };
}

function judged(
  one: IndexProposal,
  statements: readonly StudiedStatement[] | null,
  refused: string | null = null,
): { readonly draft: DatabaseDraft | undefined; readonly why: string | undefined } {
  const draft = {
    key: ["book"],
    confidence: "likely",
    doubt: `it grows; ${NOT_COMPARED}`,
    places: [{ role: "statement", object: "11", label: "10 calls" }],
    evidence: [{ kind: "recorded" }],
    proposes: one,
  } as unknown as DatabaseDraft;
  const study = statements === null ? {} : { study: { version: "15.4", proposals: [{ proposal: one, refused, statements }] } };
  const { drafts, unjudged } = withProposalProofs({ drafts: [draft], unjudged: [], examined: "" }, { ...BARE, ...study } as unknown as Database);
  return { draft: drafts[0], why: unjudged[0] === undefined ? undefined : `${unjudged[0].object} ${unjudged[0].why}` };
}

test("one change has one key, whoever proposes it; another table, method, condition or index that goes is another one", () => {
  expect(proposal({ statements: [] }).key).toBe(proposal().key);
  const others = [
    { table: { ...BOOK, oid: 8 } },
    { spec: PLAIN },
    { spec: { ...PLAIN, method: "gin" as const } },
    { spec: { ...PLAIN, include: ["id"] } },
    { instead: OLD },
  ];
  expect(new Set([proposal(), ...others.map(proposal)].map(({ key }) => key)).size).toBe(6);
  expect(proposal().sql).toContain(`CREATE INDEX "${proposal().key}" ON`);
  expect(proposal().label).toMatch(/^book USING btree \("due"\) WHERE/);
});

test("without plans nothing changes", () => {
  expect(judged(proposal(), null)).toEqual({
    draft: expect.objectContaining({ doubt: `it grows; ${NOT_COMPARED}`, evidence: [{ kind: "recorded" }] }),
    why: undefined,
  });
});

test("a gain is evidence, with both plans and the costs", () => {
  const { draft, why } = judged(proposal(), [studied(proposal(), 20)]);
  expect(why).toBeUndefined();
  expect(draft?.confidence).toBe("likely");
  expect(draft?.evidence[0]).toMatchObject({
    kind: "planned",
    costBefore: 100,
    costAfter: 20,
    planBefore: "Limit > Seq Scan on book (cost 100)",
    planAfter: `Limit > Index Scan on book by ${proposal().name} (cost 20)`,
  });
  expect(draft?.doubt).toBe("it grows; costs are the planner's, not time");
  expect(draft?.places[0]?.label).toBe("10 calls, cost 100 to 20");
});

test("a gain under the server's constants alone, or beside a statement that costs more, is a weaker claim", () => {
  const verify = judged(proposal(), [studied(proposal(), 20, { verdict: "verify" })]).draft;
  expect(verify?.confidence).toBe("possible");
  expect(verify?.doubt).toMatch(/verify by running/);
  const dearer = judged(proposal(), [studied(proposal(), 20), studied(proposal(), 110, { statement: "12" })]).draft;
  expect(dearer?.confidence).toBe("possible");
  expect(dearer?.doubt).toMatch(/1 statement of the table costs more with it/);
});

test("no gain, or one that others pay for, is no finding, and the reason is said", () => {
  expect(judged(proposal(), [studied(proposal(), 100)])).toEqual({
    draft: undefined,
    why: expect.stringMatching(/^table public\.book gets no index on `book USING .*: with it, 1 statement would cost 100 in place of 100, as planned$/),
  });
  const paid = judged(proposal(), [studied(proposal(), 20), studied(proposal(), 200, { statement: "12", calls: 1000 })]);
  expect(paid).toEqual({ draft: undefined, why: expect.stringMatching(/2 statements of the table would cost no less together/) });
  // Another statement's gain is not what the finding speaks of.
  expect(judged(proposal(), [studied(proposal(), 100), studied(proposal(), 20, { statement: "12" })]).draft).toBeUndefined();
});

test("what the planner could not tell leaves the finding as it was, and is said", () => {
  expect(judged(proposal(), [], "no such operator class")).toEqual({
    draft: expect.objectContaining({ confidence: "likely", evidence: [{ kind: "recorded" }] }),
    why: expect.stringMatching(/needs plans .*refuses: no such operator class/),
  });
  expect(judged(proposal(), []).why).toMatch(/needs plans of the statements/);
  expect(judged(proposal(), [studied(proposal(), 100, { basis: "any" })])).toEqual({
    draft: expect.objectContaining({ doubt: `it grows; ${NOT_COMPARED}` }),
    why: expect.stringMatching(/needs values/),
  });
  // Whether a plain index serves does not hang on the value.
  const plain = proposal({ spec: PLAIN });
  expect(judged(plain, [studied(plain, 100, { basis: "any" })]).draft).toBeUndefined();
});

test("a smaller index in place of one that is there must cost nobody more", () => {
  const smaller = proposal({ spec: { ...PLAIN, method: "brin" }, instead: OLD, saves: "bytes" });
  expect(judged(smaller, [studied(smaller, 103)]).draft?.evidence[0]).toMatchObject({ kind: "planned", costBefore: 100, costAfter: 103 });
  expect(judged(smaller, [studied(smaller, 110)])).toEqual({
    draft: undefined,
    why: "index public.book_at is kept: with the smaller one, statement 11 (10 calls) would cost 110 in place of 100, as planned",
  });
});

test("a plan in a line names what each step reads, and by which index", () => {
  const both = readPlan(
    {
      Plan: {
        "Node Type": "Hash Join",
        "Total Cost": 1234.5,
        Plans: [
          { "Node Type": "Seq Scan", "Relation Name": "a" },
          { "Node Type": "Hash", Plans: [{ "Node Type": "Index Scan", "Relation Name": "b", "Index Name": "b_x" }] },
        ],
      },
    },
    { file: "", line: 0 },
  ) as Plan;
  expect(planText(both)).toBe("Hash Join > (Seq Scan on a; Hash > Index Scan on b by b_x) (cost 1,230)");
});

import { expect, test } from "vitest";
import type { Plan } from "../../model/index.ts";
import { readPlan } from "../../postgres/plans/read-plan.ts";
import { carefulCost, pagesRead, type CostFacts } from "./careful-cost.ts";

/** A table of 26,095 pages, of which shared buffers hold less than the machine's memory does. */
const FACTS: CostFacts = {
  table: (name) => ({ orders: { pages: 26_095, rows: 1_500_000, visible: 26_095 }, customer: { pages: 3585, rows: 150_000, visible: 3585 } })[name],
  index: (name) => ({ by_customer: { pages: 1500, rows: 1_500_000, keys: [{ column: "o_custkey", distinct: 150_000 }], correlation: 0 } })[name],
  server: {
    seq_page_cost: 1,
    random_page_cost: 4,
    cpu_tuple_cost: 0.01,
    cpu_index_tuple_cost: 0.005,
    cpu_operator_cost: 0.0025,
    effective_cache_size: 524_288,
  },
  careful: { random_page_cost: 1.1, effective_cache_size: 16_384 },
};

const planOf = (root: object): Plan => readPlan({ Plan: root }, { file: "", line: 0 }) as Plan;

const customers = { "Node Type": "Seq Scan", "Relation Name": "customer", "Startup Cost": 0, "Total Cost": 5085, "Plan Rows": 150_000 };
/** As PostgreSQL 15 has it: of one run, when each of the customers asks. */
const ordersOf = (more: object = {}): object => ({
  "Node Type": "Index Scan",
  "Relation Name": "orders",
  "Index Name": "by_customer",
  "Index Cond": "(o_custkey = customer.c_custkey)",
  "Startup Cost": 0.43,
  "Total Cost": 1.2,
  "Plan Rows": 10,
  ...more,
});
const joined = (inner: object, total = 190_000): object => ({
  "Node Type": "Nested Loop",
  "Startup Cost": 0.43,
  "Total Cost": total,
  "Plan Rows": 1_500_000,
  Plans: [
    { ...customers, "Parent Relationship": "Outer" },
    { ...inner, "Parent Relationship": "Inner" },
  ],
});

test("pages are read once while the table fits memory, and again and again where it does not", () => {
  expect(pagesRead(1_500_000, 26_095, 29_680, FACTS.server)).toBe(26_095);
  expect(pagesRead(1_500_000, 26_095, 29_680, FACTS.careful)).toBeGreaterThan(600_000);
  expect(pagesRead(100, 26_095, 29_680, FACTS.careful)).toBe(pagesRead(100, 26_095, 29_680, FACTS.server));
});

test("a table that is read whole costs the same", () => {
  expect(carefulCost(planOf(customers), FACTS)).toBe(5085);
});

test("rows that are fetched one by one cost a page each, where the server takes the table for read once", () => {
  const { root } = planOf(joined(ordersOf()));
  const cost = carefulCost(planOf(joined(ordersOf())), FACTS);
  // Some 650,000 pages at 1.1.
  expect(cost - root.cost.total).toBeGreaterThan(550_000);
  expect(cost - root.cost.total).toBeLessThan(900_000);
});

test("a filter hides how many rows the index found: as many as a usual value has", () => {
  const filtered = ordersOf({ Filter: "(o_orderdate > '1995-01-01'::date)", "Plan Rows": 3 });
  expect(carefulCost(planOf(joined(filtered)), FACTS) / carefulCost(planOf(joined(ordersOf())), FACTS)).toBeCloseTo(1, 1);
});

test("an inner side that is remembered, or ends at the first match, is run as often as the join's cost has it", () => {
  const whole = carefulCost(planOf(joined(ordersOf())), FACTS) - 190_000;
  const total = 5085 + 190;
  expect(
    carefulCost(
      planOf(
        joined(
          { "Node Type": "Memoize", "Startup Cost": 0.43, "Total Cost": 1.2, "Plan Rows": 10, Plans: [{ ...ordersOf(), "Parent Relationship": "Outer" }] },
          total,
        ),
      ),
      FACTS,
    ) - total,
  ).toBeLessThan(whole / 100);
});

test("under a limit, as much as the limit lets run", () => {
  const whole = carefulCost(planOf(joined(ordersOf())), FACTS) - 190_000;
  const limited =
    carefulCost(
      planOf({
        "Node Type": "Limit",
        "Startup Cost": 0.43,
        "Total Cost": 190,
        "Plan Rows": 10,
        Plans: [{ ...joined(ordersOf()), "Parent Relationship": "Outer" }],
      }),
      FACTS,
    ) - 190;
  expect(limited).toBeCloseTo(whole / 1000, -1);
});

test("with memory as the server has it, a plan costs what it costs", () => {
  const range = {
    "Node Type": "Index Scan",
    "Relation Name": "orders",
    "Index Name": "by_customer",
    "Index Cond": "(o_custkey < 100)",
    "Startup Cost": 0.43,
    "Total Cost": 5000,
    "Plan Rows": 1500,
  };
  expect(carefulCost(planOf(range), { ...FACTS, careful: FACTS.server })).toBe(5000);
  expect(carefulCost(planOf(range), FACTS)).toBeLessThan(2000);
});

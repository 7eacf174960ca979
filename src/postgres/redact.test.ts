import { expect, test } from "vitest";
import type { Snapshot } from "../model/index.ts";
import { redact } from "./redact.ts";

const statistics = {
  nullFraction: 0.1,
  averageWidth: 4,
  distinct: 3,
  commonValues: ["ann", "eve"],
  commonFrequencies: [0.5, 0.2],
  histogram: ["a", "z"],
  histogramBounds: 2,
  correlation: 1,
  commonElements: null,
  elementFrequencies: null,
  inherited: false,
};

/** As much of a snapshot as redaction looks at. */
const whole = {
  data: "values",
  catalog: {
    tables: [
      {
        name: "t",
        columns: [
          { name: "c", default: "'new'", statistics },
          { name: "d", statistics: null },
        ],
      },
    ],
    indexes: [{ expressionStatistics: { 0: statistics } }],
    ddl: ["CREATE TABLE t (c text DEFAULT 'new')"],
  },
  servers: [
    { statements: [{ sql: "SELECT 'ann' /* eve */" }], activity: [{ pid: 1, sql: "SELECT 'ann'" }], replication: { preparedTransactions: [{ id: "of ann" }] } },
  ],
  samples: [{ kind: "range", minimum: "ann", maximum: "eve", rows: 10 }],
} as unknown as Snapshot;

test("values are gone; frequencies, numbers of bounds and the schema's text stay", () => {
  const { catalog, servers, samples, data } = redact(whole);
  expect(data).toBe("redacted");
  expect(catalog.tables[0]?.columns[0]?.statistics).toEqual({ ...statistics, commonValues: [], histogram: [] });
  expect(catalog.indexes[0]?.expressionStatistics[0]).toMatchObject({ commonValues: [], histogramBounds: 2 });
  expect(catalog.ddl).toEqual(whole.catalog.ddl);
  expect(servers[0]).toMatchObject({ statements: [{ sql: "SELECT $1" }], activity: [{ pid: 1, sql: null }] });
  expect(samples).toEqual([{ kind: "range", minimum: null, maximum: null, rows: 10 }]);
  expect(JSON.stringify({ catalog, servers, samples })).not.toMatch(/ann|eve/);
});

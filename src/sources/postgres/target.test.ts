import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTarget } from "./target.ts";

let home = "";
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), "luthier-target-"));
  writeFileSync(path.join(home, ".pg_service.conf"), "[shop]\nhost=db.example\n# port=1\nport = 6543\ndbname=shop\n[other]\nhost=elsewhere\n");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const known = (given: string, env: Readonly<Record<string, string>> = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(readTarget(given, { HOME: home, PGSYSCONFDIR: home, ...env })).filter(([, value]) => value !== undefined));

describe("reads what libpq reads", () => {
  test.each([
    ["postgresql://ann:p%40ss@db:5433/shop", { host: "db", port: 5433, user: "ann", password: "p@ss", database: "shop", tls: "prefer" }],
    ["postgres://db/shop?sslmode=require&user=ann", { host: "db", user: "ann", database: "shop", tls: "require" }],
    ["postgresql:///shop?host=/run/postgresql", { host: "/run/postgresql", database: "shop", tls: "prefer" }],
    ["postgresql://ann@/shop", { user: "ann", database: "shop", tls: "prefer" }],
    ["postgresql://%2Frun%2Fpostgresql/shop", { host: "/run/postgresql", database: "shop", tls: "prefer" }],
    ["postgresql://[::1]:5432/shop", { host: "::1", port: 5432, database: "shop", tls: "prefer" }],
    ["postgresql://db", { host: "db", tls: "prefer" }],
    ["host=db dbname='my shop' password='it\\'s = ok' sslmode=disable", { host: "db", database: "my shop", password: "it's = ok", tls: "disable" }],
    ["shop", { host: "db.example", port: 6543, database: "shop", tls: "prefer" }],
    ["service=shop user=ann", { host: "db.example", port: 6543, user: "ann", database: "shop", tls: "prefer" }],
  ])("%s", (given, expected) => expect(known(given)).toEqual(expected));

  test("and its variables, which anything that is said overrides", () => {
    const env = { PGHOST: "db", PGUSER: "ann", PGPASSWORD: "secret", PGSSLMODE: "verify-full" };
    expect(known("postgresql:///shop", env)).toEqual({ host: "db", user: "ann", password: "secret", database: "shop", tls: "verify-full" });
    expect(known("postgresql://eve@x/shop", env)).toMatchObject({ host: "x", user: "eve" });
  });
});

test.each([
  "postgresql://u:p@ss/w0rd@h/db",
  "postgresql://u:p#ss@h/db",
  "postgresql://u:p?ss@h/db",
  "ann:p4ss@host/db",
  "host=a b",
  "host=a port=x",
  "host=a sslmode=never",
  "nowhere",
])("does not read, and does not repeat, %s", (given) => {
  expect(() => known(given)).toThrow(expect.objectContaining({ name: "UsageError", message: expect.not.stringMatching(/p@?#?\??4?ss/) }));
});

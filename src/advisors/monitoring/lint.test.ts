import { describe, expect, test } from "vitest";
import { POSTGRES_EXPORTER_0_11 } from "./inventory/postgres-exporter-0.11.ts";
import { POSTGRES_EXPORTER_0_20 } from "./inventory/postgres-exporter-0.20.ts";
import { lint } from "./lint.ts";
import { namesIn } from "./promql.ts";

const why = (expr: string, inventory = POSTGRES_EXPORTER_0_20): string[] => lint(expr, inventory).map((one) => one.why);

describe("names of an expression", () => {
  test.each([
    ["up", ["up"], []],
    ['sum by (job, instance) (rate(a_total{x="1", y!~"b|c"}[5m])) / on (job) group_left (z) b > 3', ["a_total", "b"], ["job", "instance", "job", "z"]],
    ["sum(a) without (x) or b unless c", ["a", "b", "c"], ["x"]],
    ['a{b="c(d) by (e)"} offset 1h # and f', ["a"], []],
    ["max_over_time(a[1h:5m]) > bool 1e3", ["a"], []],
    ["vector(1)", [], []],
  ])("%s", (expr, metrics, grouped) => {
    const names = namesIn(expr);
    expect(names.references.map(({ metric }) => metric)).toEqual(metrics);
    expect(names.grouped).toEqual(grouped);
  });

  test("the function that is nearest", () => {
    expect(namesIn("max by (x) (increase(a[5m])) + sum(b)").references.map(({ within }) => within)).toEqual(["increase", "sum"]);
  });
});

describe("what cannot give anything", () => {
  test("the mixin's lag alert names a metric that the exporter does not emit", () => {
    expect(why("(pg_replication_lag > 3600) and on (instance) (pg_replication_is_replica == 1)")).toEqual([
      "pg_replication_lag is not a metric of version 0.20.1",
    ]);
    expect(why("pg_replication_lag_seconds > 3600")).toEqual([]);
  });

  test("a metric of another version", () => {
    expect(why("pg_stat_user_tables_n_dead_tup > 1")).toEqual([]);
    expect(why("pg_stat_user_tables_n_dead_tup > 1", POSTGRES_EXPORTER_0_11)).toEqual(["pg_stat_user_tables_n_dead_tup is not a metric of version 0.11.1"]);
  });

  test("a label that the metric does not have, in a matcher and in a grouping", () => {
    expect(why('pg_stat_database_deadlocks{database_name="x"} > 0')).toEqual(["pg_stat_database_deadlocks has no label database_name"]);
    expect(why("sum by (relname) (pg_stat_database_deadlocks) > 0")).toEqual(["no metric here has the label relname"]);
  });

  test("a rate of a gauge", () => {
    expect(why("rate(pg_stat_activity_max_tx_duration[2m]) > 120")).toEqual(["pg_stat_activity_max_tx_duration is a gauge: rate() of it means nothing"]);
    expect(why("predict_linear(pg_stat_database_xact_commit[1h], 3600) > 1")).toEqual([
      "pg_stat_database_xact_commit is a counter: predict_linear() of it falls with every restart",
    ]);
  });

  test("a collector that is off", () => {
    expect(why("pg_stat_checkpointer_num_requested_total > 1")).toEqual([
      "pg_stat_checkpointer_num_requested_total needs --collector.stat_checkpointer, which is off by default",
    ]);
  });

  test("a setting is one of many", () => {
    expect(why("pg_settings_max_connections < 5")).toEqual([]);
  });
});

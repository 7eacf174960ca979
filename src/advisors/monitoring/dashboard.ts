/** A dashboard of this project's own tables and statements, as Grafana imports it. */
import { selector } from "./promql-text.ts";
import { seconds } from "./words.ts";
import type { HotStatement, Watched } from "./watched.ts";

interface Target {
  readonly expr: string;
  readonly legend: string;
}

interface PanelDraft {
  readonly title: string;
  readonly about: string;
  /** `stat`: one number now. `timeseries`: over time. */
  readonly kind: "stat" | "timeseries";
  readonly unit: string;
  readonly width: number;
  readonly targets: readonly Target[];
  /** A line across, where the alert begins. */
  readonly limit?: number;
}

interface RowDraft {
  readonly title: string;
  readonly panels: readonly PanelDraft[];
}

const WIDE = 24;
const STAT_HEIGHT = 4;
const PLOT_HEIGHT = 8;

export function dashboard(watched: Watched): object {
  const name = watched.database.catalog.database.name;
  return {
    uid: `luthier-${watched.slug}`.slice(0, UID_LENGTH),
    title: `${name}: PostgreSQL`,
    tags: ["postgresql", "django"],
    timezone: "browser",
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: "1m",
    time: { from: "now-6h", to: "now" },
    templating: { list: [{ name: "datasource", type: "datasource", query: "prometheus", label: "Prometheus" }] },
    panels: laidOut(rows(watched)),
  };
}

/** Grafana's own bound. */
const UID_LENGTH = 40;

function rows(watched: Watched): RowDraft[] {
  return [
    { title: "Now", panels: nowPanels(watched) },
    { title: "Sessions", panels: sessionPanels(watched) },
    ...(watched.statements.length === 0 ? [] : [{ title: "Statements with most of the time", panels: statementPanels(watched) }]),
    ...(watched.tables.length === 0 ? [] : [{ title: "Tables that are written most", panels: tablePanels(watched) }]),
    { title: "Server", panels: serverPanels(watched) },
    ...(watched.standbys === 0 ? [] : [{ title: "Standbys", panels: standbyPanels(watched) }]),
  ];
}

const of = ({ target }: Watched, metric: string): string => `${metric}${selector({ job: target.job })}`;
const perSecond = (watched: Watched, metric: string): string => `rate(${of(watched, metric)}[$__rate_interval])`;

function nowPanels(watched: Watched): PanelDraft[] {
  const { connections } = watched;
  const stat = (title: string, about: string, metric: string, unit: string): PanelDraft => ({
    title,
    about,
    kind: "stat",
    unit,
    width: 4,
    targets: [{ expr: `max(${of(watched, metric)})`, legend: "" }],
  });
  return [
    {
      ...stat(
        `Connections of ${connections.usable}`,
        `max_connections = ${connections.most} less ${connections.reserved} reserved`,
        "luthier_session_connections",
        "none",
      ),
      limit: connections.usable,
    },
    stat("Running a statement", "Sessions in the state active", "luthier_session_active", "none"),
    stat("Waiting for a lock", "Sessions that stand still", "luthier_session_waiting", "none"),
    stat("Longest idle transaction", "Time since its last statement", "luthier_session_longest_idle_in_transaction_seconds", "s"),
    stat("Oldest transaction", "It holds VACUUM back", "luthier_session_longest_transaction_seconds", "s"),
    stat("Size", "Of the database with its indexes", "luthier_database_bytes", "bytes"),
  ];
}

function sessionPanels(watched: Watched): PanelDraft[] {
  const { connections, database } = watched;
  const half = WIDE / 2;
  const deadlock = (database.settingNumber("deadlock_timeout") ?? 1000) / 1000;
  return [
    {
      title: "Connections by application",
      about: `Of ${connections.usable} that clients may use`,
      kind: "timeseries",
      unit: "none",
      width: half,
      limit: connections.usable,
      targets: [{ expr: `sum by (application) (${of(watched, "luthier_application_connections")})`, legend: "{{application}}" }],
    },
    {
      title: "Lock waits and idle transactions",
      about: `The server looks for a deadlock after ${seconds(deadlock)}`,
      kind: "timeseries",
      unit: "s",
      width: half,
      targets: [
        { expr: `max(${of(watched, "luthier_session_longest_wait_seconds")})`, legend: "longest lock wait" },
        { expr: `max(${of(watched, "luthier_session_longest_idle_in_transaction_seconds")})`, legend: "longest idle transaction" },
      ],
    },
  ];
}

/** One series each with a name that a person knows: a queryid says nothing. */
function statementPanels(watched: Watched): PanelDraft[] {
  const { statements, target } = watched;
  const grown = (metric: string, { id }: HotStatement): string =>
    `sum(rate(luthier_statement_${metric}${selector({ job: target.job, queryid: id })}[$__rate_interval]))`;
  const each = (expr: (one: HotStatement) => string): Target[] => statements.map((one) => ({ expr: expr(one), legend: nameOf(one) }));
  const half = WIDE / 2;
  return [
    {
      title: "Seconds of database time a second",
      about: "One is a core that does nothing else",
      kind: "timeseries",
      unit: "none",
      width: half,
      targets: each((one) => `${grown("milliseconds", one)} / 1000`),
    },
    {
      title: "Milliseconds a call",
      about: "StatementSlower compares these with their past",
      kind: "timeseries",
      unit: "ms",
      width: half,
      targets: each((one) => `${grown("milliseconds", one)} / ${grown("calls", one)}`),
    },
    {
      title: "Calls a second",
      about: "A jump after a deployment is a new loop of queries",
      kind: "timeseries",
      unit: "ops",
      width: half,
      targets: each((one) => grown("calls", one)),
    },
    {
      title: "Blocks read a call",
      about: "A jump is another plan, or an index that is gone",
      kind: "timeseries",
      unit: "none",
      width: half,
      targets: each((one) => `${grown("blocks_read", one)} / ${grown("calls", one)}`),
    },
  ];
}

/** Grafana reads braces in a legend as a label. */
function nameOf({ symbol, words, place }: HotStatement): string {
  return `${symbol ?? words.slice(0, LEGEND)}${place === null ? "" : ` (${place})`}`.replaceAll(/[{}]/g, " ");
}

const LEGEND = 60;

function tablePanels(watched: Watched): PanelDraft[] {
  const by = (expr: string): Target[] => [{ expr, legend: "{{table}}" }];
  const third = WIDE / 3;
  return [
    {
      title: "Dead rows",
      about: `Autovacuum begins at ${watched.tables
        .map(({ name, vacuum, rows }) => `${name}: ${Math.round(Math.min(vacuum.base + vacuum.factor * rows, vacuum.cap ?? Number.POSITIVE_INFINITY))}`)
        .slice(0, 8)
        .join(", ")}`,
      kind: "timeseries",
      unit: "short",
      width: third,
      targets: by(`max by (table) (${of(watched, "luthier_table_dead_rows")})`),
    },
    {
      title: "Rows written a second",
      about: "Inserted, updated and deleted",
      kind: "timeseries",
      unit: "ops",
      width: third,
      targets: by(`max by (table) (${perSecond(watched, "luthier_table_writes")})`),
    },
    {
      title: "Rows read a second",
      about: "By sequential and index scans",
      kind: "timeseries",
      unit: "ops",
      width: third,
      targets: by(`max by (table) (${perSecond(watched, "luthier_table_rows_read")})`),
    },
  ];
}

function serverPanels(watched: Watched): PanelDraft[] {
  const third = WIDE / 3;
  const plot = (title: string, about: string, unit: string, targets: readonly Target[]): PanelDraft => ({
    title,
    about,
    kind: "timeseries",
    unit,
    width: third,
    targets,
  });
  const { database } = watched;
  const share = `${perSecond(watched, "luthier_database_blocks_read")} / ${perSecond(watched, "luthier_database_blocks_asked")}`;
  return [
    plot("Transactions a second", "Rollbacks are errors, or tests", "ops", [
      { expr: `sum(${perSecond(watched, "luthier_database_commits")})`, legend: "commits" },
      { expr: `sum(${perSecond(watched, "luthier_database_rollbacks")})`, legend: "rollbacks" },
    ]),
    plot("Blocks not in shared buffers", `shared_buffers = ${database.setting("shared_buffers") ?? "?"} blocks`, "percentunit", [
      { expr: share, legend: "{{instance}}" },
    ]),
    plot("Temporary files", `work_mem = ${database.setting("work_mem") ?? "?"} kB`, "Bps", [
      { expr: `sum(${perSecond(watched, "luthier_database_temporary_bytes")})`, legend: "bytes a second" },
    ]),
    plot("Checkpoints an hour", `checkpoint_timeout = ${database.setting("checkpoint_timeout") ?? "?"} s`, "none", [
      { expr: `sum(increase(${of(watched, "luthier_checkpoint_timed")}[1h]))`, legend: "by time" },
      { expr: `sum(increase(${of(watched, "luthier_checkpoint_requested")}[1h]))`, legend: "by WAL" },
    ]),
    plot("Age of the oldest database", `Autovacuum is forced at ${database.setting("autovacuum_freeze_max_age") ?? "?"}`, "short", [
      { expr: `max(${of(watched, "luthier_wraparound_transactions")})`, legend: "transactions" },
      { expr: `max(${of(watched, "luthier_wraparound_multixacts")})`, legend: "multixacts" },
    ]),
    plot("Deadlocks an hour", "Each one is a request that failed", "none", [
      { expr: `sum(increase(${of(watched, "luthier_database_deadlocks")}[1h]))`, legend: "deadlocks" },
    ]),
  ];
}

function standbyPanels(watched: Watched): PanelDraft[] {
  const half = WIDE / 2;
  return [
    {
      title: `Standbys of ${watched.standbys}`,
      about: "That follow the primary",
      kind: "timeseries",
      unit: "none",
      width: half,
      limit: watched.standbys,
      targets: [{ expr: `max by (instance) (${of(watched, "luthier_standby_streaming")})`, legend: "{{instance}}" }],
    },
    {
      title: "WAL to replay",
      about: "Of the slowest standby",
      kind: "timeseries",
      unit: "bytes",
      width: half,
      targets: [{ expr: `max by (instance) (${of(watched, "luthier_standby_behind_bytes")})`, legend: "{{instance}}" }],
    },
  ];
}

// ---------------------------------------------------------------------------------------------------------------- layout

const SOURCE = { type: "prometheus", uid: "${datasource}" };

/** Panels of a row stand side by side until it is full. */
function laidOut(drafts: readonly RowDraft[]): object[] {
  const panels: object[] = [];
  let y = 0;
  for (const row of drafts) {
    panels.push({ id: panels.length + 1, type: "row", title: row.title, collapsed: false, gridPos: { h: 1, w: WIDE, x: 0, y }, panels: [] });
    y += 1;
    let x = 0;
    let height = 0;
    for (const draft of row.panels) {
      if (x + draft.width > WIDE) {
        x = 0;
        y += height;
      }
      height = draft.kind === "stat" ? STAT_HEIGHT : PLOT_HEIGHT;
      panels.push(panel(draft, panels.length + 1, { h: height, w: draft.width, x, y }));
      x += draft.width;
    }
    y += height;
  }
  return panels;
}

function panel({ title, about, kind, unit, targets, limit }: PanelDraft, id: number, gridPos: object): object {
  const steps = [{ color: "green", value: null }, ...(limit === undefined ? [] : [{ color: "red", value: limit }])];
  return {
    id,
    type: kind,
    title,
    description: about,
    datasource: SOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        thresholds: { mode: "absolute", steps },
        ...(kind === "timeseries" && limit !== undefined ? { custom: { thresholdsStyle: { mode: "line" } } } : {}),
      },
      overrides: [],
    },
    targets: targets.map(({ expr, legend }, index) => ({
      refId: refId(index),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
      range: kind === "timeseries",
      instant: kind === "stat",
    })),
  };
}

/** A to Z, then AA. */
const refId = (index: number): string => `${index < 26 ? "" : String.fromCharCode(64 + Math.floor(index / 26))}${String.fromCharCode(65 + (index % 26))}`;

/** All expressions, as Prometheus takes them: Grafana's interval written out. */
export function expressionsOf(board: object): string[] {
  const panels =
    "panels" in board && Array.isArray(board.panels) ? (board.panels as readonly { readonly targets?: readonly { readonly expr: string }[] }[]) : [];
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "5m")));
}

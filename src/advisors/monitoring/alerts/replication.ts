/** Standbys and slots, where the snapshot has seen any. */
import { formatBytes, formatNumber } from "../../../model/numbers.ts";
import { levelAlert, MINUTE, SERVER, type Alert, type Trial } from "../alert.ts";
import { selector } from "../promql-text.ts";
import { round } from "../words.ts";
import type { Watched } from "../watched.ts";

export function replicationAlerts(watched: Watched): Alert[] {
  return [
    ...(watched.standbys === 0 ? [] : [missingAlert(watched), cutOffAlert(watched), behindAlert(watched)]),
    ...watched.slots.flatMap((slot) => slotAlert(watched, slot)),
  ];
}

/** Reads that users wait for go there: its loss is theirs. */
const severityOf = ({ readsReplicas }: Watched): "page" | "ticket" => (readsReplicas ? "page" : "ticket");

/** The number of standbys, not their lag: the exporter's lag is 0 while a standby is cut off, since it has replayed all that it received. */
function missingAlert(watched: Watched): Alert {
  const { target, standbys, database, readsReplicas } = watched;
  const names = database.server.replication.standbys.map(({ application }) => application).join(", ");
  const job = selector({ job: target.job });
  const labels = { ...target };
  const series = (streaming: string, recovery = "0+0x4"): Trial["series"] => [
    { metric: "luthier_standby_streaming", labels: { ...labels, ...SERVER }, values: streaming },
    { metric: "luthier_standby_in_recovery", labels: { ...labels, ...SERVER }, values: recovery },
  ];
  const fires = { labels, value: standbys - 1 };
  return {
    name: "StandbyMissing",
    expr: `max by (job, instance) (luthier_standby_streaming${job}) < ${standbys} and on (job, instance) luthier_standby_in_recovery${job} == 0`,
    hold: 2 * MINUTE,
    severity: severityOf(watched),
    summary: ({ value }) => `${value} of ${standbys} standbys follow the primary`,
    description: ({ plain }) =>
      `${names === "" ? `${standbys} followed at the snapshot` : `${plain(names)} followed at the snapshot`}. ${readsReplicas ? "DATABASES sends reads to a second host: they are answered with old rows, or not at all." : "No alias of DATABASES reads from it: what is lost is the spare."}`,
    because: `${standbys} ${standbys === 1 ? "standby was" : "standbys were"} seen at the snapshot`,
    steps: [
      "On the primary: SELECT application_name, state, sent_lsn, replay_lsn FROM pg_stat_replication;",
      "On the standby: its log says why WAL does not come in. If the primary has thrown the WAL away that it needs, it has to be built anew (pg_basebackup).",
    ],
    trials: [
      { title: "fires", series: series(`${standbys - 1}+0x4`), at: 2, fires },
      { title: "all are there", series: series(`${standbys}+0x4`), at: 3, fires: null },
      { title: "one more", series: series(`${standbys + 1}+0x4`), at: 3, fires: null },
      { title: "not for long enough", series: series(`${standbys - 1}+0x4`), at: 1, fires: null },
      { title: "a standby has none", series: series(`${standbys - 1}+0x4`, "1+0x4"), at: 3, fires: null },
    ],
  };
}

function cutOffAlert(watched: Watched): Alert {
  const { target, replicaTargets } = watched;
  const job = selector({ job: target.job });
  const labels = { ...(replicaTargets[0] ?? { ...target, instance: "standby:9187" }) };
  const series = (receiving: number, recovery = 1): Trial["series"] => [
    { metric: "luthier_replica_in_recovery", labels: { ...labels, ...SERVER }, values: `${recovery}+0x4` },
    { metric: "luthier_replica_receiving", labels: { ...labels, ...SERVER }, values: `${receiving}+0x4` },
  ];
  return {
    name: "StandbyCutOff",
    expr: `max by (job, instance) (luthier_replica_in_recovery${job}) == 1 and on (job, instance) luthier_replica_receiving${job} == 0`,
    hold: 2 * MINUTE,
    severity: severityOf(watched),
    summary: ({ label }) => `${label("instance")} receives nothing from its primary`,
    description: () => "Its rows grow old. Its lag by LSN stays 0: it has replayed all that it received.",
    because: `a standby without a WAL receiver; ${replicaTargets.length === 0 ? "it comes once an exporter runs beside the standby" : "the snapshot has seen its receiver"}`,
    steps: ["As for StandbyMissing: the standby's log says why."],
    trials: [
      { title: "fires", series: series(0), at: 2, fires: { labels, value: 1 } },
      { title: "receives", series: series(1), at: 3, fires: null },
      { title: "a primary", series: series(0, 0), at: 3, fires: null },
      { title: "not for long enough", series: series(0), at: 1, fires: null },
    ],
  };
}

const MB = 1_000_000;
/** Sixteen segments of WAL, or ten times what was seen: ours. */
const LEAST_BEHIND_MB = 256;
const BEHIND_TIMES = 10;

function behindAlert(watched: Watched): Alert {
  const { target, database } = watched;
  const lags = database.server.replication.standbys.flatMap(({ lagBytes }) => lagBytes ?? []);
  const seen = lags.length === 0 ? null : Math.max(...lags);
  const over = Math.max(LEAST_BEHIND_MB, Math.ceil(((seen ?? 0) * BEHIND_TIMES) / MB));
  return levelAlert({
    target,
    metric: "luthier_standby_behind_bytes",
    scale: MB,
    name: "StandbyBehind",
    over,
    step: 1,
    normal: seen ?? 0,
    hold: 5 * MINUTE,
    severity: severityOf(watched),
    summary: ({ value }) => `A standby has ${value} MB of WAL to replay`,
    description: () => "Its readers see old rows until then.",
    because:
      seen === null
        ? `${LEAST_BEHIND_MB} MB; the lag was not read at the snapshot`
        : `${BEHIND_TIMES} times the ${formatBytes(seen)} of the snapshot, ${LEAST_BEHIND_MB} MB at the least`,
    steps: [
      "SELECT application_name, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) FROM pg_stat_replication;",
      "A long query on the standby holds replay back (max_standby_streaming_delay), or one process replays slower than the primary writes.",
    ],
  });
}

/** Of max_slot_wal_keep_size, beyond which the slot is lost; without one, WAL that nobody would expect. Ours. */
const SLOT_SHARE = 0.8;
const WAL_TIMES = 10;

function slotAlert({ target, database }: Watched, slot: string): Alert[] {
  const keep = database.settingNumber("max_slot_wal_keep_size") ?? -1;
  const wal = database.settingNumber("max_wal_size") ?? 1024 ** 3;
  const over = Math.max(1, Math.round((keep > 0 ? SLOT_SHARE * keep : WAL_TIMES * wal) / MB));
  const seen = database.server.replication.slots.find(({ name }) => name === slot);
  return [
    levelAlert({
      target,
      metric: "luthier_slot_retained_bytes",
      labels: { slot },
      scale: MB,
      name: "SlotHoldsWal",
      over,
      step: 1,
      normal: Math.min(seen?.retainedBytes ?? 0, (over * MB) / 2),
      hold: 10 * MINUTE,
      severity: "page",
      summary: ({ value, label }) => `Slot ${label("slot")} holds ${value} MB of WAL`,
      description: () =>
        keep > 0
          ? `At max_slot_wal_keep_size = ${formatBytes(keep)} the slot is given up, and its reader has to begin anew.`
          : "max_slot_wal_keep_size is -1: WAL is kept until the disk is full, and the server stops.",
      because: `${keep > 0 ? `${SLOT_SHARE * 100} % of max_slot_wal_keep_size = ${formatBytes(keep)}` : `${WAL_TIMES} times max_wal_size = ${formatBytes(wal)}, since max_slot_wal_keep_size sets no limit`}; ${seen?.retainedBytes === null || seen === undefined ? "not read at the snapshot" : `${formatNumber(round(seen.retainedBytes / MB, 3))} MB at the snapshot`}`,
      steps: [
        `Who reads it: SELECT slot_name, active, active_pid, restart_lsn, wal_status FROM pg_replication_slots;`,
        "Nobody does and nobody will: SELECT pg_drop_replication_slot('NAME');",
      ],
    }),
  ];
}

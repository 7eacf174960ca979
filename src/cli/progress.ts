import type { Progress, ProgressStep } from "../model/config.ts";
import type { Output } from "./environment.ts";

const FRAME_MS = 100;
const SHOW_TIME_LEFT_AFTER_MS = 3000;
const BAR = 32;
const ERASE = "\r\u001B[K";

export interface ProgressLine {
  readonly step: Progress;
  /** Erases the line. */
  end(): void;
}

/** One line on standard error, rewritten at 10 Hz at most; nothing at all when that is not a terminal. */
export function progressLine(output: Output, now: () => number = Date.now): ProgressLine {
  if (output.isTTY !== true) return { step: () => {}, end: () => {} };
  let drawn = -Infinity;
  let phase = { name: "", started: 0 };
  return {
    step(step) {
      const time = now();
      if (step.phase !== phase.name) phase = { name: step.phase, started: time };
      if (time - drawn < FRAME_MS) return;
      drawn = time;
      const line = drawStep(step, time - phase.started);
      output.write(ERASE + line.slice(0, (output.columns ?? 80) - 1));
    },
    end() {
      if (drawn > -Infinity) output.write(ERASE);
    },
  };
}

/** `parsing  ━━━━━━──── 884 of 1,204 files, 0:21 left`, the time left once it can be told. */
function drawStep({ phase, done, total, unit }: ProgressStep, elapsedMs: number): string {
  if (total <= 0) return `  ${phase}`;
  const filled = Math.round((BAR * Math.min(done, total)) / total);
  const count = `${done.toLocaleString("en-US")} of ${total.toLocaleString("en-US")}${unit === "" ? "" : ` ${unit}`}`;
  const left = elapsedMs > SHOW_TIME_LEFT_AFTER_MS && done > 0 ? `, ${clock((elapsedMs / done) * (total - done))} left` : "";
  return `  ${phase}  ${"━".repeat(filled)}${"─".repeat(BAR - filled)} ${count}${left}`;
}

function clock(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

import type { Frame, Recording } from "../model/recording.ts";

export interface FileState {
  /** Unix milliseconds of a file's last change; null when it is not there. */
  readonly changedAt: (file: string) => number | null;
  readonly readLine: (file: string, line: number) => string;
}

/** Files of the project that changed after they were recorded, or are gone. */
export function staleFiles(recording: Recording, { changedAt }: FileState): ReadonlySet<string> {
  return new Set(
    recording.files.filter((file) => {
      const changed = changedAt(file);
      return changed === null || (recording.ended > 0 && changed > recording.ended);
    }),
  );
}

/** The line that a frame names may be another now: its file changed, and nothing on the line is what was read there. */
export function hasMoved(frame: Frame, word: string, stale: ReadonlySet<string>, { readLine }: FileState): boolean {
  if (!stale.has(frame.file)) return false;
  const text = readLine(frame.file, frame.line);
  return text.trim() === "" || word === "" || !text.includes(word);
}

/** The statements of a replay with what they ask. */
import type { QueryShape } from "../model/index.ts";
import type { Recording } from "../model/recording.ts";

/** `shapeOf` is PostgreSQL's own parser: of statements for another database it reads what it can. */
export function withReplayShapes(recording: Recording, shapeOf: (sql: string) => QueryShape | null): Recording {
  const { replay } = recording;
  return replay === undefined
    ? recording
    : { ...recording, replay: { ...replay, statements: replay.statements.map((one) => ({ ...one, shape: shapeOf(one.sql) })) } };
}

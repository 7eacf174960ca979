import type { Frame, Stack } from "../model/recording.ts";

const TEST_FOLDER = /(?:^|\/)(?:tests?|testing|test_utils)\//;
const TEST_FILE = /(?:^|\/)(?:test_[^/]*|[^/]*_tests?|tests?|conftest|factories)\.py$/;
/** Through these everything runs, and nothing is written in them. */
const ENTRY = /(?:^|\/)(?:manage|wsgi|asgi)\.py$/;
const MIGRATION = /(?:^|\/)(?:migrations|south_migrations)\/[^/]+\.py$/;

/** Code that a finding may blame: the project's own, apart from tests, migrations and the scripts that start it. */
export function isBlamable(frame: Frame): boolean {
  return frame.owner === "project" && !isTestCode(frame.file) && !MIGRATION.test(frame.file) && !ENTRY.test(frame.file);
}

export function isTestCode(file: string): boolean {
  return TEST_FOLDER.test(file) || TEST_FILE.test(file);
}

/** The innermost frame of the project, whatever it is. */
export function ownFrame(stack: Stack): Frame | null {
  return stack.find(({ owner }) => owner === "project") ?? null;
}

/** The innermost frame of the project when a finding may blame it: what a test asks for itself is the test's own. */
export function blamedFrame(stack: Stack): Frame | null {
  const frame = ownFrame(stack);
  return frame !== null && isBlamable(frame) ? frame : null;
}

export function hasTestCode(stack: Stack): boolean {
  return stack.some(({ owner, file }) => owner === "project" && isTestCode(file));
}

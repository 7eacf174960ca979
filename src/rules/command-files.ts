/** Modules that Django imports when their command is run, and at no other time. */
const COMMAND = /(?:^|\/)management\/commands\//;

export function isCommandFile(file: string): boolean {
  return COMMAND.test(file);
}

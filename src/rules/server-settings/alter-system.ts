import type { Database } from "../../model/index.ts";
import { currentText } from "./proposals.ts";

/**
 * Sets a setting for the whole server, and undoes that. What an ALTER SYSTEM set before is set again; it is not told from a line of postgresql.conf, and
 * both give the value that was there. A default is reset.
 */
export function alterSystem(database: Database, name: string, value: string): { readonly forward: string; readonly reverse: string } {
  const setting = database.server.settings.find((one) => one.name === name);
  const isSet = setting !== undefined && setting.source === "configuration file";
  return {
    forward: `ALTER SYSTEM SET ${name} = '${value}'`,
    reverse: isSet ? `ALTER SYSTEM SET ${name} = '${currentText(database, name)}'` : `ALTER SYSTEM RESET ${name}`,
  };
}

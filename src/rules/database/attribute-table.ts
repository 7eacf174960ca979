/** Tables that hold attributes of another table's rows as rows: entity, name, value. */
import type { Database, Table } from "../../model/index.ts";
import { isTextType, isUniqueColumn } from "./column-facts.ts";
import { foreignKeysOf } from "./foreign-keys.ts";

const NAME = /(?:^|_)(?:name|key|attribute|attr|property|prop|parameter|param|field|code)$/;
const VALUE = /(?:^|_)(?:value|val|data)$/;

/** With more columns the rows are things of their own. Ours. */
const MOST_COLUMNS = 6;

export interface AttributeTable {
  readonly entity: string;
  readonly name: string;
  readonly value: string;
}

/** The roles of a table's columns; null where it is no such table. */
export function attributeTable(table: Table, database: Database): AttributeTable | null {
  const [entity, ...others] = foreignKeysOf(table, database).filter(({ columns }) => columns.length === 1);
  const [key = ""] = entity?.columns ?? [];
  if (entity === undefined || others.length > 0 || table.columns.length > MOST_COLUMNS || isUniqueColumn(database, table, key)) return null;
  const texts = table.columns.filter(isTextType);
  const value = texts.find(({ name }) => VALUE.test(name));
  const name = texts.find((one) => NAME.test(one.name) && one !== value && !isUniqueColumn(database, table, one.name));
  return name === undefined || value === undefined ? null : { entity: key, name: name.name, value: value.name };
}

/** The same of fields by their names, for the source. */
export const isAttributeName = (name: string): boolean => NAME.test(name);
export const isAttributeValue = (name: string): boolean => VALUE.test(name);
export const MOST_ATTRIBUTE_COLUMNS = MOST_COLUMNS;

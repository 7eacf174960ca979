/** Schemas of tenants: a loop that goes from one to the next sends each round's statements to tables of its own. */
import { escapeArgs } from "../../dataflow/arguments.ts";
import type { Engine, Hook } from "../../dataflow/engine.ts";
import { UNKNOWN } from "../../dataflow/values.ts";

const changeSchema =
  (engine: Engine): Hook =>
  (args, site) => {
    engine.recorder.changeSchema(site.frame.loop);
    escapeArgs(engine, args);
    return UNKNOWN;
  };

const METHODS = ["set_tenant", "set_schema", "set_schema_to_public"].map((name) => `django.db.connection.${name}`);
const CONTEXTS = ["django_tenants", "tenant_schemas"].flatMap((name) => [`${name}.utils.schema_context`, `${name}.utils.tenant_context`]);

export const tenantHooks = Object.fromEntries([...METHODS, ...CONTEXTS].map((name) => [name, changeSchema]));

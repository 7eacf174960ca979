/** Database routers of a project, as far as their text tells: which database they read and write. */
import type { ClassInfo, Expr, FunctionDef, Program, RuleInput, Span, Stmt } from "../../model/index.ts";
import type { SettingsFacts } from "../../model/deployment.ts";
import { blocksOf } from "../../python/inner-blocks.ts";

export interface Router {
  readonly name: string;
  readonly cls: ClassInfo;
  readonly reads: Method | null;
  readonly writes: Method | null;
  readonly hasRelations: boolean;
  /** Text of its file: what the methods call stands there too. */
  readonly text: string;
}

export interface Method {
  readonly span: Span;
  /** Aliases that it returns as they are written. */
  readonly aliases: readonly string[];
  /** Some way through it gives None. */
  readonly givesNone: boolean;
  /** It returns something that is no plain alias. */
  readonly isOpen: boolean;
  /** Every call gives one of the aliases, whatever the model. */
  readonly isUnconditional: boolean;
}

/** Those of DATABASE_ROUTERS that are classes of the project. */
export function routersOf({ program, text }: Pick<RuleInput, "program" | "text">, settings: SettingsFacts): readonly Router[] {
  const listed = settings.values.get("DATABASE_ROUTERS")?.value;
  const names = Array.isArray(listed) ? listed.flatMap((one: unknown) => (typeof one === "string" ? one : [])) : [];
  return names.flatMap((dotted) => {
    const symbol = program.resolveDotted(dotted);
    if (symbol?.kind !== "class" || symbol.cls.module.origin !== "project") return [];
    const { cls } = symbol;
    const method = (name: string): Method | null => methodOf(program, cls, name);
    return [
      {
        name: cls.name,
        cls,
        reads: method("db_for_read"),
        writes: method("db_for_write"),
        hasRelations: program.member(cls, "allow_relation") !== null,
        text: text(cls.module.ir.file),
      },
    ];
  });
}

/** Databases that are read and never written: replicas, whatever their names are. */
export function readOnlyAliases(routers: readonly Router[]): ReadonlySet<string> {
  const written = new Set(routers.flatMap(({ writes }) => writes?.aliases ?? []));
  return new Set(routers.flatMap(({ reads }) => reads?.aliases ?? []).filter((alias) => alias !== "default" && !written.has(alias)));
}

function methodOf(program: Program, cls: ClassInfo, name: string): Method | null {
  const member = program.member(cls, name);
  if (member?.definition.kind !== "function") return null;
  const { def } = member.definition;
  const returned = returnsOf(def.body);
  const values = returned.flatMap((one) => (one === null ? [null] : valuesOf(one, program, cls)));
  return {
    span: { file: member.owner.module.ir.file, start: def.start, end: def.headEnd },
    aliases: [...new Set(values.flatMap((one) => (typeof one === "string" ? one : [])))],
    givesNone: values.includes(null) || !endsInReturn(def),
    isOpen: values.includes("?"),
    isUnconditional:
      def.body.every(({ kind }) => kind !== "if" && kind !== "try" && kind !== "match" && kind !== "for" && kind !== "while") &&
      endsInReturn(def) &&
      returned.every((one) => one !== null && one.kind !== "conditional" && one.kind !== "bool"),
  };
}

const endsInReturn = ({ body }: FunctionDef): boolean => body.at(-1)?.kind === "return";

function returnsOf(body: readonly Stmt[]): (Expr | null)[] {
  return body.flatMap((stmt) =>
    stmt.kind === "return" ? [stmt.value] : stmt.kind === "function" || stmt.kind === "class" ? [] : blocksOf(stmt).flatMap(returnsOf),
  );
}

/** `"?"` for what is not read. A name stands for what its module gives it. */
function valuesOf(expr: Expr, program: Program, cls: ClassInfo, depth = 0): (string | null)[] {
  if (expr.kind === "str") return [expr.value];
  if (expr.kind === "constant") return [expr.value === "none" ? null : "?"];
  if (expr.kind === "conditional") return [...valuesOf(expr.then, program, cls, depth), ...valuesOf(expr.otherwise, program, cls, depth)];
  if (expr.kind === "sequence") return expr.items.flatMap((one) => valuesOf(one, program, cls, depth));
  if (expr.kind === "call" && isChoice(expr.callee)) return expr.args.flatMap((one) => valuesOf(one, program, cls, depth));
  if (expr.kind === "name" && depth < 3) {
    const symbol = program.resolve(cls.module, expr.name);
    if (symbol?.kind === "variable") return symbol.values.flatMap((one) => valuesOf(one, program, cls, depth + 1));
  }
  return ["?"];
}

/** `random.choice(["replica1", "replica2"])`. */
const isChoice = (callee: Expr): boolean => (callee.kind === "attribute" || callee.kind === "name") && callee.name === "choice";

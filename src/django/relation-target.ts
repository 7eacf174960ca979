import type { Expr } from "../model/ir.ts";
import type { ClassInfo, DjangoProject, PythonModule } from "../model/project.ts";
import type { ConstantReader } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { dottedName } from "../python/program-scope.ts";
import type { Argument } from "./field-call.ts";

/** What a relation's `to` names: a class, or a label still to be looked up (`"self"`, `"Model"`, `"app.Model"`). */
export type Target = { readonly kind: "class"; readonly cls: ClassInfo } | { readonly kind: "label"; readonly label: string };

/** Reads `to`, `through` and signal senders, however they are written. */
export type TargetReader = (argument: Argument, holder: ClassInfo | null) => Target | null;

const maxSteps = 8;

export function createTargetReader(program: ResolvedProgram, reader: ConstantReader, project: DjangoProject): TargetReader {
  const user: Target = { kind: "label", label: project.authUserModel };

  const read = (module: PythonModule, expr: Expr, holder: ClassInfo | null, step: number): Target | null => {
    if (step > maxSteps) return null;
    switch (expr.kind) {
      case "str":
        return { kind: "label", label: expr.value };
      case "format":
      case "binary":
        return fromConstant(module, expr);
      case "name":
      case "attribute":
        return fromName(module, expr, holder, step);
      case "call":
        return fromCall(module, expr, holder, step);
      case "conditional":
        return read(module, expr.then, holder, step + 1) ?? read(module, expr.otherwise, holder, step + 1);
      case "bool":
        return expr.items.map((item) => read(module, item, holder, step + 1)).find((each) => each !== null) ?? null;
      case "subscript":
        return read(module, expr.object, holder, step + 1);
      default:
        return null;
    }
  };

  const fromConstant = (module: PythonModule, expr: Expr): Target | null => {
    const value = reader.expression(module, expr);
    return typeof value === "string" ? { kind: "label", label: value } : null;
  };

  const fromName = (module: PythonModule, expr: Extract<Expr, { kind: "name" | "attribute" }>, holder: ClassInfo | null, step: number): Target | null => {
    const setting = fromSetting(expr);
    if (setting) return setting;
    const symbol = program.resolveExpression(module, expr, holder);
    if (symbol?.kind === "class") return { kind: "class", cls: symbol.cls };
    if (symbol?.kind === "external") return fromExternal(symbol.name);
    if (symbol?.kind !== "variable") return null;
    for (const value of symbol.values.toReversed()) {
      const found = value === expr ? null : read(symbol.module, value, null, step + 1);
      if (found) return found;
    }
    return null;
  };

  /** `settings.AUTH_USER_MODEL`, and other settings that name a model. */
  const fromSetting = (expr: Expr): Target | null => {
    const name = dottedName(expr)?.split(".").at(-1) ?? "";
    if (name === "AUTH_USER_MODEL") return user;
    const label = /^[A-Z][A-Z\d_]+$/.test(name) ? project.modelSettings.get(name) : undefined;
    return label ? { kind: "label", label } : null;
  };

  /** `get_user_model()`, `apps.get_model("app", "Model")`, `getattr(settings, "X_MODEL", "app.Model")`. */
  const fromCall = (module: PythonModule, expr: Extract<Expr, { kind: "call" }>, holder: ClassInfo | null, step: number): Target | null => {
    const name = dottedName(expr.callee)?.split(".").at(-1) ?? (expr.callee.kind === "attribute" ? expr.callee.name : "");
    const [first, second, third] = [...expr.args, ...expr.keywords.map((each) => each.value)];
    if (name === "get_user_model" || name === "get_user_model_name") return user;
    if (name === "getattr" && second?.kind === "str") {
      const label = second.value === "AUTH_USER_MODEL" ? user.label : project.modelSettings.get(second.value);
      return label ? { kind: "label", label } : third ? read(module, third, holder, step + 1) : null;
    }
    if (/^(?:get_model|get_registered_model|swapper_load_model|load_model|get_model_name|SimpleLazyObject|lazy|gettext_lazy|str)$/.test(name)) {
      const app = first && reader.expression(module, first);
      const model = second && reader.expression(module, second);
      if (typeof app === "string") return { kind: "label", label: typeof model === "string" ? `${app}.${model}` : app };
      return first?.kind === "lambda" ? read(module, first.body, holder, step + 1) : null;
    }
    const symbol = program.followAlias(program.resolveExpression(module, expr.callee, holder));
    if (symbol?.kind !== "function") return null;
    const last = symbol.def.body.findLast((stmt) => stmt.kind === "return");
    return last?.kind === "return" && last.value ? read(symbol.module, last.value, null, step + 1) : null;
  };

  return ({ module, expr }, holder) => read(module, expr, holder, 0);
}

/** A class of a package that was not read: `shop.models.Order` can only be `shop.Order`. */
function fromExternal(dotted: string): Target | null {
  const parts = dotted.split(".");
  const name = parts.at(-1) ?? "";
  if (parts.length < 2 || !/^[A-Z]/.test(name)) return null;
  const models = parts.indexOf("models");
  const app = models > 0 ? parts[models - 1] : parts.at(-2);
  return { kind: "label", label: `${app}.${name}` };
}

import type { Arguments } from "./walk.ts";
import type { ComprehensionClause, Expr, FunctionDef, Handler, MatchCase, Param, Stmt } from "../model/index.ts";

/** Writes IR in a short, readable notation, for tests to compare. */
export function show(body: readonly Stmt[]): string {
  return body.map(showStatement).join("; ");
}

const block = (body: readonly Stmt[]): string => `{${show(body)}}`;
const list = (head: string, items: readonly string[]): string => `(${[head, ...items].join(" ")})`;
const optional = (prefix: string, value: Expr | null): string => (value === null ? "" : `${prefix}${showExpr(value)}`);
const places = (items: readonly Expr[]): string => items.map((item) => ` ${showExpr(item)}`).join("");

function showStatement(stmt: Stmt): string {
  switch (stmt.kind) {
    case "expr":
      return showExpr(stmt.value);
    case "assign": {
      const targets = stmt.targets.map(showExpr).join(" = ");
      return `${targets}${optional(" : ", stmt.annotation)}${optional(" = ", stmt.value)}`;
    }
    case "augment":
      return `${showExpr(stmt.target)} ${stmt.operator}= ${showExpr(stmt.value)}`;
    case "return":
    case "raise":
      return `${stmt.kind}${optional(" ", stmt.value)}`;
    case "if":
      return `if ${showExpr(stmt.test)} ${block(stmt.then)} else ${block(stmt.otherwise)}`;
    case "for":
      return `for ${showExpr(stmt.target)} in ${showExpr(stmt.iterable)} ${block(stmt.body)} else ${block(stmt.otherwise)}`;
    case "while":
      return `while ${showExpr(stmt.test)} ${block(stmt.body)} else ${block(stmt.otherwise)}`;
    case "with": {
      const items = stmt.items.map((item) => `${showExpr(item.context)}${optional(" as ", item.target)}`);
      return `with ${items.join(", ")} ${block(stmt.body)}`;
    }
    case "try": {
      const handlers = stmt.handlers.map(showHandler).join("");
      return `try ${block(stmt.body)}${handlers} else ${block(stmt.otherwise)} finally ${block(stmt.finally)}`;
    }
    case "function":
      return showFunction(stmt);
    case "class": {
      const bases = showArguments({ args: stmt.bases, keywords: stmt.keywords }).join(" ");
      return `${showDecorators(stmt.decorators)}class ${stmt.name}(${bases}) ${block(stmt.body)}`;
    }
    case "import": {
      const names = stmt.names.map(({ name, alias }) => (alias === null ? name : `${name} as ${alias}`)).join(", ");
      const isFrom = stmt.from !== null || stmt.level > 0;
      return isFrom ? `from ${".".repeat(stmt.level)}${stmt.from ?? ""} import ${names}` : `import ${names}`;
    }
    case "delete":
      return `del${places(stmt.targets)}`;
    case "jump":
      return stmt.type;
    case "match":
      return `match ${showExpr(stmt.subject)} {${stmt.cases.map(showCase).join("; ")}}`;
    case "scope":
      return `${stmt.type} ${stmt.names.join(" ")}`;
    default:
      return stmt.kind;
  }
}

function showHandler({ type, name, body }: Handler): string {
  return ` except${optional(" ", type)}${name === null ? "" : ` as ${name}`} ${block(body)}`;
}

function showCase({ binds, values, guard, body }: MatchCase): string {
  const bound = binds.length === 0 ? "" : ` binds ${binds.join(" ")}`;
  const read = values.length === 0 ? "" : ` reads${places(values)}`;
  return `case${bound}${read}${optional(" if ", guard)} ${block(body)}`;
}

function showFunction(def: FunctionDef): string {
  const marks = `${def.isAsync ? "async " : ""}${def.isGenerator ? "generator " : ""}`;
  const params = def.params.map(showParam).join(" ");
  return `${showDecorators(def.decorators)}${marks}def ${def.name}(${params})${optional(" -> ", def.returns)} ${block(def.body)}`;
}

function showDecorators(decorators: readonly Expr[]): string {
  return decorators.map((decorator) => `@${showExpr(decorator)} `).join("");
}

const stars = { positional: "", keyword: "", args: "*", kwargs: "**" } as const;

function showParam({ name, form, default: value, annotation }: Param): string {
  const mark = form === "keyword" ? "(keyword)" : "";
  return `${stars[form]}${name}${mark}${optional(":", annotation)}${optional("=", value)}`;
}

function showArguments({ args, keywords }: Arguments): string[] {
  const named = keywords.map(({ name, value }) => `${name === "" ? "**" : name}=${showExpr(value)}`);
  return [...args.map(showExpr), ...named];
}

function showClause({ target, iterable, conditions, isAsync }: ComprehensionClause): string {
  const tests = conditions.map((condition) => ` if ${showExpr(condition)}`).join("");
  return `(${isAsync ? "async-" : ""}for ${showExpr(target)} in ${showExpr(iterable)}${tests})`;
}

function showExpr(expr: Expr): string {
  switch (expr.kind) {
    case "name":
      return expr.name;
    case "attribute":
      return `${showExpr(expr.object)}.${expr.name}`;
    case "call":
      return list("call", [showExpr(expr.callee), ...showArguments(expr)]);
    case "subscript":
      return list("index", [showExpr(expr.object), showExpr(expr.index)]);
    case "slice":
      return list(
        "slice",
        [expr.lower, expr.upper, expr.step].map((part) => (part === null ? "_" : showExpr(part))),
      );
    case "str":
      return `'${JSON.stringify(expr.value).slice(1, -1)}'`;
    case "num":
    case "constant":
      return String(expr.value);
    case "sequence":
      return list(expr.type, expr.items.map(showExpr));
    case "dict":
      return list(
        "dict",
        expr.entries.map(({ key, value }) => `${key === null ? "**" : showExpr(key)}:${showExpr(value)}`),
      );
    case "comprehension":
      return list(expr.type, [`${showExpr(expr.element)}${optional(":", expr.value)}`, ...expr.clauses.map(showClause)]);
    case "bool":
      return list(expr.operator, expr.items.map(showExpr));
    case "not":
      return list("not", [showExpr(expr.operand)]);
    case "compare": {
      const rights = expr.rights.map((right, index) => `${expr.operators[index] ?? "?"} ${showExpr(right)}`);
      return list("compare", [showExpr(expr.left), ...rights]);
    }
    case "binary":
      return list(expr.operator, [showExpr(expr.left), showExpr(expr.right)]);
    case "unary":
      return list(expr.operator, [showExpr(expr.operand)]);
    case "conditional":
      return list("if", [expr.test, expr.then, expr.otherwise].map(showExpr));
    case "lambda":
      return list("lambda", [`(${expr.params.map(showParam).join(" ")})`, showExpr(expr.body)]);
    case "await":
    case "star":
      return list(expr.kind, [showExpr(expr.value)]);
    case "yield":
      return `(yield${expr.from ? "-from" : ""}${optional(" ", expr.value)})`;
    case "walrus":
      return list(":=", [expr.name, showExpr(expr.value)]);
    case "format":
      return list("format", expr.parts.map(showExpr));
    case "opaque":
      return list("opaque", expr.parts.map(showExpr));
    default:
      return expr.kind;
  }
}

import type { Expr, Keyword, Module, Stmt } from "../../src/model/ir.ts";

/** The IR in a line, for tests: `for a in (rows.all) { output a.name }`. Jinja2's lookups are `a->b`. */
export function outline(module: Module): string {
  return outlineBody(module.body);
}

function outlineBody(body: readonly Stmt[]): string {
  return body.map(outlineStatement).join("; ");
}

function block(body: readonly Stmt[]): string {
  return body.length === 0 ? "{}" : `{ ${outlineBody(body)} }`;
}

function otherwise(body: readonly Stmt[]): string {
  return body.length === 0 ? "" : ` else ${block(body)}`;
}

export function outlineStatement(stmt: Stmt): string {
  switch (stmt.kind) {
    case "output":
      return `output ${show(stmt.value)}`;
    case "expr":
      return `do ${show(stmt.value)}`;
    case "assign":
      return `${stmt.targets.map(show).join(" = ")} = ${stmt.value ? show(stmt.value) : "nothing"}`;
    case "if":
      return `if ${show(stmt.test)} ${block(stmt.then)}${otherwise(stmt.otherwise)}`;
    case "for":
      return `for ${show(stmt.target)} in ${show(stmt.iterable)} ${block(stmt.body)}${otherwise(stmt.otherwise)}`;
    case "function": {
      const params = stmt.params.map((param) => (param.default ? `${param.name}=${show(param.default)}` : param.name));
      return `def ${stmt.name}(${params.join(", ")}) ${block(stmt.body)}`;
    }
    case "include": {
      const words = ["include", show(stmt.template), ...stmt.keywords.map(keyword), ...(stmt.isolated ? ["only"] : [])];
      return words.join(" ");
    }
    case "extends":
      return `extends ${show(stmt.template)}`;
    case "block":
      return `block ${stmt.name} ${block(stmt.body)}`;
    case "template-import": {
      const names = stmt.names.map(({ name, alias }) => (alias ? `${name} as ${alias}` : name));
      const what = stmt.alias ? `as ${stmt.alias}` : `names ${names.join(", ")}`;
      return `import ${show(stmt.template)} ${what}${stmt.withContext ? " with context" : ""}`;
    }
    case "tag": {
      const words = [`tag ${stmt.name}`, ...stmt.args.map(show), ...stmt.keywords.map(keyword)];
      if (stmt.target !== null) words.push(`-> ${stmt.target}`);
      if (stmt.body.length > 0) words.push(block(stmt.body));
      return words.join(" ");
    }
    case "jump":
      return stmt.type;
    default:
      return `<${stmt.kind}>`;
  }
}

function keyword({ name, value }: Keyword): string {
  return name ? `${name}=${show(value)}` : `**${show(value)}`;
}

function list(items: readonly Expr[], keywords: readonly Keyword[] = []): string {
  return [...items.map(show), ...keywords.map(keyword)].join(", ");
}

export function show(expr: Expr): string {
  switch (expr.kind) {
    case "name":
      return expr.name;
    case "str":
      return JSON.stringify(expr.value);
    case "num":
      return String(expr.value);
    case "constant":
      return `<${expr.value}>`;
    case "lookup":
      return `${show(expr.object)}${expr.calls ? "." : "->"}${expr.name}`;
    case "call":
      return `${show(expr.callee)}(${list(expr.args, expr.keywords)})`;
    case "subscript":
      return `${show(expr.object)}[${show(expr.index)}]`;
    case "slice":
      return [expr.lower, expr.upper, expr.step].map((part) => (part ? show(part) : "")).join(":");
    case "sequence":
      return expr.type === "list" ? `[${list(expr.items)}]` : `(${list(expr.items)})`;
    case "dict":
      return `{${expr.entries.map(({ key, value }) => `${key ? show(key) : "**"}: ${show(value)}`).join(", ")}}`;
    case "bool":
      return `(${expr.items.map(show).join(` ${expr.operator} `)})`;
    case "not":
      return `(not ${show(expr.operand)})`;
    case "compare":
      return `(${show(expr.left)}${expr.rights.map((right, i) => ` ${expr.operators[i]} ${show(right)}`).join("")})`;
    case "binary":
      return `(${show(expr.left)} ${expr.operator} ${show(expr.right)})`;
    case "unary":
      return `(${expr.operator}${show(expr.operand)})`;
    case "conditional":
      return `(${show(expr.then)} if ${show(expr.test)} else ${show(expr.otherwise)})`;
    case "star":
      return `*${show(expr.value)}`;
    case "format":
      return `text(${list(expr.parts)})`;
    case "pipe": {
      const given = expr.args.length + expr.keywords.length > 0 ? `(${list(expr.args, expr.keywords)})` : "";
      return `${show(expr.value)}${expr.isTest ? " is " : "|"}${expr.name}${given}`;
    }
    case "opaque":
      return `?(${list(expr.parts)})`;
    default:
      return `<${expr.kind}>`;
  }
}

/** Names of the project as a claim says them. */
import type { Program } from "../model/index.ts";

/** `Order` of `shop.Order`. */
export function modelName(label: string): string {
  return label.split(".").at(-1) ?? label;
}

/** `customer.address` of `customer__address`. */
export function dotted(path: string): string {
  return path.replaceAll("__", ".");
}

/** The function, method or class that does it, without its module; the module itself for code outside any. */
export function holderName(symbol: string, program: Program): string {
  const parts = symbol.split(".");
  for (let size = parts.length; size > 0; size -= 1) {
    if (program.modules.has(parts.slice(0, size).join("."))) return parts.slice(size).join(".") || symbol;
  }
  return symbol;
}

/** ` and row of 2 other models`, after a first one. */
export function andOf(others: number): string {
  return others === 0 ? "" : ` and row of ${count(others, "other model")}`;
}

export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** `a`, `b` and 3 more. */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).map((one) => `\`${one}\``);
  return names.length <= most ? shown.join(", ") : `${shown.join(", ")} and ${names.length - most} more`;
}

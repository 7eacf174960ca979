const names = new Set(
  (
    "abs all any bool breakpoint bytearray bytes callable chr classmethod compile complex delattr dict dir " +
    "divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash help hex id input " +
    "int isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print " +
    "property range repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip " +
    "NotImplemented Ellipsis True False None"
  ).split(" "),
);

/** True for names that Python has everywhere: functions, types and exceptions. */
export function isPythonBuiltin(name: string): boolean {
  return names.has(name) || /^[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit|Iteration)$/.test(name);
}

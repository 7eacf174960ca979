/** The engine's parts and the state they share. Parts call each other through this object alone. */
import type {
  ClassInfo,
  Compare,
  DjangoProject,
  Expr,
  FunctionDef,
  Lambda,
  Model,
  ModelGraph,
  Program,
  PythonModule,
  Span,
  Stmt,
  Symbol,
} from "../model/index.ts";
import type { Env, Frame, Loop } from "./frame.ts";
import type { Recorder } from "./recorder.ts";
import type { TemplateStore } from "./template-store.ts";
import type { BoundValue, CallArgs, CallSite, FunctionValue, ObjectValue, QuerysetValue, RowValue, Value } from "./values.ts";

/** Where an attribute is read. */
export interface AccessSite {
  readonly span: Span;
  readonly frame: Frame;
  /** What the attribute is read of, where it is written. */
  readonly receiver?: Expr;
}

export interface Iteration {
  readonly element: Value;
  readonly loop: Loop;
}

/** A call to something outside the program, implemented by an adapter. */
export type Hook = (args: CallArgs, site: CallSite) => Value;

export interface Engine {
  readonly program: Program;
  readonly graph: ModelGraph;
  readonly project: DjangoProject;
  readonly recorder: Recorder;
  readonly templates: TemplateStore;
  /** Dotted external names to their implementations. */
  readonly hooks: Map<string, Hook>;
  /** Notes of what could not be followed: reason and file to count. */
  readonly unresolved: Map<string, Set<number>>;
  /** The innermost loop that the expression evaluated last depends on (0 for none). */
  dependsOn: number;
  /** Work left for the root under way; at 0 the root is abandoned. */
  fuel: number;
  /** Functions that something was seen to call: the rest run as roots alone. */
  readonly called: Set<FunctionDef | Lambda>;
  /** Facts for rules are taken: what runs now is looked up by statements that were seen, and may follow what is only likely. */
  isTracing: boolean;
  /** What runs now is awaited: an `await`, an `async for` or an asynchronous method. */
  awaiting: boolean;
  /** Querysets whose rows came into memory on the way that is run; null where nobody goes back. */
  filled: QuerysetValue[] | null;
  /** The request of the root under way, made on first use. */
  request: ObjectValue | null;
  /** What middleware, decorators and mixins put on requests: attribute to the labels of models whose row it can be, and whether it may have relations loaded. */
  readonly requestRows: Map<string, Map<string, boolean>>;
  /** The framework entry (view, serializer, admin) under way, for implicit querysets. */
  entry: { readonly cls: ClassInfo; readonly span: Span } | null;
  /** Methods that a framework's entry ran to their end as what they are, such as actions of viewsets: nobody calls them otherwise. */
  readonly ranByEntry: Set<FunctionDef>;

  evaluate(expr: Expr, frame: Frame): Value;
  /** Runs statements; true when control does not come out at the end. */
  execute(body: readonly Stmt[], frame: Frame): boolean;
  assign(target: Expr, value: Value, frame: Frame, loop: number): void;
  call(callee: Value, args: CallArgs, site: CallSite): Value;
  callFunction(fn: FunctionValue, self: Value | null, args: CallArgs, site: CallSite): Value;
  callMethod(value: Value, name: string, args: CallArgs, site: CallSite): Value;
  attribute(value: Value, name: string, site: AccessSite): Value;
  rowAttribute(row: RowValue, name: string, site: AccessSite): Value | null;
  /** A row is saved or deleted: receivers of its signals run. */
  tellReceivers(row: RowValue, how: "save" | "delete", site: CallSite): void;
  subscript(value: Value, index: Value, expr: Expr, frame: Frame): Value;
  /** One step of a template variable: key, attribute, index; calls what it finds when asked to. */
  lookUp(value: Value, name: string, calls: boolean, site: AccessSite): Value;
  /** Runs over a value: `span` is what is iterated, `head` the loop that does it, `how` the reason (`iterate`, `list`). */
  iterate(value: Value, span: Span, frame: Frame, how?: string, head?: Span): Iteration;
  /** Truth of a value, with the query that asking may cost. */
  test(value: Value, span: Span, frame: Frame): boolean | null;
  /** Truth of an expression that was evaluated: of its value, or as the conditions on the way here say. */
  holds(expr: Expr, value: Value, frame: Frame): boolean | null;
  compare(expr: Compare, frame: Frame): Value;
  /** Renders a value as text: `__str__` of rows and objects runs. */
  text(value: Value, span: Span, frame: Frame): void;
  symbol(symbol: Symbol | null): Value;
  classMember(cls: ClassInfo, name: string, self: Value, site: AccessSite, after?: ClassInfo | null): Value | null;
  instantiate(cls: ClassInfo, args: CallArgs, site: CallSite): Value;
  /** `symbol`: what the code that is run belongs to, where that is not the module. */
  moduleFrame(module: PythonModule, symbol?: string): Frame;
  annotated(annotation: Expr | null, frame: Frame): Value;
  renderTemplate(name: Value, context: Value, site: CallSite): void;
  template(body: readonly Stmt[], frame: Frame): void;
  /** The value goes where the analysis cannot follow. */
  escape(value: Value): void;
  note(why: string, file: string, at?: number): void;
}

export type { BoundValue, CallArgs, CallSite, ClassInfo, Env, Frame, FunctionDef, Model };

export function siteOf(frame: Frame, at: { readonly start: number; readonly end: number }, receiver: Expr): AccessSite {
  return { span: { file: frame.file, start: at.start, end: at.end }, frame, receiver };
}

/**
 * The intermediate representation that Python and template text are lowered to.
 *
 * It keeps what an analysis of data flow needs and nothing else: names, attributes, calls, loops, branches and
 * where each stands. It knows nothing of Django. Offsets count UTF-16 units from the start of the file's text.
 */

interface At {
  readonly start: number;
  readonly end: number;
}

export type Expr =
  | Name
  | Attribute
  | Call
  | Subscript
  | Slice
  | Str
  | Num
  | Constant
  | Sequence
  | Dict
  | Comprehension
  | BoolOp
  | Not
  | Compare
  | Binary
  | Unary
  | Conditional
  | Lambda
  | Await
  | Yield
  | Star
  | Walrus
  | Format
  | Lookup
  | Pipe
  | Opaque;

export interface Name extends At {
  readonly kind: "name";
  readonly name: string;
}
/** `object.name` in Python. `nameStart` is where `name` begins. */
export interface Attribute extends At {
  readonly kind: "attribute";
  readonly object: Expr;
  readonly name: string;
  readonly nameStart: number;
}
export interface Call extends At {
  readonly kind: "call";
  readonly callee: Expr;
  /** Positional arguments; `*args` is a `Star`. */
  readonly args: readonly Expr[];
  /** Keyword arguments in source order; `**kwargs` has an empty name. */
  readonly keywords: readonly Keyword[];
}
export interface Keyword {
  readonly name: string;
  readonly value: Expr;
}
export interface Subscript extends At {
  readonly kind: "subscript";
  readonly object: Expr;
  readonly index: Expr;
}
export interface Slice extends At {
  readonly kind: "slice";
  readonly lower: Expr | null;
  readonly upper: Expr | null;
  readonly step: Expr | null;
}
/** A string without interpolation (adjacent literals joined). `bytes` is lowered to `Opaque`. */
export interface Str extends At {
  readonly kind: "str";
  readonly value: string;
}
export interface Num extends At {
  readonly kind: "num";
  readonly value: number;
}
export interface Constant extends At {
  readonly kind: "constant";
  readonly value: "none" | "true" | "false" | "ellipsis";
}
export interface Sequence extends At {
  readonly kind: "sequence";
  readonly type: "list" | "tuple" | "set";
  readonly items: readonly Expr[];
}
/** A key of `null` is a `**spread`. */
export interface Dict extends At {
  readonly kind: "dict";
  readonly entries: readonly { readonly key: Expr | null; readonly value: Expr }[];
}
export interface Comprehension extends At {
  readonly kind: "comprehension";
  readonly type: "list" | "set" | "generator" | "dict";
  readonly element: Expr;
  /** The value of a dict comprehension, otherwise null. */
  readonly value: Expr | null;
  readonly clauses: readonly ComprehensionClause[];
}
export interface ComprehensionClause extends At {
  readonly target: Expr;
  readonly iterable: Expr;
  readonly conditions: readonly Expr[];
  readonly isAsync: boolean;
}
export interface BoolOp extends At {
  readonly kind: "bool";
  readonly operator: "and" | "or";
  readonly items: readonly Expr[];
}
export interface Not extends At {
  readonly kind: "not";
  readonly operand: Expr;
}
export interface Compare extends At {
  readonly kind: "compare";
  readonly left: Expr;
  /** One per right operand: `==`, `!=`, `<`, `in`, `not in`, `is`, `is not`, … */
  readonly operators: readonly string[];
  readonly rights: readonly Expr[];
}
export interface Binary extends At {
  readonly kind: "binary";
  readonly operator: string;
  readonly left: Expr;
  readonly right: Expr;
}
export interface Unary extends At {
  readonly kind: "unary";
  readonly operator: string;
  readonly operand: Expr;
}
export interface Conditional extends At {
  readonly kind: "conditional";
  readonly test: Expr;
  readonly then: Expr;
  readonly otherwise: Expr;
}
export interface Lambda extends At {
  readonly kind: "lambda";
  readonly params: readonly Param[];
  readonly body: Expr;
}
export interface Await extends At {
  readonly kind: "await";
  readonly value: Expr;
}
export interface Yield extends At {
  readonly kind: "yield";
  readonly value: Expr | null;
  readonly from: boolean;
}
export interface Star extends At {
  readonly kind: "star";
  readonly value: Expr;
}
export interface Walrus extends At {
  readonly kind: "walrus";
  readonly name: string;
  readonly value: Expr;
}
/** An f-string, or any rendering of values as text: every part is turned into a string. */
export interface Format extends At {
  readonly kind: "format";
  readonly parts: readonly Expr[];
}
/**
 * A dotted step of a template variable: dictionary key, then attribute, then list index, and what is found is
 * called when it can be (Django). Jinja2 lowers to `attribute` and `call` instead, and to `lookup` with
 * `calls: false` where its attribute-or-item rule applies.
 */
export interface Lookup extends At {
  readonly kind: "lookup";
  readonly object: Expr;
  readonly name: string;
  readonly nameStart: number;
  readonly calls: boolean;
}
/** A template filter or Jinja2 test applied to a value: `value|name:argument`. */
export interface Pipe extends At {
  readonly kind: "pipe";
  readonly name: string;
  readonly value: Expr;
  readonly args: readonly Expr[];
  readonly keywords: readonly Keyword[];
  readonly isTest: boolean;
}
/** An expression of no interest to data flow, or one that could not be read; its readable parts are kept. */
export interface Opaque extends At {
  readonly kind: "opaque";
  readonly parts: readonly Expr[];
}

export type Stmt =
  | ExprStmt
  | Assign
  | AugAssign
  | Return
  | If
  | For
  | While
  | With
  | Try
  | FunctionDef
  | ClassDef
  | Import
  | Raise
  | Delete
  | Jump
  | Match
  | Scope
  | TemplateStmt;

export interface ExprStmt extends At {
  readonly kind: "expr";
  readonly value: Expr;
}
/** `a = b = value` has two targets. An annotation without a value has `value: null`. */
export interface Assign extends At {
  readonly kind: "assign";
  readonly targets: readonly Expr[];
  readonly annotation: Expr | null;
  readonly value: Expr | null;
}
export interface AugAssign extends At {
  readonly kind: "augment";
  readonly target: Expr;
  readonly operator: string;
  readonly value: Expr;
}
export interface Return extends At {
  readonly kind: "return";
  readonly value: Expr | null;
}
/** `elif` is an `If` alone in `otherwise`. */
export interface If extends At {
  readonly kind: "if";
  readonly test: Expr;
  readonly then: readonly Stmt[];
  readonly otherwise: readonly Stmt[];
}
export interface For extends At {
  readonly kind: "for";
  readonly target: Expr;
  readonly iterable: Expr;
  readonly body: readonly Stmt[];
  readonly otherwise: readonly Stmt[];
  readonly isAsync: boolean;
  /** Where the loop's header ends: `for x in y`, without the body. */
  readonly headEnd: number;
}
export interface While extends At {
  readonly kind: "while";
  readonly test: Expr;
  readonly body: readonly Stmt[];
  readonly otherwise: readonly Stmt[];
  readonly headEnd: number;
}
export interface With extends At {
  readonly kind: "with";
  readonly items: readonly { readonly context: Expr; readonly target: Expr | null }[];
  readonly body: readonly Stmt[];
  readonly isAsync: boolean;
}
export interface Try extends At {
  readonly kind: "try";
  readonly body: readonly Stmt[];
  readonly handlers: readonly Handler[];
  readonly otherwise: readonly Stmt[];
  readonly finally: readonly Stmt[];
}
export interface Handler extends At {
  readonly type: Expr | null;
  readonly name: string | null;
  readonly body: readonly Stmt[];
}
export interface Param {
  readonly name: string;
  readonly form: "positional" | "keyword" | "args" | "kwargs";
  readonly default: Expr | null;
  readonly annotation: Expr | null;
}
export interface FunctionDef extends At {
  readonly kind: "function";
  readonly name: string;
  readonly params: readonly Param[];
  readonly decorators: readonly Expr[];
  readonly returns: Expr | null;
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  /** Where the header ends: `def name(params) -> returns`, without the body. */
  readonly headEnd: number;
  /** Decoded on first use when the module came out of the cache. */
  readonly body: readonly Stmt[];
}
export interface ClassDef extends At {
  readonly kind: "class";
  readonly name: string;
  readonly bases: readonly Expr[];
  readonly keywords: readonly Keyword[];
  readonly decorators: readonly Expr[];
  readonly headEnd: number;
  readonly body: readonly Stmt[];
}
/**
 * `import a.b as c` has `from: null`; `from ..m import x as y` has `from: "m"`, `level: 2`; a star import has the
 * single name `*`.
 */
export interface Import extends At {
  readonly kind: "import";
  readonly from: string | null;
  readonly level: number;
  readonly names: readonly { readonly name: string; readonly alias: string | null }[];
}
export interface Raise extends At {
  readonly kind: "raise";
  readonly value: Expr | null;
}
export interface Delete extends At {
  readonly kind: "delete";
  readonly targets: readonly Expr[];
}
export interface Jump extends At {
  readonly kind: "jump";
  readonly type: "break" | "continue" | "pass";
}
export interface Match extends At {
  readonly kind: "match";
  readonly subject: Expr;
  readonly cases: readonly MatchCase[];
}
export interface MatchCase extends At {
  /** Names that the pattern binds. */
  readonly binds: readonly string[];
  /** The pattern's class or value expressions, for what they read. */
  readonly values: readonly Expr[];
  readonly guard: Expr | null;
  readonly body: readonly Stmt[];
}
/** `global` and `nonlocal`. */
export interface Scope extends At {
  readonly kind: "scope";
  readonly type: "global" | "nonlocal";
  readonly names: readonly string[];
}

/** Statements that only templates have. Loops, conditions and assignments lower to the Python ones. */
export type TemplateStmt = Output | Include | Extends | Block | TemplateImport | Tag;

/** `{{ value }}`: the value is rendered as text. */
export interface Output extends At {
  readonly kind: "output";
  readonly value: Expr;
}
export interface Include extends At {
  readonly kind: "include";
  readonly template: Expr;
  readonly keywords: readonly Keyword[];
  /** Django's `only`, Jinja2's `without context`. */
  readonly isolated: boolean;
}
export interface Extends extends At {
  readonly kind: "extends";
  readonly template: Expr;
}
export interface Block extends At {
  readonly kind: "block";
  readonly name: string;
  readonly body: readonly Stmt[];
}
/** Jinja2 `import` (alias) and `from … import` (names). */
export interface TemplateImport extends At {
  readonly kind: "template-import";
  readonly template: Expr;
  readonly alias: string | null;
  readonly names: readonly { readonly name: string; readonly alias: string | null }[];
  readonly withContext: boolean;
}
/**
 * A custom tag, or a built-in one with no lowering of its own. `{% name a b=c as target %}…{% endname %}`: a
 * block tag's content is in `body`.
 */
export interface Tag extends At {
  readonly kind: "tag";
  readonly name: string;
  readonly args: readonly Expr[];
  readonly keywords: readonly Keyword[];
  readonly target: string | null;
  readonly body: readonly Stmt[];
}

/** One Python file or one template, lowered. */
export interface Module {
  readonly file: string;
  readonly language: "python" | "django" | "jinja2";
  readonly body: readonly Stmt[];
  /** Comments that begin with `luthier:`, for ignores. Offsets of the whole comment. */
  readonly comments: readonly { readonly start: number; readonly end: number; readonly text: string }[];
  /** What could not be read: the rest of the file is still lowered. */
  readonly errors: readonly { readonly start: number; readonly message: string }[];
  /** Libraries that `{% load %}` names, in order (Django templates). */
  readonly loads: readonly string[];
  /** Start offset of every line, the first included. */
  readonly lineStarts: readonly number[];
}

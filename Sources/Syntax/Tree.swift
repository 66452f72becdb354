// The tree a source text parses to.
//
// Every node has a span. The tree holds what was written, not what it means: names are text, a
// bracket after a name may be indexing or dim arguments, and `{ … }` in a type may turn out to be
// wrong. What could not be parsed is a `missing` node, which every later stage passes over silently
// because the parser has reported it.

package import Diagnostics

/// A name as written.
package struct Name: Hashable, Sendable {
  package let text: String
  package let span: Span

  package init(_ text: String, _ span: Span) {
    self.text = text
    self.span = span
  }
}

/// A whole source text.
package struct Program: Sendable {
  package var items: [Item]
  package var source: SourceID
  /// The `///` lines at the start that document the whole text.
  package var doc: String?

  package init(items: [Item], source: SourceID, doc: String? = nil) {
    self.items = items
    self.source = source
    self.doc = doc
  }
}

/// Something that stands at the top of a file, with the `///` lines before it.
package struct Item: Sendable {
  package var kind: ItemKind
  package var doc: String?
  package var span: Span

  package init(_ kind: ItemKind, doc: String?, span: Span) {
    self.kind = kind
    self.doc = doc
    self.span = span
  }
}

package enum ItemKind: Sendable {
  case importing(Import)
  case config([ConfigField])
  case dim(DimDeclaration)
  case structure(StructDeclaration)
  case interface(InterfaceDeclaration)
  case function(FunctionDeclaration)
  case derivative(DerivativeDeclaration)
  case test(TestDeclaration)
  case statement(Statement)
}

/// `import ntm.heads { Head }` or `import "path.ntm" as name`.
package struct Import: Sendable {
  package enum Path: Sendable {
    /// Dotted names; `ntm.…` is the library.
    case library([Name])
    case file(String, Span)
  }
  package var path: Path
  /// The names in braces; nil where there are no braces (the module is then named by its last part).
  package var names: [Name]?
  package var alias: Name?

  package init(path: Path, names: [Name]?, alias: Name?) {
    self.path = path
    self.names = names
    self.alias = alias
  }
}

package struct ConfigField: Sendable {
  package var name: Name
  package var type: TypeExpression
  package var value: Expression
  package var doc: String?

  package init(name: Name, type: TypeExpression, value: Expression, doc: String?) {
    self.name = name
    self.type = type
    self.value = value
    self.doc = doc
  }
}

/// `dim N = 128, M = 20`, `batch dim B = 16`, `ragged dim T = lengths`.
package struct DimDeclaration: Sendable {
  package enum Kind: String, Sendable { case plain, batch, ragged }
  package var kind: Kind
  package var entries: [(name: Name, value: Expression?)]

  package init(kind: Kind, entries: [(name: Name, value: Expression?)]) {
    self.kind = kind
    self.entries = entries
  }
}

package struct StructDeclaration: Sendable {
  package var name: Name
  package var dims: [Name]
  /// The interfaces it claims.
  package var claims: [TypeExpression]
  package var fields: [FieldDeclaration]
  package var sections: [Section]
  package var functions: [FunctionDeclaration]
  package var tests: [TestDeclaration]
  package var doc: String?
  package var span: Span

  package init(
    name: Name, dims: [Name], claims: [TypeExpression], fields: [FieldDeclaration],
    sections: [Section], functions: [FunctionDeclaration], tests: [TestDeclaration],
    doc: String?, span: Span
  ) {
    self.name = name
    self.dims = dims
    self.claims = claims
    self.fields = fields
    self.sections = sections
    self.functions = functions
    self.tests = tests
    self.doc = doc
    self.span = span
  }
}

package struct InterfaceDeclaration: Sendable {
  package var name: Name
  package var dims: [Name]
  package var fields: [FieldDeclaration]
  package var sections: [Section]
  /// Signatures; one with a body is a default.
  package var functions: [FunctionDeclaration]
  package var doc: String?
  package var span: Span

  package init(
    name: Name, dims: [Name], fields: [FieldDeclaration], sections: [Section],
    functions: [FunctionDeclaration], doc: String?, span: Span
  ) {
    self.name = name
    self.dims = dims
    self.fields = fields
    self.sections = sections
    self.functions = functions
    self.doc = doc
    self.span = span
  }
}

/// `emits { … }` or `state { … }`; nil fields where an interface only names it.
package struct Section: Sendable {
  package enum Kind: String, Sendable { case emits, state }
  package var kind: Kind
  package var fields: [FieldDeclaration]?
  package var span: Span

  package init(kind: Kind, fields: [FieldDeclaration]?, span: Span) {
    self.kind = kind
    self.fields = fields
    self.span = span
  }
}

/// `frozen name: type via f = default`.
package struct FieldDeclaration: Sendable {
  package var name: Name
  package var isFrozen: Bool
  package var type: TypeExpression
  package var via: Expression?
  package var value: Expression?
  package var doc: String?

  package init(
    name: Name, isFrozen: Bool, type: TypeExpression, via: Expression?, value: Expression?,
    doc: String?
  ) {
    self.name = name
    self.isFrozen = isFrozen
    self.type = type
    self.via = via
    self.value = value
    self.doc = doc
  }
}

package struct FunctionDeclaration: Sendable {
  package var name: Name
  /// The bracketed dims: `fn sample[T]`.
  package var dims: [Name]
  package var parameters: [Parameter]
  package var result: TypeExpression?
  /// nil for a signature in an interface. `fn f(x) = e` has `e` here.
  package var body: Expression?
  package var doc: String?
  package var span: Span

  package init(
    name: Name, dims: [Name], parameters: [Parameter], result: TypeExpression?,
    body: Expression?, doc: String?, span: Span
  ) {
    self.name = name
    self.dims = dims
    self.parameters = parameters
    self.result = result
    self.body = body
    self.doc = doc
    self.span = span
  }
}

package struct Parameter: Sendable {
  package var name: Name
  /// nil only for `self` (and where the user forgot it, which the checker reports).
  package var type: TypeExpression?
  package var value: Expression?

  package init(name: Name, type: TypeExpression?, value: Expression?) {
    self.name = name
    self.type = type
    self.value = value
  }
}

/// `derivative f(x, y; ct, out) { … }`.
package struct DerivativeDeclaration: Sendable {
  package var isSurrogate: Bool
  package var function: Name
  package var parameters: [Name]
  package var cotangent: Name
  package var output: Name?
  package var body: Expression

  package init(
    isSurrogate: Bool, function: Name, parameters: [Name], cotangent: Name, output: Name?,
    body: Expression
  ) {
    self.isSurrogate = isSurrogate
    self.function = function
    self.parameters = parameters
    self.cotangent = cotangent
    self.output = output
    self.body = body
  }
}

package struct TestDeclaration: Sendable {
  package var title: String
  package var titleSpan: Span
  package var body: Block

  package init(title: String, titleSpan: Span, body: Block) {
    self.title = title
    self.titleSpan = titleSpan
    self.body = body
  }
}

// MARK: Types

package struct TypeExpression: Sendable {
  package indirect enum Kind: Sendable {
    /// `[N, M]`, `simplex [N]`, `simplex[N] [R, N]`, `positive`, `int [K]`, `bool`, `real`.
    /// `refinementDim` is the bracket directly behind a refinement that is followed by a shape.
    case tensor(
      element: Name?, refinement: Name?, refinementDim: Expression?, shape: [Expression]?)
    /// `Head[N, M]`, `emits`, `memory.state`, `Rng`, `P`: dotted names and bracketed arguments.
    case named([Name], arguments: [Expression]?)
    /// `(x: [N], y: [M])`; labels may be missing.
    case record([(name: Name?, type: TypeExpression)])
    /// `[T] |Rng| -> (x: [_, X], y: [_, Y])`: the bracketed dims are the caller's to choose.
    case function(dims: [Name], parameters: [TypeExpression], result: TypeExpression)
    case missing
  }
  package var kind: Kind
  package var span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

// MARK: Statements

package struct Block: Sendable {
  package var statements: [Statement]
  package var span: Span

  package init(statements: [Statement], span: Span) {
    self.statements = statements
    self.span = span
  }
}

package struct Statement: Sendable {
  package enum Kind: Sendable {
    case binding(isMutable: Bool, Pattern, TypeExpression?, Expression)
    /// `target = e`, `target += e`; the target is a name, a field or index of one, or a tuple.
    case assignment(target: Expression, operation: BinaryOperator?, Expression)
    case expect(Expression)
    case expression(Expression)
    /// A function declared inside a block.
    case function(FunctionDeclaration)
    /// `ragged dim T = lengths` inside a block.
    case dim(DimDeclaration)
  }
  package var kind: Kind
  package var span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

package struct Pattern: Sendable {
  package indirect enum Kind: Sendable {
    case name(Name)
    case wildcard
    case tuple([Pattern])
    case missing
  }
  package var kind: Kind
  package var span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }

  /// The names that it binds, in order.
  package var names: [Name] {
    switch kind {
    case .name(let name): [name]
    case .tuple(let parts): parts.flatMap(\.names)
    case .wildcard, .missing: []
    }
  }
}

// MARK: Expressions

package enum BinaryOperator: String, Sendable, CaseIterable {
  case or = "or"
  case and = "and"
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case concatenate = "++"
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case contract = "@"
  case power = "^"
}

package enum UnaryOperator: String, Sendable {
  case negate = "-"
  case not = "not"
}

package struct Argument: Sendable {
  package var label: Name?
  package var value: Expression

  package init(label: Name?, value: Expression) {
    self.label = label
    self.value = value
  }
}

package struct LambdaParameter: Sendable {
  package var name: Name
  package var type: TypeExpression?

  package init(name: Name, type: TypeExpression?) {
    self.name = name
    self.type = type
  }
}

package struct Expression: Sendable {
  package indirect enum Kind: Sendable {
    case integer(Int)
    case real(Double)
    case text(String)
    case boolean(Bool)
    /// Also `self`, `_` (only as a dim), `state`, `emits`.
    case name(Name)
    case record([Argument])
    case list([Expression])
    case block(Block)
    case unary(UnaryOperator, Expression, operatorSpan: Span)
    case binary(BinaryOperator, Expression, Expression, operatorSpan: Span)
    /// `a .. b`, `a ..= b`; inside an index either end may be missing.
    case range(Expression?, Expression?, inclusive: Bool)
    /// `m with [i] = v`, `s with (field: v)`.
    case withIndex(Expression, [Expression], Expression)
    case withFields(Expression, [Argument])
    /// `x as [N]`, `x as simplex`.
    case cast(Expression, TypeExpression)
    case call(Expression, [Argument])
    /// `f[…]`: dim arguments if `f` names a function or type, else indexing.
    case bracket(Expression, [Expression])
    case field(Expression, Name)
    case lambda([LambdaParameter], Expression)
    case conditional(Expression, Block, otherwise: Expression?)
    case loop([(pattern: Pattern, source: Expression)], Block)
    case whileLoop(Expression, bound: Expression, Block)
    /// `einsum[i j, j k -> i k](a, b)`, `rearrange[…](x)`.
    case axes(function: Name, inputs: [[Name]], output: [Name], [Argument])
    case missing
  }
  package var kind: Kind
  package var span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

// From trees to typed trees: names, types, dims, lifting, claims and lints.
//
// A module is checked in rounds: names are declared, signatures resolved, then the statements at the
// top in order, then function bodies and tests. So the whole file is checked before anything runs,
// and a function may be used above the place that declares it.
//
// Promise: nothing here throws or traps on any tree. What is wrong is reported once, with a span,
// and becomes `poison`, which agrees with everything; if nothing was reported, the typed tree has no
// unresolved name and no unknown type.

package import Diagnostics
import IR
import Ops
import Syntax
import Tensors

package final class Checker {
  var unifier = Unifier()
  var bag = DiagnosticBag()
  var scope: Scope
  var context = FunctionContext(kind: .top)
  /// The sizes that are plain from the text, for messages: `this is [N], 128 numbers`.
  var knownSizes: [DimSymbol: Int] = [:]
  var batchDims: Set<DimSymbol> = []
  /// `let len` used as a dim: the symbol that stands for it.
  var sizeSymbols: [Variable: DimSymbol] = [:]
  /// The dims that stand for quotients of others, found where calls are entered.
  var entryDims: [Quotient: DimSymbol] = [:]
  /// Those that the statement at hand needs before it starts.
  var entrySizes: EntrySizes?
  /// What a `let` merely renames, so that types may speak of the original.
  var aliases: [Variable: Path] = [:]
  /// Names of functions whose parameters have no type.
  var untyped: [Variable: UntypedLambda] = [:]
  /// The text that made a variable, for notes.
  var makers: [Variable: Span] = [:]
  /// How often each implicit dim is written, and where first.
  var dimUses: [DimSymbol: Int] = [:]
  var dimSpans: [DimSymbol: Span] = [:]
  /// What is written above a value or a dim, by the place of its name.
  var docs: [Span: String] = [:]
  /// Parameters that have a default, known before the default itself is checked.
  var defaulted: [Variable: Bool] = [:]
  /// Interface methods with a default, known before the default is checked.
  var bodied: Set<Function> = []
  /// The declared signatures of built-in rows, parsed once.
  var signatures: [String: Function] = [:]
  /// Inside of what an `expect` asserts.
  var isExpecting = false
  var symbolCounter = 0
  /// The file being checked.
  var moduleName = ""
  var fileName = ""
  let loader: ModuleLoader
  /// Modules by name, finished or (nil) in progress.
  var modules: [String: LoadedModule?] = [:]
  var loadOrder: [TypedModule] = []
  /// Where the names of statements further down the file are declared, while its top is checked.
  var declaredBelow: [String: Span] = [:]
  /// The files that are being loaded, the outermost first, and the imports that ask for them.
  var loading: [(file: String, span: Span?)] = []
  /// Accumulated over a session: what the prompt can see.
  let sessionScope: Scope
  /// Calls and draws of all inputs so far.
  var sessionSites = 0
  /// Those in front of each item of the last input, by the place of the item.
  var inputSites: [(start: Int, sites: Int)] = []
  let prelude: Scope
  /// Texts by id, so that messages can quote them.
  package private(set) var files: [SourceID: SourceFile] = [:]

  package init(loader: ModuleLoader) {
    self.loader = loader
    prelude = Scope(parent: nil, .top)
    sessionScope = Scope(parent: prelude, .top)
    scope = sessionScope
    declareBuiltins()
  }

  /// Makes a text known that reports may quote and that imports may come from.
  package func register(_ file: SourceFile) { files[file.id] = file }

  func text(of span: Span) -> String { files[span.source]?.text(of: span) ?? "" }

  /// `train.ntm:12`, as notes name a place.
  func place(_ span: Span) -> String {
    guard let file = files[span.source] else { return fileName }
    return "\(file.name):\(file.position(of: span.start).line)"
  }

  func freshSymbol(_ name: String) -> DimSymbol {
    symbolCounter += 1
    return DimSymbol(name, symbolCounter)
  }

  func resolve(_ type: Type) -> Type { opened(unifier.resolve(type)) }
  func resolve(_ dim: Dim) -> Dim { unifier.resolve(dim) }

  // MARK: Reporting

  func report(
    _ code: Code, _ message: String, at span: Span, label: String = "",
    secondary: [Label] = [], notes: [String] = [], help: [String] = [], fix: Fix? = nil,
    severity: Severity = .error
  ) {
    bag.add(
      Diagnostic(
        code, message, at: Label(span, label), secondary: secondary, notes: notes, help: help,
        fix: fix, severity: severity))
  }

  func poison(_ span: Span) -> TypedExpression { TypedExpression(.poison, .poison, span) }

  /// Runs `body` with a new innermost scope.
  func inScope<T>(_ boundary: Scope.Boundary = .block, _ body: () -> T) -> T {
    let saved = scope
    scope = Scope(parent: saved, boundary)
    defer { scope = saved }
    return body()
  }
}

/// What the checker needs to know of the function it is in.
final class FunctionContext {
  enum Kind { case top, function, lambda, test }
  let kind: Kind
  /// Calls and draws so far: part of the path that names a random stream.
  var sites = 0
  /// Where `emits`, `state` and `state(…)` mean something.
  var owner: Function.Owner?
  var selfVariable: Variable?

  init(kind: Kind, owner: Function.Owner? = nil, selfVariable: Variable? = nil) {
    self.kind = kind
    self.owner = owner
    self.selfVariable = selfVariable
  }

  func nextSite() -> Int {
    sites += 1
    return sites
  }
}

/// A text to import, as the loader found it.
package enum ImportProblem: Error {
  case notFound(suggestions: [String])
  case unreadable(String)
}

/// Finds the texts of imports: library modules by dotted name, files by path.
package struct ModuleLoader {
  package enum Request {
    case library(String)
    case file(String, from: SourceFile)
  }
  package let load: (Request) -> Result<SourceFile, ImportProblem>

  package init(load: @escaping (Request) -> Result<SourceFile, ImportProblem>) {
    self.load = load
  }
}

struct LoadedModule {
  let scope: ModuleScope
  let typed: TypedModule
  /// Calls and draws at its top, those in front of it included.
  let sites: Int
}

/// A checked text: what to run, the library and file modules it needs (in order), what was found.
package struct CheckedModule {
  package let module: TypedModule
  package let imported: [TypedModule]
  package let diagnostics: [Diagnostic]

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

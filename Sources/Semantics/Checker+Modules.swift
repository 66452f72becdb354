// Modules: imports, the order of the rounds, and inputs at the prompt.

package import Diagnostics
import IR
package import Syntax
import Tensors

extension Checker {
  /// Checks a whole file.
  package func check(_ program: Program, _ file: SourceFile, name: String) -> CheckedModule {
    let module = checkModule(program, file, name: name, into: Scope(parent: prelude, .top))
    return finish(module.typed)
  }

  /// Checks an input at the prompt, or a file loaded there: what it declares stays visible to later
  /// ones.
  /// - Parameter isFile: its draws are those of the file where it is run. An input's go on behind
  ///   those of all before it, as they would in one program.
  package func checkInput(
    _ program: Program, _ file: SourceFile, isFile: Bool = false
  ) -> CheckedModule {
    inputSites = []
    let module = checkModule(
      program, file, name: "repl", into: sessionScope, sites: isFile ? 0 : sessionSites)
    sessionSites = max(sessionSites, module.sites)
    return finish(module.typed)
  }

  /// Makes everything a module gives visible at the prompt.
  package func open(library name: String) {
    guard let module = load(.library(name), nil, named: name) else { return }
    for (name, entity) in module.scope.names { sessionScope.declare(name, entity) }
  }

  private func finish(_ module: TypedModule) -> CheckedModule {
    reportUntypedLambdas()
    let result = CheckedModule(
      module: module, imported: loadOrder, diagnostics: bag.sorted)
    bag = DiagnosticBag()
    loadOrder = []
    unifier = Unifier()
    return result
  }

  private func checkModule(
    _ program: Program, _ file: SourceFile, name: String, into moduleScope: Scope,
    sites: Int = 0, checksTests: Bool = true
  ) -> LoadedModule {
    let saved = (scope, context, moduleName, fileName)
    defer { (scope, context, moduleName, fileName) = saved }
    register(file)
    scope = moduleScope
    context = FunctionContext(kind: .top)
    context.sites = sites
    moduleName = name
    fileName = file.name
    var round = ModuleRound()
    for item in program.items { declare(item, &round) }
    for (interface, syntax) in round.interfaces { nameGenerics(interface, syntax) }
    for (structure, syntax) in round.structures { nameGenerics(structure, syntax) }
    for (interface, syntax) in round.interfaces { round.bodies += define(interface, syntax) }
    for (structure, syntax) in round.structures { round.bodies += define(structure, syntax) }
    for (function, syntax) in round.functions {
      round.bodies.append(signature(function, syntax, owner: nil))
    }
    for (structure, syntax) in round.structures { fillFields(structure, syntax, moduleScope) }
    for (structure, _) in round.structures { checkClaims(structure) }
    checkEnds(of: round.structures.map(\.0))
    declaredBelow = namesOfStatements(program.items)
    for item in program.items {
      if moduleScope === sessionScope { inputSites.append((item.span.start, context.sites)) }
      checkTop(item, &round)
    }
    declaredBelow = [:]
    for body in round.bodies { checkBody(body) }
    for derivative in round.derivatives { checkDerivative(derivative) }
    for body in round.bodies { lintSingleUse(body.function) }
    let tests = checksTests ? round.tests.map(checkTest) : []
    let exported = ModuleScope(name: name)
    for (name, entity) in moduleScope.names where !round.imported.contains(name) {
      exported.names[name] = entity
    }
    let typed = TypedModule(
      name: name, items: placingSizes(round.items), tests: tests,
      functions: round.functions.map(\.0), structures: round.structures.map(\.0),
      interfaces: round.interfaces.map(\.0))
    lintTrees(typed)
    return LoadedModule(scope: exported, typed: typed, sites: context.sites)
  }

  // MARK: Names

  /// The names that come to be as the top of a file runs, each with its first place.
  private func namesOfStatements(_ items: [Item]) -> [String: Span] {
    var names: [Name] = []
    for item in items {
      switch item.kind {
      case .config(let fields): names += fields.map(\.name)
      case .statement(let statement):
        if case .binding(_, let pattern, _, _) = statement.kind { names += pattern.names }
      default: break
      }
    }
    return Dictionary(names.map { ($0.text, $0.span) }) { first, _ in first }
  }

  private func declare(_ item: Item, _ round: inout ModuleRound) {
    switch item.kind {
    case .importing(let syntax): importNames(syntax, item.span, &round)
    case .structure(let syntax):
      let structure = Structure(
        name: syntax.name.text, span: syntax.name.span, doc: syntax.doc, module: fileName)
      declareOnce(syntax.name, .structure(structure))
      round.structures.append((structure, syntax))
      round.tests += syntax.tests
    case .interface(let syntax):
      let interface = Interface(
        name: syntax.name.text, span: syntax.name.span, doc: syntax.doc, module: fileName)
      declareOnce(syntax.name, .interface(interface))
      round.interfaces.append((interface, syntax))
    case .function(let syntax):
      let function = Function(
        name: syntax.name.text, span: syntax.name.span, doc: syntax.doc, module: fileName)
      declareOnce(syntax.name, .function(function))
      round.functions.append((function, syntax))
    case .derivative(let syntax): round.derivatives.append(syntax)
    case .test(let syntax): round.tests.append(syntax)
    case .dim(let syntax): declareDims(syntax, doc: item.doc, &round)
    case .config, .statement: break
    }
  }

  func declareOnce(_ name: Name, _ entity: Entity) {
    let isSession = scope === sessionScope
    if let first = scope.names[name.text], !isSession { reportTwice(name, first: place(of: first)) }
    scope.declare(name.text, entity)
  }

  private func place(of entity: Entity) -> Span? {
    switch entity {
    case .variable(let variable): variable.span
    case .function(let function): function.span
    case .structure(let structure): structure.span
    case .interface(let interface): interface.span
    case .dim(let dim): dim.symbol.flatMap { dimSpans[$0] }
    case .typeParameter, .module, .builtin: nil
    }
  }

  /// `dim N = 128` makes a symbol with a size; `dim K = W + 1` an abbreviation.
  private func declareDims(_ syntax: DimDeclaration, doc: String?, _ round: inout ModuleRound) {
    for entry in syntax.entries {
      var known: Int?
      if let value = entry.value, isDimExpression(value) {
        guard let dim = dim(value) else { continue }
        known = dim.constant
        if let size = self.size(dim), size < 0 {
          report(
            .sizeOutOfRange, "`\(entry.name.text)` cannot have \(size) entries", at: value.span)
          known = 0
        } else if syntax.kind == .plain, known == nil {
          declareOnce(entry.name, .dim(dim))
          continue
        }
      }
      let symbol = freshSymbol(entry.name.text)
      if syntax.kind == .batch { batchDims.insert(symbol) }
      knownSizes[symbol] = known
      round.dimSymbols[entry.name.span] = symbol
      dimSpans[symbol] = entry.name.span
      docs[entry.name.span] = doc
      declareOnce(entry.name, .dim(Dim(symbol)))
      if entry.value == nil, syntax.kind != .ragged {
        report(
          .missingSize, "`\(entry.name.text)` needs a size", at: entry.name.span,
          help: ["for example `dim \(entry.name.text) = 8`"])
      }
    }
  }

  /// True for sums and products of dims and numbers; ints are sizes of their own.
  private func isDimExpression(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .integer: return true
    case .name(let name):
      if case .dim = scope.lookUp(name.text) { return true }
      return false
    case .binary(_, let left, let right, _): return isDimExpression(left) && isDimExpression(right)
    case .unary(_, let inner, _): return isDimExpression(inner)
    case .record(let parts): return parts.count == 1 && isDimExpression(parts[0].value)
    default: return false
    }
  }

  // MARK: Imports

  private func importNames(_ syntax: Import, _ span: Span, _ round: inout ModuleRound) {
    let request: ModuleLoader.Request
    let key: String
    let pathSpan: Span
    let ownName: String
    switch syntax.path {
    case .library(let names):
      key = names.map(\.text).joined(separator: ".")
      pathSpan = names.first.map { $0.span.joined(names[names.count - 1].span) } ?? span
      request = .library(key)
      ownName = names.last?.text ?? key
    case .file(let path, let place):
      guard let from = files[span.source] else { return }
      key = path
      pathSpan = place
      request = .file(path, from: from)
      ownName = path
    }
    guard let module = load(request, pathSpan, named: key) else {
      // Poison the names, so that one missing module is one report.
      for name in syntax.names ?? [] { declarePoison(name) }
      if let alias = syntax.alias { declarePoison(alias) }
      return
    }
    if let names = syntax.names {
      for name in names {
        guard let entity = module.scope.names[name.text] else {
          report(
            .unknownName, "`\(key)` has no `\(name.text)`", at: name.span,
            help: suggestion(name.text, among: Array(module.scope.names.keys)))
          declarePoison(name)
          continue
        }
        scope.declare(name.text, entity)
        round.imported.insert(name.text)
      }
    } else {
      let alias = syntax.alias?.text ?? ownName
      scope.declare(alias, .module(module.scope))
      round.imported.insert(alias)
    }
  }

  private func declarePoison(_ name: Name) {
    scope.declare(name.text, .variable(Variable(name.text, name.span, type: .poison)))
  }

  private func load(_ request: ModuleLoader.Request, _ span: Span?, named: String) -> LoadedModule?
  {
    switch loader.load(request) {
    case .failure(let problem):
      guard let span else { return nil }
      switch problem {
      case .notFound(let suggestions):
        report(
          .importNotFound, "there is no module `\(named)`", at: span,
          help: foreignNameHelp(named).map { [$0] } ?? suggestion(named, among: suggestions))
      case .unreadable(let reason):
        report(.importNotFound, reason, at: span)
      }
      return nil
    case .success(let file):
      if let known = modules[file.name] {
        if known == nil, let span { reportCycle(file.name, named, at: span) }
        return known
      }
      modules[file.name] = .some(nil)
      loading.append((file.name, span))
      defer { loading.removeLast() }
      let (program, problems) = parse(file)
      bag.add(contentsOf: problems)
      // The library's tests run where its files are the program.
      var isOwn = true
      if case .library = request { isOwn = false }
      let module = checkModule(
        program, file, name: named, into: Scope(parent: prelude, .top), checksTests: isOwn)
      modules[file.name] = .some(module)
      loadOrder.append(module.typed)
      return module
    }
  }

  /// The chain of imports that leads from a file back to it.
  private func reportCycle(_ file: String, _ named: String, at span: Span) {
    let chain = loading.drop { $0.file != file }
    let inner = chain.dropFirst().compactMap(\.span)
    report(
      .importCycle,
      "`\(named)` imports itself" + (inner.isEmpty ? "" : ", by way of others"), at: span,
      label: "and so round again",
      secondary: inner.enumerated().map { Label($1, $0 == 0 ? "it imports this" : "and this") })
  }

  // MARK: The top of a file

  private func checkTop(_ item: Item, _ round: inout ModuleRound) {
    switch item.kind {
    case .config(let fields):
      round.items.append(.config(fields.compactMap(configEntry)))
    case .dim(let syntax) where syntax.kind == .ragged:
      for entry in syntax.entries {
        guard let symbol = round.dimSymbols[entry.name.span] else { continue }
        if let statement = raggedDim(entry, symbol) { round.items.append(.statement(statement)) }
      }
    case .dim(let syntax):
      let entries = syntax.entries.compactMap { dimEntry($0, syntax.kind, item.doc, round) }
      if !entries.isEmpty { round.items.append(.dims(entries)) }
    case .statement(let syntax):
      if let doc = item.doc, case .binding(_, let pattern, _, _) = syntax.kind,
        case .name(let name) = pattern.kind
      {
        docs[name.span] = doc
      }
      let (typed, first) = withEntrySizes(before: syntax.span) { self.statement(syntax) }
      // At the prompt the value of an input is shown.
      if scope !== sessionScope, case .expression(let value) = typed.last?.kind {
        lintDropped(value)
      }
      for statement in first + typed { round.items.append(.statement(statement)) }
    default: break
    }
  }

  private func dimEntry(
    _ entry: (name: Name, value: Expression?), _ kind: DimDeclaration.Kind, _ doc: String?,
    _ round: ModuleRound
  ) -> DimEntry? {
    guard let symbol = round.dimSymbols[entry.name.span] else { return nil }
    let value = entry.value.map { checked($0, as: .int, what: "a size") }
    return DimEntry(
      symbol: symbol, kind: kind == .batch ? .batch : .plain, value: value, span: entry.name.span,
      doc: doc)
  }

  private func checkTest(_ syntax: TestDeclaration) -> TypedTest {
    let saved = context
    context = FunctionContext(kind: .test)
    defer { context = saved }
    let body = inScope { block(syntax.body, expecting: nil, dropsValue: true) }
    return TypedTest(title: syntax.title, span: syntax.titleSpan, body: body)
  }

  /// Puts the sizes of ints used as dims behind the statements that bind them; those bound by
  /// earlier inputs come first.
  private func placingSizes(_ items: [TopLevel]) -> [TopLevel] {
    var waiting = sizeSymbols.filter { $0.key.isTopLevel }
    var result: [TopLevel] = []
    func place(_ variables: [Variable], _ span: Span) {
      let bindings = variables.compactMap { variable in
        waiting.removeValue(forKey: variable).map { sizeBinding(variable, $0, span) }
      }
      if !bindings.isEmpty {
        result.append(.statement(TypedStatement(.sizes(bindings), span)))
      }
    }
    for item in items {
      result.append(item)
      switch item {
      case .config(let entries):
        if let last = entries.last { place(entries.map(\.variable), last.variable.span) }
      case .statement(let statement):
        if case .binding(let pattern, _) = statement.kind {
          place(pattern.variables, statement.span)
        }
      case .dims: break
      }
    }
    let earlier = waiting.keys.sorted { $0.span < $1.span }
    let placed = result
    result = []
    for variable in earlier { place([variable], variable.span) }
    return result + placed
  }
}

/// What the rounds of one module hand to one another.
private struct ModuleRound {
  var structures: [(Structure, StructDeclaration)] = []
  var interfaces: [(Interface, InterfaceDeclaration)] = []
  var functions: [(Function, FunctionDeclaration)] = []
  var derivatives: [DerivativeDeclaration] = []
  var tests: [TestDeclaration] = []
  var bodies: [PendingBody] = []
  var items: [TopLevel] = []
  var imported: Set<String> = []
  var dimSymbols: [Span: DimSymbol] = [:]
}

extension TypedPattern {
  package var variables: [Variable] {
    switch kind {
    case .variable(let variable): [variable]
    case .wildcard: []
    case .tuple(let parts): parts.flatMap(\.variables)
    }
  }
}

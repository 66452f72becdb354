// What stands at the top of a file: imports, config, dims, structs, interfaces, functions,
// derivatives and tests.
//
// `config`, `dim`, `test` and the like are words only where an item may begin and what follows
// fits, so programs may use them as names.

import Diagnostics

extension Parser {
  mutating func program() -> Program {
    var items: [Item] = []
    let doc = moduleDocumentation()
    while !isAtEnd {
      isQuiet = false
      let start = index
      if let closer = strayCloser() {
        report(.unmatchedCloser(closer, at: current.span))
        advance()
        continue
      }
      items.append(item())
      endStatement(startedAt: start)
    }
    return Program(items: items, source: file.id, doc: doc)
  }

  private func strayCloser() -> String? {
    switch kind {
    case .closeBrace, .closeBracket, .closeParenthesis: kind.rawValue
    default: nil
    }
  }

  /// The kinds of item that only a file may hold.
  enum TopLevel: String {
    case importing = "import"
    case config, dim
    case structure = "struct"
    case interface, derivative, test
  }

  /// The kind of item that begins here, if it is one that blocks may not hold.
  var topLevelItem: TopLevel? {
    switch kind {
    case .import: return .importing
    case .struct: return .structure
    case .interface: return .interface
    case .identifier:
      let next = peek()
      guard !next.startsLine || ignoresNewlines else { return nil }
      switch next.kind {
      case .openBrace: return atWord("config") ? .config : nil
      case .string, .unterminatedString: return atWord("test") ? .test : nil
      case .identifier:
        if atWord("dim") { return .dim }
        if atWord("derivative") { return .derivative }
        if atWord("batch") || atWord("ragged") { return text(next) == "dim" ? .dim : nil }
        return atWord("surrogate") && text(next) == "derivative" ? .derivative : nil
      default: return nil
      }
    default: return nil
    }
  }

  private mutating func item() -> Item {
    mark(.begins)
    let start = current
    let doc = documentation()
    statementStart = start.span.start
    let kind: ItemKind
    switch topLevelItem {
    case .importing: kind = .importing(importItem())
    case .config: kind = .config(configItem())
    case .dim: kind = .dim(dimItem())
    case .structure: kind = .structure(structItem(doc: doc))
    case .interface: kind = .interface(interfaceItem(doc: doc))
    case .derivative: kind = .derivative(derivativeItem())
    case .test: kind = .test(testItem())
    case nil:
      kind =
        at(.fn) ? .function(function(doc: doc, mayLackBody: false)) : .statement(statement())
    }
    var described = doc
    if case .dim = kind { described = joined(doc, trailingDocumentation()) }
    return Item(kind, doc: described, span: span(from: start))
  }

  private mutating func importItem() -> Import {
    advance()
    let path: Import.Path
    if at(.string) || at(.unterminatedString) {
      let token = advance()
      path = .file(stringValue(token), token.span)
    } else {
      var names = [name("a module such as `ntm.heads`, or a path in quotes")]
      while take(.dot) { names.append(fieldName()) }
      path = .library(names)
    }
    var names: [Name]?
    if at(.openBrace), !isAfterNewline {
      advance()
      names = list(.openBrace, .closeBrace) { $0.name("a name to import") }
    }
    var alias: Name?
    if at(.as), !isAfterNewline {
      advance()
      alias = name("a name for the module")
    }
    if case .file = path, names == nil, alias == nil {
      report(
        .expectedToken(
          "`as`", " and a name for the module", found: found, at: gap,
          help: ["write `import \"path.ntm\" as name`"]))
    }
    return Import(path: path, names: names, alias: alias)
  }

  private mutating func configItem() -> [ConfigField] {
    advance()
    return members { parser in
      let doc = parser.documentation()
      let name = parser.name("the name of a setting")
      parser.expect(.colon, " and the type of `\(name.text)`")
      let type = parser.type()
      parser.expect(.assign, " and the value of `\(name.text)`")
      let value = parser.expression(after: "`=`")
      let separated = parser.take(.comma)
      let documented = joined(doc, parser.trailingDocumentation())
      return (ConfigField(name: name, type: type, value: value, doc: documented), separated)
    }
  }

  mutating func dimItem() -> DimDeclaration {
    var kind = DimDeclaration.Kind.plain
    if atWord("batch") { kind = .batch }
    if atWord("ragged") { kind = .ragged }
    if kind != .plain { advance() }
    advance()
    var entries: [(name: Name, value: Expression?)] = []
    repeat {
      let name = name("the name of a dim")
      let value = take(.assign) ? expression(after: "`=`") : nil
      entries.append((name, value))
    } while take(.comma)
    return DimDeclaration(kind: kind, entries: entries)
  }

  private mutating func structItem(doc: String?) -> StructDeclaration {
    let start = advance()
    let name = name("the name of a struct")
    let dims = bracketedDims()
    var claims: [TypeExpression] = []
    if take(.colon) {
      repeat { claims.append(type()) } while take(.comma)
    }
    var declaration = StructDeclaration(
      name: name, dims: dims, claims: claims, fields: [], sections: [], functions: [], tests: [],
      doc: doc, span: start.span)
    for member in typeMembers(mayLackBodies: false) {
      switch member {
      case .field(let field): declaration.fields.append(field)
      case .section(let section): declaration.sections.append(section)
      case .function(let function): declaration.functions.append(function)
      case .test(let test): declaration.tests.append(test)
      }
    }
    declaration.span = span(from: start)
    return declaration
  }

  private mutating func interfaceItem(doc: String?) -> InterfaceDeclaration {
    let start = advance()
    let name = name("the name of an interface")
    let dims = bracketedDims()
    var declaration = InterfaceDeclaration(
      name: name, dims: dims, fields: [], sections: [], functions: [], doc: doc, span: start.span)
    for member in typeMembers(mayLackBodies: true) {
      switch member {
      case .field(let field): declaration.fields.append(field)
      case .section(let section): declaration.sections.append(section)
      case .function(let function): declaration.functions.append(function)
      case .test(let test):
        remark(
          .unexpectedToken(
            "a test", "a field, a section or a function", at: test.titleSpan,
            help: ["put the test outside the interface"]))
      }
    }
    declaration.span = span(from: start)
    return declaration
  }

  /// `[N, M]` behind the name of a function, struct or interface.
  mutating func bracketedDims() -> [Name] {
    guard at(.openBracket), !isAfterNewline else { return [] }
    mark(.tight)
    advance()
    return list(.openBracket, .closeBracket) { $0.name("the name of a dim") }
  }

  private mutating func derivativeItem() -> DerivativeDeclaration {
    let start = current
    let isSurrogate = atWord("surrogate")
    if isSurrogate { advance() }
    advance()
    let function = name("the name of a function")
    var inputs: [Name] = []
    var outputs: [Name] = []
    if at(.openParenthesis) {
      mark(.tight)
      let opener = advance()
      let outer = ignoresNewlines
      ignoresNewlines = true
      inputs = derivativeNames("a parameter of `\(function.text)`")
      let help = ["write `derivative f(x, y; ct) { … }`, where `ct` is the cotangent of the result"]
      if expect(.semicolon, " and a name for the cotangent", help: help) {
        outputs = derivativeNames("a name for the cotangent or the result")
      }
      if !take(.closeParenthesis) {
        report(.unclosedBracket("(", closer: ")", at: gap, opened: opener.span))
      }
      ignoresNewlines = outer
    } else {
      expect(.openParenthesis, " and the parameters of `\(function.text)`")
    }
    let body = functionBody() ?? missingBody(function, start)
    return DerivativeDeclaration(
      isSurrogate: isSurrogate, function: function, parameters: inputs,
      cotangent: outputs.first ?? Name("", span(from: start)),
      output: outputs.count > 1 ? outputs[1] : nil, body: body)
  }

  private mutating func derivativeNames(_ what: String) -> [Name] {
    var names: [Name] = []
    while !isAtEnd, ![.closeParenthesis, .semicolon].contains(kind) {
      let before = index
      names.append(name(what))
      if !take(.comma) || index == before { break }
    }
    return names
  }

  mutating func testItem() -> TestDeclaration {
    advance()
    let title = advance()
    let body = block(" and what `test` checks")
    return TestDeclaration(title: stringValue(title), titleSpan: title.span, body: body)
  }
}

// MARK: - Members

/// The `///` lines before a field and the one behind it.
func joined(_ before: String?, _ behind: String?) -> String? {
  guard let before, let behind else { return before ?? behind }
  return before + "\n" + behind
}

extension Parser {
  private enum Member {
    case field(FieldDeclaration)
    case section(Section)
    case function(FunctionDeclaration)
    case test(TestDeclaration)
  }

  /// Members between braces, separated by new lines or commas. `read` says whether what it read
  /// needs no separator, or took one.
  private mutating func members<Element>(
    _ read: (inout Parser) -> (Element, isSeparated: Bool)
  ) -> [Element] {
    mark(.header)
    let opener = current
    guard expect(.openBrace, "") else { return [] }
    let outer = ignoresNewlines
    ignoresNewlines = false
    defer { ignoresNewlines = outer }
    var elements: [Element] = []
    while !at(.closeBrace) {
      if isAtEnd || leavesUnclosedBraces(opener) { break }
      isQuiet = false
      let start = index
      statementStart = current.span.start
      mark(.begins)
      let (element, isSeparated) = read(&self)
      elements.append(element)
      if index == start || !isSeparated { endStatement(startedAt: start) }
    }
    if !take(.closeBrace) {
      report(.unclosedBracket("{", closer: "}", at: gap, opened: opener.span))
    }
    return elements
  }

  private mutating func typeMembers(mayLackBodies: Bool) -> [Member] {
    var sections: [Section.Kind: Span] = [:]
    return members { parser in
      if parser.at(.fn) {
        let doc = parser.documentation()
        let function = parser.function(doc: doc, mayLackBody: mayLackBodies)
        return (.function(function), parser.take(.comma))
      }
      if parser.topLevelItem == .test { return (.test(parser.testItem()), false) }
      for kind in [Section.Kind.emits, .state] where parser.atWord(kind.rawValue) {
        guard parser.peek().kind != .colon else { continue }
        let section = parser.section(kind)
        if let first = sections[kind] {
          parser.remark(.repeatedSection(kind.rawValue, at: section.span, first: first))
        } else {
          sections[kind] = section.span
        }
        // A section needs no separator: `state  fn step(…)` is clear.
        parser.take(.comma)
        return (.section(section), true)
      }
      let (field, isSeparated) = parser.field()
      return (.field(field), isSeparated)
    }
  }

  private mutating func section(_ kind: Section.Kind) -> Section {
    let start = advance()
    guard at(.openBrace), !isAfterNewline else {
      return Section(kind: kind, fields: nil, span: start.span)
    }
    let fields = members { $0.field() }
    return Section(kind: kind, fields: fields, span: span(from: start))
  }

  private mutating func field() -> (FieldDeclaration, isSeparated: Bool) {
    let doc = documentation()
    let isFrozen = atWord("frozen") && peek().kind == .identifier
    if isFrozen { advance() }
    let name = name("the name of a field")
    expect(.colon, " and the type of `\(name.text)`")
    let type = type()
    var via: Expression?
    if atWord("via"), !isAfterNewline {
      advance()
      via = expression(after: "`via`")
    }
    let value = take(.assign) ? expression(after: "`=`") : nil
    let isSeparated = take(.comma)
    let field = FieldDeclaration(
      name: name, isFrozen: isFrozen, type: type, via: via, value: value,
      doc: joined(doc, trailingDocumentation()))
    return (field, isSeparated)
  }
}

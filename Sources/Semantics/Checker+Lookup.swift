// What a session asks about names: for completion, `:type`, `?name` and documentation; and how it
// takes back what an input declared that then failed.

package import Diagnostics
package import Tensors

/// What is known of a name without running anything.
package struct NameInformation {
  package enum Kind: String, Sendable {
    case value, function
    case structure = "struct"
    case interface, dim, type, module
    case builtin = "built-in"
  }

  package let name: String
  package let kind: Kind
  /// As one line of the language: `content(memory: [N, M], …) -> simplex [N]`, `[N, M]`.
  package let signature: String
  package let doc: String?
  /// Where it is declared, where there is a text.
  package let span: Span?
  /// Of a value.
  package let type: Type?

  package init(
    name: String, kind: Kind, signature: String, doc: String?, span: Span?, type: Type? = nil
  ) {
    self.name = name
    self.kind = kind
    self.signature = signature
    self.doc = doc
    self.span = span
    self.type = type
  }
}

/// The names of a session at one moment, and the place of its next draw.
package struct SessionMark {
  fileprivate let names: [String: Entity]
  fileprivate let sites: Int
}

/// Names of an input that was stopped before they had a value, and what they stood for before it.
package struct WaitingNames {
  fileprivate var entries: [(name: String, waiting: Variable, before: Entity?)] = []

  package init() {}
}

extension Checker {
  /// Every name that can be written at the prompt, sorted.
  package var visibleNames: [String] {
    Set(sessionScope.names.keys).union(prelude.names.keys).sorted()
  }

  /// What a name at the prompt stands for; dotted names are looked up in their module.
  package func information(about name: String) -> NameInformation? {
    let parts = name.split(separator: ".").map(String.init)
    guard let first = parts.first, var entity = sessionScope.lookUp(first) else { return nil }
    for part in parts.dropFirst() {
      guard let inner = self.part(part, of: entity) else { return nil }
      entity = inner
    }
    return describe(name, entity)
  }

  private func part(_ name: String, of entity: Entity) -> Entity? {
    switch entity {
    case .module(let module): module.names[name]
    case .interface(let interface): interface.methods[name].map { .function($0) }
    case .structure(let structure):
      structure.methods[name].map { .function($0) }
        ?? structure.fields.first { $0.name == name }.map { .variable($0.variable) }
    default: nil
    }
  }

  /// The names that a module gives; nil where `name` is no module.
  package func names(inModule name: String) -> [String]? {
    guard case .module(let module)? = sessionScope.lookUp(name) else { return nil }
    return module.names.keys.sorted()
  }

  /// What can be written behind a dot after a value of a type: fields, then methods.
  package func members(of type: Type) -> [String] {
    switch resolve(type) {
    case .record(let fields): fields.compactMap(\.name)
    case .structure(let structure, _):
      structure.fields.map(\.name) + structure.methods.keys.sorted()
    case .interface(let interface, _): interface.methodOrder
    case .tensor(.real, _, _): []
    case .rng: Checker.draws
    case .array(_, let element): members(of: element)
    default: []
    }
  }

  /// The type of a field; nil where there is none or it depends on the value.
  package func type(ofMember name: String, in type: Type) -> Type? {
    switch resolve(type) {
    case .record(let fields): fields.first { $0.name == name }?.type
    case .structure(let structure, _): structure.fields.first { $0.name == name }?.type
    case .array(_, let element): self.type(ofMember: name, in: element)
    default: nil
    }
  }

  /// Declares a name of the session that no text declares: `_`, the value of the last expression.
  package func declareAtPrompt(_ name: String, _ type: Type, _ span: Span) -> Variable {
    let variable = Variable(name, span, type: type, isTopLevel: true)
    sessionScope.declare(name, .variable(variable))
    return variable
  }

  /// Takes a name away, unless it stands for something else by now.
  package func withdraw(_ variable: Variable) {
    guard case .variable(let found)? = sessionScope.names[variable.name], found == variable else {
      return
    }
    sessionScope.names[variable.name] = nil
  }

  /// The session now.
  package var sessionMark: SessionMark {
    SessionMark(names: sessionScope.names, sites: sessionSites)
  }

  /// Takes back an input of which nothing ran: its names, and the places of its draws, so that what
  /// is drawn next is what would have been drawn without it.
  package func takeBack(to mark: SessionMark) {
    sessionScope.names = mark.names
    sessionSites = mark.sites
  }

  /// Takes back what an input declared that ended early, except what is kept: the values that came
  /// to be, the dims that got a size. The places of draws from where it ended are free again.
  /// - Parameter end: where the item begins that ended it, in bytes.
  package func rollBack(
    to mark: SessionMark, from end: Int, keepingValues: (Variable) -> Bool,
    keepingDims: (DimSymbol) -> Bool
  ) {
    sessionSites = max(mark.sites, inputSites.last { $0.start <= end }?.sites ?? 0)
    for (name, entity) in sessionScope.names {
      let keeps: Bool =
        switch entity {
        case .variable(let variable):
          keepingValues(variable)
        case .dim(let dim): dim.symbols.allSatisfy(keepingDims)
        case .function, .structure, .interface, .typeParameter, .module, .builtin: false
        }
      if !keeps { sessionScope.names[name] = mark.names[name] }
    }
  }

  /// Lets the names of a stopped input that have no value stand for what they did before.
  package func withhold(
    since mark: SessionMark, hasValue: (Variable) -> Bool
  ) -> WaitingNames {
    var names = WaitingNames()
    for (name, entity) in sessionScope.names {
      guard case .variable(let variable) = entity, !hasValue(variable) else { continue }
      if case .constructor = resolve(variable.type) { continue }
      if case .variable(let before)? = mark.names[name], before == variable { continue }
      names.entries.append((name, variable, mark.names[name]))
      sessionScope.names[name] = mark.names[name]
    }
    return names
  }

  /// Gives out the names that have a value by now, unless they were declared again meanwhile.
  /// - Returns: those that still wait.
  package func release(_ names: WaitingNames, hasValue: (Variable) -> Bool) -> WaitingNames {
    var rest = WaitingNames()
    for entry in names.entries {
      guard hasValue(entry.waiting) else {
        rest.entries.append(entry)
        continue
      }
      switch (sessionScope.names[entry.name], entry.before) {
      case (.variable(let now)?, .variable(let before)?) where now != before: continue
      case (_?, nil): continue
      default: sessionScope.names[entry.name] = .variable(entry.waiting)
      }
    }
    return rest
  }

  private func describe(_ name: String, _ entity: Entity) -> NameInformation {
    switch entity {
    case .variable(let variable):
      let type = resolve(variable.type)
      return NameInformation(
        name: name, kind: .value, signature: type.written, doc: docs[variable.span],
        span: variable.span, type: type)
    case .function(let function):
      return NameInformation(
        name: name, kind: .function, signature: Checker.written(function), doc: function.doc,
        span: function.span)
    case .structure(let structure):
      let fields = structure.fields.map { field in
        let doc = field.doc.map { "  /// " + $0.split(separator: "\n").joined(separator: " ") }
        return "  \(field.name): \(field.type.written)" + (doc ?? "")
      }
      let methods = structure.methods.values.sorted { $0.span.start < $1.span.start }.map {
        "  fn \(Checker.written($0))"
      }
      let rows = (fields + methods).joined(separator: "\n")
      let head = "struct \(structure.name)\(Checker.written(structure.generics))"
      return NameInformation(
        name: name, kind: .structure, signature: rows.isEmpty ? head : "\(head) {\n\(rows)\n}",
        doc: structure.doc, span: structure.span)
    case .interface(let interface):
      let methods = interface.methodOrder.compactMap { interface.methods[$0] }.map {
        "  fn \(Checker.written($0))"
      }
      let head = "interface \(interface.name)\(Checker.written(interface.generics))"
      return NameInformation(
        name: name, kind: .interface,
        signature: methods.isEmpty ? head : "\(head) {\n\(methods.joined(separator: "\n"))\n}",
        doc: interface.doc, span: interface.span)
    case .dim(let dim):
      let size = dim.constant ?? dim.symbol.flatMap { knownSizes[$0] }
      let span = dim.symbol.flatMap { dimSpans[$0] }
      return NameInformation(
        name: name, kind: .dim, signature: size.map { "\($0)" } ?? dim.written,
        doc: span.flatMap { docs[$0] }, span: span)
    case .typeParameter(let symbol):
      return NameInformation(
        name: name, kind: .type, signature: symbol.name, doc: nil, span: nil)
    case .module(let module):
      return NameInformation(
        name: name, kind: .module, signature: module.names.keys.sorted().joined(separator: ", "),
        doc: nil, span: nil)
    case .builtin(let builtin):
      return NameInformation(
        name: name, kind: .builtin, signature: builtinSignature(builtin) ?? builtin, doc: nil,
        span: nil)
    }
  }

  /// `content[N](memory: [N, M], key: [M]) -> simplex [N]`
  package static func written(_ function: Function) -> String {
    let parameters = function.parameters.map { parameter in
      parameter.variable.name == "self" && function.hasSelf
        ? "self" : "\(parameter.variable.name): \(parameter.variable.type.written)"
    }
    let result = function.result == .unit ? "" : " -> \(function.result.written)"
    return "\(function.name)\(written(function.explicit))(\(parameters.joined(separator: ", ")))"
      + result
  }

  private static func written(_ generics: [GenericParameter]) -> String {
    generics.isEmpty
      ? ""
      : "["
        + generics.map { generic in
          switch generic {
          case .dim(let symbol): symbol.name
          case .type(let symbol): symbol.name
          }
        }.joined(separator: ", ") + "]"
  }
}

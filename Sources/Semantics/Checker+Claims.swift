// Whether a struct keeps what it claims: every field of the interface with its type, and every
// function with its signature.

import Diagnostics
import IR
import Syntax
import Tensors

extension Checker {
  func checkClaims(_ structure: Structure) {
    for claim in structure.claims { check(claim, of: structure) }
  }

  func check(_ claim: InterfaceUse, of structure: Structure) {
    let interface = claim.interface
    for wanted in interface.fields { compare(wanted, structure, claim) }
    for name in interface.methodOrder {
      guard let wanted = interface.methods[name] else { continue }
      guard let found = structure.methods[name] else {
        if hasDefaultBody(wanted) { continue }
        let own = structure.methods.values.map { (name: $0.name, span: $0.span) }
        reportMissing(
          name, expected(wanted, structure, claim), wanted.span, structure, claim, among: own)
        continue
      }
      compare(found, wanted, structure, claim)
    }
  }

  private func compare(_ wanted: RequiredField, _ structure: Structure, _ claim: InterfaceUse) {
    let type = wanted.type.substituting(
      Substitution(claim.interface.generics, claim.arguments))
    let signature = "\(wanted.name): \(type.written)"
    guard let found = structure.fields.first(where: { $0.name == wanted.name }) else {
      let own = structure.fields.map { (name: $0.name, span: $0.variable.span) }
      reportMissing(wanted.name, signature, wanted.span, structure, claim, among: own)
      return
    }
    if unifier.unify(found.type, type), keeps(found.type, type) { return }
    report(
      .interfaceMismatch,
      "`\(structure.name).\(found.name)` does not fit `\(claim.interface.name)`: it is "
        + found.type.written, at: found.variable.span,
      notes: ["`\(signature)` (\(place(wanted.span)))"])
  }

  /// A field or function that is not there, or there under a name that is nearly it.
  private func reportMissing(
    _ name: String, _ signature: String, _ wanted: Span, _ structure: Structure,
    _ claim: InterfaceUse, among own: [(name: String, span: Span)]
  ) {
    let asked = Set(
      structure.claims.flatMap { $0.interface.methodOrder + $0.interface.fields.map(\.name) })
    let near = Suggestion.closest(
      to: name, among: own.map(\.name).filter { !asked.contains($0) })
    let meant = own.first { $0.name == near }
    let words = "lacks `\(name)`, which `\(claim.interface.name)` asks for"
    report(
      .interfaceMissing, "`\(structure.name)` \(words)", at: meant?.span ?? structure.span,
      secondary: meant == nil ? [] : [Label(structure.span, "it \(words)")],
      notes: ["`\(signature)` (\(place(wanted)))"],
      help: meant.map { ["`\($0.name)` is nearly it: did you mean `\(name)`?"] } ?? [])
  }

  /// Whether one type claims what the other, of the same shape, does.
  private func keeps(_ found: Type, _ wanted: Type) -> Bool {
    guard case .tensor(_, _, let claim?) = resolve(wanted) else { return true }
    guard case .tensor(_, _, let given?) = resolve(found) else { return false }
    return implies(given, claim)
  }

  func hasDefaultBody(_ function: Function) -> Bool {
    function.body != nil || bodied.contains(function)
  }

  /// The interface's types in terms of the struct.
  private func substitution(
    _ wanted: Function, _ structure: Structure, _ claim: InterfaceUse
  ) -> Substitution {
    var substitution = Substitution(claim.interface.generics, claim.arguments)
    if let first = wanted.parameters.first, wanted.hasSelf {
      substitution.sections[first.variable] = (
        emits: declaredSection(.emits, structure), state: declaredSection(.state, structure)
      )
      substitution.paths[first.variable] = .variable(structure.selfVariable)
    }
    return substitution
  }

  /// What an interface asks of the parameters behind `self`, and of the result.
  private struct Asked {
    var parameters: [(name: String, type: Type)]
    var result: Type
  }

  /// What is asked of a struct: one without state takes none and gives none back.
  private func asked(
    _ wanted: Function, _ structure: Structure, _ claim: InterfaceUse
  ) -> Asked {
    var asked = Asked(
      parameters: wanted.parameters.dropFirst(wanted.hasSelf ? 1 : 0).map {
        ($0.variable.name, $0.variable.type)
      }, result: wanted.result)
    if structure.state == nil, claim.interface.hasState {
      asked.parameters = asked.parameters.filter { !$0.type.isSection(.state) }
      if case .record(let fields) = asked.result {
        asked.result = .record(fields.filter { !$0.type.isSection(.state) })
      }
    }
    if structure.emits == nil, claim.interface.hasEmits {
      asked.parameters = asked.parameters.filter { !$0.type.isSection(.emits) }
    }
    return asked
  }

  private func expected(_ wanted: Function, _ structure: Structure, _ claim: InterfaceUse) -> String
  {
    let substitution = substitution(wanted, structure, claim)
    let asked = asked(wanted, structure, claim)
    let list = asked.parameters.map { "\($0.name): \(interfaceType($0.type, substitution))" }
    return "\(wanted.name)(self\(list.map { ", " + $0 }.joined())) -> "
      + interfaceType(asked.result, substitution)
  }

  private func interfaceType(_ type: Type, _ substitution: Substitution) -> String {
    var plain = substitution
    plain.sections = [:]
    return type.substituting(plain).written
  }

  private func compare(
    _ found: Function, _ wanted: Function, _ structure: Structure, _ claim: InterfaceUse
  ) {
    var theirs = substitution(wanted, structure, claim)
    // The interface's own dims are rigid here; the method's are matched against them.
    var mine = Substitution()
    for (index, parameter) in found.explicit.enumerated() {
      if index < wanted.explicit.count, case .dim(let mineSymbol) = parameter,
        case .dim(let theirSymbol) = wanted.explicit[index]
      {
        mine.dims[mineSymbol] = Dim(theirSymbol)
      } else {
        mine.add(parameter, unknown(parameter))
      }
    }
    for parameter in found.implicit { mine.add(parameter, unknown(parameter)) }
    for symbol in wanted.unknowns { theirs.dims[symbol] = unifier.unknownDim("_") }
    for symbol in found.unknowns { mine.dims[symbol] = unifier.unknownDim("_") }

    let asked = asked(wanted, structure, claim)
    let own = found.parameters.dropFirst(found.hasSelf ? 1 : 0)
    if found.hasSelf != wanted.hasSelf {
      reportSignature(found, wanted, structure, claim, found.span, "it does not take `self`")
      return
    }
    if own.count < asked.parameters.count {
      let missing = asked.parameters[own.count...].map { "`\($0.name)`" }.joined(separator: ", ")
      reportSignature(found, wanted, structure, claim, found.span, "it does not take \(missing)")
      return
    }
    let surplus = own.dropFirst(asked.parameters.count).first {
      !(defaulted[$0.variable] ?? false)
    }
    if let surplus {
      reportSurplus(surplus, found, wanted, structure, claim)
      return
    }
    for (mineParameter, theirParameter) in zip(own, asked.parameters) {
      let have = mineParameter.variable.type.substituting(mine)
      let need = theirParameter.type.substituting(theirs)
      guard unifier.unify(have.withoutClaim, need.withoutClaim),
        accepts(have, given: need)
      else {
        reportSignature(
          found, wanted, structure, claim, mineParameter.variable.span,
          "`\(mineParameter.variable.name)` is \(resolve(need).written) there, here it is \(resolve(have).written)"
        )
        return
      }
    }
    let have = found.result.substituting(mine)
    let need = asked.result.substituting(theirs)
    if !returns(have, need) {
      reportSignature(
        found, wanted, structure, claim, found.span,
        "it gives \(resolve(need).written) there, here it gives \(resolve(have).written)")
    }
  }

  /// A record of one may stand for its only field, so that a stateless head just gives `w`.
  private func returns(_ have: Type, _ need: Type) -> Bool {
    if case .record(let fields) = need, fields.count == 1, case .tensor = have {
      return unifier.unify(have, fields[0].type) && accepts(fields[0].type, given: have)
    }
    return unifier.unify(widened(have, need), need) && accepts(need, given: have)
  }

  /// A struct that claims an interface gives what gives the interface.
  private func widened(_ have: Type, _ need: Type) -> Type {
    switch (have, need) {
    case (.structure(let structure, let arguments), .interface(let interface, _)):
      guard let claim = structure.claims.first(where: { $0.interface == interface }) else {
        return have
      }
      return claim.type(of: structure, arguments)
    case (.record(let mine), .record(let theirs)) where mine.count == theirs.count:
      return .record(
        zip(mine, theirs).map { RecordField($0.name, widened($0.type, $1.type)) })
    default: return have
    }
  }

  /// Whether claims of what is given cover those asked for.
  private func accepts(_ wanted: Type, given: Type) -> Bool {
    switch (wanted, given) {
    case (.tensor(_, _, let need?), .tensor(_, _, let have)):
      return have.map { implies($0, need) } ?? false
    case (.record(let need), .record(let have)) where need.count == have.count:
      return zip(need, have).allSatisfy { accepts($0.type, given: $1.type) }
    default: return true
    }
  }

  /// A parameter that nobody gives: more than are asked for, or a section that the struct lacks.
  private func reportSurplus(
    _ surplus: FunctionParameter, _ found: Function, _ wanted: Function, _ structure: Structure,
    _ claim: InterfaceUse
  ) {
    let sections = wanted.parameters.compactMap { parameter -> SectionKind? in
      guard case .associated(_, let kind) = parameter.variable.type else { return nil }
      return (kind == .state ? structure.state : structure.emits) == nil ? kind : nil
    }
    guard let kind = sections.last else {
      reportSignature(
        found, wanted, structure, claim, surplus.variable.span,
        "nothing is given for `\(surplus.variable.name)`",
        help: ["a parameter of its own needs a default"])
      return
    }
    reportSignature(
      found, wanted, structure, claim, surplus.variable.span,
      "`\(structure.name)` has no `\(kind)` to take",
      help: ["declare `\(kind) { … }` in the struct, or leave the parameter out"])
  }

  private func reportSignature(
    _ found: Function, _ wanted: Function, _ structure: Structure, _ claim: InterfaceUse,
    _ span: Span, _ reason: String, help: [String] = []
  ) {
    report(
      .interfaceMismatch,
      "`\(structure.name).\(found.name)` does not fit `\(claim.interface.name)`: \(reason)",
      at: span,
      notes: [
        "`\(claim.interface.name)` asks for `\(expected(wanted, structure, claim))` (\(place(wanted.span)))"
      ], help: help)
  }
}

extension Type {
  /// `emits` or `state` of an interface's `self`.
  func isSection(_ kind: SectionKind) -> Bool {
    if case .associated(.variable, let own) = self { return own == kind }
    return false
  }
}

// The reports about types and names that do not fit, in the user's own words.

import Diagnostics
import IR
import Syntax
import Tensors

extension Checker {
  func mismatch(
    found: Type, wanted: Type, _ span: Span, _ place: Place, _ value: TypedExpression? = nil
  ) {
    var notes = place.notes
    if let note = maker(of: value) { notes.append(note) }
    if case .tensor(let from, let shape, _) = found, case .tensor(let to, let dims, _) = wanted {
      if from != to {
        report(
          .typeMismatch, "\(place.what) is \(to.rawValue), here it is \(from.rawValue)", at: span,
          label: "this is \(found.written)", secondary: place.secondary, notes: notes,
          help: conversion(from, to, span))
        return
      }
      if shape.count == dims.count {
        reportDims(found, wanted, shape, dims, value, span, place, notes)
        return
      }
      report(
        .shapeMismatch,
        "\(place.what) needs \(count(dims.count, "dim")), here it has \(shape.count)", at: span,
        label: describe(found), secondary: place.secondary + place.reasons,
        notes: ["expected \(wanted.written)"] + notes,
        help: shape.count > dims.count ? fewerDims(from, shape, dims, span, place) : [])
      return
    }
    let namesakes =
      wanted.written == found.written
      ? ["`\(found.written)` was declared again, and one of the two is from before"] : []
    report(
      .typeMismatch, "\(place.what) is \(wanted.written), here it is \(found.written)", at: span,
      label: "this is \(found.written)",
      secondary: place.secondary + (found.isKin(of: wanted) ? place.reasons : []),
      notes: namesakes + notes, help: place.help + listOfOne(found, wanted, span))
  }

  /// What takes the dims away that are too many.
  private func fewerDims(
    _ dtype: DType, _ shape: [Dim], _ wanted: [Dim], _ span: Span, _ place: Place
  ) -> [String] {
    if place.callee != nil {
      let batch = shape.first { $0.symbol.map { batchDims.contains($0) } ?? false }
      guard let batch else {
        return [
          "an axis made by a `batch dim` would lift the call by itself; any other takes a `for`"
        ]
      }
      return ["`\(batch.written)` lifts a call where it comes first: `rearrange` puts it there"]
    }
    guard wanted.isEmpty else { return [] }
    let source = text(of: span)
    switch dtype {
    case .bool: return ["`all(\(source))` and `any(\(source))` are one truth value"]
    case .real: return ["`sum(\(source))` and `mean(\(source))` are one number"]
    case .int: return ["`sum(\(source))` is one number"]
    }
  }

  /// One that claims an interface, where a list of such is due.
  private func listOfOne(_ found: Type, _ wanted: Type, _ span: Span) -> [String] {
    guard case .list(let element, _) = wanted, case .interface(let interface, _) = resolve(element)
    else { return [] }
    switch found {
    case .constructor(let structure, _), .structure(let structure, _):
      let claims = structure.claims.contains { $0.interface == interface }
      return claims ? ["a list of one is written `[\(text(of: span))]`"] : []
    default: return []
    }
  }

  /// Of a struct whose name means another one by now.
  func olderNote(_ type: Type) -> [String] {
    guard case .structure(let structure, _) = type,
      case .structure(let newer)? = scope.lookUp(structure.name), newer != structure
    else { return [] }
    return ["this is the `\(structure.name)` of \(place(structure.span)), which was declared again"]
  }

  /// How a list holds both of two structs: as what they claim in common.
  func jointHelp(_ one: Type, _ other: Type, count: Dim) -> [String] {
    guard case .structure(let one, let ones) = resolve(one),
      case .structure(let other, let others) = resolve(other), one != other
    else { return [] }
    let claims = other.claims.map { $0.type(of: other, others) }
    guard let joint = one.claims.map({ $0.type(of: one, ones) }).first(where: claims.contains)
    else { return [] }
    let list = Type.list(joint, count: count).written
    return ["say what the list would hold: `let name: \(list) = …`"]
  }

  private func reportDims(
    _ found: Type, _ wanted: Type, _ shape: [Dim], _ dims: [Dim], _ value: TypedExpression?,
    _ span: Span, _ place: Place, _ notes: [String]
  ) {
    let differing = zip(shape, dims).first { !unifier.unify($0, $1) }
    let (have, need) = differing ?? (shape.first ?? 0, dims.first ?? 0)
    var all = notes
    if have.written == need.written {
      all.append(namesakes(have, need))
    } else if let a = size(have), let b = size(need), a == b {
      all.append("`\(have.written)` and `\(need.written)` are both \(a), but they mean two things")
    }
    let source = text(of: span)
    let subject = source.count <= 30 && !source.contains("\n") ? "`\(source)`" : place.what
    let due =
      place.callee.map { "`\($0)` needs dim \(need.written)" } ?? "dim \(need.written) is due"
    var help: [String] = []
    let fix = renamingMaker(of: value, have, need)
    if let fix {
      help = [fix.title]
    } else if have.symbols.isEmpty != need.symbols.isEmpty, !hasUnknowns(wanted) {
      help = ["if the sizes are known to agree, `as \(wanted.withoutClaim.written)` checks it"]
    }
    report(
      .dimMismatch, "\(subject) has dim \(have.written) where \(due)", at: span,
      label: describe(found), secondary: place.secondary + place.reasons,
      notes: (place.callee == nil ? ["expected \(wanted.written)"] : []) + all, help: help, fix: fix
    )
  }

  /// Of two dims with one name: where each of them is from.
  func namesakes(_ one: Dim, _ other: Dim) -> String {
    if one.written == "_" { return "each `_` stands for a dim of its own" }
    let places = [one, other].compactMap { dim in
      dim.symbol.flatMap { dimSpans[$0] }.map(place)
    }
    let words = "two different dims are called `\(one.written)`"
    if places.count < 2 || places[0] == places[1] { return "\(words): each `fn` has its own" }
    return "\(words): the one is declared at \(places[0]), the other at \(places[1])"
  }

  /// Where the value was made by an expression that names the wrong dim once, in brackets of its own:
  /// that expression with the right one.
  private func renamingMaker(of value: TypedExpression?, _ have: Dim, _ need: Dim) -> Fix? {
    guard let value, have.symbol != nil, need.symbol != nil, have.written != need.written else {
      return nil
    }
    let span: Span
    switch value.form {
    case .variable(let variable):
      guard let maker = makers[variable] else { return nil }
      span = maker
    default: span = value.span
    }
    let source = text(of: span)
    let bracketed = "[\(have.written)]"
    guard let range = onlyOccurrence(of: bracketed, in: source) else { return nil }
    let start = span.start + source.utf8.distance(from: source.startIndex, to: range.lowerBound) + 1
    let fixed = source[..<range.lowerBound] + "[\(need.written)]" + source[range.upperBound...]
    return Fix(
      "`\(fixed)`",
      [Edit(Span(span.source, start, start + have.written.utf8.count), need.written)])
  }

  private func onlyOccurrence(of needle: String, in text: String) -> Range<String.Index>? {
    var found: Range<String.Index>?
    var start = text.startIndex
    while start < text.endIndex {
      if text[start...].hasPrefix(needle) {
        if found != nil { return nil }
        found = start..<text.index(start, offsetBy: needle.count)
      }
      start = text.index(after: start)
    }
    return found
  }

  /// `value.5`, where `value` has no such part.
  func reportNoPart(_ position: Int, of value: TypedExpression, _ span: Span) {
    let type = resolve(value.type)
    var parts = "has no parts that are counted behind a `.`"
    var help: [String] = []
    switch type {
    case .record(let fields):
      parts = "has \(count(fields.count, "part"))"
      if let last = fields.indices.last {
        help = ["parts are counted from 0, so the last one is `.\(last)`"]
      }
    case .tensor(_, let shape, _) where shape.isEmpty: break
    case .tensor, .list, .array:
      help = ["an element is `\(text(of: value.span))[\(position)]`"]
    default:
      let names = fieldNames(type)
      if !names.isEmpty { help = ["it has `\(names.joined(separator: "`, `"))`"] }
    }
    report(
      .unknownField, "`\(type.written)` \(parts), so there is no `.\(position)`", at: span,
      secondary: [Label(value.span, "this is \(type.written)")], help: help)
  }

  /// The number that a dim is known to be from the text alone.
  func size(_ dim: Dim) -> Int? { dim.evaluated(knownSizes) }

  /// `this is [N], 128 numbers`.
  func describe(_ type: Type) -> String {
    if case .tensor(_, let shape, _) = type, shape.count == 1, let size = size(shape[0]) {
      return "this is \(type.written), \(count(size, "number"))"
    }
    return "this is \(type.written)"
  }

  /// `key was made at repl:4 by rng.normal[N]`.
  private func maker(of value: TypedExpression?) -> String? {
    guard case .variable(let variable) = value?.form, let span = makers[variable] else {
      return nil
    }
    let source = text(of: span)
    if source.count > 50 || source.contains("\n") {
      return "`\(variable.name)` was made at \(self.place(span))"
    }
    return "`\(variable.name)` was made at \(self.place(span)) by `\(source)`"
  }

  func conversion(_ from: DType, _ to: DType, _ span: Span) -> [String] {
    let source = text(of: span)
    if to == .real || (to == .int && from != .real) { return ["`\(to.rawValue)(\(source))`"] }
    return to == .int ? ["`int(\(source))` drops what is behind the point"] : []
  }

  func reportNotCallable(_ callee: TypedExpression, _ type: Type) {
    var (secondary, notes): ([Label], [String]) = ([], [])
    if case .variable(let variable) = callee.form {
      secondary = [Label(variable.span, "`\(variable.name)` is declared here")]
      if case .builtin = prelude.names[variable.name] {
        notes = ["it hides the built-in function `\(variable.name)`"]
      }
    }
    report(
      .notCallable, "this cannot be called", at: callee.span, label: "this is \(type.written)",
      secondary: secondary, notes: notes)
  }

  // MARK: Names

  func reportUnknown(_ name: Name, wanted: String = "name", help: [String] = []) {
    if name.text.isEmpty { return }
    let ofField = scope.valueOfPath(name.text).map { _ in ["the field is `self.\(name.text)`"] }
    let foreign = foreignNameHelp(name.text).map { [$0] }
    if let later = declaredBelow[name.text], name.span < later {
      report(
        .unknownName, "there is no \(wanted) `\(name.text)` here yet", at: name.span,
        secondary: [Label(later, "declared further down")],
        help: ["the statements at the top of a file run in order: move this one down"])
      return
    }
    report(
      .unknownName, "there is no \(wanted) `\(name.text)` here", at: name.span,
      help: (ofField ?? foreign ?? suggestion(name.text, among: candidates(wanted))) + help)
  }

  /// What a name may have been meant to be: where a type is due, a type, and so with a dim.
  private func candidates(_ wanted: String) -> [String] {
    switch wanted {
    case "type":
      let named = scope.visible.filter { name in
        switch scope.lookUp(name) {
        case .structure, .interface, .typeParameter, .module: true
        case .variable, .function, .dim, .builtin, nil: false
        }
      }
      return named + Refinement.allCases.map(\.rawValue) + DType.allCases.map(\.rawValue)
        + ["Rng", "text"]
    case "dim":
      return scope.visible.filter { name in
        switch scope.lookUp(name) {
        case .dim: true
        case .variable(let variable): resolve(variable.type) == .int
        default: false
        }
      }
    default: return scope.visible
    }
  }

  /// What a module gives under a name; nil (and a report) where it gives nothing.
  func find(_ name: Name, in module: ModuleScope) -> Entity? {
    if let entity = module.names[name.text] { return entity }
    report(
      .unknownName, "`\(module.name)` has no `\(name.text)`", at: name.span,
      help: suggestion(name.text, among: module.names.keys.sorted()))
    return nil
  }

  func suggestion(_ name: String, among names: [String]) -> [String] {
    guard let best = Suggestion.closest(to: name, among: names) else { return [] }
    return ["did you mean `\(best)`?"]
  }

  /// An implicit dim used once says nothing: it is a misspelling, or wants to be `_`.
  func lintSingleUse(_ function: Function) {
    for case .dim(let symbol) in function.implicit where dimUses[symbol] == 1 {
      guard let span = dimSpans[symbol] else { continue }
      // A result that is inferred may well speak of the dim.
      if resolve(function.result).dimSymbols.contains(symbol) { continue }
      let near = Suggestion.closest(
        to: symbol.name,
        among: scope.visible.filter { candidate in
          guard candidate != symbol.name, case .dim = scope.lookUp(candidate) else { return false }
          return true
        })
      report(
        .singleUse, "the dim `\(symbol.name)` is used only once", at: span,
        help: ["write `_`" + (near.map { ", or did you mean `\($0)`?" } ?? "")],
        severity: .warning)
    }
  }
}

extension InterfaceUse {
  /// The interface as a struct claims it whose generic parameters are `arguments`.
  func type(of structure: Structure, _ arguments: [GenericArgument]) -> Type {
    Type.interface(interface, self.arguments)
      .substituting(Substitution(structure.generics, arguments))
  }
}

// `intercept(m, Head.address, w: f)`: structs that answer a method otherwise.
//
// Such a struct carries the function as a member more, under the name of what goes through it. The
// numbers, their paths, `emits` and `state` stay what they are: so what was trained runs on, and a
// checkpoint of the one is one of the other.

import IR
import Semantics
import Tensors

extension Lowerer {
  func intercepted(_ change: Interception) throws -> Aggregate<Operand> {
    let before = try evaluate(change.value)
    let path = InterceptionPath(
      interface: change.interface.name, method: change.method.name, member: change.member)
    let after = try marked(
      before, change.interface, path, .closure(functionValue(change.function)))
    if after.skeleton == before.skeleton {
      throw problem(
        LoweringMessages.interceptsNothing,
        "no part of \(words(types(before))) claims `\(change.interface.name)`")
    }
    return after
  }

  /// The value with the function in every struct that claims the interface. What such a struct
  /// holds is its own affair.
  private func marked(
    _ value: Aggregate<Operand>, _ interface: Interface, _ path: InterceptionPath,
    _ function: Aggregate<Operand>
  ) throws -> Aggregate<Operand> {
    func marked(_ members: [Aggregate<Operand>.Member]) throws -> [Aggregate<Operand>.Member] {
      try members.map {
        .init($0.name, try self.marked($0.value, interface, path, function))
      }
    }
    switch value {
    case .structure(let structure, let generics, let fields):
      let isMeant = structure.claims.contains { $0.interface == interface }
      return .structure(
        structure, generics: generics,
        fields: isMeant ? fields + [.init(path.text, function)] : try marked(fields))
    case .record(let members): return .record(try marked(members))
    case .list(let elements):
      return .list(try elements.map { try self.marked($0, interface, path, function) })
    case .array(let size, let element):
      let inner = try materialised(function).map { operand(try repeated($0, size)) }
      return .array(
        size, try self.marked(element, interface, path, function.rebuilt(inner)))
    case .tensor, .rng, .projection, .block, .closure, .text: return value
    }
  }

  /// What a struct's method gives, as those want it who intercept it: the first one first.
  func answer(
    of method: Function, _ body: TypedExpression, _ receiver: Aggregate<Operand>?
  ) throws -> Aggregate<Operand> {
    var answer = try evaluate(body)
    guard case .structure(let structure, let generics, let fields)? = receiver,
      fields.count > structure.fields.count
    else { return answer }
    for field in fields.dropFirst(structure.fields.count) {
      guard case .closure(let function) = field.value,
        let path = field.name.flatMap(InterceptionPath.init), path.method == method.name,
        let claim = structure.claims.first(where: { $0.interface.name == path.interface })
      else { continue }
      var dims: [Dim] = []
      for case .dim(let dim) in structure.claimed(claim.interface, generics) ?? [] {
        dims.append(dim)
      }
      // A head without state may give its weighting alone.
      guard let part = answer.member(path.member) else {
        if case .tensor = answer { answer = try apply(function, [answer], chosen: dims) }
        continue
      }
      answer = answer.replacing(path.member, by: try apply(function, [part], chosen: dims))
    }
    return answer
  }
}

/// The name of the member that intercepts: `Head.address.w`, which no field can have.
private struct InterceptionPath {
  let interface: String
  let method: String
  let member: String

  init(interface: String, method: String, member: String) {
    (self.interface, self.method, self.member) = (interface, method, member)
  }

  init?(_ text: String) {
    let parts = text.split(separator: ".").map(String.init)
    guard parts.count == 3 else { return nil }
    self.init(interface: parts[0], method: parts[1], member: parts[2])
  }

  var text: String { "\(interface).\(method).\(member)" }
}

// A run that was stopped, and whether it can go on.
//
// It stays good while other inputs run: they have names of their own, and what it needs besides the
// names, its loops and how deep in them each value was made, is kept here. It is lost when a name it
// reads is bound again, since nobody could tell which of the two it should go on with, and when
// another run is stopped after it has done something.

import Diagnostics
import Lowering
import Semantics
import Syntax

extension Evaluator {
  /// A run that was stopped inside a module.
  package struct Suspension {
    let module: TypedModule
    let number: Int
    /// Where the step that was not completed begins.
    let position: [Int]
    /// What each of its loops goes over, and the results of its steps.
    let retained: [ObjectIdentifier: RetainedLoop]
    /// In how many loops around it each value was made, where in any.
    let depths: [Variable: Int]
    /// The names at the top that the rest of the run reads or assigns.
    let needed: Set<Variable>
    /// The name that was bound again since, which ends all hope.
    var lost: String?

    /// Whether nothing of it was done, so that nothing is lost with it.
    let isUntouched: Bool
  }

  /// What came of a wish to go on.
  package enum Resumption {
    case done
    case nothingStopped
    /// The name was bound again since the run was stopped.
    case rebound(String)
  }

  /// Goes on behind the last completed step of what was stopped.
  package func resume() throws(RunProblem) -> Resumption {
    guard let stopped = suspended else { return .nothingStopped }
    if let name = stopped.lost { return .rebound(name) }
    suspended = nil
    retained = stopped.retained
    for (variable, depth) in stopped.depths { held[variable]?.depth = depth }
    try run(stopped.module, number: stopped.number, from: stopped.position)
    return .done
  }

  /// Keeps what was stopped, unless it had done nothing and would displace what has.
  func suspend(_ module: TypedModule, number: Int, item: Int) {
    let isUntouched = stoppedAt == nil && item == 0
    isOlderSuspended =
      isUntouched && suspended.map { $0.lost == nil && !$0.isUntouched } == true
    if isOlderSuspended { return }
    suspended = Suspension(
      module: module, number: number, position: stoppedAt ?? [item], retained: retained,
      depths: held.entries.mapValues(\.depth).filter { $0.value > 0 },
      needed: module.names(from: item), lost: nil, isUntouched: isUntouched)
  }

  /// What the names inside of what was stopped hold, in the order of the text.
  var localsOfStopped: [(variable: Variable, value: HostValue)] {
    guard let suspended, let item = suspended.position.first,
      suspended.module.items.indices.contains(item),
      case .statement(let statement) = suspended.module.items[item]
    else { return [] }
    return held.entries.filter { !$0.key.isTopLevel && statement.span.contains($0.key.span) }
      .sorted { $0.key.span < $1.key.span }
      .map { ($0.key, $0.value.value) }
  }

  /// An input binds or assigns names: what was stopped and needs one of them cannot go on.
  func noteBindings(of module: TypedModule) {
    guard let suspended, suspended.lost == nil else { return }
    let bound = module.boundNames
    let names = Set(suspended.needed.map(\.name))
    self.suspended?.lost = bound.first { names.contains($0) }
  }
}

extension TypedModule {
  /// The names of the top that the items from one on mention.
  fileprivate func names(from first: Int) -> Set<Variable> {
    var names: Set<Variable> = []
    for item in items.dropFirst(first) {
      guard case .statement(let statement) = item else { continue }
      statement.visit { expression in
        if case .variable(let variable) = expression.form, variable.isTopLevel {
          names.insert(variable)
        }
      } assigned: {
        if $0.isTopLevel { names.insert($0) }
      }
    }
    return names
  }

  /// The names of the top that this binds or assigns, in order.
  fileprivate var boundNames: [String] {
    var names: [String] = []
    for item in items {
      switch item {
      case .config(let entries): names += entries.map(\.variable.name)
      case .statement(let statement):
        statement.visit { _ in
        } assigned: {
          if $0.isTopLevel { names.append($0.name) }
        }
      case .dims: break
      }
    }
    return names
  }
}

extension TypedStatement {
  /// Calls `body` on every expression, and `assigned` on every variable that is bound or assigned.
  func visit(_ body: (TypedExpression) -> Void, assigned: (Variable) -> Void) {
    switch kind {
    case .binding(let pattern, let expression), .assignment(let pattern, let expression):
      pattern.variables.forEach(assigned)
      TypedStatement.visit(expression, body, assigned)
    case .expression(let expression), .expect(let expression):
      TypedStatement.visit(expression, body, assigned)
    case .sizes(let bindings):
      for binding in bindings { TypedStatement.visit(binding.value, body, assigned) }
    }
  }

  private static func visit(
    _ expression: TypedExpression, _ body: (TypedExpression) -> Void,
    _ assigned: (Variable) -> Void
  ) {
    expression.visit { inner in
      body(inner)
      guard case .block(let statements, _) = inner.form else { return }
      for statement in statements {
        switch statement.kind {
        case .binding(let pattern, _), .assignment(let pattern, _):
          pattern.variables.forEach(assigned)
        case .expression, .expect, .sizes: break
        }
      }
    }
  }
}

// Lints: what is legal and almost surely not meant. Each has a way to say that it is.

import Diagnostics
import IR
import Ops
import Syntax
import Tensors

extension Checker {
  /// A value computed and dropped.
  func lintDropped(_ value: TypedExpression) {
    switch resolve(value.type) {
    case .poison: return
    case .record(let fields) where fields.isEmpty: return
    default: break
    }
    switch value.form {
    case .observe, .conditional, .whileLoop, .block: return
    // A loop that assigns or shows something is there for that.
    case .loop(let loop) where loop.kind != .map || mayObserve(loop.body): return
    default: break
    }
    report(
      .droppedValue, "this value is computed and dropped", at: value.span,
      label: "this is \(resolve(value.type).written)",
      help: ["bind it with `let`, or say `let _ = …` if that is meant"], severity: .warning)
  }

  /// Whether running it may show something: it does so itself, or calls what does.
  private func mayObserve(_ body: TypedExpression) -> Bool {
    var found = false
    body.visit { expression in
      switch expression.form {
      case .observe, .host, .call, .method, .apply: found = true
      case .block(let statements, _):
        found = found || statements.contains { if case .expect = $0.kind { true } else { false } }
      default: break
      }
    }
    return found
  }

  /// `==` between reals. A test or an `expect` may ask for the same bits.
  func lintRealEquality(
    _ a: TypedExpression, _ b: TypedExpression, _ place: Span, isNegated: Bool
  ) {
    guard context.kind != .test, !isExpecting,
      case .tensor(.real, _, _) = resolve(a.type), case .tensor(.real, _, _) = resolve(b.type)
    else { return }
    // Comparing with a whole number written out is deliberate: bits and flags are reals.
    for side in [a, b] {
      if case .real(let value) = side.form, value == value.rounded() { return }
    }
    if let path = path(of: a), path == self.path(of: b) {
      let written = text(of: a.span)
      let test = "is_finite(\(written))"
      report(
        .realEquality, "a real differs from itself only where it is not a number", at: place,
        help: [
          "`\(isNegated ? "not \(test)" : test)` says so, and takes infinities for bad as well"
        ], severity: .warning)
      return
    }
    report(
      .realEquality, "reals are seldom exactly equal", at: place,
      help: ["compare the distance: `abs(a - b) < 1e-6`"], severity: .warning)
  }

  /// A name that hides a built-in.
  func lintShadowing(_ name: Name) {
    guard case .builtin = prelude.names[name.text], Checker.loudNames.contains(name.text) else {
      return
    }
    report(
      .shadowedBuiltin, "`\(name.text)` hides a built-in", at: name.span,
      help: ["choose another name"], severity: .warning)
  }

  /// Built-ins that a script is likely to want later in the same scope.
  static let loudNames: Set<String> = [
    "sum", "mean", "max", "min", "exp", "log", "softmax", "content", "shift", "sharpen",
    "interpolate", "mix", "read", "write", "zeros", "ones", "grad", "map", "zip", "norm", "print",
  ]
}

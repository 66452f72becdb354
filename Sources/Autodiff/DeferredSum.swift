// Sums over the steps of a loop, taken after the loop.
//
// The cotangent of a constant of a scan is a sum over the steps. Where a step's part is a product
// of vectors (every weight matrix), adding a matrix at each step is what costs; stacking the two
// factors and multiplying the stacks once is one product with the steps as a further contracted
// axis. This file finds such parts in the body of the backward scan and says what to do afterwards.
// See Note: What is worth deferring.
//
// Promise: the sum is the same up to the order of its terms.

import IR
import Ops
import Tensors

/// The sum over all steps of a value of a body, in terms of stacks.
indirect enum DeferredSum {
  /// A product of two values that are stacked.
  case product(Value, Value, Attributes)
  /// A value that is stacked, summed over axes of its own too.
  case total(Value, axes: [Int])
  /// A view of sums; what is nil is zero, of the type given.
  case view(Op, Attributes, [(sum: DeferredSum?, type: TensorType)])
  case add(DeferredSum, DeferredSum)

  /// The values of the body that have to be stacked.
  var factors: [Value] {
    switch self {
    case .product(let left, let right, _): [left, right]
    case .total(let value, _): [value]
    case .view(_, _, let parts): parts.flatMap { $0.sum?.factors ?? [] }
    case .add(let a, let b): a.factors + b.factors
    }
  }

  /// Adds the sum to the graph around the loop, where `stacks` are the factors of every step.
  func emit(_ builder: Builder, _ stacks: [Value: Value]) -> Value {
    func stack(_ value: Value) -> Value {
      guard let stack = stacks[value] else { preconditionFailure("a factor was not stacked") }
      return stack
    }
    switch self {
    case .product(let left, let right, let attributes):
      func axes(_ key: String) -> [Int] { attributes.axes(key).map { $0 + 1 } }
      return builder.contract(
        stack(left), stack(right), batch: (axes("leftBatch"), axes("rightBatch")),
        contracted: ([0] + axes("leftContracted"), [0] + axes("rightContracted")))
    case .total(let value, let axes):
      return builder.sum(stack(value), axes: [0] + axes.map { $0 + 1 })
    case .view(let op, let attributes, let parts):
      let values = parts.map { part in
        part.sum?.emit(builder, stacks) ?? builder.zeros(like: part.type)
      }
      return builder.emit(op, values, attributes)[0]
    case .add(let a, let b):
      return builder.add(a.emit(builder, stacks), b.emit(builder, stacks))
    }
  }
}

/// Finds what can be deferred in the body of a backward scan.
struct Deferral {
  private let body: Graph
  private let definitions: [Value: Int]
  /// Values that have a stack anyway.
  private var stacked: Set<Value>
  /// Inputs that are the same in every step.
  private let excluded: Set<Value>

  /// - Parameters:
  ///   - body: the nodes so far.
  ///   - sliced: inputs that are slices of stacks.
  ///   - constants: inputs that are the same in every step.
  init(_ body: Graph, sliced: Set<Value>, constants: Set<Value>) {
    self.body = body
    definitions = body.definitions
    stacked = sliced
    excluded = constants
  }

  /// For each part that steps add to a sum: what is deferred of it, and what is still added.
  mutating func split(_ parts: [Value], _ builder: Builder) -> [(DeferredSum?, rest: Value?)] {
    // Products first: vectors that are their factors are then stacked anyway.
    for part in parts { stacked.formUnion(split(part, builder).0?.factors ?? []) }
    return parts.map { split($0, builder) }
  }

  private func split(_ part: Value, _ builder: Builder) -> (DeferredSum?, rest: Value?) {
    if let sum = sum(part) { return (sum, nil) }
    guard case .op(let op, _)? = node(part)?.kind, op == pointwise.add,
      let operands = node(part)?.operands,
      operands.allSatisfy({ body.type(of: $0) == body.type(of: part) })
    else { return (nil, part) }
    let (a, b) = (split(operands[0], builder), split(operands[1], builder))
    let rest: Value? =
      if let x = a.rest, let y = b.rest { builder.add(x, y) } else { a.rest ?? b.rest }
    guard let x = a.0, let y = b.0 else { return (a.0 ?? b.0, rest) }
    return (.add(x, y), rest)
  }

  private func node(_ value: Value) -> Node? { definitions[value].map { body.nodes[$0] } }

  private func sum(_ value: Value) -> DeferredSum? {
    if stacked.contains(value) { return .total(value, axes: []) }
    guard let node = node(value), case .op(let op, let attributes) = node.kind else { return nil }
    switch op.kernel {
    case .contract:
      let rank = body.type(of: value).rank
      let isWorthIt = node.operands.allSatisfy { operand in
        stacked.contains(operand)
          || rank >= 2 && body.type(of: operand).rank <= rank && canStack(operand)
      }
      return isWorthIt ? .product(node.operands[0], node.operands[1], attributes) : nil
    case .reduce(.sum):
      guard stacked.contains(node.operands[0]) else { return nil }
      return .total(node.operands[0], axes: attributes.axes("axes"))
    case .view(.transpose), .view(.reshape), .view(.concatenate):
      var parts: [(sum: DeferredSum?, type: TensorType)] = []
      for operand in node.operands {
        let part = sum(operand)
        if part == nil && !isZero(operand) { return nil }
        parts.append((part, body.type(of: operand)))
      }
      return parts.contains { $0.sum != nil } ? .view(op, attributes, parts) : nil
    default: return nil
    }
  }

  private func canStack(_ value: Value) -> Bool {
    !excluded.contains(value) && body.type(of: value).symbols.isDisjoint(with: body.boundSymbols)
  }

  private func isZero(_ value: Value) -> Bool {
    guard let node = node(value), case .op(let op, let attributes) = node.kind else { return false }
    if op == making.constant { return attributes["value"] == .real(0) }
    if case .view(.broadcast) = op.kernel { return isZero(node.operands[0]) }
    return false
  }
}

// Note: What is worth deferring
//
// A factor has to be stacked unless it is a slice already (residuals are). That is worth it where
// the step's part is at least as large as the factors: a product of rank 2 or more of factors of no
// higher rank. `Σ_t x_t ⊗ δ_t` is: X·H numbers a step become X + H. The cotangent of a vector that
// meets a memory of [N, M] in every step is not: the memory would be stacked. Once δ is stacked for
// the weights, the bias, whose part is δ itself or its sum over a batch axis, is deferred as well.
// Slices of one weight matrix put their products side by side with zeros; those are views of sums.

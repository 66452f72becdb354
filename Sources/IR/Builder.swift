// The only way to add a node to a graph. Runs the type rule; gives an equal node back instead of a
// second one; puts the parts of a composite op in its place.

package import Tensors

/// Grows one graph.
package final class Builder {
  private var graph: Graph
  /// The origin of nodes to come.
  package var origin = Origin.none
  private var known: [Known: [Value]] = [:]

  private struct Known: Hashable {
    let op: Op
    let operands: [Value]
    let attributes: Attributes
  }

  package init(name: String) { graph = Graph(name: name) }

  package func type(of value: Value) -> TensorType { graph.type(of: value) }
  package var inputs: [Value] { graph.inputs }
  package var nodeCount: Int { graph.nodes.count }

  /// A further input, behind those there are.
  package func input(_ type: TensorType) -> Value {
    let value = newValue(type)
    graph.inputs.append(value)
    return value
  }

  /// Adds a node, or its parts if the op is composite. An operand type that the row refuses is a
  /// broken invariant here; `attempt` is for operands that a user chose.
  package func emit(_ op: Op, _ operands: [Value], _ attributes: Attributes = [:]) -> [Value] {
    do throws(TypeProblem) {
      return try attempt(op, operands, attributes)
    } catch {
      let types = operands.map { type(of: $0).description }.joined(separator: ", ")
      preconditionFailure(
        "`\(op.name)(\(types)) \(attributes.entries)`: expected \(error.expected), found \(error.found)"
      )
    }
  }

  /// As `emit`, for operands that a user chose.
  /// - Throws: what the row's type rule says against them; nothing is added then.
  package func attempt(
    _ op: Op, _ operands: [Value], _ attributes: Attributes = [:]
  ) throws(TypeProblem) -> [Value] {
    let types = try op.type(operands.map(type(of:)), attributes)
    if case .composite(let expand) = op.kernel { return expand(self, operands, attributes) }
    let key = Known(op: op, operands: operands, attributes: attributes)
    if !op.isEffect, let values = known[key] { return values }
    let results = append(.op(op, attributes), operands, types)
    known[key] = results
    return results
  }

  /// Adds a node of an op with one result.
  package func emit(_ op: Op, _ operands: Value..., attributes: Attributes = [:]) -> Value {
    emit(op, operands, attributes)[0]
  }

  /// `operands` are the predicate and the inputs of both graphs.
  package func branch(_ branch: Branch, _ operands: [Value]) -> [Value] {
    append(.branch(branch), operands, branch.then.outputTypes)
  }

  /// `operands` are the constants, the first carries and what is sliced.
  package func scan(_ scan: Scan, _ operands: [Value]) -> [Value] {
    let outputs = scan.body.outputTypes
    let stacks = outputs[scan.carries...].map { TensorType($0.dtype, [scan.trip] + $0.shape) }
    return append(.scan(scan), operands, outputs[..<scan.carries] + stacks)
  }

  /// `operands` are the inputs of the body.
  package func call(_ call: Call, _ operands: [Value]) -> [Value] {
    append(.call(call), operands, call.body.outputTypes)
  }

  /// Adds the nodes of `other` with its inputs standing for `arguments`; returns what its outputs
  /// became. Dims are replaced by `dims`.
  package func inline(
    _ other: Graph, _ arguments: [Value], dims: [DimSymbol: Dim] = [:]
  ) -> [Value] {
    precondition(arguments.count == other.inputs.count, "inlining with the wrong argument count")
    let saved = origin
    defer { origin = saved }
    var map = Dictionary(uniqueKeysWithValues: zip(other.inputs, arguments))
    for node in other.nodes {
      origin = Origin(
        span: node.origin.span ?? saved.span, calls: saved.calls + node.origin.calls,
        isBackward: saved.isBackward || node.origin.isBackward)
      let results = copy(node, node.operands.map { renamed($0, map) }, dims: dims)
      for (old, new) in zip(node.results, results) { map[old] = new }
    }
    return other.outputs.map { renamed($0, map) }
  }

  private func renamed(_ value: Value, _ map: [Value: Value]) -> Value {
    guard let new = map[value] else {
      preconditionFailure("a value is used before it is defined")
    }
    return new
  }

  /// Adds a node like `node` of another graph, with operands of this one.
  package func copy(_ node: Node, _ operands: [Value], dims: [DimSymbol: Dim] = [:]) -> [Value] {
    switch node.kind {
    case .op(let op, let attributes): emit(op, operands, attributes.substituting(dims))
    case .branch(let inner): branch(inner.substituting(dims), operands)
    case .scan(let inner): scan(inner.substituting(dims), operands)
    case .call(let inner): call(inner.substituting(dims), operands)
    }
  }

  /// The graph so far, with the given outputs. The builder may go on.
  package func finish(_ outputs: [Value]) -> Graph {
    var result = graph
    result.outputs = outputs
    return result
  }

  private func newValue(_ type: TensorType) -> Value {
    graph.types.append(type)
    return Value(graph.types.count - 1)
  }

  private func append(
    _ kind: Node.Kind, _ operands: [Value], _ types: some Sequence<TensorType>
  ) -> [Value] {
    let results = types.map(newValue)
    graph.nodes.append(Node(kind, operands: operands, results: results, origin: origin))
    return results
  }
}

// MARK: Replacing dims

extension Graph {
  /// With dims replaced in types, attributes and regions.
  package func substituting(_ dims: [DimSymbol: Dim]) -> Graph {
    if dims.isEmpty { return self }
    var result = self
    result.types = types.map { $0.substituting(dims) }
    for index in nodes.indices {
      switch nodes[index].kind {
      case .op(let op, let attributes):
        result.nodes[index].kind = .op(op, attributes.substituting(dims))
      case .branch(let inner): result.nodes[index].kind = .branch(inner.substituting(dims))
      case .scan(let inner): result.nodes[index].kind = .scan(inner.substituting(dims))
      case .call(let inner): result.nodes[index].kind = .call(inner.substituting(dims))
      }
    }
    return result
  }
}

extension Branch {
  package func substituting(_ dims: [DimSymbol: Dim]) -> Branch {
    Branch(then: then.substituting(dims), otherwise: otherwise.substituting(dims))
  }
}

extension Scan {
  package func substituting(_ dims: [DimSymbol: Dim]) -> Scan {
    var result = self
    result.body = body.substituting(dims)
    result.trip = trip.substituting(dims)
    return result
  }
}

extension Call {
  package func substituting(_ dims: [DimSymbol: Dim]) -> Call {
    var result = self
    result.body = body.substituting(dims)
    result.derivative = derivative?.substituting(dims)
    return result
  }
}

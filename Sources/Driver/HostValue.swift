// A value of the language on the host: its structure over tensor types, and the tensors.
//
// The structure is what a graph is lowered for; the tensors are what it is run on. Keeping them
// apart makes the look-up of a lowered graph a comparison of structures.

package import Lowering
package import Tensors

package struct HostValue {
  package let types: Aggregate<TensorType>
  /// As many as the structure has leaves, in its order.
  package let tensors: [Tensor]

  package init(_ types: Aggregate<TensorType>, _ tensors: [Tensor]) {
    self.types = types
    self.tensors = tensors
  }

  package init(_ type: TensorType, _ tensor: Tensor) {
    self.init(.tensor(type), [tensor])
  }

  package static var unit: HostValue { HostValue(.unit, []) }

  /// The tensor, where the value is one.
  package var tensor: Tensor? {
    if case .tensor = types { return tensors.first }
    return nil
  }

  package var text: String? {
    if case .text(let text) = types { return text }
    return nil
  }

  /// The number, where the value is a single one of any element type.
  package var scalar: Double? {
    guard let tensor, tensor.count == 1 else { return nil }
    return tensor.doubles.first
  }

  package var integer: Int? {
    guard let tensor, case .int(let values) = tensor.storage else { return nil }
    return values.count == 1 ? values[0] : nil
  }

  package var boolean: Bool? {
    guard let tensor, case .bool(let values) = tensor.storage else { return nil }
    return values.count == 1 ? values[0] : nil
  }

  /// The tensors with the structure around them, for walks that want both.
  package var placed: [(place: LeafPlace, type: TensorType, tensor: Tensor)] {
    zip(zip(types.places, types.leaves), tensors).map { ($0.0, $0.1, $1) }
  }

  /// The members of a record, the fields of a struct, the elements of a list; nil for others.
  package var members: [(name: String?, value: HostValue)]? {
    let parts: [(name: String?, value: Aggregate<TensorType>)]
    switch types {
    case .record(let members), .structure(_, _, let members):
      parts = members.map { ($0.name, $0.value) }
    case .list(let elements): parts = elements.map { (nil, $0) }
    default: return nil
    }
    var rest = tensors[...]
    return parts.enumerated().map { index, part in
      // The last one has what is left.
      let count = index < parts.count - 1 ? part.value.leafCount : rest.count
      defer { rest = rest.dropFirst(count) }
      return (part.name, HostValue(part.value, Array(rest.prefix(count))))
    }
  }

  package func member(_ name: String) -> HostValue? {
    members?.first { $0.name == name }?.value
  }
}

/// What the evaluator holds under a name.
package struct Held {
  package var value: HostValue
  /// How many of the host's loops the value was made inside of.
  package var depth: Int
}

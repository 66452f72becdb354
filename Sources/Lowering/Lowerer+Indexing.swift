// `x[…]` and `x with […] = v`, one axis after another.
//
// Rows are read and replaced along the first axis of a table; another axis is brought to the front
// and back. A fixed index that is certainly in range is a slice.

import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  // MARK: Reading

  func index(
    _ base: Aggregate<Operand>, _ parts: [IndexPart]
  ) throws -> Aggregate<Operand> {
    if case .list(let elements) = base { return try element(of: elements, parts) }
    if case .tensor(let leaf) = base { return tensor(try read(use(leaf), try places(parts))) }
    // Of a stack of structs or records, every leaf has the axis.
    guard let element = base.unstacked, let first = parts.first else {
      preconditionFailure("what has no axis is indexed")
    }
    let places = try places(parts)
    let leaves = try materialised(base).map { operand(try read($0, places)) }
    let entries = element.rebuilt(leaves)
    switch first {
    case .at: return entries
    case .all, .range, .gather:
      guard let size = leaves.first?.type.shape.first else { return base }
      return entries.stacked(size)
    }
  }

  /// The entry of a stacked value at a fixed index.
  func entry(of value: Aggregate<Operand>, at index: Int) throws -> Aggregate<Operand> {
    guard let element = value.unstacked else {
      preconditionFailure("what has no elements is gone over")
    }
    let place = Place.at(try integer(index))
    return element.rebuilt(try materialised(value).map { operand(try read($0, [place])) })
  }

  private func element(
    of elements: [Aggregate<Operand>], _ parts: [IndexPart]
  ) throws -> Aggregate<Operand> {
    guard parts.count == 1, let part = parts.first else {
      preconditionFailure("a list has one axis")
    }
    switch part {
    case .all: return .list(elements)
    case .at(let index):
      guard let number = region.sizes[try scalar(index)]?.constant,
        elements.indices.contains(number)
      else {
        preconditionFailure("an element of a fixed list is named by a fixed number")
      }
      return elements[number]
    case .range(let start, let count):
      guard let start = frame.dim(start).constant, let count = frame.dim(count).constant,
        start >= 0, count >= 0, start + count <= elements.count
      else {
        preconditionFailure("a fixed list is cut at fixed numbers")
      }
      return .list(Array(elements[start..<start + count]))
    case .gather: preconditionFailure("the elements of a fixed list are gathered")
    }
  }

  /// A part of an index with its operands computed.
  enum Place {
    case at(Value)
    case gather(Value)
    case range(start: Dim, count: Dim)
    case all
  }

  private func places(_ parts: [IndexPart]) throws -> [Place] {
    try parts.map { part in
      switch part {
      case .at(let index): .at(try scalar(index))
      case .gather(let indices): .gather(try scalarOrTensor(indices))
      case .range(let start, let count): .range(start: frame.dim(start), count: frame.dim(count))
      case .all: .all
      }
    }
  }

  func read(_ value: Value, _ places: [Place]) throws -> Value {
    var result = value
    var places = places
    var axis = 0
    if let (example, axis) = try exampleTaken(value, places) {
      result = example
      places.remove(at: axis)
    }
    for place in places {
      result = try read(result, place, axis)
      axis += width(place)
    }
    return result
  }

  /// How many axes of the result a part stands for.
  private func width(_ place: Place) -> Int {
    switch place {
    case .at: 0
    case .gather(let indices): type(of: indices).rank
    case .range, .all: 1
    }
  }

  /// The type of what a part reads along an axis.
  private func typeRead(_ type: TensorType, _ place: Place, _ axis: Int) -> TensorType {
    let dims: [Dim] =
      switch place {
      case .at: []
      case .gather(let indices): self.type(of: indices).shape
      case .range(_, let count): [count]
      case .all: [type.shape[axis]]
      }
    return TensorType(type.dtype, type.shape[..<axis] + dims + type.shape[(axis + 1)...])
  }

  private func read(_ value: Value, _ place: Place, _ axis: Int) throws -> Value {
    switch place {
    case .all: return value
    case .range(let start, let count): return try slice(value, axis, start, count)
    case .at(let index):
      let shape = type(of: value).shape
      if let number = region.sizes[index], shape.indices.contains(axis),
        isNonNegative(number), isNonNegative(shape[axis] - number - 1)
      {
        var rest = shape
        rest.remove(at: axis)
        return try emit(
          movement.reshape, slice(value, axis, number, 1), attributes: ["shape": .shape(rest)])
      }
      return try gather(value, index, axis)
    case .gather(let indices): return try gather(value, indices, axis)
    }
  }

  /// Whether a dim is at least 0 whatever the sizes are; sizes are.
  func isNonNegative(_ dim: Dim) -> Bool {
    !dim.isOverflow && dim.terms.allSatisfy { $0.coefficient >= 0 }
  }

  private func slice(_ value: Value, _ axis: Int, _ start: Dim, _ count: Dim) throws -> Value {
    let shape = type(of: value).shape
    if shape.indices.contains(axis), start == 0, shape[axis] == count { return value }
    if shape.indices.contains(axis), let first = start.constant, let size = shape[axis].constant,
      let end = (start + count).constant,
      let reason = EntryRange.problem(from: first, to: end, of: size)
    {
      throw problem(.indexOutOfRange, reason)
    }
    return try emit(
      movement.slice, value,
      attributes: ["axis": .axis(axis), "start": .dim(start), "count": .dim(count)])
  }

  /// Rows along any axis; the axes of the indices stand in its place.
  func gather(_ table: Value, _ indices: Value, _ axis: Int) throws -> Value {
    let front = try moved(table, from: axis, count: 1, to: 0)
    let rows = try emit(indexing.gather, front, indices, attributes: gatherAttributes())
    return try moved(rows, from: 0, count: type(of: indices).rank, to: axis)
  }

  /// The value with `count` axes from `from` on moved so that they begin at `to`.
  func moved(_ value: Value, from: Int, count: Int, to: Int) throws -> Value {
    let rank = type(of: value).rank
    if from == to || count == 0 || rank == 0 { return value }
    var order = Array(0..<rank)
    let block = order[from..<from + count]
    order.removeSubrange(from..<from + count)
    order.insert(contentsOf: block, at: to)
    return try emit(movement.transpose, value, attributes: ["axes": .axes(order)])
  }

  // MARK: Replacing

  func withIndex(
    _ base: Aggregate<Operand>, _ parts: [IndexPart], _ value: Aggregate<Operand>
  ) throws -> Aggregate<Operand> {
    let entry = base.unstacked
    var new: Aggregate<Operand>? = value
    if case .tensor = base {} else if case .at? = parts.first {} else { new = value.unstacked }
    guard let entry, let new else { preconditionFailure("what has no axis is indexed") }
    guard entry.skeleton == new.skeleton else {
      let difference = types(entry).difference(from: types(new))
      throw problem(
        LoweringMessages.shapesDiffer,
        "each entry is \(words(types(entry))), and what is put there is "
          + (difference.path.isEmpty ? difference.second : words(types(new))),
        notes: difference.notes)
    }
    let places = try places(parts)
    let (bases, values) = (try materialised(base), try materialised(value))
    return base.rebuilt(
      try zip(bases, values).map { operand(try replacing($0, places[...], $1, 0)) })
  }

  /// `base` with what the places from `axis` on name exchanged for `value`.
  private func replacing(
    _ base: Value, _ places: ArraySlice<Place>, _ value: Value, _ axis: Int
  ) throws -> Value {
    guard let place = places.first else { return try fitted(value, type(of: base)) }
    let rest = places.dropFirst()
    // What is left when nothing but whole axes follows is the value itself.
    let isLast = rest.allSatisfy { if case .all = $0 { true } else { false } }
    if case .all = place {
      return try replacing(base, rest, value, axis + 1)
    }
    let changed =
      isLast
      ? try fitted(value, typeRead(type(of: base), place, axis))
      : try replacing(read(base, place, axis), rest, value, axis + width(place))
    switch place {
    case .all: return changed
    case .at(let index): return try scattered(base, index, changed, axis)
    case .gather(let indices): return try scattered(base, indices, changed, axis)
    case .range(let start, let count):
      let total = type(of: base).shape[axis]
      let before = try slice(base, axis, 0, start)
      let after = try slice(base, axis, start + count, total - start - count)
      let pieces = [before, changed, after].filter { type(of: $0).shape[axis] != 0 }
      if pieces.count == 1 { return pieces[0] }
      return try emit(movement.concatenate, pieces, ["axis": .axis(axis)])[0]
    }
  }

  private func scattered(
    _ base: Value, _ indices: Value, _ updates: Value, _ axis: Int
  ) throws -> Value {
    let front = try moved(base, from: axis, count: 1, to: 0)
    let rows = try moved(updates, from: axis, count: type(of: indices).rank, to: 0)
    let result = try emit(
      indexing.scatterSet, front, indices, rows, attributes: scatterAttributes(replaces: true))
    return try moved(result, from: 0, count: 1, to: axis)
  }

  /// A value of the type it is to have; a scalar stands for every element.
  private func fitted(_ value: Value, _ wanted: TensorType) throws -> Value {
    let found = type(of: value)
    if found == wanted { return value }
    if found.rank == 0 { return try filled(value, wanted.shape) }
    return try emit(checks.asShape, value, attributes: ["shape": .shape(wanted.shape)])
  }
}

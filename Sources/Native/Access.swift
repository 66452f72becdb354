// Where the numbers of an item lie, and the C text of sizes and addresses.

import IR
import Tensors

/// Strided numbers in memory: a pointer, and a distance for each feature axis, in features.
struct Access: Equatable {
  /// A C expression for the pointer to the first number.
  var base: String
  var dtype: DType
  var start: Dim = 0
  var strides: [Dim]
  /// Whether lanes lie innermost behind every feature.
  var isLaned: Bool

  init(base: String, dtype: DType, start: Dim = 0, strides: [Dim], isLaned: Bool) {
    self.base = base
    self.dtype = dtype
    self.start = start
    self.strides = strides
    self.isLaned = isLaned
  }

  /// One contiguous run.
  init(base: String, _ type: ItemType) {
    self.init(
      base: base, dtype: type.dtype, strides: Access.rowMajor(type.features),
      isLaned: type.isLaned)
  }

  /// What is declared of the base.
  var pointer: String {
    let isRead = ["in", "sl", "ci"].contains { base.hasPrefix($0) }
    return "\(isRead ? "const " : "")\(dtype.stored) *const "
  }

  static func rowMajor(_ features: [Dim]) -> [Dim] {
    var strides: [Dim] = []
    var stride = Dim(1)
    for dim in features.reversed() {
      strides.insert(stride, at: 0)
      stride = stride * dim
    }
    return strides
  }

  /// The distance for each axis of a space, of which some are no axes of the item.
  func strides(along axes: [Int?]) -> [Dim] {
    axes.isEmpty ? [0] : axes.map { $0.map { strides[$0] } ?? 0 }
  }

  /// The same for a result, whose axes are some of those of a space.
  func strides(spreadOver axes: [Int], of rank: Int) -> [Dim] {
    var along = [Dim](repeating: 0, count: max(rank, 1))
    for (axis, stride) in zip(axes, strides) { along[axis] = stride }
    return along
  }

  /// The access through a view.
  func viewed(_ map: ViewMap, source: [Dim], result: [Dim]) -> Access {
    var access = self
    switch map {
    case .reshape:
      // All repeats, or contiguous: translation made sure.
      access.strides = Access.rowMajor(result)
    case .strided(let axes, let starts, let reversed):
      access.strides = axes.map { $0.map { strides[$0] } ?? 0 }
      for (axis, start) in starts { access.start = access.start + start * strides[axis] }
      for axis in reversed {
        access.start = access.start + (result[axis] - 1) * access.strides[axis]
        access.strides[axis] = -access.strides[axis]
      }
    }
    return access
  }
}

/// C text for sizes: symbols are locals `d0`, `d1`, … of type long.
struct SizeText {
  let names: [DimSymbol: String]

  init(_ symbols: [DimSymbol]) {
    names = Dictionary(
      uniqueKeysWithValues: symbols.enumerated().map { ($0.element, "d\($0.offset)") })
  }

  func callAsFunction(_ dim: Dim) -> String {
    if let constant = dim.constant { return "\(constant)" }
    let texts = dim.terms.map { term in
      ((term.coefficient == 1 && !term.monomial.isEmpty ? [] : ["\(term.coefficient)"])
        + term.monomial.map { names[$0] ?? "unknown" }).joined(separator: "*")
    }
    return texts.count == 1 ? texts[0] : "(" + texts.joined(separator: " + ") + ")"
  }

  /// `start + Σ stride * index`, nil where that is 0.
  func place(_ start: Dim, _ strides: [Dim], _ indexes: [String]) -> String? {
    var parts = start == 0 ? [] : [self(start)]
    for (stride, index) in zip(strides, indexes) where stride != 0 {
      parts.append(stride == 1 ? index : "\(self(stride))*\(index)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: " + ")
  }

  /// The address of a number of an access.
  func address(_ access: Access, _ indexes: [String]) -> String {
    guard let place = place(access.start, access.strides, indexes) else { return access.base }
    return access.isLaned
      ? "\(access.base) + (\(place))*NT_LANES" : "\(access.base) + \(place)"
  }

  func count(_ dims: [Dim]) -> String { self(dims.reduce(1, *)) }
}

extension DType {
  /// The C type of a stored number.
  var stored: String {
    switch self {
    case .real: "real"
    case .int: "int64_t"
    case .bool: "uint8_t"
    }
  }

  var suffix: String {
    switch self {
    case .real: "r"
    case .int: "i"
    case .bool: "b"
    }
  }

  var vector: String {
    switch self {
    case .real: "vr"
    case .int: "vi"
    case .bool: "vm"
    }
  }
}

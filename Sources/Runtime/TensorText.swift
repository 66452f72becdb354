// A tensor as text: every digit of every number shown, the middle of long axes left out.
//
// Reals are written in the fewest digits that read back to the same bits. The last axis is a line,
// columns are aligned, and the same tensor always gives the same text.

package import Tensors

package enum TensorText {
  /// - Parameter threshold: up to this many elements nothing is left out.
  /// - Parameter edge: how many entries of an axis stay at each end where some are left out.
  package static func text(_ tensor: Tensor, threshold: Int = 1000, edge: Int = 3) -> String {
    // Brackets alone would not say how many there are of each.
    if tensor.shape.dropLast().contains(0) { return "[] (\(sizes(tensor.shape)))" }
    let isShortened = tensor.count > threshold || tensor.shape.reduce(0, max) > threshold
    var kept = Kept(tensor: tensor, edge: isShortened ? max(1, edge) : nil)
    kept.measure()
    return kept.text(axis: 0, offset: 0, indent: "")
  }

  /// All numbers on one line, without alignment.
  package static func line(_ tensor: Tensor) -> String {
    Kept(tensor: tensor, edge: nil).line(axis: 0, offset: 0)
  }

  /// The sizes as one reads them: `128×20`; nothing for a scalar.
  package static func sizes(_ shape: [Int]) -> String {
    shape.map(String.init).joined(separator: "×")
  }

  /// One element, exactly.
  package static func element(_ tensor: Tensor, _ index: Int) -> String {
    switch tensor.storage {
    case .single(let values): real(values[index])
    case .double(let values): real(values[index])
    case .int(let values): "\(values[index])"
    case .bool(let values): values[index] ? "true" : "false"
    }
  }

  private static func real(_ value: some BinaryFloatingPoint & CustomStringConvertible) -> String {
    value.isFinite ? value.description : NumberText.named(Double(value))
  }
}

/// A tensor with the entries of each axis that are shown.
private struct Kept {
  let tensor: Tensor
  let edge: Int?
  private let strides: [Int]
  /// The width of the widest element shown; 0 until measured.
  private var width = 0

  init(tensor: Tensor, edge: Int?) {
    self.tensor = tensor
    self.edge = edge
    strides = Layout.strides(tensor.shape)
  }

  /// The entries of an axis in order; nil stands for those left out.
  private func entries(_ axis: Int) -> [Int?] {
    let size = tensor.shape[axis]
    guard let edge, size > 2 * edge + 1 else { return (0..<size).map { $0 } }
    return (0..<edge).map { $0 } + [nil] + ((size - edge)..<size).map { $0 }
  }

  mutating func measure() {
    guard tensor.rank >= 2, tensor.count > 0 else { return }
    var offsets = [0]
    for axis in tensor.shape.indices {
      let places = entries(axis).compactMap { $0 }.map { $0 * strides[axis] }
      offsets = offsets.flatMap { offset in places.map { offset + $0 } }
    }
    width = offsets.reduce(0) { max($0, TensorText.element(tensor, $1).count) }
  }

  func text(axis: Int, offset: Int, indent: String) -> String {
    if axis == tensor.rank { return TensorText.element(tensor, offset) }
    let isLine = axis == tensor.rank - 1
    let inner = indent + " "
    let parts = entries(axis).map { entry in
      guard let entry else { return "…" }
      let part = text(axis: axis + 1, offset: offset + entry * strides[axis], indent: inner)
      return isLine ? String(repeating: " ", count: max(0, width - part.count)) + part : part
    }
    return "[" + parts.joined(separator: isLine ? ", " : ",\n\(inner)") + "]"
  }

  func line(axis: Int, offset: Int) -> String {
    if axis == tensor.rank { return TensorText.element(tensor, offset) }
    let parts = entries(axis).map { entry in
      entry.map { line(axis: axis + 1, offset: offset + $0 * strides[axis]) } ?? "…"
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}

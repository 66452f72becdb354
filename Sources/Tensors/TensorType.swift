// What is known of a tensor before it exists.

/// An element type and the dims in order.
package struct TensorType: Hashable, Sendable, CustomStringConvertible {
  package var dtype: DType
  package var shape: [Dim]

  package init(_ dtype: DType, _ shape: [Dim] = []) {
    self.dtype = dtype
    self.shape = shape
  }

  package var rank: Int { shape.count }

  package func substituting(_ bindings: [DimSymbol: Dim]) -> TensorType {
    TensorType(dtype, shape.map { $0.substituting(bindings) })
  }

  /// As users write it: `real`, `[N, 2*T + 1]`, `int [3]`.
  package var written: String {
    if shape.isEmpty { return dtype.rawValue }
    let dims = "[\(shape.map(\.written).joined(separator: ", "))]"
    return dtype == .real ? dims : "\(dtype.rawValue) \(dims)"
  }

  /// As the textual IR writes it: `real[N, 2*T + 1]`.
  package var description: String {
    "\(dtype.rawValue)[\(shape.map(\.description).joined(separator: ", "))]"
  }
}

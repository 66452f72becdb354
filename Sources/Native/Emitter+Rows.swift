// Rows read and written by their indexes, as C loops over single numbers; the largest along an axis.

import IR
import Tensors

extension Emitter {
  func emit(_ gather: Gather, _ result: Item) {
    let table = place(gather.table)
    let target = place(result)
    let features = program.items[result].features
    let count = gather.batch + gather.indexAxes
    walk(features, gather.indices, gather.batch, count, gather.rows, gather.bounds) {
      names, row in
      var from = Array(names[..<gather.batch])
      if gather.hasRowAxis { from.append(row) }
      from += names[count...]
      let read = "(\(size.address(table, from)))[\(table.isLaned ? "l" : "0")]"
      let value = gather.bounds.allowsNone(of: gather.rows) ? "row < 0 ? 0 : \(read)" : read
      return "(\(size.address(target, names)))[\(target.isLaned ? "l" : "0")] = \(value);"
    }
  }

  func emit(_ scatter: Scatter, _ result: Item) {
    let target = place(result)
    if place(scatter.base) != target { copy(scatter.base, to: target) }
    let features = program.items[scatter.updates].features
    let count = scatter.batch + scatter.indexAxes
    let updates = access(scatter.updates)
    let s = program.items[result].dtype.suffix
    walk(features, scatter.indices, scatter.batch, count, scatter.rows, scatter.bounds) {
      names, row in
      var to = Array(names[..<scatter.batch])
      if scatter.hasRowAxis { to.append(row) }
      to += names[count...]
      let value =
        updates.map { "(\(size.address($0, names)))[\($0.isLaned ? "l" : "0")]" }
        ?? "(\(immediate(scatter.updates)?.0 ?? "0"))"
      let guarding = scatter.bounds.allowsNone(of: scatter.rows) ? "if (row >= 0) " : ""
      let place = "(\(size.address(target, to)))[\(target.isLaned ? "l" : "0")]"
      let written = scatter.replaces ? value : "nt_one_add_\(s)(\(place), \(value))"
      return "\(guarding)\(place) = \(written);"
    }
  }

  func emit(_ largest: Largest, _ results: [Item]) {
    ordersNumbers = true
    let source = place(largest.source)
    let type = program.items[largest.source]
    let count = size(type.features[largest.axis])
    let others = type.features.indices.filter { $0 != largest.axis }
    for axis in others {
      lines.append(
        "for (long g\(axis) = 0; g\(axis) < \(size(type.features[axis])) && !*c->stop; g\(axis)++)")
    }
    var names = type.features.indices.map { "g\($0)" }
    names[largest.axis] = "0"
    let from = size.address(source, names)
    // A result of one lacks the axis.
    if largest.count == 1 { names.remove(at: largest.axis) }
    let places = results.map(place)
    let to = places.map { size.address($0, names) }.joined(separator: ", ")
    let apart = largest.count == 1 ? "0" : size(places[0].strides[largest.axis])
    lines.append(
      "if (\(count) < \(largest.count)) nt_fail(c); else nt_largest_\(type.dtype.suffix)(\(from), \(count), \(size(source.strides[largest.axis])), \(source.isLaned ? "NT_LANES" : "1"), \(largest.count), \(to), \(apart));"
    )
  }

  /// Loops over features, reads the row of the first `count` of them and checks it.
  private func walk(
    _ features: [Dim], _ indices: Item, _ batch: Int, _ count: Int, _ rows: Dim,
    _ bounds: RowBounds, _ statement: ([String], String) -> String
  ) {
    let names = features.indices.map { "g\($0)" }
    func open(_ axes: Range<Int>) {
      for axis in axes {
        lines.append(
          "for (long g\(axis) = 0; g\(axis) < \(size(features[axis])); g\(axis)++) {")
        lines += StopLook.text(
          at: axis, of: features, index: "g\(axis)", patience: StopLook.rows)
      }
    }
    let index = access(indices)
    let isLaned = index?.isLaned ?? false
    let text =
      index.map { "(\(size.address($0, Array(names[..<count]))))[\(isLaned ? "l" : "0")]" }
      ?? immediate(indices)?.0 ?? "0"
    let outside = "if (row < 0 || row >= \(size(rows))) { nt_fail(c); continue; }"
    // No row is -1 from here on.
    let check =
      switch bounds {
      case .error: outside
      case .nearest: "if (row < 0) row = 0; if (row >= \(size(rows))) row = \(size(rows)) - 1;"
      case .skipping: "if (row == \(CText.integer(RowBounds.nowhere))) row = -1; else \(outside)"
      }
    let loop = "for (int l = 0; l < \(isLaned || program.lane != nil ? "NT_LANES" : "1"); l++) {"
    open(0..<count)
    if isLaned { lines.append(loop) }
    if count == 0 && !isLaned { lines.append("do {") }
    lines.append("long row = \(text); \(check)")
    open(count..<features.count)
    let target = statement(names, "row")
    if !isLaned { lines.append(target.contains("[l]") ? loop : "{") }
    lines.append(target)
    lines.append("}")
    lines += features.indices.dropFirst(count).map { _ in "}" }
    if count == 0 && !isLaned { lines.append("} while (0);") }
    lines += (0..<count).map { _ in "}" }
  }
}

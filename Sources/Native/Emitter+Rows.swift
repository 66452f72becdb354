// Rows read and written by their indexes, as C loops over single numbers; routines along an axis.

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
    let apart = largest.count == 1 ? nil : largest.axis
    let count = order(
      "largest", largest.source, largest.axis, "\(largest.count)", results, apart: apart)
    lines[lines.count - 1] =
      "if (\(count) < \(largest.count)) nt_fail(c); else " + lines[lines.count - 1]
  }

  func emit(_ sort: Sort, _ results: [Item]) {
    _ = order(
      "sort", sort.source, sort.axis, sort.isDescending ? "1" : "0", results, apart: sort.axis)
  }

  /// Calls the routine that puts numbers along an axis in order, and gives how many there are.
  /// - Parameter apart: the axis of the results; nil where they have just one number and lack it.
  private func order(
    _ routine: String, _ item: Item, _ axis: Int, _ argument: String, _ results: [Item],
    apart: Int?
  ) -> String {
    ordersNumbers = true
    let source = place(item)
    let type = program.items[item]
    let count = size(type.features[axis])
    var names = lines(of: type, axis)
    let from = "\(size.address(source, names)), \(count), \(size(source.strides[axis]))"
    if apart == nil { names.remove(at: axis) }
    let places = results.map(place)
    let to = places.map { size.address($0, names) }.joined(separator: ", ")
    let distance = apart.map { size(places[0].strides[$0]) } ?? "0"
    lines.append(
      "nt_\(routine)_\(type.dtype.suffix)(\(from), \(lanes(source)), \(argument), \(to), \(distance));"
    )
    return count
  }

  func emit(_ recurrence: Recurrence, _ result: Item) {
    ordersNumbers = true
    let type = program.items[result]
    let names = lines(of: type, recurrence.axis)
    let arguments = [recurrence.factors, recurrence.terms, result].map { item in
      let place = place(item)
      return "\(size.address(place, names)), \(size(place.strides[recurrence.axis]))"
    }
    lines.append(
      "nt_recurrence_\(type.dtype.suffix)(\(arguments.joined(separator: ", ")), \(lanes(place(result))), \(size(type.features[recurrence.axis])));"
    )
  }

  /// Opens loops over all features but one, and gives the place of the first entry along that one.
  private func lines(of type: ItemType, _ axis: Int) -> [String] {
    for other in type.features.indices where other != axis {
      lines.append(
        "for (long g\(other) = 0; g\(other) < \(size(type.features[other])) && !*c->stop; g\(other)++)"
      )
    }
    return type.features.indices.map { $0 == axis ? "0" : "g\($0)" }
  }

  private func lanes(_ place: Access) -> String { place.isLaned ? "NT_LANES" : "1" }

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

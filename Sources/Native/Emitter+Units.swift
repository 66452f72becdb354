// One program in several units, which compilers take side by side.
//
// A long loop at the top of a block becomes a function of its own. The text holds all of them: a
// compiler that is told a number (NT_UNIT) sees the functions of that unit, one that is told none
// sees everything. What the code computes does not depend on it.
//
// Such a function finds buffers and inputs as all functions do. The pointers that loops carry lie
// in an array of the block, `carried`, where other functions need them.

import IR
import Tensors

/// Which functions are whose.
struct Units {
  /// In lines; a shorter loop is not worth a process.
  static let leastLines = 150

  /// A function that may be taken by a unit of its own.
  private struct Loop {
    let signature: String
    let lines: Int
    var unit = 0
  }

  private var loops: [Loop] = []
  private(set) var count = 1

  /// - Returns: the number of the loop, from 1; all else is part 0.
  mutating func add(_ signature: String, lines: Int) -> Int {
    loops.append(Loop(signature: signature, lines: lines))
    return loops.count
  }

  /// Gives the loops to units, the longest first, each to the one with the least to do. The first
  /// unit also has everything else.
  mutating func share(among most: Int, besides rest: Int) {
    count = min(max(most, 1), loops.count + 1)
    var lengths = [rest] + [Int](repeating: 0, count: count - 1)
    // Where several are as long, the order of the text decides.
    let longest = loops.indices.sorted {
      (-loops[$0].lines, $0) < (-loops[$1].lines, $1)
    }
    for loop in longest {
      let unit = lengths.indices.min { (lengths[$0], -$0) < (lengths[$1], -$1) } ?? 0
      lengths[unit] += loops[loop].lines
      loops[loop].unit = unit
    }
  }

  /// The unit of a part.
  func unit(ofPart part: Int) -> Int { part == 0 ? 0 : loops[part - 1].unit }

  /// A text that only one unit sees.
  func only(_ unit: Int, _ text: String) -> String {
    count == 1 ? text : "#if !defined NT_UNIT || NT_UNIT == \(unit)\n\(text)\n#endif"
  }

  /// What stands between the kernels and the functions.
  var declarations: String {
    count == 1
      ? ""
      : """
      #ifdef NT_UNIT
      #define NT_SHARED __attribute__((noinline, visibility("hidden")))
      #else
      #define NT_SHARED NT_FUNCTION
      #endif
      """ + loops.map { "\n\($0.signature);" }.joined()
  }
}

extension Emitter {
  /// Emits a loop, as a function where it is long.
  func emitApart(_ step: Step, _ region: Region, _ emit: () throws -> Void) rethrows {
    guard region == .local, loops.isEmpty, !options.isProfiled else { return try emit() }
    let outside = current
    let first = names
    current = FunctionBody()
    try emit()
    let length = lines.reduce(0) { $0 + nests.count(of: $1) }
    if length < Units.leastLines {
      current = outside.followed(by: current)
      return
    }
    let needed = current.carries.filter { $0.loop <= first }.sorted()
    let given = step.results.compactMap { homes[$0].flatMap(Carry.init) }
    let name = "loop\(fresh(""))"
    let signature =
      "NT_SHARED void \(name)(nt_call *c, char *local, long chunk, long block, int live, const void **carried)"
    lines =
      needed.map(taken) + lines + given.map { "carried[\(place(of: $0))] = \($0.name);" }
    function(signature, part: units.add(signature, lines: length))
    current = outside
    for carry in needed {
      current.carries.insert(carry)
      lines.append("carried[\(place(of: carry))] = \(carry.name);")
    }
    let array = needed.isEmpty && given.isEmpty ? "0" : "carried"
    lines.append("\(name)(c, local, chunk, block, live, \(array));")
    lines.append("if (nt_failed(c) || *c->stop) return;")
    lines += given.map(taken)
  }

  private func taken(_ carry: Carry) -> String {
    "const \(carry.dtype.stored) *const \(carry.name) = carried[\(place(of: carry))];"
  }

  private func place(of carry: Carry) -> Int {
    if let place = carried.firstIndex(of: carry) { return place }
    carried.append(carry)
    return carried.count - 1
  }
}

/// What is under way of a function: lines, and the slots, inputs, outputs and carries they name.
struct FunctionBody {
  var lines: [String] = []
  var slots: Set<Int> = []
  var inputs: Set<Int> = []
  var outputs: Set<Int> = []
  var carries: Set<Carry> = []

  func followed(by other: FunctionBody) -> FunctionBody {
    FunctionBody(
      lines: lines + other.lines, slots: slots.union(other.slots),
      inputs: inputs.union(other.inputs), outputs: outputs.union(other.outputs),
      carries: carries.union(other.carries))
  }
}

/// The pointer to what a loop carries, `ciLOOP_POSITION` in C.
struct Carry: Hashable, Comparable {
  let loop: Int
  let position: Int
  let dtype: DType

  /// nil where an access is to something else.
  init?(_ access: Access) {
    guard access.base.hasPrefix("ci") else { return nil }
    let numbers = access.base.dropFirst(2).split(separator: "_").compactMap { Int($0) }
    guard numbers.count == 2 else { return nil }
    (loop, position, dtype) = (numbers[0], numbers[1], access.dtype)
  }

  var name: String { "ci\(loop)_\(position)" }

  static func < (a: Carry, b: Carry) -> Bool { (a.loop, a.position) < (b.loop, b.position) }
}

// Values that lie in the buffer of the value they are made from.
//
// A scatter gives its base with a few rows changed. Where nothing reads the base afterwards, it
// writes these rows into the base's own buffer and copies nothing. A loop's carry that each step
// changes by a chain of such writes stays in one buffer from the first step to the last, and a loop
// takes over the buffer of what such a carry starts from. Reads of the old value that stand behind
// the write come before it wherever they can.
//
// Promise: when a step overwrites a value, everything that reads it has run: the steps in their new
// order, what is read behind the body, and the next step of a loop. Else the base is copied, as it
// is where it comes from outside of the body. Only whole values are taken over, of the same lanes.
// What is observed stays in the order of the program.

import IR

struct Overwriting {
  /// The steps of the body in the order that the writes ask for.
  var steps: [Step] { entries.map(\.step) }
  /// The carries that stay in one buffer, by position; none of a body that is no loop's.
  private(set) var carries: Set<Int> = []
  /// The value whose buffer a result takes over.
  private var bases: [Item: Item] = [:]
  /// The values of a buffer, first to last, by the first.
  private var buffers: [Item: [Item]] = [:]

  private struct Entry {
    let step: Step
    /// What lies behind views.
    let reads: [Item]
  }

  private var entries: [Entry]
  private let values: Values
  /// What is read behind the body.
  private let kept: Set<Item>

  /// - Parameter kept: items that are read behind the body.
  init(_ body: Body, _ values: Values, kept: Set<Item>) {
    self.values = values
    self.kept = kept
    entries = body.steps.map { Entry(step: $0, reads: $0.reads.map(values.base)) }
  }

  /// The body of a loop, whose outputs the next step reads.
  init(_ loop: Loop, _ values: Values) {
    self.init(loop.body, values, kept: Set(loop.body.outputs.map(values.base)))
  }

  /// Finds what may be overwritten.
  /// - Parameters:
  ///   - loop: the loop of the body, if it is one's.
  ///   - inner: the carries that stay in one buffer in a loop of the body.
  mutating func find(in loop: Loop? = nil, inner: (Loop) -> Set<Int>) {
    var wishes: [Item: Item] = [:]
    var owned: Set<Item> = []
    for step in steps {
      let carries = step.loopCarries.map(inner) ?? []
      for (position, result) in step.results.enumerated()
      where step.owns(position, keptCarries: carries) {
        owned.insert(result)
      }
      for (base, result) in step.writes(keptCarries: carries)
      where values.isWhole(base, as: result) {
        wishes[result] = values.root(base)
      }
    }
    // In the order of the program, which decides where two results want one buffer.
    for result in steps.flatMap(\.results) {
      if let base = wishes[result], owned.contains(base) { take(base, by: result) }
    }
    for (position, carry) in (loop?.carries ?? []).enumerated() {
      // The flag of a loop that stops early is looked at before each step.
      if position == 0, loop?.stopsEarly == true { continue }
      var chain = [values.root(carry.next)]
      while let last = chain.last, let base = bases[last] { chain.append(base) }
      guard let first = chain.last, wishes[first] == carry.inside,
        values.isWhole(carry.next, as: chain[0])
      else { continue }
      if take(carry.inside, by: first) { carries.insert(position) }
    }
    for result in steps.flatMap(\.results) {
      guard let base = bases[result] else { continue }
      let head = first(base)
      buffers[head, default: [head]].append(result)
    }
  }

  // MARK: Questions

  /// The first value that lies in the buffer of an item: itself where it takes over none.
  func first(_ item: Item) -> Item {
    var item = item
    while let base = bases[item] { item = base }
    return item
  }

  /// The values that lie in the same buffer, first to last.
  func buffer(_ item: Item) -> [Item] { buffers[first(item)] ?? [item] }

  /// Whether the item shares its buffer with others.
  func shares(_ item: Item) -> Bool { buffers[first(item)] != nil }

  /// What the step leaves nothing of.
  func overwritten(by step: Step) -> [Item] { step.results.compactMap { bases[$0] } }

  /// What some step leaves nothing of.
  var overwritten: Set<Item> { Set(bases.values) }

  // MARK: Orders

  /// Lets the step that makes `result` overwrite `base`, if everything else that reads it can come
  /// first. What follows from the result moves behind the last of these reads.
  @discardableResult
  private mutating func take(_ base: Item, by result: Item) -> Bool {
    guard !kept.contains(base),
      let writer = entries.firstIndex(where: { $0.step.results.contains(result) }),
      entries[writer].reads.count(where: { $0 == base }) == 1
    else { return false }
    let last = entries.lastIndex { $0.reads.contains(base) } ?? writer
    var (early, late) = ([Entry](), [entries[writer]])
    var lateItems = Set(entries[writer].step.results)
    for entry in entries[writer...last].dropFirst() {
      if mustFollow(late, lateItems, entry) {
        if entry.reads.contains(base) { return false }
        late.append(entry)
        lateItems.formUnion(entry.step.results)
      } else {
        early.append(entry)
      }
    }
    entries.replaceSubrange(writer...last, with: early + late)
    bases[result] = base
    return true
  }

  private func mustFollow(_ late: [Entry], _ items: Set<Item>, _ entry: Entry) -> Bool {
    if entry.reads.contains(where: items.contains) { return true }
    if values.program.observes(entry.step),
      late.contains(where: { values.program.observes($0.step) })
    {
      return true
    }
    let gone = overwritten(by: entry.step)
    return late.contains { $0.reads.contains(where: gone.contains) }
  }
}

extension Emitter {
  func overwriting(_ body: Body, kept: Set<Item>) -> Overwriting {
    var overwriting = Overwriting(body, values, kept: kept)
    find(&overwriting)
    return overwriting
  }

  /// What the steps of a loop overwrite.
  func overwriting(_ loop: Loop) -> Overwriting {
    if let known = overwritings[ObjectIdentifier(loop.body)] { return known }
    var overwriting = Overwriting(loop, values)
    find(&overwriting, in: loop)
    overwritings[ObjectIdentifier(loop.body)] = overwriting
    return overwriting
  }

  private func find(_ overwriting: inout Overwriting, in loop: Loop? = nil) {
    if options.without.contains(.rowsInPlace) { return }
    overwriting.find(in: loop) { self.overwriting($0).carries }
  }
}

extension Step {
  fileprivate var loopCarries: Loop? { if case .loop(let loop) = kind { loop } else { nil } }

  /// What the step gives with a part changed: a base and the result.
  fileprivate func writes(keptCarries: Set<Int>) -> [(base: Item, result: Item)] {
    switch kind {
    case .scatter(let scatter): [(scatter.base, results[0])]
    case .loop(let loop): keptCarries.sorted().map { (loop.carries[$0].start, results[$0]) }
    default: []
    }
  }

  /// Whether a result gets a buffer that holds nothing else.
  fileprivate func owns(_ position: Int, keptCarries: Set<Int>) -> Bool {
    switch kind {
    // A whole may hold its parts, and the other carries of a loop what it starts from.
    case .immediate, .view, .concatenate: false
    case .loop: keptCarries.contains(position)
    default: !joinsLanes
    }
  }
}

extension Values {
  /// Whether all of an item lies in memory as all of another will.
  fileprivate func isWhole(_ item: Item, as result: Item) -> Bool {
    let root = root(item)
    return root == base(item)
      && program.items[root].isLaned == program.items[result].isLaned
      && program.items[root].features == program.items[result].features
  }
}

// A program as one C file: a function for each part of a stage, and one that runs them in order.
//
// The blocks of a stage are worked in a fixed number of chunks, each by one thread; what joins the
// lanes is added up per chunk and then over the chunks in order, so that no sum depends on threads.

import IR
import Tensors

final class Emitter {
  /// How much work is handed out at most; independent of the number of threads.
  static let chunks = 8

  enum Region {
    /// One for the call, for each block, or for each chunk.
    case shared, blocks, chunks
    /// One for each thread, used again for every block.
    case local
  }

  struct Slot {
    let count: Dim
    let dtype: DType
    let isLaned: Bool
    let region: Region
  }

  let program: Program
  let values: Values
  let size: SizeText
  let shape: VectorShape
  private let symbols: [DimSymbol]
  var slots: [Slot] = []
  var homes: [Item: Access] = [:]
  /// Of the function under way.
  var current = FunctionBody()
  var lines: [String] {
    get { current.lines }
    _modify { yield &current.lines }
  }
  private(set) var names = 0
  /// Those of part 0, which one unit has, and those of loops that any unit may have.
  private var functions: [(part: Int, lines: [String])] = []
  var nests = SharedNests()
  var units = Units()
  /// What lies in the array of a block that is called so, in the order of its places.
  var carried: [Carry] = []
  /// What the loops under way and those before them overwrite, by their bodies.
  var overwritings: [ObjectIdentifier: Overwriting] = [:]
  /// Whether the text needs the kernels that order numbers, and those that multiply matrices.
  var ordersNumbers = false
  var multipliesMatrices = false
  /// Items that are read in another body than the one they are made in.
  private(set) var lasting: Set<Item> = []
  /// The numbers of the loops under way, outermost first: `s7` is the index of loop 7, and `q7` how
  /// many steps it has made.
  var loops: [String] = []
  /// Uniform items that the first block hands to later bodies.
  private var published: Set<Item> = []
  /// The C names of the indexes of loops.
  var indexNames: [Item: String] = [:]
  private var inputPositions: [Item: Int] = [:]
  let options: NativeOptions
  /// What has been emitted of the body under way, and of the stages before.
  var parts: [NativePlan.Part] = []
  private(set) var stages: [NativePlan.Stage] = []
  /// Where each counted part comes from.
  var counters: [[Origin]] = []
  /// What loops read a slice a step of.
  private(set) lazy var slicedItems: Set<Item> = Set(
    values.producers.values.flatMap { step -> [Item] in
      guard case .loop(let loop) = step.kind else { return [] }
      return loop.slices.map { values.base($0.whole) }
    })

  init(
    _ program: Program, _ producers: [Item: Step], symbols: [DimSymbol], shape: VectorShape,
    options: NativeOptions
  ) {
    self.program = program
    self.options = options
    values = Values(program: program, producers: producers)
    self.symbols = symbols
    size = SizeText(symbols)
    self.shape = shape
    for (position, input) in program.inputs.enumerated() { inputPositions[input.item] = position }
  }

  func fresh(_ stem: String) -> String {
    names += 1
    return "\(stem)\(names)"
  }

  // MARK: Places

  func slot(_ type: ItemType, _ region: Region) -> Int {
    slots.append(
      Slot(
        count: type.features.reduce(1, *), dtype: type.dtype, isLaned: type.isLaned,
        region: region))
    return slots.count - 1
  }

  func access(slot: Int, _ type: ItemType) -> Access {
    current.slots.insert(slot)
    return Access(base: "b\(slot)", type)
  }

  /// Where an item lies; nil for immediates.
  func access(_ item: Item) -> Access? {
    if let home = homes[item] {
      note(home)
      return home
    }
    if case .view(let source, let map) = values.producers[item]?.kind {
      return access(source)?.viewed(
        map, source: program.items[source].features, result: program.items[item].features)
    }
    if let position = inputPositions[item], !program.items[item].isLaned {
      current.inputs.insert(position)
      return Access(base: "in\(position)", program.items[item])
    }
    return nil
  }

  func place(_ item: Item) -> Access {
    guard let access = access(item) else { preconditionFailure("an item without a place") }
    return access
  }

  private func note(_ access: Access) {
    if access.base.hasPrefix("b"), let slot = Int(access.base.dropFirst()) {
      current.slots.insert(slot)
    }
    if access.base.hasPrefix("out"), let output = Int(access.base.dropFirst(3)) {
      current.outputs.insert(output)
    }
    if let carry = Carry(access) { current.carries.insert(carry) }
  }

  func immediate(_ item: Item) -> (String, DType)? {
    (values.immediate(item) ?? indexNames[values.base(item)]).map {
      ($0, program.items[item].dtype)
    }
  }

  // MARK: The file

  func source() throws -> String {
    findLasting()
    placeOutputs()
    var order: [String] = []
    for (number, stage) in program.stages.enumerated() {
      if try emitUniform(stage, number) {
        order.append("uniform\(number)(c);")
        order.append("if (nt_fault_flag) nt_fail(c);")
      }
      closeStage(isForBlocks: false)
      if try emitBlocks(stage, number) {
        order.append("if (nt_failed(c)) return;")
        order.append("c->parallel(chunk\(number), c, (int)nt_chunks(c->sizes), c->threads);")
        if stage.blocks.steps.contains(where: program.observes) {
          order.append("if (nt_failed(c) || *c->stop) return;")
          order.append("c->host(c->context, -1, 0, 0, 0);")
        }
      }
      closeStage(isForBlocks: true)
      order.append("if (nt_failed(c) || *c->stop) return;")
    }
    let rest = functions.filter { $0.part == 0 }.flatMap(\.lines)
    units.share(among: options.units, besides: rest.reduce(0) { $0 + nests.count(of: $1) })
    // Neighbours of one unit stand together.
    var parts: [(unit: Int, text: String)] = []
    let written = nests.text(
      of: functions.map { (unit: units.unit(ofPart: $0.part), lines: $0.lines) },
      isSharing: !options.without.contains(.sharedNests))
    for part in written + [(0, layout), (0, run(order))] {
      if let last = parts.last, last.unit == part.unit {
        parts[parts.count - 1].text += "\n\(part.text)"
      } else {
        parts.append(part)
      }
    }
    return ([header, counterText, units.declarations] + parts.map { units.only($0.unit, $0.text) })
      .joined(separator: "\n")
  }

  private func closeStage(isForBlocks: Bool) {
    if !parts.isEmpty { stages.append(.init(isForBlocks: isForBlocks, parts: parts)) }
    parts = []
  }

  private var header: String {
    """
    #define NT_DOUBLE \(shape.isDouble ? 1 : 0)
    #define NT_BYTES \(shape.bytes)
    #define NT_LANES \(shape.lanes)
    \(KernelText.all)
    \(ordersNumbers ? KernelText.order : "")
    \(multipliesMatrices ? KernelText.multiply : "")
    \(sizeFunctions)
    """
  }

  private var locals: String {
    symbols.indices.map {
      "const long d\($0) __attribute__((unused)) = c->sizes[\($0)];"
    }.joined(separator: "\n")
  }

  /// How many blocks and chunks a batch has.
  private var sizeFunctions: String {
    let batch =
      program.lane.flatMap { lane in symbols.firstIndex(of: lane).map { "sizes[\($0)]" } } ?? "1"
    return """
      static inline long nt_blocks(const int64_t *sizes) {
        (void)sizes;
        return (\(batch) + NT_LANES - 1) / NT_LANES;
      }
      static inline long nt_chunks(const int64_t *sizes) {
        const long blocks = nt_blocks(sizes);
        // A batch without examples has a chunk that adds up nothing.
        return blocks < 1 ? 1 : blocks < \(Emitter.chunks) ? blocks : \(Emitter.chunks);
      }
      static inline long nt_first_block(const int64_t *sizes, long chunk) {
        return nt_blocks(sizes)*chunk/nt_chunks(sizes);
      }
      """
  }

  private func bytes(_ slot: Slot) -> String {
    "nt_aligned((\(size(slot.count)))*sizeof(\(slot.dtype.stored))\(slot.isLaned ? "*NT_LANES" : ""))"
  }

  private var layout: String {
    var text = [
      "NT_SELDOM int64_t nt_layout(const int64_t *sizes, int64_t *offset, int64_t *local_size) {",
      "nt_call call = {.sizes = sizes}; nt_call *c = &call;", locals,
      "int64_t shared = 0, local = 0;",
    ]
    for (number, slot) in slots.enumerated() {
      let copies =
        switch slot.region {
        case .shared, .local: "1"
        case .blocks: "nt_blocks(sizes)"
        case .chunks: "nt_chunks(sizes)"
        }
      let space = slot.region == .local ? "local" : "shared"
      text.append("offset[\(number)] = \(space); \(space) += \(bytes(slot))*\(copies);")
    }
    text += ["*local_size = local;", "return shared;", "}"]
    text.append("const int32_t nt_slots = \(slots.count);")
    return text.joined(separator: "\n")
  }

  private func run(_ order: [String]) -> String {
    "void nt_run(nt_call *c) {\nnt_fault_flag = 0;\n" + order.joined(separator: "\n") + "\n}\n"
  }

  // MARK: Stages

  private func findLasting() {
    var home: [Item: Int] = [:]
    let bodies = program.stages.flatMap { [$0.uniform, $0.blocks] }
    for (number, body) in bodies.enumerated() {
      for step in body.steps {
        var place = number
        // What joins the lanes is put together at the start of the next stage.
        if step.joinsLanes { place += 1 }
        for item in step.results { home[item] = place }
      }
    }
    for (number, body) in bodies.enumerated() {
      for step in body.steps {
        for item in step.reads.map(values.base) {
          guard let place = home[item], place != number else { continue }
          // Blocks are the odd ones.
          if place % 2 == 1, !program.items[item].isLaned, values.isOfRegion(item) {
            published.insert(item)
          } else {
            lasting.insert(item)
          }
        }
      }
    }
    for output in program.outputs where !program.items[output.item].isLaned {
      let item = values.base(output.item)
      if let place = home[item], place != bodies.count - 2 { lasting.insert(item) }
    }
  }

  /// Uniform outputs are computed where the host wants them.
  private func placeOutputs() {
    var placed: Set<Item> = []
    for (position, output) in program.outputs.enumerated() {
      let root = values.root(output.item)
      guard !program.items[root].isLaned, inputPositions[root] == nil,
        values.isPlaceable(root), placed.insert(root).inserted
      else { continue }
      homes[root] = Access(base: "out\(position)", program.items[root])
    }
  }

  private func emitUniform(_ stage: Stage, _ number: Int) throws -> Bool {
    lines = []
    if number > 0 { combineChunks(program.stages[number - 1]) }
    let isLast = number == program.stages.count - 1
    let ends = program.outputs.map(\.item).filter { !program.items[$0].isLaned }
    try emit(stage.uniform, ends: isLast ? ends : [], region: .shared)
    if isLast { copyOutputs() }
    if lines.isEmpty { return false }
    function("NT_FUNCTION void uniform\(number)(nt_call *c)")
    return true
  }

  private func combineChunks(_ stage: Stage) {
    for step in stage.blocks.steps where step.joinsLanes {
      let item = step.results[0]
      let type = program.items[item]
      guard let partial = partials[item] else { continue }
      if homes[item] == nil { homes[item] = access(slot: slot(type, .shared), type) }
      let target = size.address(place(item), [])
      let from = access(slot: partial, type)
      let stride = "\(bytes(slots[partial]))/(long)sizeof(\(type.dtype.stored))"
      lines.append(
        "nt_\(CText.fold(step.join))_chunks_\(type.dtype.suffix)(\(target), \(from.base), \(size.count(type.features)), \(stride), nt_chunks(c->sizes));"
      )
    }
  }

  /// Outputs that could not be computed in place.
  private func copyOutputs() {
    for (position, output) in program.outputs.enumerated() {
      let type = program.items[output.item]
      if type.isLaned || homes[values.root(output.item)]?.base == "out\(position)" { continue }
      current.outputs.insert(position)
      copy(output.item, to: Access(base: "out\(position)", type))
    }
  }

  /// Where chunks add up what joins the lanes.
  var partials: [Item: Int] = [:]

  private func emitBlocks(_ stage: Stage, _ number: Int) throws -> Bool {
    let made = Set(stage.blocks.steps.flatMap(\.results))
    let outputs = program.outputs.indices.filter { position in
      let base = values.base(program.outputs[position].item)
      return program.items[program.outputs[position].item].isLaned
        && (made.contains(base) || number == 0 && values.producers[base] == nil)
    }
    if stage.blocks.steps.isEmpty && outputs.isEmpty { return false }
    // What a chunk adds up.
    lines = []
    for step in stage.blocks.steps where step.joinsLanes {
      let item = step.results[0]
      let type = program.items[item]
      partials[item] = slot(type, .chunks)
      // The first product of a chunk is no sum yet.
      if case .outer = step.kind, shape.lanes == 1 { continue }
      let target = access(slot: partials[item] ?? 0, type)
      lines.append(
        "nt_fill_\(type.dtype.suffix)(\(target.base), \(size.count(type.features)), \(CText.identity(step.join, type.dtype)));"
      )
    }
    function("NT_FUNCTION void start\(number)(nt_call *c, long chunk)")
    lines = []
    loadInputs(stage, outputs)
    let handed = made.intersection(published).sorted()
    try emit(
      stage.blocks, ends: outputs.map { program.outputs[$0].item } + handed, region: .local)
    for position in outputs { storeOutput(position) }
    publish(handed)
    if !carried.isEmpty { lines.insert("const void *carried[\(carried.count)];", at: 0) }
    carried = []
    function(
      "NT_FUNCTION void block\(number)(nt_call *c, char *local, long chunk, long block, int live)")
    let batch = program.lane.flatMap { symbols.firstIndex(of: $0) }.map { "d\($0)" } ?? "1"
    functions.append(
      (
        0,
        [
          """
          static void chunk\(number)(void *context, int chunk, int worker) {
          nt_call *c = context;
          \(locals)
          nt_fault_flag = 0;
          const long end = nt_first_block(c->sizes, chunk + 1);
          start\(number)(c, chunk);
          for (long block = nt_first_block(c->sizes, chunk); block < end; block++) {
          const long rest = \(batch) - block*NT_LANES;
          block\(number)(c, c->local + worker*c->local_size, chunk, block, rest < NT_LANES ? (int)rest : NT_LANES);
          if (*c->stop) break;
          }
          if (nt_fault_flag) nt_fail(c);
          }
          """
        ]
      ))
    return true
  }

  /// Every block has made the same numbers; one writes them where later bodies read them.
  private func publish(_ items: [Item]) {
    if items.isEmpty { return }
    lines.append("if (block == 0) {")
    var homes: [Item: Access] = [:]
    for item in items {
      let type = program.items[item]
      let target = access(slot: slot(type, .shared), type)
      copy(item, to: target)
      homes[item] = target
    }
    lines.append("}")
    self.homes.merge(homes) { $1 }
  }

  /// Wraps the lines into a function with every pointer they name.
  func function(_ signature: String, part: Int = 0) {
    var text = ["\(signature) {", locals]
    for position in current.inputs.sorted() {
      let type = program.inputs[position].type.dtype.stored
      text.append("const \(type) *const in\(position) = c->in[\(position)];")
    }
    for position in current.outputs.sorted() {
      text.append(
        "\(program.outputs[position].type.dtype.stored) *const out\(position) = c->out[\(position)];"
      )
    }
    for number in current.slots.sorted() {
      let slot = slots[number]
      let place =
        switch slot.region {
        case .shared: "c->shared + c->offset[\(number)]"
        case .blocks: "c->shared + c->offset[\(number)] + block*\(bytes(slot))"
        case .chunks:
          signature.contains("long chunk")
            ? "c->shared + c->offset[\(number)] + chunk*\(bytes(slot))"
            : "c->shared + c->offset[\(number)]"
        case .local: "local + c->offset[\(number)]"
        }
      text.append(
        "\(slot.dtype.stored) *const b\(number) = (\(slot.dtype.stored) *)(\(place));")
    }
    functions.append((part, text + lines + ["}"]))
    current = FunctionBody()
  }

  // MARK: Copies

  /// Copies an item to another place.
  func copy(_ item: Item, to target: Access) {
    let type = program.items[item]
    let compute = Compute.copy(of: item, type)
    let group = Group(space: compute.space, isLaned: type.isLaned)
    let marker = -1
    group.members = [.init(compute: compute, item: marker, order: 0)]
    note(target)
    emit(group, stored: { _ in true }, access: { $0 == marker ? target : self.access($0) })
  }
}

extension Step {
  var joinsLanes: Bool {
    switch kind {
    case .joinLanes: true
    case .outer(let outer): outer.joinsLanes
    default: false
    }
  }

  /// How lanes and chunks are joined.
  var join: Reduction {
    if case .joinLanes(_, let reduction) = kind { reduction } else { .sum }
  }
}

extension Values {
  /// Whether a loop or a branch makes the item.
  func isOfRegion(_ item: Item) -> Bool {
    switch producers[item]?.kind {
    case .loop, .branch: true
    default: false
    }
  }

  /// Whether the step that makes the item can put it anywhere.
  func isPlaceable(_ item: Item) -> Bool {
    switch producers[item]?.kind {
    case .compute, .product, .outer, .multiply, .joinLanes, .gather, .scatter, .concatenate, .host:
      true
    default: false
    }
  }
}

// Random streams: which key a draw has.
//
// The key of a draw is that of the stream with the places it came through folded in: the site of
// each call that it entered, the index of each loop, then the site of the draw. A stream enters a
// scope when it is first used there, so what is folded in depends on the program alone: not on the
// size of a batch, not on what else is drawn, not on the order of evaluation.
//
// Hashes are FNV-1a, which is the same in every run.

import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  /// The key of a stream as a value of the current region.
  func key(_ operand: Operand, isLabelled: Bool) throws -> Value {
    try key(operand, isLabelled, in: scope)
  }

  private func key(_ operand: Operand, _ isLabelled: Bool, in scope: Scope) throws -> Value {
    let region = scope.region
    guard operand.scope !== scope, let parent = scope.parent else {
      return region.value(operand.value, of: operand.scope.region)
    }
    let outer = try key(operand, isLabelled, in: parent)
    let inner = region === parent.region ? outer : region.capture(outer)
    switch scope.fold {
    case .none: return inner
    case .site(let hash):
      return isLabelled ? inner : try folded(inner, integer(hash, in: region), region)
    case .step(let index): return try folded(inner, integer(index, in: region), region)
    case .index: return try region.index.map { try folded(inner, $0, region) } ?? inner
    case .hostLoop(let level): return try folded(inner, hostIndex(level), region)
    }
  }

  private func folded(_ key: Value, _ data: Value, _ region: Region) throws -> Value {
    try emit(random.foldKey, key, data, in: region)
  }

  /// `Rng(seed)`
  func makeRng(_ seed: TypedExpression) throws -> Aggregate<Operand> {
    let seed = try scalar(seed)
    let key = try emit(random.foldKey, seed, integer(Hash.of("seed")))
    return .rng(operand(key), isLabelled: false)
  }

  /// `rng["name"]`
  func labelled(_ rng: TypedExpression, _ label: String) throws -> Aggregate<Operand> {
    let (leaf, isLabelled) = try stream(rng)
    let key = try emit(
      random.foldKey, key(leaf, isLabelled: isLabelled), integer(Hash.of("label:\(label)")))
    return .rng(operand(key), isLabelled: true)
  }

  func draw(
    _ op: Op, rng: TypedExpression, _ operands: [TypedExpression], _ attributes: Attributes,
    site: Int
  ) throws -> Aggregate<Operand> {
    let (leaf, isLabelled) = try stream(rng)
    let others = try operands.map { try scalarOrTensor($0) }
    let key = try drawKey(leaf, isLabelled: isLabelled, site: "draw:\(site)")
    let results = try emit(op, [key] + others, attributes.substituting(frame.dims))
    return tensor(results[0])
  }

  func drawKey(_ leaf: Operand, isLabelled: Bool, site: String) throws -> Value {
    let key = try key(leaf, isLabelled: isLabelled)
    return isLabelled ? key : try emit(random.foldKey, key, integer(Hash.of(site)))
  }

  func stream(_ rng: TypedExpression) throws -> (Operand, Bool) {
    guard case .rng(let leaf, let isLabelled) = try evaluate(rng) else {
      preconditionFailure("a value of type `Rng` is no stream")
    }
    return (leaf, isLabelled)
  }
}

enum Hash {
  /// FNV-1a of the UTF-8 of a text, as a 64-bit pattern.
  static func of(_ text: String) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(bitPattern: UInt(truncatingIfNeeded: hash))
  }

  static func call(_ name: String, site: Int) -> Int { of("call:\(site):\(name)") }
}

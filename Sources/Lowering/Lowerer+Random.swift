// Random streams: which key a draw has.
//
// The key of a draw is that of the stream with the places it came through folded in: the site of
// each call that it entered, the index of each loop, then the site of the draw. A stream enters a
// scope when it is first used there, so what is folded in depends on the program alone: not on the
// size of a batch, not on what else is drawn, not on the order of evaluation.
//
// A label says which numbers are wanted, wherever that is said: draws beside it and the call that it
// is given to fold in no site. What that call does inside has its places as ever, so that a function
// draws different numbers at its different places from any stream.
//
// Hashes are FNV-1a, which is the same in every run.

import IR
import Ops
import Semantics
import Tensors

extension Lowerer {
  /// The key of a stream as a value of the current region.
  func key(_ operand: Operand, isLabelled: Bool) throws -> Value {
    try place(of: operand, isLabelled, in: scope).key
  }

  /// The key in a scope, and whether a call lies between there and where the stream is from.
  private func place(
    of operand: Operand, _ isLabelled: Bool, in scope: Scope
  ) throws -> (key: Value, isInCall: Bool) {
    let region = scope.region
    guard operand.scope !== scope, let parent = scope.parent else {
      return (region.value(operand.value, of: operand.scope.region), false)
    }
    let outer = try place(of: operand, isLabelled, in: parent)
    let inner = region === parent.region ? outer.key : region.capture(outer.key)
    switch scope.fold {
    case .none: return (inner, outer.isInCall)
    case .site(let hash):
      let isNamed = isLabelled && !outer.isInCall
      return (isNamed ? inner : try folded(inner, integer(hash, in: region), region), true)
    case .step(let index):
      return (try folded(inner, integer(index, in: region), region), outer.isInCall)
    case .index:
      return (try region.index.map { try folded(inner, $0, region) } ?? inner, outer.isInCall)
    case .hostLoop(let level):
      return (try folded(inner, hostIndex(level), region), outer.isInCall)
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
    let (key, isInCall) = try place(of: leaf, isLabelled, in: scope)
    let isNamed = isLabelled && !isInCall
    return isNamed ? key : try emit(random.foldKey, key, integer(Hash.of(site)))
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

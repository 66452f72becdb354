// Tensors of every small shape and every element type, and damage done to bytes.

import Tensors
import TestSupport

enum Samples {
  static let shapes: [[Int]] = {
    var shapes: [[Int]] = [[]]
    for a in 0...3 {
      shapes.append([a])
      for b in 0...3 {
        shapes.append([a, b])
        for c in 0...3 { shapes.append([a, b, c]) }
      }
    }
    return shapes
  }()

  /// Every small shape in every element type, with values that are easily lost.
  static let tensors: [Tensor] = shapes.flatMap { shape in
    let count = shape.reduce(1, *)
    let doubles = [0.1, -0.0, .infinity, .leastNonzeroMagnitude, -1e300, .nan, 1 / 3]
    let singles: [Float] = [0.1, -0.0, -.infinity, .leastNonzeroMagnitude, 3e38, .nan, 1 / 3]
    let ints = [0, -1, .max, .min, 42]
    return [
      Tensor(shape: shape, storage: .double((0..<count).map { doubles[$0 % doubles.count] })),
      Tensor(shape: shape, storage: .single((0..<count).map { singles[$0 % singles.count] })),
      Tensor(shape: shape, storage: .int((0..<count).map { ints[$0 % ints.count] })),
      Tensor(shape: shape, storage: .bool((0..<count).map { $0 % 3 == 0 })),
    ]
  }

  /// Equal to the last bit, NaN and the sign of zero included.
  static func same(_ a: Tensor, _ b: Tensor) -> Bool {
    guard a.shape == b.shape else { return false }
    return switch (a.storage, b.storage) {
    case (.single(let x), .single(let y)): x.map(\.bitPattern) == y.map(\.bitPattern)
    case (.double(let x), .double(let y)): x.map(\.bitPattern) == y.map(\.bitPattern)
    case (.int(let x), .int(let y)): x == y
    case (.bool(let x), .bool(let y)): x == y
    default: false
    }
  }

  /// `bytes` with a few of them changed, cut out, doubled or exchanged.
  static func damaged(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    for _ in 0...Int.random(in: 0..<3, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &random)
      let length = Int.random(in: 0...min(9, bytes.count - place), using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.removeSubrange(place..<(place + length))
      case 3: bytes.insert(contentsOf: bytes[place..<(place + length)], at: place)
      case 4: bytes[place] = [0, 0x7F, 0x80, 0xFF, 0x39][Int.random(in: 0..<5, using: &random)]
      default:
        for index in place..<(place + length) { bytes[index] = 0xFF }
      }
    }
    return bytes
  }
}

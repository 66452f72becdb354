// The laws a row states, on its own samples.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct LawTests {
  static let names = OpTable.all.filter { !$0.laws.isEmpty }.map(\.name)

  @Test func someRowsStateLaws() { #expect(Self.names.count >= 15) }

  @Test(arguments: names)
  func lawsHold(name: String) throws {
    let row = try #require(opTable[name])
    var checks = 0
    for sample in row.samples() {
      for law in row.laws where try holds(law, of: row, on: sample) { checks += 1 }
    }
    #expect(checks >= row.laws.count)
  }

  /// False where the law says nothing about the sample.
  private func holds(_ law: Law, of row: Op, on sample: Sample) throws -> Bool {
    let operands = sample.operands
    func value(_ operands: [Tensor]) throws -> Tensor {
      try Rows.results(row, operands, sample.attributes)[0]
    }
    let once = try value(operands)
    switch law {
    case .commutative:
      expectSame(once, try value(operands.reversed()), sample, tolerance: 0)
    case .associative:
      let third = operands[1]
      let left = try value([once, third])
      let right = try value([operands[0], try value([operands[1], third])])
      expectSame(left, right, sample, tolerance: 1e-14)
    case .involution:
      expectSame(try value([once]), operands[0], sample, tolerance: 0)
    case .idempotent:
      expectSame(try value([once]), once, sample, tolerance: 0)
    case .identity(let c):
      guard let constant = number(c, operands[0].dtype) else { return false }
      expectSame(try value([operands[0], constant]), operands[0], sample, tolerance: 0)
    case .absorbing(let c):
      guard let constant = number(c, operands[0].dtype) else { return false }
      let result = try value([operands[0], constant])
      #expect(result.doubles.allSatisfy { $0 == c }, "\(row.name), \(sample.label)")
    }
    return true
  }

  private func number(_ value: Double, _ dtype: DType) -> Tensor? {
    switch dtype {
    case .real: Tensor([], reals: [value], precision: .double)
    case .int: Tensor([], ints: [Int(value)])
    case .bool: nil
    }
  }

  private func expectSame(_ a: Tensor, _ b: Tensor, _ sample: Sample, tolerance: Double) {
    #expect(a.shape == b.shape && a.dtype == b.dtype, "\(sample.label)")
    let isSame = zip(a.doubles, b.doubles).allSatisfy {
      $0 == $1 || Swift.abs($0 - $1) <= tolerance * Swift.max(1, Swift.abs($0))
    }
    #expect(isSame, "\(sample.label): \(a.doubles), \(b.doubles)")
  }
}

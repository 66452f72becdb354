// npy and npz: round trips to the bit, NumPy's own files, lies and damage.

import Tensors
import TestSupport
import Testing

@testable import Runtime

@Suite struct NumpyTests {
  @Test func npyRoundTripsEverySmallTensor() throws {
    for tensor in Samples.tensors {
      let bytes = Npy.encode(tensor)
      #expect(bytes.count % 64 == tensor.count * ElementFormat(of: tensor.storage).width % 64)
      #expect(Samples.same(try Npy.decode(bytes, source: "x"), tensor), "\(tensor)")
    }
  }

  @Test func readsWhatNumpyWrites() throws {
    let reals = Tensor([2, 3], reals: [0, 1, 2, 3, 4, 5], precision: .single)
    let ints = Tensor([2, 3], ints: [0, 1, 2, 3, 4, 5])
    func read(_ bytes: [UInt8], _ precision: Precision? = nil) throws -> Tensor {
      try Npy.decode(bytes, source: "x", precision: precision)
    }
    #expect(try read(NumpyFixtures.f4) == reals)
    #expect(try read(NumpyFixtures.version2) == reals)
    #expect(try read(NumpyFixtures.f4, .double) == reals.converted(to: .double))
    #expect(try read(NumpyFixtures.bigF8) == reals.converted(to: .double))
    #expect(try read(NumpyFixtures.bigF8, .single) == reals)
    for bytes in [
      NumpyFixtures.fortranI4, NumpyFixtures.bigI2, NumpyFixtures.u1, NumpyFixtures.u8,
    ] { #expect(try read(bytes) == ints) }
    #expect(try read(NumpyFixtures.i1) == Tensor([2, 3], ints: [-3, -2, -1, 0, 1, 2]))
    #expect(
      try read(NumpyFixtures.bool)
        == Tensor([2, 3], bools: [true, false, true, false, true, false]))
    #expect(try read(NumpyFixtures.scalar) == Tensor(reals: [2.5], precision: .double))
    #expect(try read(NumpyFixtures.empty) == Tensor([0, 3], reals: [], precision: .single))
    #expect(try read(NumpyFixtures.fortran3) == Tensor([2, 3, 4], ints: Array(0..<24)))
    for bytes in [NumpyFixtures.npzStored, NumpyFixtures.npzDeflated] {
      let tensors = try Npz.decode(bytes, source: "x")
      #expect(tensors.map(\.name) == ["a", "b"])
      #expect(tensors.map(\.tensor) == [reals, Tensor([2], bools: [true, false])])
    }
  }

  @Test func namesWhatItDoesNotRead() {
    for (bytes, word) in [
      (NumpyFixtures.complex, "`<c16`"), (NumpyFixtures.text, "`<U2`"),
      (NumpyFixtures.record, "records"), (NumpyFixtures.half, "`<f2`"),
      (NumpyFixtures.u8Large, "9223372036854775808"),
    ] {
      let problem = #expect(throws: DataError.self) { try Npy.decode(bytes, source: "a.npy") }
      #expect(problem?.kind == .unsupported)
      #expect(problem?.detail.contains(word) == true)
    }
  }

  @Test func reportsNumbersBeyondThePrecision() throws {
    func decode(_ numbers: [Double], _ precision: Precision) throws -> Tensor {
      let tensor = Tensor([numbers.count], reals: numbers, precision: .double)
      return try Npy.decode(Npy.encode(tensor), source: "a.npy", precision: precision)
    }
    let problem = #expect(throws: DataError.self) { try decode([.infinity, 1e300], .single) }
    #expect(problem?.kind == .beyondPrecision && problem?.detail.contains("1e+300") == true)
    #expect(try decode([1e300], .double).doubles == [1e300])
    #expect(try decode([-.infinity, 0], .single).doubles == [-.infinity, 0])
  }

  /// An npy file whose header says what it likes.
  private func npy(_ header: String, data: [UInt8] = []) -> [UInt8] {
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes.append(littleEndian: UInt16(header.utf8.count))
    return bytes + Array(header.utf8) + data
  }

  @Test(arguments: [
    "(9223372036854775807,)", "(4294967296, 4294967296, 4294967296)", "(1000000000,)",
    "(0, 9223372036854775807, 9223372036854775807)", "(-1,)", "(1, ", "(1 2)",
    "(99999999999999999999,)",
    "(" + String(repeating: "1,", count: 65) + ")",
  ])
  func believesNoLyingShape(_ shape: String) {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape)}"
    #expect(throws: DataError.self) {
      try Npy.decode(npy(header, data: [0, 0, 0, 0]), source: "x")
    }
  }

  @Test(arguments: [
    "", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'descr': '<f4', 'shape': ()}",
    "{'descr': '<f4', 'fortran_order': Maybe, 'shape': ()}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 1}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': ()} trailing", "{'descr': '<f4",
    "{'descr': '!f4', 'fortran_order': False, 'shape': ()}",
  ])
  func reportsHeadersThatAreNone(_ header: String) {
    #expect(throws: DataError.self) {
      try Npy.decode(npy(header, data: [0, 0, 0, 0]), source: "x")
    }
  }

  @Test func reportsEveryTruncation() {
    let tensor = Tensor([2, 2], reals: [1, 2, 3, 4], precision: .single)
    let npy = Npy.encode(tensor)
    for length in 0..<npy.count {
      #expect(throws: DataError.self) { try Npy.decode(Array(npy[..<length]), source: "x") }
    }
    #expect(throws: DataError.self) { try Npy.decode(npy + [0], source: "x") }
    for npz in [NumpyFixtures.npzStored, NumpyFixtures.npzDeflated] {
      for length in 0..<npz.count {
        #expect(throws: DataError.self) { try Npz.decode(Array(npz[..<length]), source: "x") }
      }
    }
  }

  @Test(arguments: [true, false])
  func npzRoundTripsEverySmallTensor(compressed: Bool) throws {
    let tensors = Samples.tensors.enumerated().map { (name: "t\($0.offset)/β", tensor: $0.element) }
    let bytes = try Npz.encode(tensors, source: "x", compressed: compressed)
    let read = try Npz.decode(bytes, source: "x")
    #expect(read.map(\.name) == tensors.map(\.name))
    #expect(zip(read, tensors).allSatisfy { Samples.same($0.tensor, $1.tensor) })
    #expect(try Npz.decode(Npz.encode([], source: "x"), source: "x").isEmpty)
  }

  @Test func limitsWhatAnArchiveUnpacksTo() throws {
    let large = Tensor([1 << 20], ints: [Int](repeating: 0, count: 1 << 20))
    var bytes = try Npz.encode([("a", large)], source: "x", compressed: true)
    #expect(bytes.count < 20_000)
    let problem = #expect(throws: DataError.self) {
      try Npz.decode(bytes, source: "x", limit: 1 << 20)
    }
    #expect(problem?.kind == .tooLarge)
    #expect(problem?.detail == "it unpacks to 8.0 MiB, more than the limit of 1.0 MiB")

    // The directory's size field, raised to what no such stream can unpack to, then by one.
    let place = bytes.count - 22 - 46 - 5 + 24
    let size = Array(bytes[place..<(place + 4)])
    bytes.replaceSubrange(place..<(place + 4), with: [0xFE, 0xFF, 0xFF, 0xFF])
    #expect(throws: DataError.self) { try Npz.decode(bytes, source: "x") }
    bytes.replaceSubrange(place..<(place + 4), with: [size[0] + 1] + size[1...])
    #expect(throws: DataError.self) { try Npz.decode(bytes, source: "x") }
    bytes.replaceSubrange(place..<(place + 4), with: [size[0] - 1] + size[1...])
    #expect(throws: DataError.self) { try Npz.decode(bytes, source: "x") }
    bytes.replaceSubrange(place..<(place + 4), with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(throws: DataError.self) { try Npz.decode(bytes, source: "x") }
    bytes.replaceSubrange(place..<(place + 4), with: size)
    #expect(try Npz.decode(bytes, source: "x")[0].tensor == large)
  }

  @Test func refusesANameTwice() {
    let scalar = Tensor(ints: [1])
    #expect(throws: DataError.self) {
      try Npz.encode([("a", scalar), ("a", scalar)], source: "x")
    }
  }

  /// The checksum covers the data; the header of an entry that nobody reads may change unnoticed.
  @Test(arguments: 1...4) func survivesDamage(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let files = [NumpyFixtures.npzStored, NumpyFixtures.npzDeflated]
    for turn in 0..<1500 {
      let bytes = Samples.damaged(files[turn % 2], &random)
      if let read = try? Npz.decode(bytes, source: "x") {
        #expect(read.allSatisfy { $0.tensor.count <= 6 }, "seed \(seed), turn \(turn)")
      }
      let npy = Samples.damaged(NumpyFixtures.fortran3, &random)
      if let read = try? Npy.decode(npy, source: "x") { #expect(read.count <= npy.count) }
    }
  }
}

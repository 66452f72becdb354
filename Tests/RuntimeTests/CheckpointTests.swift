// Checkpoints and safetensors: exact, sealed, strict about what they read, and never half written.

import Glibc
import Tensors
import TestSupport
import Testing

@testable import Runtime

@Suite struct CheckpointTests {
  static let sample = Checkpoint(
    tensors: [
      ("flag", Tensor(bools: [true])),
      ("heads.read[0].key.weight", Tensor([2, 2], reals: [1, -2, 0.1, .nan], precision: .single)),
      ("empty", Tensor([0, 4], reals: [], precision: .double)),
      ("step", Tensor(ints: [41])),
      ("β", Tensor([3], reals: [1e300, -0.0, 1 / 3], precision: .double)),
    ],
    metadata: [("step", "41"), ("note", "a \"quoted\" line\nand another")])

  static func bytes(_ checkpoint: Checkpoint, sealed: Bool = true) throws -> [UInt8] {
    try Safetensors(
      tensors: checkpoint.tensors.map { ($0.path, $0.tensor) },
      metadata: checkpoint.metadata
    ).encoded(source: "x", sealed: sealed)
  }

  static func read(_ bytes: [UInt8]) throws -> Safetensors {
    try Safetensors(decoding: bytes, source: "x")
  }

  @Test func roundTripsThroughAFile() throws {
    try Folders.withScratch { folder in
      let path = "\(folder)/copy.safetensors"
      try CheckpointTests.sample.save(to: path)
      let read = try Checkpoint.load(path)
      #expect(read.tensors.map(\.path) == CheckpointTests.sample.tensors.map(\.path))
      #expect(
        zip(read.tensors, CheckpointTests.sample.tensors).allSatisfy {
          Samples.same($0.tensor, $1.tensor)
        })
      #expect(read.metadata.map(\.name) == ["step", "note"])
      #expect(read.note("note") == "a \"quoted\" line\nand another")
      #expect(read["step"] == Tensor(ints: [41]))
      #expect(Folders.contents(folder) == ["copy.safetensors"])
      let problem = #expect(throws: DataError.self) {
        try Checkpoint.load(path, precision: .single)
      }
      #expect(problem?.kind == .beyondPrecision)
    }
  }

  @Test func goesToThePrecisionAskedFor() throws {
    try Folders.withScratch { folder in
      let path = "\(folder)/copy.safetensors"
      let numbers: [Double] = [1e30, -0.0, 1 / 3]
      let stored = Tensor([3], reals: numbers, precision: .double)
      try Checkpoint(tensors: [("β", stored)]).save(to: path)
      let single = try Checkpoint.load(path, precision: .single)
      #expect(single["β"] == Tensor([3], reals: numbers, precision: .single))
    }
  }

  @Test(arguments: [true, false]) func roundTripsEverySmallTensor(sealed: Bool) throws {
    let all = Checkpoint(
      tensors: Samples.tensors.enumerated().map { ("t\($0.offset)", $0.element) })
    let read = try CheckpointTests.read(CheckpointTests.bytes(all, sealed: sealed))
    #expect(read.tensors.map(\.name) == all.tensors.map(\.path))
    #expect(zip(read.tensors, all.tensors).allSatisfy { Samples.same($0.tensor, $1.tensor) })
    #expect(
      try CheckpointTests.read(CheckpointTests.bytes(Checkpoint(tensors: []))).tensors.isEmpty)
  }

  @Test func reportsEveryTruncationAndEveryFlippedBit() throws {
    let bytes = try CheckpointTests.bytes(CheckpointTests.sample)
    for length in 0..<bytes.count {
      #expect(throws: DataError.self) { try CheckpointTests.read(Array(bytes[..<length])) }
    }
    #expect(throws: DataError.self) { try CheckpointTests.read(bytes + [0]) }
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << UInt8(bit)
        #expect(throws: DataError.self, "byte \(place), bit \(bit)") {
          try CheckpointTests.read(damaged)
        }
      }
    }
  }

  @Test(arguments: 1...4) func survivesDamage(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let sealed = try CheckpointTests.bytes(CheckpointTests.sample)
    let plain = try CheckpointTests.bytes(CheckpointTests.sample, sealed: false)
    for turn in 0..<1500 {
      let damaged = Samples.damaged(sealed, &random)
      if damaged != sealed, let read = try? CheckpointTests.read(damaged) {
        // Accepted only where both entries of the seal are destroyed: then it looks like a file
        // from elsewhere, and its two notes that were the seal are shown.
        let names = read.metadata.map(\.name)
        #expect(
          names.count == 4 && !names.contains { $0.hasPrefix("ntmscript.crc32") }
            && !names.contains("ntmscript.checkpoint"), "seed \(seed), turn \(turn)")
      }
      _ = try? CheckpointTests.read(Samples.damaged(plain, &random))
    }
  }

  /// A file with that header and that many bytes of data.
  private func file(_ header: String, data: Int = 8, length: UInt64? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: length ?? UInt64(header.utf8.count))
    return bytes + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  @Test func readsAPlainFile() throws {
    let header =
      #"{"b":{"dtype":"I32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}  "#
    let read = try CheckpointTests.read(file(header))
    #expect(read.tensors.map(\.name) == ["b", "a"])
    #expect(read.tensors.map(\.tensor.shape) == [[1], []])
    #expect(try CheckpointTests.read(file("{}", data: 0)).tensors.isEmpty)
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}"#,
    #"{"a":{"dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[2]}}"#, #"{"a":[1]}"#, #"[]"#, "", " {}", "{",
    #"{"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
    #"{"__metadata__":[],"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
  ])
  func refusesWhatContradictsItself(_ header: String) {
    #expect(throws: DataError.self) { try CheckpointTests.read(file(header)) }
  }

  @Test func believesNoLyingLength() {
    for length in [UInt64.max, 1 << 63, 1 << 40, 100_000_001, 100_000_000, 3] {
      #expect(throws: DataError.self) { try CheckpointTests.read(file("{}", length: length)) }
    }
  }

  @Test func namesWhatItDoesNotRead() {
    for dtype in ["BF16", "F16", "F8_E4M3"] {
      let header = #"{"a":{"dtype":"\#(dtype)","shape":[4],"data_offsets":[0,8]}}"#
      let problem = #expect(throws: DataError.self) { try CheckpointTests.read(file(header)) }
      #expect(problem?.kind == .unsupported)
      #expect(
        problem?.description
          == "`x/a`: elements of type `\(dtype)` are not read; convert to F32 first")
    }
  }

  @Test func namesANewerVersion() throws {
    // A file of version 2 with a correct checksum.
    let text = String(decoding: try CheckpointTests.bytes(Checkpoint(tensors: [])), as: UTF8.self)
      .replacing("\"ntmscript.checkpoint\":\"1\"", with: "\"ntmscript.checkpoint\":\"2\"")
    let opening = "crc32\":\""
    let start = try #require(text.utf8.firstRange(of: opening.utf8)).upperBound
    var bytes = Array(text.utf8)
    let place = text.utf8.distance(from: text.utf8.startIndex, to: start)
    bytes.replaceSubrange(place..<(place + 8), with: Array("00000000".utf8))
    let digits = String(Deflate.checksum(bytes), radix: 16)
    let checksum = String(repeating: "0", count: 8 - digits.count) + digits
    bytes.replaceSubrange(place..<(place + 8), with: Array(checksum.utf8))
    let problem = #expect(throws: DataError.self) { try CheckpointTests.read(bytes) }
    #expect(problem?.kind == .unsupported)
    #expect(problem?.detail == "it is a checkpoint of version 2; this ntmscript reads 1")
    // The notes that carry the seal cannot be given by hand.
    let forged = Safetensors(tensors: [], metadata: [("ntmscript.crc32", "00000000")])
    #expect(throws: DataError.self) { try forged.encoded(source: "x") }
  }

  @Test func refusesNamesThatWouldNotReadBack() {
    let scalar = Tensor(ints: [1])
    for names in [["a", "a"], ["__metadata__"]] {
      #expect(throws: DataError.self) {
        try CheckpointTests.bytes(Checkpoint(tensors: names.map { ($0, scalar) }))
      }
    }
    #expect(throws: DataError.self) {
      try CheckpointTests.bytes(Checkpoint(tensors: [], metadata: [("a", ""), ("a", "")]))
    }
  }
}

@Suite(.serialized) struct CheckpointKillTests {
  private struct NoHelper: Error {}

  /// The helper that saves until it is killed lies beside the test program.
  private func helper() throws -> String {
    guard let real = realpath("/proc/self/exe", nil) else { throw NoHelper() }
    defer { free(real) }
    let own = String(cString: real)
    let candidates = [own, CommandLine.arguments[0]] + CommandLine.arguments
    for path in candidates {
      guard let slash = path.lastIndex(of: "/") else { continue }
      for folder in [String(path[..<slash]), "\(path[..<slash])/../../.."] {
        let helper = "\(folder)/checkpoint-hammer"
        if access(helper, X_OK) == 0 { return helper }
      }
    }
    throw NoHelper()
  }

  @Test func aKillLeavesACompleteVersion() throws {
    let helper = try helper()
    try Folders.withScratch { folder in
      let path = "\(folder)/state.safetensors"
      var random = SeededRandom(seed: 11)
      var version = 0
      var loads = 0
      for _ in 0..<200 {
        let words: [String] = [helper, path, "\(version + 1)"]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer {
          for argument in arguments { free(argument) }
        }
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        var process = pid_t()
        #expect(posix_spawn(&process, helper, &actions, nil, arguments + [nil], environ) == 0)
        posix_spawn_file_actions_destroy(&actions)
        close(ends[1])
        defer { close(ends[0]) }
        // However slow the machine is, the kill falls somewhere in one of the first three saves.
        for _ in 0...Int.random(in: 0...2, using: &random) {
          var byte: UInt8 = 0
          #expect(Glibc.read(ends[0], &byte, 1) == 1, "the helper ended by itself")
        }
        usleep(useconds_t(UInt32.random(in: 0..<5_000, using: &random)))
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        #expect(status & 0x7F == SIGKILL, "the helper ended by itself")

        if loads == 0 && access(path, F_OK) != 0 { continue }
        let read = try Checkpoint.load(path)
        loads += 1
        let found = try #require(read.note("version").flatMap { Int($0) })
        #expect(found >= version)
        version = found
        let size = 1 + found % 5 * 20_000
        #expect(
          read["a"]
            == Tensor(shape: [size], storage: .double(.init(repeating: Double(found), count: size)))
        )
        #expect(read["b"] == Tensor([3, 2], ints: [Int](repeating: found, count: 6)))
      }
      #expect(loads > 100 && version > 100)
      // What killed writers left is gone after the next save.
      try CheckpointTests.sample.save(to: path)
      #expect(Folders.contents(folder) == ["state.safetensors"])
    }
  }
}

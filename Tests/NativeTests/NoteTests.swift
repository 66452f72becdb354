// A note in the cache gives back what it was told, and counts for nothing once it is damaged or its
// library is gone.

import Glibc
import IR
import Ops
import Tensors
import Testing

@testable import Native

@Suite(.enabled(if: hasCompiler, "needs a compiler")) struct NoteTests {
  let scratch: Scratch
  let folder: String
  let toolchain: Toolchain
  let name: String

  init() throws {
    scratch = try Scratch()
    folder = "\(scratch.path)/cache"
    toolchain = try Toolchain.find(notesIn: nil)
    name = try #require(LibraryCache.noteName(of: ["a graph"], toolchain: toolchain))
  }

  private static func op(_ name: String) -> Op? { opTable[name] }

  /// Sums over an open length, with places and a literal that the host makes.
  private func source(shows: Bool = false) throws -> NativeSource {
    let builder = Builder(name: "noted")
    let length = Dim(DimSymbol("T", 3))
    let x = builder.input(TensorType(.real, [length, 4]))
    let key = builder.input(TensorType(.int))
    let shape: Attributes = ["shape": .shape([length, 4])]
    let drawn = builder.emit(random.randomUniform, key, attributes: shape)
    let sum = builder.emit(pointwise.add, x, drawn)
    if shows { _ = builder.emit(observation.print, [sum], ["label": .text("sum")]) }
    let scaled = builder.emit(pointwise.mul, sum, builder.real(0.1))
    return try NativeSource(
      builder.finish([scaled]), lane: nil, lanes: 1, bytes: toolchain.vectorBytes,
      precision: .single)
  }

  /// What a run leaves in the cache, and what it computes.
  private func run() throws -> [Tensor]? {
    let source = try source()
    let cache = LibraryCache(folder: folder)
    let library = try cache.library(source: source.text, toolchain: toolchain)
    cache.note(source.interface, of: library, named: name, op: Self.op)
    return try call(source.interface, library)
  }

  private func call(_ interface: NativeInterface, _ library: LoadedLibrary) throws -> [Tensor]? {
    let function = try #require(NativeFunction(interface, library, counters: [], threads: 1))
    var stop: Int32 = 0
    let x = Tensor([2, 4], reals: (0..<8).map { Double($0) / 7 }, precision: .single)
    return function.call([x, Tensor(ints: [5])], sizes: [:], stop: &stop)
  }

  /// What a new process finds.
  private func found() -> (interface: NativeInterface, library: LoadedLibrary)? {
    LibraryCache(folder: folder).noted(name, op: Self.op)
  }

  @Test func saysHowTheLibraryIsCalled() throws {
    let outputs = try run()
    let (interface, library) = try #require(found())
    #expect(try interface.text == source().interface.text)
    #expect(try call(interface, library) == outputs && outputs != nil)
    #expect(scratch.names("cache").count == 2)
  }

  @Test(arguments: ["empty", "short", "bit", "words"]) func isIgnoredOnceDamaged(
    _ damage: String
  ) throws {
    _ = try run()
    let path = "\(folder)/\(name).call"
    var bytes = try #require(DiskFile.read(path))
    switch damage {
    case "empty": bytes = []
    case "short": bytes.removeLast()
    case "bit": bytes[bytes.count / 2] ^= 4
    default:
      // Whole, from a program that has other words.
      let key = try #require(Seal.content(of: bytes)).prefix { $0 != UInt8(ascii: "\n") }
      bytes = key + Array("\nprecision [f32]\ninputs [complex[]]\n".utf8)
      bytes += Seal.of(bytes)
    }
    #expect(DiskFile.write(bytes, to: path) == nil)
    #expect(found() == nil)
    _ = try run()
    #expect(found() != nil)
  }

  @Test func isIgnoredOnceTheLibraryIsGoneOrDamaged() throws {
    _ = try run()
    let library = try #require(scratch.names("cache").first { $0.hasSuffix(".so") })
    // It is loaded, and is not damaged under its user: another file takes its place.
    unlink("\(folder)/\(library)")
    #expect(found() == nil)
    try scratch.write("no library", to: "cache/\(library)")
    #expect(found() == nil)
    _ = try run()
    #expect(found() != nil)
  }

  @Test func isClearedWithTheCache() throws {
    _ = try run()
    LibraryCache(folder: folder).clear()
    #expect(scratch.names("cache").isEmpty)
  }

  /// What is shown belongs to places of a text, which change where the graph does not.
  @Test func isNotMadeOfCodeThatShowsSomething() throws {
    let source = try source(shows: true)
    let cache = LibraryCache(folder: folder)
    let library = try cache.library(source: source.text, toolchain: toolchain)
    cache.note(source.interface, of: library, named: name, op: Self.op)
    #expect(scratch.names("cache").allSatisfy { $0.hasSuffix(".so") })
  }

  @Test func isNotMadeOfALibraryThatIsNotKept() throws {
    let source = try source()
    let library = try LibraryCache(folder: nil).library(source: source.text, toolchain: toolchain)
    DiskFile.makeFolder(folder)
    LibraryCache(folder: folder).note(source.interface, of: library, named: name, op: Self.op)
    #expect(scratch.names("cache").isEmpty)
  }

  @Test func namesKeepApartWhatDiffers() throws {
    let narrow = try Toolchain.find(environment(["NTM_VECTOR_BYTES": "16"]), notesIn: nil)
    func other(_ parts: [String], _ toolchain: Toolchain) -> String? {
      LibraryCache.noteName(of: parts, toolchain: toolchain)
    }
    #expect(name.count == 40 && other(["a graph"], toolchain) == name)
    #expect(other(["a", " graph"], toolchain) != name)
    #expect(
      (other(["a graph"], narrow) == name) == (narrow.vectorBytes == toolchain.vectorBytes))
  }
}

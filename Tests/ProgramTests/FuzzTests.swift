// Programs at random, through the whole pipeline: no text may trap or hang, and what is computed
// under a batch is what is computed alone.
//
// A trap ends the test process, so the program at hand is kept in a file whose name is printed; a
// crash that was found becomes a golden case.

import Glibc
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import Driver

@Suite struct FuzzTests {
  /// Runs a text as `run` does, for a second at most.
  /// - Returns: the exit code and what was printed.
  private func run(_ text: String, in folder: String, named name: String) throws -> (
    code: Int32, output: String, errors: String
  ) {
    let path = "\(folder)/\(name).ntm"
    try AtomicFile.write(text, to: path)
    let console = RecordingConsole()
    let interrupt = Interrupt()
    let alarm = Alarm(after: 1, interrupt)
    defer { alarm.stop() }
    // The interpreter defines the bits; compiled code may join the numbers of a sum in another
    // order.
    let code = Commands(console: console, interrupt: interrupt).run([path, "--interpret"])
    unlink(path)
    return (code, console.output, console.errors)
  }

  /// Programs that are well typed by construction check and run; each example under the batch has
  /// the bits that it has alone, its gradient as well.
  @Test(arguments: 0..<8)
  func theBatchComputesWhatEachExampleDoes(_ part: Int) throws {
    try Folders.withScratch { folder in
      for seed in (part * 5)..<((part + 1) * 5) {
        var expressions = Expressions(seed: UInt64(seed))
        let text = expressions.program()
        let found = try run(text, in: folder, named: "seed-\(seed)")
        #expect(found.code == 0, "seed \(seed)\n\(text)\n\(found.errors)")
        for line in found.output.split(separator: "\n") {
          let numbers = line.split(separator: " ")
          #expect(
            numbers.count == 4 && numbers[0] == numbers[1] && numbers[2] == numbers[3],
            "seed \(seed): \(line)\n\(text)")
        }
      }
    }
  }

  @Test(arguments: 0..<8)
  func changedProgramsNeverTrap(_ part: Int) throws {
    try Folders.withScratch { folder in
      print("fuzz: seed \(part), programs in \(folder)")
      var random = SeededRandom(seed: UInt64(part))
      var ran = 0
      for number in 0..<120 {
        let text = Mutation.change(Seeds.all, &random)
        let found = try run(text, in: folder, named: "\(part)-\(number)")
        #expect([0, 1, 2].contains(found.code), "\(text)")
        if found.code != 2 { ran += 1 }
        if found.code != 0 { #expect(!found.errors.isEmpty, "\(text)") }
      }
      #expect(ran > 12, "the changes leave enough programs that run")
    }
  }
}

/// Raises an interrupt after some time, from a thread of its own: those of the tests are all at work.
private final class Alarm: Sendable {
  private let isOver = Atomic<Bool>(false)

  init(after seconds: Double, _ interrupt: Interrupt) {
    var thread = pthread_t()
    let context = Context(alarm: self, steps: Int(seconds * 100), interrupt: interrupt)
    let pointer = Unmanaged.passRetained(context).toOpaque()
    pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        let context = Unmanaged<Context>.fromOpaque(pointer).takeRetainedValue()
        for _ in 0..<context.steps where !context.alarm.isOver.load(ordering: .relaxed) {
          usleep(10_000)
        }
        context.interrupt.raise()
        return nil
      }, pointer)
    pthread_detach(thread)
  }

  func stop() { isOver.store(true, ordering: .relaxed) }

  private final class Context {
    let alarm: Alarm
    let steps: Int
    let interrupt: Interrupt

    init(alarm: Alarm, steps: Int, interrupt: Interrupt) {
      (self.alarm, self.steps, self.interrupt) = (alarm, steps, interrupt)
    }
  }
}

enum Mutation {
  /// Sizes that are at the edge, or refused before anything is allocated.
  private static let numbers = [
    "0", "1", "2", "3", "-1", "7", "1.0", "0.0", "-2.5", "1e30", "1e-40", "10_000_000_000",
    "9223372036854775807",
  ]
  private static let pieces = [
    "sum", "mean", "max", "N", "M", "T", "+", "-", "*", "/", "%", "@", "++", "..", "if", "else",
    "for",
    "x", "m", "w", "[0]", "[1]", "(", "with", "grad", "stop", "softmax", "zeros[N]", "[N]",
    "[N, M]",
    "[]", "{", "}", ":", "real", "int", "bool", "simplex", "as",
  ]

  static func change(_ seeds: [String], _ random: inout SeededRandom) -> String {
    var words = self.words(seeds[Int.random(in: seeds.indices, using: &random)])
    for _ in 0..<[1, 1, 2][Int.random(in: 0..<3, using: &random)] {
      let places = words.indices.filter { words[$0].first?.isWhitespace == false }
      guard let place = places.randomElement(using: &random),
        let other = places.randomElement(using: &random)
      else { break }
      switch Int.random(in: 0..<9, using: &random) {
      case 0...3:
        let figures = places.filter { words[$0].first?.isNumber == true }
        if let figure = figures.randomElement(using: &random) {
          words[figure] = numbers.randomElement(using: &random) ?? "0"
        }
      case 4: words[place] = words[other]
      case 5: words[place] = pieces.randomElement(using: &random) ?? "x"
      case 6: words.remove(at: place)
      case 7: words.insert((pieces.randomElement(using: &random) ?? "x") + " ", at: place)
      default: words.swapAt(place, other)
      }
    }
    return words.joined()
  }

  /// Names and numbers whole, everything else by the character.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    for character in text {
      let joins = character.isLetter || character.isNumber || character == "_"
      if joins, let last = words.last?.last, last.isLetter || last.isNumber || last == "_" {
        words[words.count - 1].append(character)
      } else {
        words.append(String(character))
      }
    }
    return words
  }
}

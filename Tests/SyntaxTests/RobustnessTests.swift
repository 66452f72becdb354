// No text, however broken, makes the lexer, the parser or the formatter trap or lose a byte.

import Diagnostics
import Syntax
import Testing

/// A small generator with a seed, so that a failure can be repeated.
struct Randomness: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// What is wrong with how a text is handled, if anything.
func fault(_ bytes: [UInt8]) -> String? {
  let source = SourceID(0)
  let tokenized = tokenize(bytes, source: source)
  var offset = 0
  for token in tokenized.tokens {
    for piece in tokenized.trivia[token.trivia] {
      guard piece.span.start == offset else { return "a gap before trivia at \(offset)" }
      offset = piece.span.end
    }
    guard token.span.start == offset else { return "a gap before a token at \(offset)" }
    offset = token.span.end
  }
  guard offset == bytes.count else { return "the end is missing" }

  let text = String(decoding: bytes, as: UTF8.self)
  let (program, diagnostics) = parse(file(text))
  let length = text.utf8.count
  for diagnostic in diagnostics {
    guard let span = diagnostic.primary?.span else { return "a report without a place" }
    guard span.start >= 0, span.end <= length else { return "a span outside the text" }
  }
  if !diagnostics.isEmpty { return nil }
  let before = program.outline
  if before.contains("<missing>") { return "a missing part without a report" }
  guard case .success(let once) = format(file(text)) else { return "not formatted" }
  guard case .success(let twice) = format(file(once)) else { return "formatted into mistakes" }
  if once != twice { return "not idempotent" }
  if essence(once) != essence(text) { return "tokens or comments changed" }
  if parse(file(once)).program.outline != before { return "the meaning changed" }
  return nil
}

@Suite struct RobustnessTests {
  @Test(arguments: allPrograms.indices)
  func everyPrefixParses(_ index: Int) {
    let bytes = Array(allPrograms[index].utf8)
    for length in 0...bytes.count {
      let (program, diagnostics) = parse(
        file(String(decoding: bytes[..<length], as: UTF8.self)))
      _ = program.outline
      if length == bytes.count { #expect(diagnostics.isEmpty) }
    }
  }

  @Test(arguments: allPrograms.indices)
  func everyProgramWithoutOneTokenIsHandled(_ index: Int) {
    let bytes = Array(allPrograms[index].utf8)
    for token in tokenize(bytes, source: SourceID(0)).tokens {
      let shortened = Array(bytes[..<token.span.start] + bytes[token.span.end...])
      #expect(fault(shortened) == nil, "without \(token.span.start)..<\(token.span.end)")
    }
  }

  @Test func parsingTakesLinearTime() {
    func time(_ copies: Int) -> Duration {
      let source = file(String(repeating: copyProgram, count: copies))
      // The least of several runs: other work on the machine only ever adds.
      let runs = (0..<5).map { _ in ContinuousClock().measure { _ = parse(source) } }
      return runs.min() ?? .zero
    }
    let small = time(10)
    let large = time(80)
    // Eight times the text; a quadratic parser would take sixty-four times as long.
    #expect(large < small * 24)
  }

  /// A hundred thousand small texts: pieces of programs with damage, loose tokens, bare bytes.
  @Test(arguments: [0, 1, 2, 3])
  func randomTextsAreHandled(_ lane: Int) {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed of lane \(lane): \(seed)")
    var random = Randomness(state: seed)
    let corpus = allPrograms.map { Array($0.utf8) }
    let spellings =
      TokenKind.allCases.filter(\.hasOneSpelling).map(\.rawValue)
      + [
        "x", "N", "dim", "config", "test", "state", "emits", "via", "max", "real", "simplex",
        "derivative", "batch", "einsum", "1", "2.5", "\"s\"", "\n", "\n", "\n", "// c\n", "/// d\n",
      ]
    var sound = 0
    for round in 0..<25_000 {
      var bytes: [UInt8]
      switch random.below(8) {
      case 0: bytes = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      case 1, 2:
        let words = (0..<random.below(16)).map { _ in spellings[random.below(spellings.count)] }
        bytes = Array(words.joined(separator: " ").utf8)
      default:
        let program = corpus[random.below(corpus.count)]
        var start = random.below(program.count)
        // Mostly whole lines, so that many of the texts are sound and reach the formatter.
        if random.below(4) > 0 { while start > 0, program[start - 1] != 0x0A { start -= 1 } }
        var end = min(start + 1 + random.below(160), program.count)
        if random.below(4) > 0 { while end < program.count, program[end - 1] != 0x0A { end += 1 } }
        bytes = Array(program[start..<end])
        for _ in 0..<random.below(3) { damage(&bytes, spellings, &random) }
      }
      if let fault = fault(bytes) {
        let shown = String(decoding: bytes, as: UTF8.self).debugDescription
        Issue.record("\(fault): \(shown), round \(round), seed \(seed)")
        return
      }
      if parse(file(String(decoding: bytes, as: UTF8.self))).diagnostics.isEmpty { sound += 1 }
    }
    // A test of the formatter only if enough of the texts are whole.
    #expect(sound > 2_500)
  }

  private func damage(_ bytes: inout [UInt8], _ spellings: [String], _ random: inout Randomness) {
    let place = random.below(bytes.count + 1)
    let other = min(place + random.below(6), bytes.count)
    switch random.below(6) {
    case 0: bytes.removeSubrange(place..<other)
    case 1: bytes.insert(contentsOf: bytes[place..<other], at: place)
    case 2:
      let word = " \(spellings[random.below(spellings.count)]) "
      bytes.insert(contentsOf: word.utf8, at: place)
    case 3: bytes.insert(0x0A, at: place)
    case 4: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
    default: bytes.insert(0x20, at: place)
    }
  }
}

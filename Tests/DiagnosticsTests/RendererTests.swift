// The exact text of reports.

import Diagnostics
import Testing

private let code = Code("dim-mismatch", "two dims that differ", "…")

private struct Sample {
  let files: [SourceFile]

  init(_ texts: (name: String, text: String, firstLine: Int)...) {
    files = texts.enumerated().map { index, entry in
      SourceFile(
        id: SourceID(index), name: entry.name, text: entry.text, firstLine: entry.firstLine)
    }
  }

  func lookup(_ id: SourceID) -> SourceFile? {
    files.indices.contains(id.number) ? files[id.number] : nil
  }

  func render(_ diagnostic: Diagnostic, isColoured: Bool = false) -> String {
    Renderer(isColoured: isColoured, source: lookup).render(diagnostic)
  }

  /// The span of the `occurrence`th `needle`.
  func span(_ needle: String, _ occurrence: Int = 1, in file: Int = 0) -> Span {
    let bytes = files[file].utf8
    let wanted = Array(needle.utf8)
    var seen = 0
    for start in 0...max(0, bytes.count - wanted.count)
    where bytes[start..<(start + wanted.count)].elementsEqual(wanted) {
      seen += 1
      if seen == occurrence { return Span(SourceID(file), start, start + wanted.count) }
    }
    return Span(SourceID(file), 0, 0)
  }
}

@Suite struct RendererTests {
  @Test func theSessionOfTheLanguage() {
    let sample = Sample(("repl", "content(mem, key, 5.0)\n", 5))
    let report = Diagnostic(
      code, "`key` has dim N where `content` needs dim M",
      at: Label(sample.span("key"), "this is [N], 128 numbers"),
      secondary: [
        Label(sample.span("mem"), "this is [N, M], so a key is one row wide: [M], 20 numbers")
      ],
      notes: ["`key` was made at repl:4 by `rng.normal[N]`"], help: ["`rng.normal[M]`"])
    #expect(
      sample.render(report) == """
        error[dim-mismatch]: `key` has dim N where `content` needs dim M
         --> repl:5:14
        5 | content(mem, key, 5.0)
          |         ---  ^^^ this is [N], 128 numbers
          |         this is [N, M], so a key is one row wide: [M], 20 numbers
          = note: `key` was made at repl:4 by `rng.normal[N]`
          = help: `rng.normal[M]`

        """)
  }

  @Test func thePrimaryBetweenTwoOthers() {
    let sample = Sample(("train.ntm", "  let read = weights @ memory\n", 12))
    let report = Diagnostic(
      code, "`@` needs matching inner sizes", at: Label(sample.span("@"), ""),
      secondary: [
        Label(sample.span("weights"), "[slots, heads]"),
        Label(sample.span("memory"), "[slots, width]"),
      ])
    #expect(
      sample.render(report) == """
        error[dim-mismatch]: `@` needs matching inner sizes
          --> train.ntm:12:22
        12 |   let read = weights @ memory
           |              ------- ^ ------ [slots, width]
           |              [slots, heads]

        """)
  }

  @Test func severalLabelsOnALineAndOnOthers() {
    let sample = Sample(("a.ntm", "let one = 1\nlet two = f(one, b, c)\n\n\nlet x = two\n", 8))
    let report = Diagnostic(
      code, "many", at: Label(sample.span("c)"), "third"),
      secondary: [
        Label(sample.span("one,"), "first"), Label(sample.span("b,"), "second"),
        Label(sample.span("one"), "made here"), Label(sample.span("x"), "used here"),
      ],
      severity: .warning)
    #expect(
      sample.render(report) == """
        warning[dim-mismatch]: many
          --> a.ntm:9:21
         8 | let one = 1
           |     --- made here
         9 | let two = f(one, b, c)
           |             ---- -- ^^ third
           |             |    second
           |             first
        ...
        12 | let x = two
           |     - used here

        """)
  }

  @Test func aPlaceInAnotherTextFollows() {
    let sample = Sample(("a.ntm", "f(x)", 1), ("ntm/b.ntm", "fn f(y: [M]) = y", 1))
    let report = Diagnostic(
      code, "differs", at: Label(sample.span("x"), "[N]"),
      secondary: [Label(sample.span("y", in: 1), "wants [M]")])
    #expect(
      sample.render(report) == """
        error[dim-mismatch]: differs
         --> a.ntm:1:3
        1 | f(x)
          |   ^ [N]
         ::: ntm/b.ntm:1:6
        1 | fn f(y: [M]) = y
          |      - wants [M]

        """)
  }

  @Test func columnsAreThoseOfTheDisplay() {
    let sample = Sample(("a.ntm", "\tlet β = \"記憶\" + key\u{1B}[31m", 1))
    #expect(
      sample.render(Diagnostic(code, "m", at: Label(sample.span("key"), "here"))) == """
        error[dim-mismatch]: m
         --> a.ntm:1:17
        1 |     let β = "記憶" + key\u{FFFD}[31m
          |                      ^^^ here

        """)
  }

  @Test(arguments: [
    ("let x =", 7, 7, "1 | let x =\n  |        ^ here"), ("", 0, 0, "1 |\n  | ^ here"),
    ("a\n", 2, 2, "2 |\n  | ^ here"), ("f(a,\n  b)\n", 1, 9, "1 | f(a,\n  |  ^^^ here"),
    ("ab", 1, 99, "1 | ab\n  |  ^ here"), ("ab", 50, 60, "1 | ab\n  |   ^ here"),
    ("a\r\nb", 1, 1, "1 | a\n  |  ^ here"),
  ])
  func spansAtTheEdges(_ text: String, _ start: Int, _ end: Int, _ expected: String) {
    let sample = Sample(("a", text, 1))
    let shown = sample.render(
      Diagnostic(code, "m", at: Label(Span(SourceID(0), start, end), "here")))
    let lines = shown.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.dropFirst(2).dropLast().joined(separator: "\n") == expected)
  }

  @Test func aVeryLongLineIsCutAroundThePlace() {
    let filler = String(repeating: "x", count: 300)
    let sample = Sample(("a", filler + "key" + filler, 1))
    let shown = sample.render(Diagnostic(code, "m", at: Label(sample.span("key"), "here")))
    let lines = shown.split(separator: "\n")
    let part = String(repeating: "x", count: 80)
    #expect(lines[2] == "1 | …\(part)key\(part.dropLast(3))…")
    #expect(lines[3] == "  | " + String(repeating: " ", count: 81) + "^^^ here")
  }

  /// Marks that reorder text are shown, so that a report never shows other code than is compiled.
  @Test(arguments: ["\u{061C}", "\u{200F}", "\u{202E}", "\u{2066}"])
  func marksThatReorderTextAreShown(_ mark: String) {
    let sample = Sample(("a.ntm", "let key = 1 \(mark)+ 2", 1))
    let shown = sample.render(Diagnostic(code, "m", at: Label(sample.span("key"), "here")))
    #expect(shown.contains("1 | let key = 1 \u{FFFD}+ 2"))
  }

  @Test func editsReplaceWhatTheyName() {
    let file = SourceFile(id: SourceID(0), name: "a", text: "a + β")
    func edit(_ start: Int, _ end: Int, _ text: String, in source: Int = 0) -> Edit {
      Edit(Span(SourceID(source), start, end), text)
    }
    #expect(file.text(with: [edit(4, 6, "b"), edit(0, 1, "x")]) == "x + b")
    #expect(file.text(with: [edit(1, 1, "("), edit(0, 0, "f")]) == "fa( + β")
    #expect(file.text(with: [edit(0, 3, "b"), edit(2, 4, "x")]) == "a xβ")
    #expect(file.text(with: [edit(0, 99, "b"), edit(0, 1, "b", in: 1)]) == "a + β")
    #expect(file.text(with: [edit(0, 1, "b"), edit(2, 3, "-")], upTo: 2) == "b ")
  }

  @Test func withoutASource() {
    let sample = Sample()
    #expect(
      sample.render(Diagnostic(code, "a\nb", at: nil, notes: ["one\ntwo"]))
        == "error[dim-mismatch]: a b\n  = note: one\n          two\n")
    let lost = Diagnostic(code, "m", at: Label(Span(SourceID(9), 0, 1), "x"))
    #expect(sample.render(lost) == "error[dim-mismatch]: m\n")
  }

  @Test func aFixIsHelpUnlessItIsSaidAlready() {
    let sample = Sample(("a", "x", 1))
    let span = sample.span("x")
    let fix = Fix("write `y`", [Edit(span, "y")])
    #expect(
      sample.render(Diagnostic(code, "m", at: Label(span, ""), fix: fix))
        .hasSuffix("\n  = help: write `y`\n"))
    #expect(
      sample.render(Diagnostic(code, "m", at: Label(span, "write `y`"), fix: fix))
        .hasSuffix("  | ^ write `y`\n"))
  }

  @Test func colourChangesNothingElse() {
    let sample = Sample(("a", "f(x, y)", 1))
    let report = Diagnostic(
      code, "m", at: Label(sample.span("x"), "one"), secondary: [Label(sample.span("y"), "two")],
      notes: ["n"])
    let coloured = sample.render(report, isColoured: true)
    #expect(coloured.hasPrefix("\u{1B}[1;31merror[dim-mismatch]\u{1B}[0m"))
    var plain = ""
    var isInside = false
    for character in coloured {
      if character == "\u{1B}" { isInside = true }
      if !isInside { plain.append(character) }
      if character == "m", isInside { isInside = false }
    }
    #expect(plain == sample.render(report))
  }

  @Test func json() {
    let sample = Sample(("a \"b\".ntm", "let x = 1\nlet β = 2\n", 1))
    let span = sample.span("β")
    let report = Diagnostic(
      code, "a\tb", at: Label(span, "here"), notes: ["n"], fix: Fix("t", [Edit(span, "b")]))
    #expect(
      JSONRenderer(source: sample.lookup).render(report)
        == #"{"severity":"error","code":"dim-mismatch","message":"a\tb","file":"a \"b\".ntm","#
        + #""line":2,"column":5,"endLine":2,"endColumn":6,"labels":[{"file":"#
        + #""a \"b\".ntm","line":2,"column":5,"endLine":2,"endColumn":6,"text":"here"}],"#
        + #""notes":["n"],"help":[],"fix":{"title":"t","edits":[{"file":"a \"b\".ntm","#
        + #""start":14,"end":16,"replacement":"b"}]}}"#)
  }
}

@Suite struct SuggestionTests {
  @Test(arguments: [
    ("sofmax", ["softmax"]), ("softmaxx", ["softmax"]), ("cotnent", ["content"]), ("x", []),
    ("ney", ["key"]), ("CONTENT", ["content"]), ("zzzzz", []), ("", []), ("key", []),
  ])
  func nearest(_ name: String, _ expected: [String]) {
    let known = ["softmax", "content", "key", "y", "mean", "max"]
    #expect(Suggestion.nearest(to: name, among: known) == expected)
  }

  @Test func distanceCountsSwapsOnce() {
    func distance(_ a: String, _ b: String) -> Int? {
      Suggestion.distance(Array(a.unicodeScalars), Array(b.unicodeScalars), atMost: 3)
    }
    #expect(distance("abcd", "abdc") == 1)
    #expect(distance("kitten", "sitting") == 3)
    #expect(distance("", "abc") == 3)
    #expect(distance("abc", "abc") == 0)
    #expect(distance("abcdef", "uvwxyz") == nil)
  }
}

@Suite struct BagTests {
  @Test func sortsByPlaceAndDropsRepetitions() {
    var bag = DiagnosticBag()
    let late = Diagnostic(code, "late", at: Label(Span(SourceID(0), 5, 6), ""))
    let early = Diagnostic(
      code, "early", at: Label(Span(SourceID(0), 1, 2), ""), severity: .warning)
    bag.add(contentsOf: [late, early, late])
    bag.add(Diagnostic(code, "nowhere", at: nil))
    #expect(bag.sorted.map(\.message) == ["nowhere", "early", "late"])
    #expect(bag.hasErrors)
  }
}

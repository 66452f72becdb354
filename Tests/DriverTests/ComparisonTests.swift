// What a comparison makes of its words, and of the events of its runs.

import Runtime
import TestSupport
import Testing

@testable import Driver

@Suite struct ComparisonTests {
  @Test func commasSeparateValuesOutsideOfBrackets() {
    #expect(
      ComparisonRequest.separated("LocationHead, leap.LeapHead") == [
        "LocationHead", "leap.LeapHead",
      ])
    #expect(ComparisonRequest.separated("[1, 2],[3]") == ["[1, 2]", "[3]"])
    #expect(ComparisonRequest.separated("\"a,b\",c") == ["\"a,b\"", "c"])
    #expect(ComparisonRequest.separated("1,1,,2") == ["1", "2"])
  }

  @Test func seedsAreARangeOrAList() throws {
    #expect(try ComparisonRequest.seeds("1..3") == ["1", "2", "3"])
    #expect(try ComparisonRequest.seeds("7,1..2") == ["7", "1", "2"])
    for wrong in ["3..1", "1...3", "x", "1.5", "1..9223372036854775807"] {
      #expect(throws: RunRequest.Problem.self) { try ComparisonRequest.seeds(wrong) }
    }
  }

  @Test func flagsOfOneRunAloneAreRefused() {
    for words in [
      ["--resume", "x"], ["--plan"], ["--threads", "2"], ["--jobs", "0"], ["--seeds"],
    ] {
      #expect(throws: RunRequest.Problem.self) {
        try ComparisonRequest(parsing: ["copy.ntm"] + words)
      }
    }
  }

  @Test func theProductOfAllValuesIsRun() {
    let rows = Comparison.product([["1", "2"], ["x"], ["3", "4"]])
    #expect(rows.map { $0.joined() } == ["1x3", "1x4", "2x3", "2x4"])
  }

  @Test func flagsBetweenCommasHaveOneValue() throws {
    func choices(_ words: String...) throws -> [String] {
      try ComparisonRequest(parsing: ["copy.ntm"] + words).choices.map {
        "\($0.names.joined(separator: " ")): \($0.values.joined(separator: " "))"
      }
    }
    #expect(try choices("--read,--write", "A,b.B", "--lr=1,2") == ["read write: A b.B", "lr: 1 2"])
    #expect(try choices("--read,--write=A", "--read,--write", "B") == ["read write: B"])
    for wrong in [
      ["--read,write", "A"], ["--read,", "A"], ["--read,--read", "A"], ["--lr,--seed", "1"],
      ["--read", "A", "--read,--write", "A"], ["--read,--write", "A", "--write", "B"],
    ] {
      #expect(throws: RunRequest.Problem.self, "\(wrong)") {
        try ComparisonRequest(parsing: ["copy.ntm"] + wrong)
      }
    }
  }

  @Test func quartilesLieBetweenNeighbours() throws {
    let found = try #require(Quartiles([4, 1, 3, 2]))
    #expect((found.low, found.median, found.high) == (1.75, 2.5, 3.25))
    let one = try #require(Quartiles([5]))
    #expect(one.text() == "5.00")
    #expect(Quartiles([]) == nil)
    // What is not a number is the worst there is.
    let bad = try #require(Quartiles([.nan, 1, .nan]))
    #expect(bad.low.isNaN && bad.median.isNaN)
    let mixed = try #require(Quartiles([.nan, 1, 2]))
    #expect(mixed.median == 2 && mixed.low == 1.5)
  }

  @Test func eventsBecomeFigures() {
    var events = RunEvents()
    for line in [
      #"{"event":"log","step":1,"bits":3.0}"#, #"{"event":"log","step":2,"bits":1.0}"#,
      #"{"event":"report","name":"wrong","length":10,"ntm":0.5}"#,
      #"{"event":"report","name":"wrong","length":20,"ntm":null}"#,
      #"{"event":"report","name":"score","score":0.25}"#, #"{"event":"parameters","m":12}"#,
      #"{"event":"flops","m":2.5e6}"#,
    ] { events.take(line) }
    var record = Self.record()
    events.fill(&record, ending: nil)
    #expect(
      record.figures.map(\.name) == [
        "bits", "wrong.ntm[length 10]", "wrong.ntm[length 20]", "score",
      ])
    #expect(record.figures[0].value == 1 && record.figures[1].value == 0.5)
    #expect(record.figures[2].value.isNaN)
    #expect(record.curves[0].points.map(\.y) == [3, 1])
    #expect(record.tables.map(\.name) == ["wrong.ntm over length"])
    #expect(record.parameters.map(\.count) == [12])
    #expect(record.flops.map(\.value) == [2.5e6])
    #expect(record.failure == nil)
  }

  @Test func aReportTakesThePlaceOfALogOfItsName() {
    var events = RunEvents()
    events.take(#"{"event":"log","step":1,"bits":3.0,"len":2}"#)
    events.take(#"{"event":"report","name":"bits","bits":0.25}"#)
    var record = Self.record()
    events.fill(&record, ending: nil)
    #expect(record.figures.map(\.name) == ["len", "bits"])
    #expect(record.figures.map(\.value) == [2, 0.25])
  }

  @Test func aRunThatFailedSaysWhy() {
    var reported = RunEvents()
    reported.take(
      #"{"event":"error","code":"not-finite","message":"it is NaN","file":"a.ntm","line":3}"#)
    var record = Self.record()
    reported.fill(&record, ending: "it ended with code 1")
    #expect(record.failure == "not-finite: it is NaN (a.ntm:3)")
    var crashed = RunEvents()
    crashed.take("Killed by something")
    crashed.fill(&record, ending: "it was ended by signal 9")
    #expect(record.failure == "it was ended by signal 9: Killed by something")
  }

  @Test func recordsReadBack() throws {
    try Folders.withScratch { folder in
      var record = Self.record()
      record.figures = [("bits", 0.1), ("bad", .nan)]
      record.curves = [.init(name: "bits", points: [(x: 1, y: 2.5)])]
      record.flops = [("m", 1234.5)]
      record.failure = "a \"reason\""
      var store = try RunStore(path: "\(folder)/results.jsonl")
      try store.add(record)
      record.seconds = 2
      try store.add(record)
      let again = try RunStore(path: "\(folder)/results.jsonl")
      #expect(again.records["k"]?.json.text == record.json.text)
      try AtomicFile.write("not one\n", to: "\(folder)/results.jsonl")
      #expect(throws: RunStore.Problem.self) { try RunStore(path: "\(folder)/results.jsonl") }
    }
  }

  /// Files from before FLOPs were counted.
  @Test func aRecordWithoutFlopsIsRead() throws {
    var record = Self.record()
    record.flops = [("m", 5)]
    let members = try #require(record.json.members).filter { $0.name != "flops" }
    let old = try #require(RunRecord(.object(members)))
    #expect(old.key == "k" && old.flops.isEmpty)
  }

  @Test func longCurvesAreMeansOfParts() {
    let points = (0..<1000).map { (x: Double($0), y: Double($0 % 5)) }
    let thinned = RunEvents.thinned(.init(name: "c", points: points))
    #expect(thinned.points.count == RunEvents.points)
    #expect(thinned.points.allSatisfy { $0.y == 2 })
    #expect(thinned.points.last?.x == 999)
  }

  @Test func aListHasFiveColumns() throws {
    let list = try ResultsList(
      "# note\n\nNTM | copy | a[length 20], b | p | ntm/copy.ntm --seeds 1..2\n", path: "x/r.list")
    #expect(list.rows[0].words == ["x/ntm/copy.ntm", "--seeds", "1..2"])
    #expect(list.rows[0].figures == ["a[length 20]", "b"])
    #expect(list.rows[0].model == "p")
    #expect(throws: ResultsList.Problem.self) { try ResultsList("a | b\n", path: "r.list") }
  }

  private static func record() -> RunRecord {
    RunRecord(
      Comparison.Run(
        key: "k", program: "copy.ntm", settings: [("seed", "1")], label: "seed 1", arguments: []))
  }
}

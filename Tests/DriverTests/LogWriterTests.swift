import Runtime
import Tensors
import Testing

@testable import Driver

@Suite struct LogWriterTests {
  private func record(_ step: Int, _ bits: Double) -> LogRecord {
    LogRecord(
      step: .init(name: "step", value: .int(step)),
      figures: [.init(name: "bits", value: .real(bits))])
  }

  @Test func aPipeGetsTheFirstTheLastAndRoundNumbersBetween() {
    let console = RecordingConsole()
    let log = LogWriter(console: console, usesJson: false, name: "copy")
    log.beginLoop(total: 45)
    for step in 1...45 { log.log(record(step, 0.5)) }
    log.finish()
    let steps = console.output.split(separator: "\n").map { $0.split(separator: " ")[1] }
    #expect(steps.first == "1" && steps.last == "45")
    #expect(steps.dropFirst().dropLast().allSatisfy { Int($0).map { $0 % 5 == 0 } ?? false })
    #expect(console.errors.isEmpty)
  }

  @Test func jsonIsAnObjectALine() {
    let console = RecordingConsole()
    let log = LogWriter(console: console, usesJson: true, name: "copy")
    log.beginLoop(total: 3)
    for step in 1...3 { log.log(record(step, 21.5)) }
    log.finish()
    #expect(
      console.output == """
        {"event":"log","step":1,"bits":21.5}
        {"event":"log","step":2,"bits":21.5}
        {"event":"log","step":3,"bits":21.5}

        """)
  }

  @Test func aFigureIsShownAsWhatItIs() {
    let record = LogRecord(
      step: .init(name: "step", value: .int(1)),
      figures: [
        .init(name: "most", value: ShownNumber(Tensor(ints: [Int.max]))),
        .init(name: "solved", value: ShownNumber(Tensor(bools: [true]))),
        .init(name: "rate", value: ShownNumber(Tensor(reals: [0.1], precision: .single))),
      ])
    #expect(record.line == "step 1  most 9,223,372,036,854,775,807  solved true  rate 0.10")
    #expect(
      record.json.text
        == #"{"event":"log","step":1,"most":9223372036854775807,"solved":true,"rate":0.1}"#)
  }

  @Test func aReportIsARowALength() {
    let rows = ReportWriter.json(
      name: "generalise",
      [
        ("length", Tensor([2], ints: [10, 20])),
        ("bit_errors", Tensor([2], reals: [0, 0.1], precision: .single)),
      ])
    #expect(
      rows.map(\.text) == [
        #"{"event":"report","name":"generalise","length":10,"bit_errors":0.0}"#,
        #"{"event":"report","name":"generalise","length":20,"bit_errors":0.1}"#,
      ])
  }
}

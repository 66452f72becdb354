// Tables: every form of text, places of problems, exact round trips.

import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct CsvTests {
  private func read(_ text: String, _ header: Csv.Header = .automatic) throws -> Csv {
    try Csv.decode(Array(text.utf8), source: "a.csv", precision: .double, header: header)
  }

  private func values(_ rows: [[Double]]) -> Tensor {
    Tensor([rows.count, rows.first?.count ?? 0], reals: Array(rows.joined()), precision: .double)
  }

  @Test(arguments: [
    "1,2\n3,4\n", "1,2\n3,4", "1,2\r\n3,4\r\n", "\u{FEFF}1,2\n3,4", "\n1 , 2\n\n\t3,4 \n\n",
    "\"1\",\"2\"\n3,4", "1e0,2.0\n+3,.4e1\n",
  ])
  func readsEveryForm(_ text: String) throws {
    let table = try read(text)
    #expect(table.columns == nil)
    #expect(table.values == values([[1, 2], [3, 4]]))
  }

  @Test func readsHeaders() throws {
    let table = try read("step,\"a, \"\"b\"\"\nc\"\n1,2\n")
    #expect(table.columns == ["step", "a, \"b\"\nc"])
    #expect(table.values == values([[1, 2]]))
    #expect(try read("1,2\n3,4", .present).columns == ["1", "2"])
    #expect(try read("a,b\n").values.shape == [0, 2])
    #expect(try read("year,\"2020\"\n1,2\n").columns == ["year", "2020"])
    #expect(try read("").values.shape == [0, 0])
  }

  @Test func readsWhatIsNotFinite() throws {
    let table = try read("nan,inf,-inf,NaN,Inf\n").values.doubles
    #expect(table[0].isNaN && table[3].isNaN)
    #expect(table[1] == .infinity && table[2] == -.infinity && table[4] == .infinity)
  }

  @Test func reportsNumbersBeyondThePrecision() throws {
    let table = Array("1,inf\n2,-1e300\n".utf8)
    let problem = #expect(throws: DataError.self) {
      try Csv.decode(table, source: "a.csv", precision: .single)
    }
    #expect(problem?.kind == .beyondPrecision)
    #expect(problem?.position == DataError.Position(line: 2, column: 3))
    #expect(try Csv.decode(table, source: "a.csv", precision: .double).values.doubles[3] == -1e300)
    #expect(throws: DataError.self) {
      try Csv.decode(Array("1e400\n".utf8), source: "a.csv", precision: .double)
    }
  }

  @Test(arguments: [
    ("1,2\n3,x\n", 2, 3, "a number is expected, and `x` found"),
    // A first row with a number is one of numbers, and never dropped.
    ("1,x\n3,4\n", 1, 3, "a number is expected, and `x` found"),
    ("0x10,1_000\n1,2\n", 1, 1, "a number is expected, and `0x10` found"),
    ("1;2\n3;4\n", 1, 1, "a number is expected, and `1;2` found"),
    ("nan,x\n", 1, 5, "a number is expected, and `x` found"),
    ("1,2\n3,\n", 2, 3, "a number is expected, and the field is empty"),
    ("1,2\n3\n", 2, 2, "this row has 1 column, and the first has 2"),
    ("1,2\n3,4,5\n", 2, 5, "this row has 3 columns, and the first has 2"),
    ("1,2\n\n\"3,4\n", 3, 1, "the quoted field does not end"),
    ("1,\"2\"x\n", 1, 6, "text follows the closing quote of a field"),
    ("a,b\n1,0x10\n", 2, 3, "a number is expected, and `0x10` found"),
    ("a\n\"1\n2\"\n", 2, 1, "a number is expected, and `1\n2` found"),
  ])
  func namesThePlace(_ text: String, line: Int, column: Int, detail: String) {
    let problem = #expect(throws: DataError.self) { try read(text) }
    #expect(problem?.position == .init(line: line, column: column))
    #expect(problem?.detail == detail)
    #expect(problem?.description == "`a.csv:\(line):\(column)`: \(detail)")
  }

  @Test func refusesWhatIsNotUtf8() {
    #expect(throws: DataError.self) {
      try Csv.decode([0x31, 0xFF], source: "x", precision: .single)
    }
  }

  @Test func roundTripsEverySmallTable() throws {
    for tensor in Samples.tensors where tensor.rank <= 2 {
      guard tensor.dtype == .real, !tensor.shape.contains(0) else { continue }
      let precision: Precision = if case .single = tensor.storage { .single } else { .double }
      let text = try Csv.encode(tensor, source: "x")
      let table = try Csv.decode(Array(text.utf8), source: "x", precision: precision)
      let shape = tensor.rank == 2 ? tensor.shape : [tensor.count, 1]
      #expect(Samples.same(table.values, tensor.reshaped(shape)), "\(text)")
    }
    let names = ["a", "1", "x,y", "\"", " b", ""]
    let row = Tensor([1, 6], ints: [1, 2, 3, 4, 5, 6])
    let table = try read(Csv.encode(row, columns: names, source: "x"))
    #expect(table.columns == names)
    #expect(try Csv.encode(Tensor([2], bools: [true, false]), source: "x") == "1\n0\n")
    #expect(throws: DataError.self) { try Csv.encode(row.reshaped([1, 2, 3]), source: "x") }
    #expect(throws: DataError.self) { try Csv.encode(row, columns: ["a"], source: "x") }
  }

  @Test func survivesDamage() throws {
    var random = SeededRandom(seed: 9)
    let text = Array("step,\"a \"\"b\"\"\",c\r\n1,2.5,-3e4\n4,nan,inf\n".utf8)
    for _ in 0..<3000 {
      let damaged = Samples.damaged(text, &random)
      guard let table = try? Csv.decode(damaged, source: "x", precision: .single) else { continue }
      // What is read is a table: it reads back the same.
      let again = try Csv.encode(table.values, columns: table.columns, source: "x")
      let header: Csv.Header = table.columns == nil ? .absent : .present
      let read = try Csv.decode(
        Array(again.utf8), source: "x", precision: .single, header: header)
      #expect(read.columns == table.columns && Samples.same(read.values, table.values))
    }
  }
}

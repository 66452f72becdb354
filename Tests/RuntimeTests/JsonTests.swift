// JSON: exact text, strict reading, depth, damage.

import Runtime
import TestSupport
import Testing

@Suite struct JsonTests {
  static let sample: Json = .object([
    ("name", .string("a \"b\" \\ \n β 🧠 \u{1}")), ("none", .null), ("yes", .bool(true)),
    ("ints", .array([.int(0), .int(-1), .int(.max), .int(.min)])),
    (
      "reals",
      .array([.real(0.1), .real(-0.0), .real(1e300), .real(.leastNonzeroMagnitude), .real(1)])
    ),
    ("nested", .array([.array([]), .object([]), .object([("x", .array([.int(1)]))])])),
  ])

  @Test func writesExactly() {
    #expect(
      JsonTests.sample.text
        == #"{"name":"a \"b\" \\ \n β 🧠 \u0001","none":null,"yes":true,"#
        + #""ints":[0,-1,9223372036854775807,-9223372036854775808],"#
        + #""reals":[0.1,-0.0,1e+300,5e-324,1.0],"nested":[[],{},{"x":[1]}]}"#)
    #expect(Json.array([.real(.nan), .real(.infinity)]).text == "[null,null]")
  }

  @Test func readsBackWhatItWrites() throws {
    #expect(try Json(parsing: JsonTests.sample.text, source: "x") == JsonTests.sample)
    var random = SeededRandom(seed: 1)
    for _ in 0..<2000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(try Json(parsing: Json.real(value).text, source: "x") == .real(value))
    }
  }

  @Test func readsEveryForm() throws {
    func read(_ text: String) throws -> Json { try Json(parsing: text, source: "x") }
    #expect(
      try read(" [ 1 , 2.5e1 ,-0, 1E2 ]\r\n")
        == .array([.int(1), .real(25), .real(-0.0), .real(100)]))
    #expect(try read(#""\u00e9\ud83e\udde0\/\b\f""#) == .string("é🧠/\u{8}\u{c}"))
    #expect(try read("123456789012345678901") == .real(123_456_789_012_345_683_968))
    #expect(try read(#"{"b":1,"a":2}"#).text == #"{"b":1,"a":2}"#)
  }

  @Test(arguments: [
    "", " ", "tru", "nul", "01", "1.", ".5", "+1", "1e", "-", "0x1", "NaN", "1e999", "[1,]",
    "[1 2]", "[",
    "{", "{\"a\"}", "{\"a\":1,}", "{a:1}", "{'a':1}", "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\ud83e\"",
    "\"\\ud83e\\u0041\"", "\"\\udde0\"", "\"\n\"", "1 2", "[]]", "{\"a\":1,\"a\":2}", "// x\n1",
  ])
  func refusesWhatIsNotJson(_ text: String) {
    #expect(throws: DataError.self) { try Json(parsing: text, source: "x") }
  }

  @Test func refusesWhatIsNotUtf8() {
    #expect(throws: DataError.self) { try Json(parsing: [34, 0xC3, 34] as [UInt8], source: "x") }
  }

  @Test func namesThePlace() {
    let problem = #expect(throws: DataError.self) {
      try Json(parsing: "{\n  \"β\": [1, x]\n}", source: "a.json")
    }
    #expect(problem?.position == .init(line: 2, column: 12))
    #expect(problem?.description == "`a.json:2:12`: a value is expected")
  }

  @Test func boundsTheDepth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try Json(parsing: nested(Json.largestDepth), source: "x")
    for depth in [Json.largestDepth + 2, 100_000] {
      #expect(throws: DataError.self) { try Json(parsing: nested(depth), source: "x") }
    }
  }

  @Test func survivesPrefixesAndDamage() {
    let bytes = Array(JsonTests.sample.text.utf8)
    for length in 0..<bytes.count {
      #expect(throws: DataError.self) { try Json(parsing: bytes[..<length], source: "x") }
    }
    var random = SeededRandom(seed: 2)
    for _ in 0..<3000 {
      let damaged = Samples.damaged(bytes, &random)
      if let value = try? Json(parsing: damaged, source: "x") {
        #expect((try? Json(parsing: value.text, source: "x")) == value)
      }
    }
  }
}

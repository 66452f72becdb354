// What every row of the table promises, asked of every row.

import IR
import Ops
import Tensors
import TestSupport
import Testing

@Suite struct RowTests {
  static let names = OpTable.all.map(\.name)

  /// Change the number with the table; a family that is left out shows here.
  @Test func theTableHasAllRows() {
    #expect(Self.names.count == 107)
    #expect(Set(Self.names).count == Self.names.count)
    for name in Self.names { #expect(opTable[name]?.name == name) }
    #expect(opTable["no_such_row"] == nil)
  }

  @Test func propertyNamesAreTheNamesInCamelCase() {
    #expect(OpTable.propertyName(of: "add") == "add")
    #expect(OpTable.propertyName(of: "cotangent_product") == "cotangentProduct")
    for section in opTable.sections {
      #expect(!section.title.isEmpty)
      #expect(!section.rows.isEmpty, "\(section.title)")
    }
  }

  @Test(arguments: names)
  func documentationStartsWithASentence(name: String) throws {
    let row = try #require(opTable[name])
    let first = try #require(row.doc.first)
    #expect(
      first.isUppercase || first.isNumber || "`-".contains(first) || row.doc.hasPrefix("log("))
    #expect(row.doc.hasSuffix("."))
    #expect(!row.doc.contains("\n"))
    #expect(!row.doc.contains("  "))
    #expect(Set(row.operands).count == row.operands.count)
    if row.isVariadic { #expect(!row.operands.isEmpty) }
  }

  @Test(arguments: names)
  func samplesAreAccepted(name: String) throws {
    let row = try #require(opTable[name])
    let samples = row.samples()
    #expect(!samples.isEmpty)
    #expect(Set(samples.map(\.label)).count == samples.count, "labels differ")
    for sample in samples {
      let types = Rows.types(of: sample.operands)
      #expect(throws: Never.self, "\(sample.label)") { try row.type(types, sample.attributes) }
      if !row.isVariadic { #expect(types.count == row.operands.count, "\(sample.label)") }
      for operand in sample.operands where operand.dtype == .real {
        #expect(operand == operand.converted(to: .double) || operand.doubles.contains { $0.isNaN })
      }
    }
  }

  @Test(arguments: names)
  func refusedOperandsGiveAProblem(name: String) throws {
    let row = try #require(opTable[name])
    #expect(!row.rejects.isEmpty)
    for (place, rejection) in row.rejects.enumerated() {
      let problem = #expect(throws: TypeProblem.self, "rejection \(place)") {
        try row.type(rejection.operands, rejection.attributes)
      }
      guard let problem else { continue }
      #expect(problem.expected != problem.found)
      #expect(!problem.expected.isEmpty && !problem.found.isEmpty)
      if let operand = problem.operand {
        #expect(rejection.operands.indices.contains(operand))
      }
    }
  }

  @Test(arguments: names)
  func kernelAndGradientFit(name: String) throws {
    let row = try #require(opTable[name])
    var isComposite = false
    if case .composite = row.kernel { isComposite = true }
    var isLibrary = false
    if case .library = row.kernel { isLibrary = true }
    #expect((row.evaluate != nil) == isLibrary)
    switch row.gradient {
    case .parts: #expect(isComposite)
    case .pullback: #expect(!isComposite)
    case .zero(let reason): #expect(!reason.isEmpty && !isComposite)
    }
  }

  @Test(arguments: names)
  func printedGraphsReadBack(name: String) throws {
    let row = try #require(opTable[name])
    for sample in row.samples() {
      let text = Rows.graph(row, sample).description
      let again = try Graph(reading: text) { opTable[$0] }
      #expect(again.description == text, "\(sample.label)")
      let attributes = again.nodes.compactMap { node -> Attributes? in
        if case .op(_, let attributes) = node.kind { return attributes }
        return nil
      }
      let before = Rows.graph(row, sample).nodes.compactMap { node -> Attributes? in
        if case .op(_, let attributes) = node.kind { return attributes }
        return nil
      }
      #expect(attributes == before, "\(sample.label)")
    }
  }

  @Test(arguments: names)
  func resultsHaveThePredictedTypes(name: String) throws {
    let row = try #require(opTable[name])
    for sample in row.samples() {
      let predicted = try row.type(Rows.types(of: sample.operands), sample.attributes)
      let exact = try Rows.results(row, sample.operands, sample.attributes, .double)
      let short = try Rows.results(row, sample.operands, sample.attributes, .single)
      #expect(Rows.types(of: exact) == predicted, "\(sample.label)")
      #expect(Rows.types(of: short) == predicted, "\(sample.label)")
      for (a, b) in zip(exact, short) where a.dtype == .real {
        #expect(a.converted(to: .double).storage == a.storage || a.doubles.contains { $0.isNaN })
        guard case .single = b.storage else {
          Issue.record("\(sample.label): not in f32")
          continue
        }
        for (x, y) in zip(a.doubles, b.doubles) where x.isFinite {
          #expect(Swift.abs(x - y) <= 2e-5 * Swift.max(1, Swift.abs(x)), "\(sample.label)")
        }
      }
    }
  }
}

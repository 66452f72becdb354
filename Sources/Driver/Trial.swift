// One struct as one of the interfaces: the program that puts it on trial, and the report on what does
// not hold.

import Diagnostics
import Semantics
import Tensors

struct Trial {
  let name: String
  private let dims: [String]
  private let path: String
  private let claim: InterfaceUse
  private let kind: Kind
  /// The orders of rows that it says it goes along with.
  private let orders: [RowOrder]
  /// Where the struct says what it does.
  private let place: Span
  private let source: SourceID

  /// The dim of the steps that are made.
  static let steps = "Steps"

  private struct Kind {
    let module: String
    /// Of the suite, over the dims of the interface and the numbers told.
    let trial: String
    let field: String
    let method: String
    var hasWeighting = false

    /// What it makes of some numbers that it is told.
    func heard(_ numbers: String) -> String {
      field == "cell" ? numbers : "trial.told(\(numbers))"
    }
  }

  /// A way to be hard on a struct: how loud it is spoken to, and what a memory holds.
  struct Stress {
    let property: String
    var told = "1.0"
    var memory: Double?

    /// What it hears in that test, a step an entry.
    var heard: String { "heard_\(told.prefix { $0 != "." })" }
  }

  static let stresses = [
    Stress(property: "it gives numbers and slopes"),
    Stress(property: "it gives numbers and slopes when told nothing", told: "0.0"),
    Stress(property: "it gives numbers and slopes when told 1e4 times as much", told: "1e4"),
    Stress(property: "it gives numbers and slopes for a memory of zeros", memory: 0),
    Stress(
      property: "it gives numbers and slopes for a memory of numbers around 1e4", memory: 1e4),
  ]

  private static let kinds: [String: Kind] = [
    "Head": Kind(
      module: RowOrder.module, trial: "HeadTrial", field: "head", method: "address",
      hasWeighting: true),
    "Memory": Kind(
      module: "ntm/memories.ntm", trial: "MemoryTrial", field: "memory", method: "step"),
    "Cell": Kind(
      module: "ntm/cells.ntm", trial: "CellTrial", field: "cell", method: "step"),
  ]

  init?(of structure: Structure, as claim: InterfaceUse, in file: SourceFile) {
    guard let kind = Self.kinds[claim.interface.name], claim.interface.module == kind.module else {
      return nil
    }
    self.kind = kind
    self.claim = claim
    name = structure.name
    dims = structure.generics.map { parameter in
      switch parameter {
      case .dim(let symbol): symbol.name
      case .type(let symbol): symbol.name
      }
    }
    orders = kind.hasWeighting ? RowOrder.declared(by: structure) : []
    path = file.name
    source = file.id
    place = structure.methods[kind.method]?.span ?? structure.span
  }

  // MARK: The program

  /// Its names up to `some` are what is varied in search of a small input that fails.
  func program(sizes: [Int], steps: Int) -> String {
    let arguments = claim.arguments.map(\.written)
    // A cell is told its input as it is, the others what a projection makes of four numbers.
    let isCell = kind.field == "cell"
    let width = isCell ? arguments.first ?? "1" : "4"
    let dimensions = (isCell ? arguments : arguments + [width]).joined(separator: ", ")
    let declared = dims.enumerated().map { index, dim in
      "dim \(dim) = \(sizes[min(index, sizes.count - 1)])\n"
    }
    let written = path.map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    let own = dims.isEmpty ? "" : "[\(dims.joined(separator: ", "))]"
    let stresses = Self.stresses.filter { $0.memory == nil || kind.hasWeighting }
    let heard = stresses.filter { $0.memory == nil }.map { stress in
      "let \(stress.heard) = for row in x { \(kind.heard("\(stress.told) * row")) }"
    }
    return """
      import ntm.conformance { \(kind.trial), off_simplex, outcome, steepness }
      import "\(written)" as subject
      \(declared.joined())
      dim \(Self.steps) = \(steps)
      batch dim Examples = 3
      let rng = Rng(1)
      let trial = \(kind.trial)[\(dimensions)](
        rng["trial"], \(kind.field): subject.\(name)\(own))
      let x = rng["x"].normal[\(Self.steps), \(width)]
      let some = rng["some"].normal[Examples, \(Self.steps), \(width)]
      \(heard.joined(separator: "\n"))
      let seen = trial.run(x)
      \(orders.isEmpty ? "" : RowOrder.bindings)
      \((stresses.map(test) + weightingTests + orders.map(\.test)).joined(separator: "\n"))
      test "\(TrialRound.slopes)" {
        gradcheck(|trial, x| outcome(trial, x), at: (trial, x))
      }
      test "\(TrialRound.batches)" {
        let together = trial.run(some)
        expect max(abs(for i in Examples { together[i] - trial.run(some[i]) })) < 1e-4
      }

      """
  }

  /// What is logged is traced back to the operation that spoilt it.
  private func test(_ stress: Stress) -> String {
    let subject = stress.memory.map { "trial with (mem: \($0) * trial.mem)" } ?? "trial"
    return """
      test "\(stress.property)" {
        let r = steepness(\(subject), \(stress.told) * x)
        log(0, outcome: r.outcome, slope: r.slope)
        expect abs(r.outcome) < 1e30 and r.slope < 1e30
      }
      """
  }

  private var weightingTests: [String] {
    kind.hasWeighting
      ? [
        """
        test "its weightings are nowhere negative and sum to one" {
          expect off_simplex(seen) < 1e-3
        }
        """
      ] : []
  }

  // MARK: The report

  func report(_ defect: Defect) -> Diagnostic {
    // Of what the tests say, that counts which is in the text of the user.
    var secondary: [Label] = []
    for label in defect.cause.flatMap({ ($0.primary.map { [$0] } ?? []) + $0.secondary })
    where label.span.source == source && label.span != place && !secondary.contains(label) {
      secondary.append(label)
    }
    let words = defect.cause.flatMap { cause in
      found(cause) + cause.notes.filter { $0 != DriverMessages.nothingChanged }
    }
    return DriverMessages.conformance(
      name, defect.property, at: place, secondary: secondary, notes: words + defect.notes)
  }

  /// An `expect` or `log` of the suite stands in no text that the user has, so only what it met is of
  /// use.
  private func found(_ diagnostic: Diagnostic) -> [String] {
    switch diagnostic.code.id {
    case DriverMessages.notFinite.id: return []
    case DriverMessages.expectationFailed.id:
      guard let sides = diagnostic.primary?.text, sides != "false" else { return [] }
      return ["found: \(sides)"]
    default: return [diagnostic.message]
    }
  }
}

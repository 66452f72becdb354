// Every code a report can carry, for `ntmscript explain` and the golden cases.

package import Diagnostics
import Lowering
import Semantics
import Syntax

package enum Codes {
  /// All rows, sorted by id.
  package static let all: [Code] =
    (syntaxCodes + semanticCodes + LoweringMessages.all + DriverMessages.all)
    .sorted { $0.id < $1.id }

  package static func named(_ id: String) -> Code? { all.first { $0.id == id } }

  /// Title and lesson, as `explain` prints them.
  package static func lesson(_ id: String) -> String? {
    named(id).map { "\($0.id): \($0.title)\n\n\($0.explanation)\n" }
  }
}

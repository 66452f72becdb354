// The op table: every row there is, by name.
//
// Rows are stored properties of family structs; the table finds them with `Mirror`, so a row is
// stated in one place. A name stated twice, or a property whose name is not the row's in camel
// case, is a broken invariant and traps on first use.

package import IR

/// A struct whose stored properties of type `Op` are rows of the table.
package protocol OpFamily: Sendable {
  /// The heading of the family in documentation.
  static var title: String { get }
}

package struct OpTable: Sendable {
  /// A family with its rows, in the order they are written.
  package struct Section: Sendable {
    package let title: String
    package let rows: [Op]
  }

  package let sections: [Section]
  private let byName: [String: Op]

  package init(families: [any OpFamily]) {
    var sections: [Section] = []
    var byName: [String: Op] = [:]
    for family in families {
      var rows: [Op] = []
      for child in Mirror(reflecting: family).children {
        guard let row = child.value as? Op else { continue }
        precondition(
          child.label == OpTable.propertyName(of: row.name),
          "the row `\(row.name)` is stored as `\(child.label ?? "")`")
        precondition(byName[row.name] == nil, "the row `\(row.name)` is stated twice")
        byName[row.name] = row
        rows.append(row)
      }
      sections.append(Section(title: type(of: family).title, rows: rows))
    }
    self.sections = sections
    self.byName = byName
  }

  /// Every row, family by family.
  package var all: [Op] { sections.flatMap(\.rows) }

  package subscript(name: String) -> Op? { byName[name] }

  /// The Swift property that holds the row of a name: `cotangent_product` is `cotangentProduct`.
  package static func propertyName(of name: String) -> String {
    let words = name.split(separator: "_")
    return words.dropFirst().reduce(String(words.first ?? "")) { result, word in
      result + word.prefix(1).uppercased() + word.dropFirst()
    }
  }

  /// Every row of the language.
  package static var all: [Op] { opTable.all }
}

/// The rows of the language. A new family is added here and nowhere else.
package let opTable = OpTable(families: [
  making, pointwise, reductions, movement, indexing, contraction, random, network, observation,
  checks,
])

// The structs of the library and of one program, by the interfaces that they claim: what a setting of
// an interface's type may be. Read from the trees, so it works for a program that does not check.

import Diagnostics
import Syntax

struct LibraryStructs {
  /// nil: of the program itself.
  private typealias Row = (module: String?, syntax: StructDeclaration)
  private let rows: [Row]

  init(_ sources: SourceLibrary, program: SourceFile) {
    var rows: [Row] = Self.structures(of: program).map { (nil, $0) }
    for name in Stdlib.names {
      guard let file = sources.load(module: name) else { continue }
      rows += Self.structures(of: file).map { (name, $0) }
    }
    self.rows = rows
  }

  private static func structures(of file: SourceFile) -> [StructDeclaration] {
    parse(file).program.items.compactMap { item in
      if case .structure(let syntax) = item.kind { syntax } else { nil }
    }
  }

  /// The names of those that claim an interface, sorted.
  func names(claiming interface: String) -> [String] {
    rows.filter { row in
      row.syntax.claims.contains { claim in
        if case .named(let path, _) = claim.kind { path.last?.text == interface } else { false }
      }
    }.map(\.syntax.name.text).sorted()
  }

  /// The library modules that declare a struct.
  func modules(declaring name: String) -> [String] {
    rows.filter { $0.syntax.name.text == name }.compactMap(\.module)
  }
}

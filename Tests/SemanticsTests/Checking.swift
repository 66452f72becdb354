// Checks a text the way the program does, with the library of this checkout.

import Diagnostics
import Semantics
import Syntax

/// The library modules, read once from `stdlib/`.
struct Library {
  let texts: [String: String]

  /// A loader that knows these modules and no files.
  func loader(counting numbers: Numbers) -> ModuleLoader {
    ModuleLoader { request in
      guard case .library(let name) = request, let text = texts[name] else {
        return .failure(.notFound(suggestions: Array(texts.keys)))
      }
      return .success(
        SourceFile(
          id: numbers.next(), name: name.replacing(".", with: "/") + ".ntm", text: text))
    }
  }

  final class Numbers {
    private var last = 1
    func next() -> SourceID {
      last += 1
      return SourceID(last)
    }
  }
}

extension String {
  fileprivate func replacing(_ old: Character, with new: Character) -> String {
    String(map { $0 == old ? new : $0 })
  }
}

/// What the checker says of a text: `code@line:column` for each report, in order.
func reports(_ text: String, library: Library = Library(texts: [:])) -> [String] {
  let file = SourceFile(id: SourceID(1), name: "test.ntm", text: text)
  let (program, problems) = parse(file)
  let checker = Checker(loader: library.loader(counting: Library.Numbers()))
  let checked = checker.check(program, file, name: "test")
  return (problems + checked.diagnostics).map { diagnostic in
    guard let span = diagnostic.primary?.span, span.source == file.id else {
      return diagnostic.code.id
    }
    let (line, column) = file.position(of: span.start)
    return "\(diagnostic.code.id)@\(line):\(column)"
  }
}

import Diagnostics
import Glibc
import Semantics
import Syntax

func readFile(_ path: String) -> String? {
  guard let handle = fopen(path, "r") else { return nil }
  defer { fclose(handle) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let n = fread(&buffer, 1, buffer.count, handle)
    if n == 0 { break }
    bytes += buffer[..<n]
  }
  return String(decoding: bytes, as: UTF8.self)
}

@main
struct Main {
  static func main() {
    nonisolated(unsafe) var files: [SourceFile] = []
    let loader = ModuleLoader { request in
      switch request {
      case .library(let name):
        let path = name.split(separator: ".").joined(separator: "/") + ".ntm"
        guard let text = readFile("stdlib/" + path.dropFirst(4)) else { return .failure(.notFound(suggestions: [])) }
        let file = SourceFile(id: SourceID(files.count + 1), name: path, text: text)
        files.append(file)
        return .success(file)
      case .file(let path, _):
        guard let text = readFile(path) else { return .failure(.notFound(suggestions: [])) }
        let file = SourceFile(id: SourceID(files.count + 1), name: path, text: text)
        files.append(file)
        return .success(file)
      }
    }
    for path in CommandLine.arguments.dropFirst() {
      let checker = Checker(loader: loader)
      guard let text = readFile(path) else { continue }
      let file = SourceFile(id: SourceID(files.count + 1), name: path, text: text)
      files.append(file)
      let (program, problems) = parse(file)
      let checked = checker.check(program, file, name: path)
      let renderer = Renderer { id in files.first { $0.id == id } }
      for problem in problems + checked.diagnostics { print(renderer.render(problem)) }
      print("\(path): \(checked.diagnostics.count) diagnostics")
    }
  }
}

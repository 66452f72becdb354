// Every source text of a session, by number: files, library modules, inputs at the prompt, values
// from the command line.
//
// Numbers are given in the order of loading and never reused, so a span stays good for as long as
// the session lives. A file is read once; `reload` reads it again under a new number.

package import Diagnostics
package import Runtime

package final class SourceLibrary {
  package private(set) var files: [SourceFile] = []
  private var loaded: [String: SourceID] = [:]

  package init() {}

  package subscript(id: SourceID) -> SourceFile? {
    files.indices.contains(id.number) ? files[id.number] : nil
  }

  /// A text that is no file.
  package func add(name: String, text: String, firstLine: Int = 1) -> SourceFile {
    add(name: name, bytes: Array(text.utf8), firstLine: firstLine)
  }

  /// A text as it was read; what is not UTF-8 in it is reported by the lexer.
  package func add(name: String, bytes: [UInt8], firstLine: Int = 1) -> SourceFile {
    let file = SourceFile(
      id: SourceID(files.count), name: name, bytes: bytes, firstLine: firstLine)
    files.append(file)
    return file
  }

  /// The file at a path, read on first use.
  package func load(path: String) throws(FileError) -> SourceFile {
    if let id = loaded[path], let file = self[id] { return file }
    let bytes = try AtomicFile.read(path, limit: SourceLibrary.largestSource)
    let file = add(name: path, bytes: bytes)
    loaded[path] = file.id
    return file
  }

  /// The text of `ntm.<name>`.
  package func load(module name: String) -> SourceFile? {
    let key = "ntm/\(name).ntm"
    if let id = loaded[key] { return self[id] }
    guard let text = Stdlib.text(of: name) else { return nil }
    let file = add(name: key, text: text)
    loaded[key] = file.id
    return file
  }

  /// Forgets what files said, so that the next `load` reads them again.
  package func forgetFiles() {
    loaded = loaded.filter { $0.key.hasPrefix("ntm/") }
  }

  /// A script of more bytes than this is refused: it is not a script.
  package static let largestSource = 16 << 20
}

/// Paths as text.
package enum FilePath {
  /// The folder of a path, without a slash at its end; empty for a bare name.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// `path` as seen from the folder of `file`.
  package static func resolve(_ path: String, besides file: String) -> String {
    if path.hasPrefix("/") { return path }
    let folder = folder(of: file)
    return folder.isEmpty ? path : folder == "/" ? "/\(path)" : "\(folder)/\(path)"
  }

  /// `path` as seen from the folder of `file`, then from each one above that.
  package static func resolve(_ path: String, above file: String) -> [String] {
    var places: [String] = []
    var inner = file
    repeat {
      places.append(resolve(path, besides: inner))
      inner = folder(of: inner)
    } while !inner.isEmpty && inner != "/"
    return places
  }

  /// The last part, without `.ntm`.
  package static func stem(of path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return last.hasSuffix(".ntm") ? String(last.dropLast(4)) : last
  }
}

// The programs that the words of a command line name.

import Runtime

enum ProgramFiles {
  /// A file as it is; a folder as every `.ntm` file in it and in the folders below, by name. What
  /// begins with a dot is passed over, and links to folders are not followed.
  static func named(_ path: String) throws(FileError) -> [String] {
    guard Folder.isFolder(path) else { return [path] }
    let files = try files(in: path.hasSuffix("/") && path != "/" ? String(path.dropLast()) : path)
    guard !files.isEmpty else { throw FileError(.read, path, .noPrograms) }
    return files
  }

  private static func files(in folder: String) throws(FileError) -> [String] {
    var files: [String] = []
    for entry in try Folder.entries(folder) where !entry.name.hasPrefix(".") {
      let path = folder == "/" ? "/\(entry.name)" : "\(folder)/\(entry.name)"
      if entry.isFolder {
        files += try self.files(in: path)
      } else if entry.name.hasSuffix(".ntm") {
        files.append(path)
      }
    }
    return files
  }
}

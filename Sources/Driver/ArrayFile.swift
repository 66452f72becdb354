// A file of arrays: which format it has, as the suffix of its name says, and its arrays by path.

import Runtime
import Tensors

struct ArrayFile {
  typealias Named = (path: String, tensor: Tensor)

  private enum Format: String, CaseIterable { case safetensors, npz, npy, csv }

  /// The name does not say what the file holds.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// As written; a name without a suffix is that of a checkpoint.
  let path: String
  private let format: Format

  init(_ name: String) throws(Problem) {
    let last = name.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    if last.isEmpty {
      throw Problem(description: name.isEmpty ? "a file needs a name" : "`\(name)` names a folder")
    }
    guard let suffix = ArrayFile.suffix(of: last) else {
      (path, format) = ("\(name).\(Format.safetensors)", .safetensors)
      return
    }
    guard let format = Format(rawValue: String(suffix)) else {
      let known = Format.allCases.map { "`.\($0)`" }
      throw Problem(
        description: "`\(name)` is no name for arrays: it ends in `.\(suffix)`, not in "
          + "\(known.dropLast().joined(separator: ", ")) or \(known.last ?? "")")
    }
    (path, self.format) = (name, format)
  }

  /// What stands behind the last point, where that is a word: `copy-0.5` has no suffix.
  private static func suffix(of name: Substring) -> Substring? {
    guard let point = name.lastIndex(of: "."), point != name.startIndex else { return nil }
    let suffix = name[name.index(after: point)...]
    return suffix.first?.isLetter ?? false ? suffix : nil
  }

  /// The only array of a format without names has the empty path.
  /// - Throws: `FileError` or `DataError`.
  func read(_ precision: Precision) throws -> [Named] {
    switch format {
    case .safetensors: try Checkpoint.load(path, precision: precision).tensors
    case .npz: try Npz.read(path, precision: precision).map { ($0.name, $0.tensor) }
    case .npy: [("", try Npy.read(path, precision: precision))]
    case .csv: [("", try Csv.read(path, precision: precision).values)]
    }
  }

  /// - Parameter metadata: what a checkpoint says besides.
  /// - Throws: `FileError` or `DataError`.
  func write(_ tensors: [Named], metadata: [(name: String, text: String)] = []) throws {
    switch format {
    case .safetensors: try Checkpoint(tensors: tensors, metadata: metadata).save(to: path)
    case .npz: try Npz.write(tensors.map { ($0.path, $0.tensor) }, to: path)
    case .npy: try Npy.write(single(tensors), to: path)
    case .csv: try Csv.write(single(tensors), to: path)
    }
  }

  private func single(_ tensors: [Named]) throws(DataError) -> Tensor {
    guard tensors.count == 1 else {
      throw DataError(.unsupported, in: path, "the format holds one array, not \(tensors.count)")
    }
    return tensors[0].tensor
  }
}

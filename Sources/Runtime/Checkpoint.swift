// The state of a run, saved so that whatever happens a complete version can be loaded.
//
// A checkpoint is a safetensors file with a checksum, replaced as a whole: other tools read it,
// and its tensors are found by path. Files from elsewhere load too; they have no checksum.

package import Tensors

/// Tensors by path, and notes such as the step, in order.
package struct Checkpoint: Sendable {
  package var tensors: [(path: String, tensor: Tensor)]
  package var metadata: [(name: String, text: String)]

  package init(
    tensors: [(path: String, tensor: Tensor)], metadata: [(name: String, text: String)] = []
  ) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// Replaces the file at `path`; on any failure, even a kill, the previous one is still whole.
  /// - Throws: `FileError`, or `DataError` where a path occurs twice.
  package func save(to path: String) throws {
    let content = Safetensors(
      tensors: tensors.map { ($0.path, $0.tensor) }, metadata: metadata)
    try AtomicFile.write(content.encoded(source: path, sealed: true), to: path)
  }

  /// The checkpoint at `path`, wholly checked. Reals go to `precision`, or stay as stored.
  /// - Throws: `FileError`, or `DataError` where anything about the content is wrong.
  package static func load(
    _ path: String, precision: Precision? = nil, limit: Int = AtomicFile.readLimit
  ) throws -> Checkpoint {
    let content = try Safetensors(
      decoding: AtomicFile.read(path, limit: limit), source: path, precision: precision)
    return Checkpoint(
      tensors: content.tensors.map { ($0.name, $0.tensor) }, metadata: content.metadata)
  }

  /// The tensor at a path of the program; nil where there is none.
  package subscript(path: String) -> Tensor? { tensors.first { $0.path == path }?.tensor }

  /// The note of that name; nil where there is none.
  package func note(_ name: String) -> String? { metadata.first { $0.name == name }?.text }
}

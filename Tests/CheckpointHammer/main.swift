// Saves checkpoint after checkpoint until it is killed: `checkpoint-hammer PATH FIRST`. A byte on
// standard output says that it begins, and one more that a save is done.
//
// Version k holds nothing but the number k, in tensors whose sizes depend on k, so that a reader
// can tell a complete version from a mixture.

import Glibc
import Runtime
import Tensors

func say() { withUnsafeBytes(of: UInt8(46)) { _ = write(STDOUT_FILENO, $0.baseAddress, 1) } }

let path = CommandLine.arguments[1]
var version = Int(CommandLine.arguments[2]) ?? 0
say()
while true {
  let size = 1 + version % 5 * 20_000
  try Checkpoint(
    tensors: [
      (
        "a",
        Tensor([size], reals: [Double](repeating: Double(version), count: size), precision: .double)
      ),
      ("b", Tensor([3, 2], ints: [Int](repeating: version, count: 6))),
    ],
    metadata: [("version", "\(version)")]
  ).save(to: path)
  version += 1
  say()
}

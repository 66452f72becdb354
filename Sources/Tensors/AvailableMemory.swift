// How much memory a new value may take, asked of the machine before one that is large.
//
// An allocation that fails ends the process, so a value that cannot fit is refused before. What the
// machine does not tell counts as no limit.

import Glibc

package enum AvailableMemory {
  /// Smaller values are not worth the question.
  package static let largeValue = 64 << 20
  /// The largest tensor is 8 GiB: more is a slip of the pen, not a model.
  private static let largestTensor = 1 << 33

  /// The number of elements of a tensor of that shape; nil where it has none, or where the tensor
  /// is larger than any may be.
  package static func count(_ shape: [Int], of dtype: DType, _ precision: Precision) -> Int? {
    guard let count = Layout.count(shape), count <= largestTensor / dtype.size(precision) else {
      return nil
    }
    return count
  }

  /// Whether a tensor of that shape can be allocated, as far as anybody knows.
  package static func holds(_ shape: [Int], of dtype: DType, _ precision: Precision) -> Bool {
    count(shape, of: dtype, precision).map { holds($0 * dtype.size(precision)) } ?? false
  }

  /// Whether a value of that many bytes can be allocated, as far as anybody knows.
  package static func holds(_ bytes: Int) -> Bool {
    bytes < largeValue || [free, leftInGroup, leftOfLimit].allSatisfy { bytes <= $0() ?? bytes }
  }

  /// What the system could give without writing memory to the disk.
  private static func free() -> Int? {
    entry("MemAvailable:", of: "/proc/meminfo").map { $0 << 10 }
  }

  /// What the group of processes that this one is in may still take: the limit of a container.
  private static func leftInGroup() -> Int? {
    guard let limit = number("/sys/fs/cgroup/memory.max"),
      let used = number("/sys/fs/cgroup/memory.current")
    else { return nil }
    // Content of files that nobody looks at is counted as used, and given up when it is needed.
    let idle = entry("inactive_file", of: "/sys/fs/cgroup/memory.stat") ?? 0
    return max(limit - used + idle, 0)
  }

  /// What `ulimit -v` leaves.
  private static func leftOfLimit() -> Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      let most = Int(exactly: limit.rlim_cur),
      let pages = text("/proc/self/statm")?.split(separator: " ").first.flatMap({ Int($0) })
    else { return nil }
    return max(most - pages * sysconf(Int32(_SC_PAGESIZE)), 0)
  }

  /// The number behind a name at the start of a line.
  package static func entry(_ name: String, of path: String) -> Int? {
    let lines = text(path)?.split(separator: "\n").lazy.map { $0.split(separator: " ") }
    let words = lines?.first { $0.first == name[...] }
    return words?.dropFirst().first.flatMap { Int($0) }
  }

  private static func number(_ path: String) -> Int? {
    text(path)?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }

  /// The start of a small file of the system.
  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}

// Steps of the host as C: a call back with the addresses of whole tensors.

import IR
import Tensors

extension Emitter {
  /// The lists of a call end in a number or pointer that is not read, since C has no empty ones.
  func emit(_ host: HostStep, _ results: [Item], _ region: Region) {
    lines.append("{")
    var from: [String] = []
    for item in host.operands {
      guard let (text, dtype) = immediate(item) else {
        from.append(size.address(place(item), []))
        continue
      }
      let name = fresh("h")
      lines.append("const \(dtype.stored) \(name) = \(text);")
      from.append("&\(name)")
    }
    let to = results.map { size.address(place($0), []) }
    let block = region == .local ? "block, live" : "-1, 1"
    let loops = loops.map { ", s\($0), \($0), q\($0)" }.joined()
    lines.append("const int64_t at[] = {\(block), NT_LANES, \(self.loops.count)\(loops)};")
    lines.append("const void *const from[] = {\((from + ["0"]).joined(separator: ", "))};")
    lines.append("void *const to[] = {\((to + ["0"]).joined(separator: ", "))};")
    // What follows a wish to stop or a fault is not shown: the interpreter ends there.
    lines.append("if (*c->stop) return;")
    lines.append("if (nt_fault_flag || nt_failed(c)) { nt_fail(c); return; }")
    lines.append("if (c->host(c->context, \(host.row), at, from, to)) { nt_fail(c); return; } }")
  }

  func collect(_ source: Item, _ type: TensorType, into result: Item) {
    let from = place(source)
    transfer(type, place(result).base, onlyLive: true) {
      "\($1) = (\(self.size.address(from, $0)))[l];"
    }
  }

  func distribute(_ whole: Item, _ type: TensorType, into result: Item) {
    let to = place(result)
    transfer(type, place(whole).base) { "(\(self.size.address(to, $0)))[l] = \($1);" }
  }
}

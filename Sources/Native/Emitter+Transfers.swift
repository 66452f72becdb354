// Laned tensors of the host, brought into the order of a block and back.

import IR
import Tensors

extension Emitter {
  /// Brings laned inputs from the host's order into that of a block.
  func loadInputs(_ stage: Stage, _ outputs: [Int]) {
    var wanted = Set(stage.blocks.steps.flatMap(\.reads).map(values.base))
    wanted.formUnion(outputs.map { values.base(program.outputs[$0].item) })
    for (position, input) in program.inputs.enumerated()
    where program.items[input.item].isLaned && wanted.contains(input.item) {
      let type = program.items[input.item]
      current.inputs.insert(position)
      let home = access(slot: slot(type, .local), type)
      homes[input.item] = home
      transfer(input.type, "in\(position)") { "(\(self.size.address(home, $0)))[l] = \($1);" }
    }
  }

  func storeOutput(_ position: Int) {
    let output = program.outputs[position]
    current.outputs.insert(position)
    let from = place(output.item)
    transfer(output.type, "out\(position)", onlyLive: true) {
      "\($1) = (\(self.size.address(from, $0)))[l];"
    }
  }

  /// Loops over the features of a laned tensor of the host, in its order.
  /// - Parameter statement: what is done with a number of lane `l`: from the index along each
  ///   feature, and the number of the host.
  func transfer(
    _ type: TensorType, _ base: String, onlyLive: Bool = false,
    _ statement: (_ indexes: [String], _ host: String) -> String
  ) {
    var stride = Dim(1)
    var parts: [String] = []
    var laneStride = Dim(1)
    var loops: [String] = []
    var features: [String] = []
    for (axis, dim) in type.shape.enumerated().reversed() {
      if dim.symbol == program.lane {
        laneStride = stride
      } else {
        parts.append("f\(axis)*\(size(stride))")
        if dim.constant != 1 { features.insert("f\(axis)", at: 0) }
        loops.insert("for (long f\(axis) = 0; f\(axis) < \(size(dim)); f\(axis)++)", at: 0)
      }
      stride = stride * dim
    }
    lines += loops
    lines.append("for (int l = 0; l < \(onlyLive ? "live" : "NT_LANES"); l++) {")
    lines.append(
      "const long example = block*NT_LANES + \(onlyLive ? "l" : "(l < live ? l : live - 1)");")
    let host = "\(base)[" + (parts + ["example*\(size(laneStride))"]).joined(separator: " + ") + "]"
    lines.append(statement(features, host))
    lines.append("}")
  }
}

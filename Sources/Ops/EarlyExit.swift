// Loops that stop early, written out.

package import IR
import Tensors

extension Scan {
  /// The body with its stacks again as further outputs, zero (false) in the steps in which no
  /// element of the flag is true: what a scan that stops early stacks, said by the body itself.
  ///
  /// - Precondition: the scan stops early.
  package var bodyWithMaskedStacks: Graph {
    precondition(stopsEarly, "only a scan that stops early has a flag")
    let builder = Builder(name: body.name)
    let inputs = body.inputTypes.map(builder.input)
    let outputs = builder.inline(body, inputs)
    var runs = inputs[1 + constants]
    let rank = builder.type(of: runs).rank
    if rank > 0 {
      runs = builder.emit(reductions.any, runs, attributes: ["axes": .axes(Array(0..<rank))])
    }
    let masked = outputs.dropFirst(carries).map { stack in
      builder.select(runs, stack, builder.zeros(like: builder.type(of: stack)))
    }
    return builder.finish(outputs + masked)
  }
}

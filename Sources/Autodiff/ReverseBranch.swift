// The reverse of a branch: a branch on the same predicate.
//
// The backward side runs the forward side again and goes back through it, so the operands are all
// it needs. Handing residuals over instead would make both sides give values for what only the
// other side has; a branch not taken would then cost memory in every step of a loop.
//
// Promise: only the side that was taken is run, forward and backward.

import IR

/// The cotangents of the operands of a branch, the predicate's (none) first.
func reverseBranch(
  _ branch: Branch, _ builder: Builder, _ operands: [Value], _ arriving: [Value?],
  _ marks: RegionMarks
) -> [Value?] {
  let outputs = arriving.indices.filter { arriving[$0] != nil }
  let wanted = arriving.map { $0 != nil }
  let useful = zip(branch.then.usefulInputs(wanted), branch.otherwise.usefulInputs(wanted))
  let inputs = zip(marks.varied.dropFirst(), useful).map { $0 && ($1.0 || $1.1) }.marked
  let backward = Branch(
    then: backwardOnly(branch.then, outputs: outputs, inputs: inputs),
    otherwise: backwardOnly(branch.otherwise, outputs: outputs, inputs: inputs))
  let results = builder.branch(backward, operands + outputs.compactMap { arriving[$0] })
  var cotangents = [Value?](repeating: nil, count: operands.count)
  for (input, result) in zip(inputs, results) { cotangents[1 + input] = result }
  return cotangents
}

/// The reverse of a body that is run again: from its inputs and the cotangents of `outputs` to the
/// cotangents of `inputs`. What the body observes is not observed again.
func backwardOnly(
  _ body: Graph, outputs: [Int], inputs: [Int]
) -> Graph {
  var joint = reverse(body.withoutObservations, outputs: outputs, inputs: inputs)
  joint.outputs.removeFirst(body.outputs.count)
  return joint.pruned
}

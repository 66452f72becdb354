// Reductions that join the entries of a batch, where entries have sizes of their own.
//
// `mean[B, T]` over a ragged T is over the numbers that the entries have, whichever entry has them.
// The row is written out for one entry, as it would be lifted; each reduction in it then goes over
// the lifted axis too, with padding replaced by what changes nothing.
//
// Promise: the result is the row's over the numbers of all entries.

package import IR
import Ops
package import Tensors

/// A reduction over `axes` of an entry and over the entries themselves.
/// - Parameters:
///   - entry: the type of one entry.
///   - axes: axes of an entry, without that of the entries.
///   - ragged: the dims of the entry whose size differs from entry to entry.
/// - Returns: a graph that takes the entries, `dim` in front, and the sizes along each ragged dim.
package func liftJoining(
  _ op: Op, _ entry: TensorType, axes: [Int], over dim: Dim, ragged: [DimSymbol], origin: Origin
) -> Graph {
  // With an axis for the entry itself there is one to go over, whatever the others are.
  let entry = entry.stacked(by: 1)
  let axes = [0] + axes.map { $0 + 1 }
  let single = Builder(name: op.name)
  single.origin = origin
  let results = single.emit(op, [single.input(entry)], ["axes": .axes(axes)])
  let builder = Builder(name: op.name)
  let input = builder.input(TensorType(entry.dtype, [dim] + entry.shape.dropFirst()))
  let entries = builder.reshape(input, to: [dim] + entry.shape)
  let lengths = ragged.map { ($0, builder.input(TensorType(.int, [dim]))) }
  let lift = Lift(
    single.finish(results), over: dim, into: builder,
    lengths: Dictionary(uniqueKeysWithValues: lengths))
  lift.joining = Joining(shape: entry.shape, axes: axes)
  do throws(LiftingProblem) {
    let joined = try lift.run([Lifted(value: entries, isLifted: true)])
    return builder.finish(joined.map(\.value)).verified(after: "joining")
  } catch {
    preconditionFailure("`\(op.name)` cannot be lifted: \(error.message)")
  }
}

/// What a reduction that joins entries goes over.
struct Joining {
  /// Of one entry.
  let shape: [Dim]
  let axes: [Int]

  /// Of the entries side by side.
  fileprivate var allAxes: [Int] { [0] + axes.map { $0 + 1 } }
}

extension Lift {
  /// The result of a node that goes over the entries as well, which is not lifted; nil for others.
  func joined(_ op: Op, _ attributes: Attributes, _ node: Node, _ operands: [Lifted]) -> Lifted? {
    guard let joining else { return nil }
    switch op.kernel {
    case .reduce(let reduction):
      let filling = identity(of: reduction, graph.type(of: node.operands[0]).dtype)
      var value = masked(operands[0], joining.shape, filling)
      if reduction == .minimum || reduction == .maximum {
        // The check is read by what it guards, so that it is not dropped as dead code.
        let counts = elementCount(joining, "the \(reduction.rawValue)")
        let areFull = builder.emit(pointwise.less, builder.integer(0), counts)
        let axes = Array(builder.shape(areFull).indices)
        let isFull = builder.emit(reductions.all, areFull, attributes: ["axes": .axes(axes)])
        value = builder.select(isFull, value, filling)
      }
      let reduced = builder.emit(op, [value], ["axes": .axes(joining.allAxes)])[0]
      return Lifted(value: reduced, isLifted: false)
    case .library where op == reductions.elementCount:
      let count = builder.emit(pointwise.toReal, elementCount(joining, "`mean`"))
      return Lifted(value: count, isLifted: false)
    default: return nil
    }
  }

  /// How many numbers each element of the result is made of: at least one, or `name` has no value.
  private func elementCount(_ joining: Joining, _ name: String) -> Value {
    let ones = Lifted(
      value: builder.broadcast(builder.integer(1), to: [dim] + joining.shape), isLifted: true)
    let counts = builder.sum(
      masked(ones, joining.shape, builder.integer(0)), axes: joining.allAxes)
    return builder.emit(checks.entrySizes, counts, attributes: entrySizesAttributes(name))
  }
}

// The smallest input found that shows a defect: few steps, plain numbers.

import Lowering
import Runtime
import Semantics
import Tensors

extension TrialRound {
  func smallestDefect(_ property: Property, _ first: Failure) -> Defect {
    let mayBeKink = first.isKink
    let fails = { (values: [HostValue]) -> Bool in
      self.hold(values)
      guard let failure = self.failure(of: property) else { return false }
      return mayBeKink || !failure.isKink
    }
    let inputs = Self.inputs.compactMap { value($0, of: single) }
    let short = fewestSteps(of: inputs, while: fails)
    var shrinking = Shrinking(short, while: fails)
    hold(shrinking.smallest())
    let failure = failure(of: property) ?? first
    let title = title(property)
    let stress = Trial.stresses.first { $0.property == title } ?? Trial.stresses[0]
    return Defect(
      property: title, cause: failure.cause,
      notes: failure.notes + ["the smallest input found that shows it: \(sizes)"]
        + (title == Self.batches ? batch : told(stress)) + numbers(stress))
  }

  /// The inputs cut to the first few steps, as few as fail.
  private func fewestSteps(of inputs: [HostValue], while fails: ([HostValue]) -> Bool)
    -> [HostValue]
  {
    guard let steps, let all = single.sizes[steps] else { return inputs }
    for count in 1..<max(1, all) {
      let cut = inputs.map { value in
        HostValue(
          value.types,
          zip(value.types.leaves, value.tensors).map { type, tensor in
            type.shape.firstIndex(of: Dim(steps)).map { axis in
              tensor.picking(Array(0..<count), along: axis)
            } ?? tensor
          })
      }
      resize(count)
      if fails(cut) { return cut }
    }
    resize(all)
    return inputs
  }

  private func told(_ stress: Trial.Stress) -> [String] {
    guard let heard = value(stress.heard, of: single), let steps, let count = single.sizes[steps]
    else { return [] }
    return (0..<count).map { step in
      "told\(count > 1 ? " in step \(step)" : ""): "
        + Display.text(Stacking.element(heard, step), isOneLine: true)
    }
  }

  /// What makes the difference where an example gives something else alone.
  private var batch: [String] {
    value("some", of: single)?.tensor.map { ["the batch: \(Self.words($0))"] } ?? []
  }

  /// What the memory holds, and the numbers of the struct itself.
  private func numbers(_ stress: Trial.Stress) -> [String] {
    let parts = value("trial", of: single)?.placed ?? []
    return parts.compactMap { (place, type, tensor) -> String? in
      if !place.isParameter(type.dtype) || place.path.hasPrefix("told.") { return nil }
      if place.path != "mem" { return "`\(place.path)`: \(Self.words(tensor))" }
      let held = tensor.doubles.map { $0 * (stress.memory ?? 1) }
      return "memory: \(Self.words(Tensor(tensor.shape, reals: held, precision: .single)))"
    }
  }

  private static func words(_ tensor: Tensor) -> String {
    tensor.count > 1 && tensor.doubles.allSatisfy { $0 == 0 } ? "zeros" : TensorText.line(tensor)
  }

  /// How many steps, and the dims of the struct.
  var sizes: String {
    let declared = text.module.items.flatMap { item -> [String] in
      guard case .dims(let entries) = item else { return [] }
      return entries.filter { $0.kind == .plain && $0.symbol != steps }.compactMap { entry in
        single.sizes[entry.symbol].map { "\(entry.symbol.name) = \($0)" }
      }
    }
    let count = steps.flatMap { single.sizes[$0] } ?? 1
    return (["\(count) \(count == 1 ? "step" : "steps")"] + declared).joined(separator: ", ")
  }
}

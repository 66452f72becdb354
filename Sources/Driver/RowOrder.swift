// Another order of the rows of a memory, for heads that say that they go along with it: what they
// remember of the rows is rearranged the same way, and so must be the weightings that come out.

import Lowering
import Semantics
import Tensors

struct RowOrder {
  /// Of the library, without members: claimed, it is held to.
  let interface: String
  let property: String
  /// Which row comes to lie in each place, of as many rows.
  let order: @Sendable (Int) -> [Int]

  static let module = "ntm/heads.ntm"

  static let all = [
    RowOrder(
      interface: "PermutationEquivariant",
      property: "its weights follow the rows into any order"
    ) { count in
      // Moves each row but the third of three, and from four on parts some that were neighbours.
      count < 5
        ? [[], [0], [1, 0], [1, 0, 2], [1, 3, 0, 2]][count] : [1, 0] + (3..<count) + [2]
    },
    RowOrder(
      interface: "ShiftEquivariant", property: "its weights follow the rows when these go round"
    ) { count in (0..<count).map { ($0 + 1) % count } },
  ]

  static func declared(by structure: Structure) -> [RowOrder] {
    all.filter { order in
      structure.claims.contains {
        $0.interface.name == order.interface && $0.interface.module == module
      }
    }
  }

  /// Nobody would notice that these are held to nothing.
  static func misplaced(on structure: Structure) -> [String] {
    let isHead = structure.claims.contains {
      $0.interface.name == "Head" && $0.interface.module == module
    }
    return isHead
      ? []
      : declared(by: structure).map {
        "`\($0.interface)` says nothing of `\(structure.name)`: it is asked of heads alone"
      }
  }

  /// What is rearranged before the test runs, in the words of a trial.
  static let bindings = """
    let moved = trial
    let start = moved.state()
    let expected = seen
    """
  static let names = ["moved", "start", "expected"]

  var test: String {
    """
    test "\(property)" {
      let r = moved.run_to_end(x, from: start)
      expect max(abs(r.y - expected)) < 1e-3
    }
    """
  }

  /// The value of one of the names, with the rows of that dim in the order.
  func applied(to value: HostValue, named name: String, rows: Dim) -> HostValue {
    let tensors = value.placed.map { place, type, tensor in
      // What is learned for a row stays with the place.
      if name == "moved", place.path != "mem" { return tensor }
      return zip(type.shape, type.shape.indices).reduce(tensor) { tensor, dim in
        dim.0 == rows ? tensor.picking(order(tensor.shape[dim.1]), along: dim.1) : tensor
      }
    }
    return HostValue(value.types, tensors)
  }
}

extension Tensor {
  /// Some entries of an axis, in the order of their indexes.
  func picking(_ indexes: [Int], along axis: Int) -> Tensor {
    var picked = shape
    picked[axis] = indexes.count
    let strides = Layout.strides(shape)
    let sources = (0..<Layout.product(picked)).map { place in
      zip(Layout.index(place, in: picked), strides).enumerated().reduce(0) { sum, part in
        sum + (part.offset == axis ? indexes[part.element.0] : part.element.0) * part.element.1
      }
    }
    return switch storage {
    case .single(let values): Tensor(shape: picked, storage: .single(sources.map { values[$0] }))
    case .double(let values): Tensor(shape: picked, storage: .double(sources.map { values[$0] }))
    case .int(let values): Tensor(shape: picked, storage: .int(sources.map { values[$0] }))
    case .bool(let values): Tensor(shape: picked, storage: .bool(sources.map { values[$0] }))
    }
  }
}

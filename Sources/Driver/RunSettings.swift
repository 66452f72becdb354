// What a run is told from outside: the config fields and dims of its program, and how its reals are
// stored. Checkpoints keep it, and a run that goes on from one is compared with it.

import Diagnostics
import Lowering
import Runtime
import Semantics
import Syntax
import Tensors

/// One setting and what it is in a run.
struct RunSetting {
  enum Kind {
    /// A config field; nil for one that names a struct.
    case config(Variable?)
    case dim(DimEntry.Kind)
    case precision
  }

  let kind: Kind
  let name: String
  let text: String

  /// What checkpoints call it.
  var key: String {
    switch kind {
    case .config: "config.\(name)"
    case .dim: "dim.\(name)"
    case .precision: "run.\(name)"
    }
  }

  /// How another value is asked for on the command line; nil for what is so without a flag.
  func flag(for value: String) -> String? {
    if case .precision = kind { return value == "f64" ? "--f64" : nil }
    return "--\(name) \(value.contains(" ") ? "'\(value)'" : value)"
  }
}

extension Evaluator {
  /// The settings of a program, in its order, as far as it has been run.
  func settings(of program: TypedModule) -> [RunSetting] {
    var settings: [RunSetting] = []
    for item in program.items {
      switch item {
      case .config(let entries):
        for entry in entries {
          guard let value = held[entry.variable]?.value else { continue }
          let text = value.text ?? value.tensors.map(TensorText.line).joined(separator: " ")
          settings.append(
            RunSetting(kind: .config(entry.variable), name: entry.variable.name, text: text))
        }
      case .dims(let entries):
        for entry in entries {
          guard entry.value != nil, let size = sizes[entry.symbol] else { continue }
          settings.append(
            RunSetting(kind: .dim(entry.kind), name: entry.symbol.name, text: "\(size)"))
        }
      case .statement: break
      }
    }
    for choice in options.structs {
      settings.append(RunSetting(kind: .config(nil), name: choice.name, text: choice.text))
    }
    let reals = options.precision == .double ? "f64" : "f32"
    return settings + [RunSetting(kind: .precision, name: "reals", text: reals)]
  }
}

extension CompiledText {
  /// The settings that are the name of a struct, with that name.
  func structs(_ sources: SourceLibrary) -> [(name: String, text: String)] {
    program.items.flatMap { item -> [(name: String, text: String)] in
      guard case .config(let fields) = item.kind else { return [] }
      return fields.compactMap { field in
        let isHeld = module.items.contains { item in
          guard case .config(let entries) = item else { return false }
          return entries.contains { $0.variable.name == field.name.text }
        }
        let span = field.value.span
        return isHeld ? nil : sources[span.source].map { (field.name.text, $0.text(of: span)) }
      }
    }
  }
}

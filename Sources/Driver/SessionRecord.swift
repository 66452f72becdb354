// The session as a program: what `:save FILE.ntm` writes.
//
// Inputs that ran are kept with what a file needs changed in them. An expression whose value was
// shown is printed; one that `_` stood for later gets a name. Where a function, struct or dim was
// declared twice, a program can hold the last declaration only, and it stands where the first did.

import Diagnostics
import Semantics
import Syntax

struct SessionRecord {
  private struct Input {
    let file: SourceFile
    /// How much of the text ran, in bytes.
    let end: Int
    let program: Program
    let module: TypedModule
  }

  private var inputs: [Input] = []

  /// - Parameter end: how much of the text ran, in bytes.
  mutating func add(_ compiled: CompiledText, upTo end: Int) {
    if end == 0 { return }
    let input = Input(
      file: compiled.file, end: end, program: compiled.program, module: compiled.module)
    // A file that is loaded again stands in its own place.
    if input.file.name != "repl",
      let earlier = inputs.firstIndex(where: { $0.file.name == input.file.name })
    {
      inputs[earlier] = input
    } else {
      inputs.append(input)
    }
  }

  var count: Int { inputs.count }

  /// The program.
  /// - Parameter makers: which expression each `_` stood for.
  func text(makers: [Variable: Span]) -> String {
    var edits: [SourceID: [Edit]] = [:]
    var named: [Span: String] = [:]
    for input in inputs {
      for item in input.module.items {
        guard case .statement(let statement) = item else { continue }
        statement.visit { expression in
          guard case .variable(let variable) = expression.form, let maker = makers[variable] else {
            return
          }
          let name = named[maker] ?? "result_\(named.count + 1)"
          named[maker] = name
          edits[expression.span.source, default: []].append(Edit(expression.span, name))
        } assigned: { _ in
        }
      }
    }
    for input in inputs where input.file.name == "repl" {
      for item in input.module.items {
        guard case .statement(let statement) = item,
          case .expression(let expression) = statement.kind, expression.type != .unit
        else { continue }
        let start = Span(statement.span.source, statement.span.start, statement.span.start)
        let end = Span(statement.span.source, statement.span.end, statement.span.end)
        if let name = named[statement.span] {
          edits[start.source, default: []].append(Edit(start, "let \(name) = "))
        } else if expression.isEffect {
          continue
        } else if case .tensor = expression.type {
          edits[start.source, default: []] += [Edit(start, "print("), Edit(end, ")")]
        } else if case .variable = expression.form {
          // Shown at the prompt; in a program, there is nothing to do.
          edits[start.source, default: []].append(Edit(statement.span, ""))
        } else {
          // The draws behind it are those of the session only where its own are there.
          edits[start.source, default: []].append(Edit(start, "let _ = "))
        }
      }
    }
    let (moved, removed) = declarations()
    var text = ""
    for input in inputs {
      var changes = edits[input.file.id] ?? []
      for (span, declaration) in moved where span.source == input.file.id {
        changes.append(Edit(span, declaration))
      }
      for span in removed where span.source == input.file.id { changes.append(Edit(span, "")) }
      let part = input.file.text(with: changes, upTo: input.end).trimmed
      if !part.isEmpty { text += part + "\n" }
    }
    return text
  }

  /// Declarations to put in place of earlier ones of the name, and those to take out.
  private func declarations() -> (moved: [(Span, String)], removed: [Span]) {
    var places: [String: [(span: Span, text: String)]] = [:]
    for input in inputs {
      for item in input.program.items where item.span.end <= input.end {
        for name in item.declaredNames {
          places[name, default: []].append((item.span, input.file.text(of: item.span)))
        }
      }
    }
    var moved: [(Span, String)] = []
    var removed: [Span] = []
    for places in places.values where places.count > 1 {
      guard let first = places.first, let last = places.last else { continue }
      moved.append((first.span, last.text))
      removed += places.dropFirst().map(\.span)
    }
    return (moved, removed)
  }
}

extension CompiledText {
  /// Where the text of an item of the module begins, in bytes; 0 where it has none of its own.
  func start(ofItem index: Int) -> Int {
    guard module.items.indices.contains(index),
      case .statement(let statement) = module.items[index]
    else { return 0 }
    return program.items.first { $0.span.end >= statement.span.end }?.span.start ?? 0
  }
}

extension Item {
  /// What a file may declare only once; nothing for an item that declares several things, which
  /// cannot be moved as one.
  fileprivate var declaredNames: [String] {
    switch kind {
    case .function(let function): [function.name.text]
    case .structure(let structure): [structure.name.text]
    case .interface(let interface): [interface.name.text]
    case .dim(let dim): dim.entries.count == 1 ? [dim.entries[0].name.text] : []
    default: []
    }
  }
}

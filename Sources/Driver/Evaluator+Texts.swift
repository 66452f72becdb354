// Texts: the content of files, and the codes of their letters.

import Diagnostics
import Lowering
import Runtime
import Semantics
import Tensors

extension Evaluator {
  /// The whole of a file, of any name.
  func text(_ path: String, _ span: Span) throws(RunProblem) -> HostValue {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try AtomicFile.read(path)
    } catch {
      throw fileProblem(error, span)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .reported(
        DriverMessages.file("`\(path)` is no text: its bytes are not UTF-8", at: span))
    }
    return HostValue(.text(text), [])
  }

  func codes(
    _ arguments: [EffectArgument], _ expression: TypedExpression
  ) throws(RunProblem) -> HostValue {
    guard let text = try values(of: arguments).first?.value.text,
      case .host(_, _, let unknowns) = expression.form, let count = unknowns.first
    else { preconditionFailure("`codes` takes one text") }
    let codes = text.utf8.map(Int.init)
    sizes[count] = codes.count
    return HostValue(TensorType(.int, [Dim(count)]), Tensor([codes.count], ints: codes))
  }

  func letters(
    _ arguments: [EffectArgument], _ expression: TypedExpression
  ) throws(RunProblem) -> HostValue {
    guard case .int(let codes)? = try values(of: arguments).first?.value.tensor?.storage else {
      preconditionFailure("`letters` takes ints")
    }
    if let place = codes.firstIndex(where: { !(0...255).contains($0) }) {
      throw .reported(
        DriverMessages.letterOutOfRange(codes[place], at: place, arguments[0].value.span))
    }
    return HostValue(.text(Letters.text(codes.map(UInt8.init))), [])
  }
}

/// Bytes as text.
enum Letters {
  /// The text in UTF-8 with `\xNN` for each byte that is no part of a letter.
  static func text(_ bytes: [UInt8]) -> String {
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
      let letter = (1...4).lazy.compactMap { String(validating: rest.prefix($0), as: UTF8.self) }
        .first
      if let letter {
        text += letter
        rest = rest.dropFirst(letter.utf8.count)
      } else {
        text += "\\x" + (first < 16 ? "0" : "") + String(first, radix: 16)
        rest = rest.dropFirst()
      }
    }
    return text
  }
}

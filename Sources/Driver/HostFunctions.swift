// What programs may ask of the world, one row each: the table behind `.host` forms, documentation
// and completion. The checker types a use; the row does it.

import Diagnostics
import Runtime
package import Semantics
import Tensors

/// An argument of a host function, evaluated.
package struct HostArgument {
  /// As written, or the name of the variable or function it comes from.
  package let label: String
  package let expression: TypedExpression
  package let value: HostValue
}

package struct HostFunction: Sendable {
  package let name: String
  package let signature: String
  package let doc: String
  let evaluate:
    @Sendable (Evaluator, [EffectArgument], TypedExpression) throws(RunProblem) -> HostValue

  /// Rows sorted by name.
  package static let all: [HostFunction] = [
    HostFunction(
      name: "codes", signature: "codes(text) -> int [_]",
      doc: """
        The bytes of a text in UTF-8, 0 to 255: what a model of letters reads. `letters` is the way \
        back.
        """,
      evaluate: { (evaluator, arguments, expression) throws(RunProblem) in
        try evaluator.codes(arguments, expression)
      }),
    HostFunction(
      name: "gradcheck", signature: "gradcheck(f, at: x)",
      doc: """
        Compares the gradient of `f` at `x` with central differences along random directions, in \
        f64; where they differ, leaf by leaf and from both sides, which tells a kink from a \
        mistake.
        """,
      evaluate: { (evaluator, arguments, expression) throws(RunProblem) in
        try evaluator.checkGradient(arguments, expression)
      }),
    HostFunction(
      name: "letters", signature: "letters(codes) -> text",
      doc: """
        The text that bytes stand for, 0 to 255 in UTF-8; one that is no part of a letter is shown \
        as `\\xNN`.
        """,
      evaluate: { (evaluator, arguments, expression) throws(RunProblem) in
        try evaluator.letters(arguments, expression)
      }),
    HostFunction(
      name: "load",
      signature: "x = load(\"file\", x)  or  let x: [_, M] = load(\"file\", \"name\")",
      doc: """
        Reads `.npy`, `.npz`, `.csv` and checkpoints (`.safetensors`, the suffix where none is \
        written). With values, gives values like them as `save` wrote them; without, the array, whose \
        sizes must be those of the type it is given to, but for those written `_`. What the type \
        claims is looked at, too: `let w: simplex [N] = load("w.npy")`. A first row of names in a \
        `.csv` is passed over. A `text` is the content of any file in UTF-8.
        """,
      evaluate: { (evaluator, arguments, expression) throws(RunProblem) in
        try evaluator.load(arguments, expression)
      }),
    HostFunction(
      name: "log", signature: "log(step, name: value, …)",
      doc: """
        Adds named numbers to the log of the run: a progress line, plain lines where nobody \
        watches, one JSON object with `--json`, where each name is there once and none is `event`. \
        A number that is not finite ends the run.
        """,
      evaluate: { (evaluator, arguments, _) throws(RunProblem) in
        try evaluator.log(evaluator.values(of: arguments))
      }),
    HostFunction(
      name: "plot", signature: "plot(\"file\", y: ys, …)",
      doc: """
        Draws vectors as lines and matrices as maps, rows as they are printed: `file.svg`, with \
        `--png` or by its name `file.png`, and in the terminal. Where the file cannot be written, a \
        warning says why, and the run goes on and ends with exit code 1.
        """,
      evaluate: { (evaluator, arguments, expression) throws(RunProblem) in
        try evaluator.plot(evaluator.values(of: arguments), expression)
      }),
    HostFunction(
      name: "print", signature: "print(x, …)",
      doc: "Prints its arguments on a line, numbers in full, large tensors without their middle.",
      evaluate: { (evaluator, arguments, _) throws(RunProblem) in
        try evaluator.print(evaluator.values(of: arguments))
      }),
    HostFunction(
      name: "report", signature: "report(x)  or  report(name: x)",
      doc: """
        Shows a result: a record of vectors of one length as a table, with `--json` as one object \
        a row.
        """,
      evaluate: { (evaluator, arguments, _) throws(RunProblem) in
        try evaluator.report(evaluator.values(of: arguments))
      }),
    HostFunction(
      name: "save", signature: "save(\"file\", x, …)",
      doc: """
        Writes values under their names, whole or not at all: a checkpoint (`.safetensors`, the \
        suffix where none is written), or `.npz`, `.npy`, `.csv`. A text becomes the content of the \
        file. A checkpoint also says what every setting was, the seed among them. `ntmscript run FILE \
        --resume CHECKPOINT` goes on behind the step that saved: other sizes are an error, other \
        settings a warning.
        """,
      evaluate: { (evaluator, arguments, expression) throws(RunProblem) in
        try evaluator.save(evaluator.values(of: arguments), expression)
      }),
    HostFunction(
      name: "view", signature: "view(m, x)",
      doc: """
        Runs a model on one input and draws what went in, what came out and what `probe` saw on the \
        way: an SVG file, a page to step through time in, and in the terminal. A vector is a heat map \
        over time, a number a line; numbers and short vectors whose names begin alike share a chart. \
        A matrix is a row a head, or, with more than 8 rows or a name that begins with `memory`, one \
        image a step. Where a file cannot be written, a warning says why and the run goes on, as with `plot`.
        """,
      evaluate: { (evaluator, arguments, expression) throws(RunProblem) in
        try evaluator.view(arguments, expression)
      }),
  ]

  package static func named(_ name: String) -> HostFunction? { all.first { $0.name == name } }
}

extension Evaluator {
  func call(
    _ name: String, _ arguments: [EffectArgument], _ expression: TypedExpression
  ) throws(RunProblem) -> HostValue {
    guard let function = HostFunction.named(name) else {
      throw .reported(DriverMessages.hostPlacement(name, at: expression.span))
    }
    // Files and pictures may be large.
    let interrupt = self.interrupt
    return try Patience.asking({ interrupt.isRaised }) { () throws(RunProblem) in
      try function.evaluate(self, arguments, expression)
    }
  }

  func values(of arguments: [EffectArgument]) throws(RunProblem) -> [HostArgument] {
    var values: [HostArgument] = []
    for (index, argument) in arguments.enumerated() {
      let value = try at(index) { () throws(RunProblem) in try evaluate(argument.value) }
      values.append(
        HostArgument(
          label: label(of: argument), expression: argument.value, value: value))
    }
    return values
  }

  /// The written label, else the name that the argument comes from.
  func label(of argument: EffectArgument) -> String {
    if !argument.label.isEmpty { return argument.label }
    return switch argument.value.form {
    case .variable(let variable): variable.name
    case .call(let function, _, _), .method(let function, _, _): function.name
    case .field(_, let name): name
    default: ""
    }
  }

  /// The message of an error that a file gave, unless it comes from giving up.
  func fileProblem(_ error: any Error, _ span: Span) -> RunProblem {
    if interrupt.isRaised { return .interrupted }
    let isBeyond = (error as? DataError)?.kind == .beyondPrecision
    let help = isBeyond && options.precision == .single ? ["`--f64` reads and computes in f64"] : []
    return .reported(DriverMessages.file("\(error)", at: span, help: help))
  }
}

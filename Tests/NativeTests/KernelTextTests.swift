// The C text of generated files, compiled by the system's compilers and compared with plain loops
// and the C library by the programs in `Checks`.

import CKernels
import Glibc
import IR
import TestSupport
import Testing

@Suite struct KernelTextTests {
  /// What a generated file defines at its top.
  struct Form: CustomTestStringConvertible {
    var isDouble: Bool
    var bytes: Int
    var lanes: Int

    var testDescription: String { "\(isDouble ? "f64" : "f32"), \(bytes) bytes, lanes \(lanes)" }

    /// The opening of a generated file of this form.
    var text: String {
      """
      #define NT_DOUBLE \(isDouble ? 1 : 0)
      #define NT_BYTES \(bytes)
      #define NT_LANES \(lanes)
      \(String(cString: ntm_kernels_vector()))
      \(String(cString: ntm_kernels_mathematics()))
      \(String(cString: ntm_kernels_product()))
      \(String(cString: ntm_kernels_multiply()))

      """
    }

    static let all = [false, true].flatMap { isDouble in
      [64, 32, 16].flatMap { bytes in
        [1, 8].map { Form(isDouble: isDouble, bytes: bytes, lanes: $0) }
      }
    }
  }

  static let checks = ["vectors", "mathematics", "products"]

  @Test(.enabled(if: has("clang"), "needs clang"), arguments: Form.all, checks)
  func agreesByClang(_ form: Form, _ check: String) throws {
    try expectAgreement("clang", form, check)
  }

  /// The second choice of compiler is tried with every width and either precision.
  @Test(
    .enabled(if: has("gcc"), "needs gcc"),
    arguments: [
      Form(isDouble: false, bytes: 64, lanes: 8), Form(isDouble: false, bytes: 32, lanes: 1),
      Form(isDouble: true, bytes: 16, lanes: 8),
    ], checks)
  func agreesByGcc(_ form: Form, _ check: String) throws {
    try expectAgreement("gcc", form, check)
  }

  /// Every scalar function of the intermediate form has its vector function.
  @Test(.enabled(if: has("clang"), "needs clang"), arguments: [false, true])
  func hasEveryScalarFunction(_ isDouble: Bool) throws {
    typealias Unary = ScalarExpression.Unary
    typealias Binary = ScalarExpression.Binary
    let logical: [Binary] = [.and, .or]
    let compared: [Binary] = [.equal, .less, .lessOrEqual]
    let operations: [(letter: String, unary: [Unary], binary: [Binary])] = [
      (
        "r", Unary.allCases.filter { $0 != .not && $0 != .scramble },
        Binary.allCases.filter { !logical.contains($0) && $0 != .multiplyHigh }
      ),
      (
        "i", [.negate, .absolute, .sign, .floor, .isFinite, .scramble],
        Binary.allCases.filter { !logical.contains($0) }
      ),
      ("b", [.not], logical + compared),
    ]
    var text = Form(isDouble: isDouble, bytes: 64, lanes: 8).text
    for (letter, unary, binary) in operations {
      let vector = letter == "b" ? "vm" : "v\(letter)"
      for name in unary {
        let result = name == .isFinite ? "vm" : vector
        text += "\(result) \(name)_\(letter)(\(vector) x) { return nt_\(name)_\(letter)(x); }\n"
      }
      for name in binary {
        let result = compared.contains(name) ? "vm" : vector
        text += "\(result) \(name)_\(letter)(\(vector) x, \(vector) y)"
        text += " { return nt_\(name)_\(letter)(x, y); }\n"
      }
    }
    try Folders.withScratch { folder in
      try write(text, to: "\(folder)/all.c")
      let outcome = run("clang \(Self.flags) -Wno-psabi -fsyntax-only '\(folder)/all.c'")
      #expect(outcome.code == 0, "\(outcome.output)")
    }
  }

  // MARK: Compiling and running

  /// As the engine compiles, with warnings as errors besides.
  static let flags =
    "-O2 -std=gnu11 -march=native -ffp-contract=fast -fno-math-errno -fPIC -Wall -Wextra -Werror"

  private func expectAgreement(_ compiler: String, _ form: Form, _ check: String) throws {
    try Folders.withScratch { folder in
      let program = "\(folder)/check"
      let body = "\(Folders.root)Tests/NativeTests/Checks/\(check).c"
      try write(form.text, to: "\(folder)/kernels.h")
      let compiling = "\(compiler) \(Self.flags) -include '\(folder)/kernels.h' '\(body)'"
      let outcome = run("\(compiling) -o '\(program)' -lm && '\(program)'")
      #expect(outcome.code == 0, "\(outcome.output)")
    }
  }

  private static func has(_ compiler: String) -> Bool {
    system("command -v \(compiler) > /dev/null 2>&1") == 0
  }

  private func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    #expect(fclose(file) == 0)
  }

  private func run(_ line: String) -> (code: Int32, output: String) {
    guard let stream = popen("{ \(line); } 2>&1", "r") else { return (-1, "no shell") }
    var output: [UInt8] = []
    while case let byte = fgetc(stream), byte != EOF { output.append(UInt8(byte)) }
    return (pclose(stream), String(decoding: output, as: UTF8.self))
  }
}

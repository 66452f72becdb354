// `ntmscript run`: flags, checking, running, going on from a checkpoint.

import Diagnostics
import Runtime
import Semantics
import Syntax
import Tensors

extension Commands {
  package static let runDiscussion = """
    Every `config` field and every `dim` with a value is a flag of the program; `ntmscript run FILE \
    --help` lists them. `--json` prints every event (`log`, `print`, `report`, `warning`, `error`) as \
    one JSON object a line and nothing else, `--f64` computes with 64-bit reals, `--resume` goes on \
    from a checkpoint that the program saved, `--plan` and `--profile` show what programs are \
    compiled to and where their time goes.
    """

  /// The flags that every program has.
  private static let usage: String = {
    var rows = [
      ("  --json", "one JSON object a line for each log, print, report and error"),
      ("  --png", "pictures of `view` and `plot` as PNG beside the SVG"),
      ("  --f64", "compute with 64-bit reals"),
      ("  --resume <checkpoint>", "go on from a checkpoint that the program saved"),
    ]
    rows += EngineFlag.all.map { ("  --\($0.name) \($0.value)", $0.doc) }
    rows.append(("  --help", "show this, and the flags of the program"))
    let passes = EngineRequest.passes.map(EngineFlag.hyphenated).joined(separator: ", ")
    return """
      usage: ntmscript run <file> [flags] [--<field> <value> …]

      \(RunRequest.columns(rows))
      passes for --without: \(passes)

      examples:
        ntmscript run copy.ntm
        ntmscript run copy.ntm --lr 1e-3 --N 64 --seed 2
        ntmscript run copy.ntm --read leap.LeapHead
        ntmscript run copy.ntm --json > log.jsonl
        ntmscript run copy.ntm --resume copy.safetensors
        ntmscript run copy.ntm --profile --threads 1

      """
  }()

  package func run(_ words: [String]) -> Int32 {
    let reporter = Reporter(console: console, form: words.contains("--json") ? .events : .text)
    let request: RunRequest
    do throws(RunRequest.Problem) {
      request = try RunRequest(parsing: words)
    } catch {
      return reporter.refuse(error.message)
    }
    guard let path = request.file else {
      if request.wantsHelp {
        console.write(Commands.usage)
        return Exit.success
      }
      return reporter.refuse("`run` needs a file; `ntmscript run --help` says more")
    }
    let compiler = Compiler()
    let file: SourceFile
    do throws(FileError) {
      file = try compiler.sources.load(path: path)
    } catch {
      reporter.show(error)
      return Exit.reports
    }
    let flags = ProgramFlag.all(of: parse(file).program, in: file)
    if request.wantsHelp {
      let structs = LibraryStructs(compiler.sources, program: file)
      console.write(Commands.usage + help(flags, file, structs))
      return Exit.success
    }
    let values: [(name: String, text: String)]
    do throws(RunRequest.Problem) {
      values = try request.values(of: flags, in: path)
    } catch {
      return reporter.refuse(error.message)
    }
    // Before anything is checked: a compiler that is asked its version answers meanwhile.
    let engine = NativeEngine(request.engine) { reporter.note($0) }
    let text = compiler.compile(file, values: values)
    reporter.show(text.diagnostics, compiler.sources)
    if text.hasErrors { return compiler.exitCode(of: text.diagnostics) }
    return execute(text, request, engine, compiler, reporter)
  }

  private func help(
    _ flags: [ProgramFlag], _ file: SourceFile, _ structs: LibraryStructs
  ) -> String {
    if flags.isEmpty { return "" }
    return "\nflags of \(file.name):\n\(RunRequest.help(flags, structs: structs.names(claiming:)))"
  }

  private func execute(
    _ text: CompiledText, _ request: RunRequest, _ engine: NativeEngine, _ compiler: Compiler,
    _ reporter: Reporter
  ) -> Int32 {
    let precision: Precision = request.usesDouble ? .double : .single
    var options = RunOptions(
      precision: precision, usesJson: request.usesJson, name: FilePath.stem(of: text.file.name),
      sourceHash: SourceHash.of(text.file))
    options.writesPng = request.writesPng
    options.structs = text.structs(compiler.sources)
    let evaluator = Evaluator(console: console, interrupt: interrupt, options: options)
    evaluator.warn = { reporter.show([$0], compiler.sources) }
    let reports = evaluator.rehearse(text)
    reporter.show(reports, compiler.sources)
    if reports.hasErrors { return compiler.exitCode(of: reports) }
    if request.engine.wantsPlan { return showPlans(text, evaluator, engine, compiler, reporter) }
    if !request.engine.isInterpreted { evaluator.native = engine }
    if request.engine.isProfiled { evaluator.profile = Profile() }
    defer { evaluator.profile.map { reporter.show($0.report(evaluator, compiler.sources)) } }
    defer { reporter.show(evaluator.takeReachedBounds(), compiler.sources) }
    defer { reporter.count(evaluator.trained) }
    do throws(RunProblem) {
      try evaluator.run(imported: text.imported)
      if let path = request.resume {
        guard let stored = stored(path, text, evaluator, reporter) else { return Exit.failure }
        try evaluator.run(text.module, restoring: stored)
      } else {
        try evaluator.run(text.module)
      }
      return evaluator.lostPictures.isEmpty ? Exit.success : Exit.failure
    } catch {
      switch error {
      case .reported(let diagnostics): reporter.show(diagnostics, compiler.sources)
      case .interrupted: reporter.showInterrupted(evaluator.stopWords)
      }
      return Exit.failure
    }
  }

  /// The checkpoint to go on from; nil after it was reported that there is none.
  private func stored(
    _ path: String, _ text: CompiledText, _ evaluator: Evaluator, _ reporter: Reporter
  ) -> StoredRun? {
    do {
      let stored = try StoredRun(reading: path, precision: evaluator.options.precision)
      if stored.sourceHash != evaluator.options.sourceHash {
        reporter.show(
          [DriverMessages.changedSource(text.file.name, since: path)], SourceLibrary())
      }
      return stored
    } catch {
      reporter.show([DriverMessages.file("\(error)", at: nil)], SourceLibrary())
      return nil
    }
  }
}

/// Tells one text from another, in checkpoints.
enum SourceHash {
  /// FNV-1a, as 16 hexadecimal digits.
  static func of(_ file: SourceFile) -> String { of(file.utf8) }

  static func of(_ bytes: some Sequence<UInt8>) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

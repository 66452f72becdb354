// Files and pictures that nobody waits for any more, given up at every moment at which they look.

import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Runtime

@Suite struct GivingUpTests {
  /// Runs work that is told to end when it asks for the so-manieth time.
  /// - Returns: nil where it ended before.
  private func given<Result>(_ looks: Int, _ work: () throws -> Result) throws -> (Result?, Bool) {
    let left = Mutex(looks)
    let isOver: @Sendable () -> Bool = {
      left.withLock { left in
        left -= 1
        return left < 0
      }
    }
    do {
      let result = try Patience.asking(isOver) { try work() }
      return (result, left.withLock { $0 < 0 })
    } catch let problem as FileError {
      #expect(problem.cause == .interrupted)
      return (nil, true)
    } catch is DataError {
      // A part of a file that was read is damaged.
      return (nil, true)
    }
  }

  private struct Format: CustomTestStringConvertible, Sendable {
    let suffix: String
    let write: @Sendable (Tensor, String) throws -> Void
    let read: @Sendable (String) throws -> Tensor
    var testDescription: String { suffix }
  }

  private static let formats = [
    Format(
      suffix: "csv", write: { try Csv.write($0, to: $1) },
      read: { try Csv.read($0, precision: .single).values }),
    Format(suffix: "npy", write: { try Npy.write($0, to: $1) }, read: { try Npy.read($0) }),
    Format(
      suffix: "npz", write: { try Npz.write([("x", $0)], to: $1) },
      read: { try Npz.read($0)[0].tensor }),
    Format(
      suffix: "safetensors", write: { try Checkpoint(tensors: [("x", $0)]).save(to: $1) },
      read: { try Checkpoint.load($0).tensors[0].tensor }),
  ]

  /// A write that is given up leaves the file before it; a read says so or was whole by then.
  @Test(arguments: formats)
  private func aFileIsWholeOrWasNotTouched(_ format: Format) throws {
    let (rows, columns) = (100, 900)
    let before = Tensor([2, 2], reals: [1, 2, 3, 4], precision: .single)
    let after = Tensor(
      [rows, columns], reals: (0..<rows * columns).map { Double($0 % 1000) / 8 },
      precision: .single)
    try Folders.withScratch { folder in
      let path = "\(folder)/file.\(format.suffix)"
      var (looks, isWritten, isRead) = (0, false, false)
      while !isWritten {
        try format.write(before, path)
        isWritten = try given(looks) { try format.write(after, path) }.0 != nil
        #expect(try format.read(path) == (isWritten ? after : before), "after \(looks) looks")
        #expect(Folders.contents(folder).count == 1)
        looks += 1
      }
      #expect(looks > 2, "it looks now and then")
      looks = 0
      while !isRead {
        let (found, isStopped) = try given(looks) { try format.read(path) }
        // What was told to end may give anything; whoever told it does not look.
        if !isStopped { #expect(found == after) }
        isRead = !isStopped
        looks += 1
      }
      #expect(looks > 2, "it looks now and then")
    }
  }

  @Test func aPictureEndsEarly() throws {
    let (rows, columns) = (1_100, 240)
    let wide = Tensor(
      [rows, columns], reals: (0..<rows * columns).map { Double($0 % 97) }, precision: .single)
    let line = (0..<300_000).map { Double($0 % 31) }
    let figure = {
      Figure(
        title: "t",
        panels: [
          .heatmap(Heatmap(title: "map", steps: wide)),
          .lines(LineChart(title: "line", series: [LineChart.Series("a", values: line)])),
        ])
    }
    let whole = figure().svg()
    for looks in 0..<4 {
      let (text, isStopped) = try given(looks) {
        let figure = figure()
        return figure.terminal() + figure.svg() + figure.html()
      }
      #expect(isStopped && text != nil)
    }
    let (text, isStopped) = try given(.max) { figure().svg() }
    #expect(!isStopped && text == whole)
  }
}

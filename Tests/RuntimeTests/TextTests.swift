// What a reader sees: numbers, tensors, summaries, progress.

import Runtime
import Tensors
import Testing

@Suite struct TextTests {
  private func reals(_ values: [Double], _ shape: [Int]? = nil) -> Tensor {
    Tensor(shape ?? [values.count], reals: values, precision: .single)
  }

  @Test func numbers() {
    #expect(
      [0, 7, 999, 1000, -2000, 1_234_567].map(NumberText.grouped) == [
        "0", "7", "999", "1,000", "-2,000", "1,234,567",
      ])
    #expect(NumberText.grouped(.min) == "-9,223,372,036,854,775,808")
    #expect(NumberText.fixed(2.345, 2) == "2.35" || NumberText.fixed(2.345, 2) == "2.34")
    #expect(NumberText.fixed(-0.001, 2) == "0.00")
    #expect(NumberText.fixed(.greatestFiniteMagnitude, 3).count == 313)
    #expect(
      [0, 0.0123, -1.5, 123.456, 4567, 1.5e9, 1e-7, .nan, -.infinity].map(NumberText.short)
        == ["0.00", "0.01", "-1.50", "123.5", "4,567", "1.5e+09", "1.0e-07", "NaN", "-inf"])
    #expect(
      [0, 1, 1023, 1024, 1536, 1 << 30].map(NumberText.bytes)
        == ["0 bytes", "1 byte", "1023 bytes", "1.0 KiB", "1.5 KiB", "1.0 GiB"])
  }

  @Test func tensorsExactly() {
    #expect(TensorText.text(reals([0.1, 1, -2])) == "[0.1, 1.0, -2.0]")
    #expect(TensorText.text(Tensor(ints: [5])) == "5")
    #expect(
      TensorText.text(Tensor([2, 2], ints: [1, 20, 300, 4])) == "[[  1,  20],\n [300,   4]]")
    #expect(TensorText.text(Tensor([2], bools: [true, false])) == "[true, false]")
    #expect(TensorText.text(reals([.nan, .infinity])) == "[NaN, inf]")
    #expect(TensorText.text(Tensor([0, 3], ints: [])) == "[] (0×3)")
    #expect(TensorText.text(Tensor([2, 0, 3], ints: [])) == "[] (2×0×3)")
    #expect(TensorText.text(Tensor([0], ints: [])) == "[]")
    #expect(TensorText.text(Tensor([2, 0], ints: [])) == "[[],\n []]")
    #expect(
      TensorText.text(Tensor([2, 2, 1], ints: [1, 2, 3, 4])) == "[[[1],\n  [2]],\n [[3],\n  [4]]]")
  }

  @Test func largeTensorsAreShortened() {
    #expect(
      TensorText.text(Tensor([1001], ints: Array(0..<1001))) == "[0, 1, 2, …, 998, 999, 1000]")
    #expect(TensorText.text(Tensor([1_000_000, 0], ints: [])).count < 50)
    let square = TensorText.text(Tensor([40, 40], ints: Array(0..<1600)), edge: 1)
    #expect(square == "[[   0, …,   39],\n …,\n [1560, …, 1599]]")
    #expect(!TensorText.text(Tensor([1000], ints: Array(0..<1000))).contains("…"))
  }

  @Test func everySmallTensorHasATextAndASummary() {
    for tensor in Samples.tensors {
      let text = TensorText.text(tensor)
      #expect(text.count { $0 == "[" } == text.count { $0 == "]" })
      #expect(
        TensorText.text(tensor, threshold: 0, edge: 1).contains("…")
          == tensor.shape.contains { $0 > 3 })
      for isSimplex in [false, true] {
        let line = Summary.line(tensor, isSimplex: isSimplex)
        #expect(!line.isEmpty && !line.contains("\n"))
      }
    }
  }

  @Test func summaries() {
    var bell: [Double] = []
    for (value, count) in [(-3.0, 1), (-2, 3), (-1, 9), (0, 14), (1, 9), (2, 3), (3, 1)] {
      bell += [Double](repeating: value, count: count)
    }
    #expect(Summary.line(reals(bell)) == "mean 0.00  sd 1.22  ▂▃▆█▆▃▂")
    #expect(
      Summary.line(reals(bell + [.nan, .nan, .infinity]))
        == "mean 0.00  sd 1.22  ▂▃▆█▆▃▂  2 NaN  1 inf")
    #expect(Summary.line(reals([0.1, 0.2])) == "[0.1, 0.2]")
    #expect(Summary.line(reals([0.5], [])) == "0.5")
    #expect(Summary.line(reals([Double](repeating: 0.5, count: 100))) == "all 0.5")
    #expect(Summary.line(reals([Double](repeating: .nan, count: 1000))) == "1,000 NaN")
    #expect(Summary.line(Tensor([0, 5], ints: [])) == "empty")
    #expect(Summary.line(Tensor([100], ints: Array(0..<100))) == "0 … 99  mean 49.50  ███████")
    #expect(
      Summary.line(Tensor([1500], bools: (0..<1500).map { $0 % 3 == 0 })) == "500 of 1,500 true")
    let huge = [Double](repeating: 1e308, count: 50) + [Double](repeating: -1e308, count: 50)
    #expect(
      Summary.line(Tensor([100], reals: huge, precision: .double))
        == "mean 0.00  sd 1.0e+308  █▁▁▁▁▁█")
  }

  @Test func summariesOfWeightings() {
    var weights = [Double](repeating: (1 - 0.031) / 127, count: 128)
    weights[77] = 0.031
    #expect(Summary.line(reals(weights), isSimplex: true) == "sum 1.000  peak row 77 (0.031)")
    let two = reals(weights + [Double](repeating: 1 / 128, count: 128), [2, 128])
    #expect(Summary.line(two, isSimplex: true) == "sums 1.000  peaks 0.008 … 0.031")
    weights[3] = .nan
    #expect(Summary.line(reals(weights), isSimplex: true).hasSuffix("1 NaN"))
    #expect(TensorText.sizes([128, 20]) == "128×20")
  }

  @Test func progress() {
    func line(_ done: Int, _ total: Int?, width: Int = 80, elapsed: Double = 8.24) -> String {
      Progress.line(
        name: "copy", done: done, total: total, figures: [.init("bits", 21.1)], elapsed: elapsed,
        width: width)
    }
    #expect(line(412, 2000) == "copy  ▕██▍         ▏ 412/2,000  21.1 bits  50 step/s  eta 0:32")
    #expect(line(0, 2000) == "copy  ▕            ▏ 0/2,000  21.1 bits")
    #expect(
      line(2000, 2000, elapsed: 40)
        == "copy  ▕████████████▏ 2,000/2,000  21.1 bits  50 step/s  in 0:40")
    #expect(line(412, nil) == "copy  412  21.1 bits  50 step/s")
    #expect(line(412, 2000, width: 30) == "copy  ▕██▍         ▏ 412/2,000")
    #expect(
      line(412, 2000, width: 56) == "copy  ▕█▏    ▏ 412/2,000  21.1 bits  50 step/s  eta 0:32")
    let resumed = Progress.line(name: "a", done: 150, total: 200, elapsed: 10, start: 100)
    #expect(resumed.hasSuffix("5.0 step/s  eta 0:10"))
    let slow = Progress.line(name: "a", done: 1, total: 3, elapsed: 4000)
    #expect(slow.hasSuffix("4e+03 s/step  eta 2:13:20"))
  }

  @Test func progressFitsEveryWidth() {
    for width in 0...90 {
      for (done, total) in [(0, 0), (1, 3), (5, 3), (412, 2000), (.max, .max)] {
        for elapsed in [0, 1e-9, 3, 1e12, .nan, .infinity] {
          let text = Progress.line(
            name: "copy", done: done, total: total,
            figures: [.init("bits", .nan), .init("x", -1e300)], elapsed: elapsed, width: width)
          #expect(text.count <= width)
        }
      }
    }
    for cells in 0...12 {
      for done in 0...40 { #expect(Progress.bar(done, of: 40, cells: cells).count == cells + 2) }
    }
    #expect(
      [0, 59.4, 60, 3600, 86400 * 2.125, .infinity].map(Progress.duration)
        == ["0:00", "0:59", "1:00", "1:00:00", "2d 03h", "over 100d"])
  }
}

// From a share between 0 and 1 to a colour.
//
// The scales rise or fall evenly in lightness, so that they read in grey and to the colour-blind.

/// A colour on a screen.
package struct Colour: Hashable, Sendable {
  package let red: UInt8
  package let green: UInt8
  package let blue: UInt8

  package init(_ code: UInt32) {
    red = UInt8(truncatingIfNeeded: code >> 16)
    green = UInt8(truncatingIfNeeded: code >> 8)
    blue = UInt8(truncatingIfNeeded: code)
  }

  private init(red: Double, green: Double, blue: Double) {
    self.red = UInt8(min(255, max(0, red.rounded())))
    self.green = UInt8(min(255, max(0, green.rounded())))
    self.blue = UInt8(min(255, max(0, blue.rounded())))
  }

  /// As SVG writes it: `#1f2430`.
  package var code: String {
    "#"
      + [red, green, blue].map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
  }

  func mixed(with other: Colour, share: Double) -> Colour {
    func mix(_ a: UInt8, _ b: UInt8) -> Double { Double(a) + (Double(b) - Double(a)) * share }
    return Colour(
      red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }

  /// The nearest colour of a terminal's palette of 256: its cube of six steps, or its greys.
  var paletteIndex: Int {
    let steps = [0, 95, 135, 175, 215, 255]
    func nearest(_ value: UInt8) -> Int {
      steps.indices.min { abs(steps[$0] - Int(value)) < abs(steps[$1] - Int(value)) } ?? 0
    }
    func distance(_ r: Int, _ g: Int, _ b: Int) -> Int {
      let (x, y, z) = (Int(red) - r, Int(green) - g, Int(blue) - b)
      return x * x + y * y + z * z
    }
    let (r, g, b) = (nearest(red), nearest(green), nearest(blue))
    let average = (Int(red) + Int(green) + Int(blue)) / 3
    let grey = min(23, max(0, (average - 3) / 10))
    let level = 8 + 10 * grey
    return distance(level, level, level) < distance(steps[r], steps[g], steps[b])
      ? 232 + grey : 16 + 36 * r + 6 * g + b
  }
}

/// The colours that values of a heat map take.
package enum ColourScale: Hashable, Sendable {
  /// Dark for little, bright for much.
  case sequential
  /// Blue below the middle, red above, white between.
  case diverging

  /// The colour of what is not a number.
  package static let missing = Colour(0x9aa0a6)

  private var stops: [Colour] {
    let codes: [UInt32] =
      switch self {
      case .sequential:
        [
          0x000004, 0x0c0927, 0x231151, 0x410f75, 0x5f187f, 0x7b2382, 0x982d80, 0xb73779,
          0xd3436e, 0xeb5760, 0xf8765c, 0xfd9a6a, 0xfebb81, 0xfddc9e, 0xfcfdbf,
        ]
      case .diverging:
        [
          0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582,
          0xd6604d, 0xb2182b, 0x67001f,
        ]
      }
    return codes.map(Colour.init)
  }

  /// 256 colours from the lowest to the highest.
  package var palette: [Colour] {
    let stops = stops
    return (0..<256).map { step in
      let place = Double(step) / 255 * Double(stops.count - 1)
      let index = min(stops.count - 2, Int(place))
      return stops[index].mixed(with: stops[index + 1], share: place - Double(index))
    }
  }
}

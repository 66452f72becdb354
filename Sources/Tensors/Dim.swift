// Sizes as polynomials over named symbols, in normal form.
//
// `2*T + 1` is a `Dim`. Two dims are equal when their normal forms are, whatever the numbers: that
// is what makes dims nominal. Arithmetic never overflows silently: a coefficient out of range
// becomes `Dim.overflow`, which has no value.

/// The identity of a dim. Equal names with different numbers are different dims.
package struct DimSymbol: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let name: String
  /// Tells apart symbols of one name; 0 prints as the bare name.
  package let number: Int

  package init(_ name: String, _ number: Int = 0) {
    self.name = name
    self.number = number
  }

  package static func < (a: DimSymbol, b: DimSymbol) -> Bool {
    a.name != b.name ? a.name < b.name : a.number < b.number
  }

  package var description: String { number == 0 ? name : "\(name).\(number)" }
}

/// A polynomial with integer coefficients over dim symbols, in normal form.
package struct Dim: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// A product of symbols, sorted, with repetition for powers; empty for the constant term.
  package typealias Monomial = [DimSymbol]

  /// Non-zero coefficients only.
  package private(set) var terms: [Monomial: Int]
  private var overflowed = false

  private init(terms: [Monomial: Int], overflowed: Bool = false) {
    self.terms = terms.filter { $0.value != 0 }
    self.overflowed = overflowed
  }

  package init(_ value: Int) { self.init(terms: [[]: value]) }
  package init(integerLiteral value: Int) { self.init(value) }
  package init(_ symbol: DimSymbol) { self.init(terms: [[symbol]: 1]) }

  /// The number, where there is no symbol.
  package var constant: Int? {
    if overflowed { return nil }
    if terms.isEmpty { return 0 }
    return terms.count == 1 ? terms[[]] : nil
  }

  /// The symbol, where the dim is just that.
  package var symbol: DimSymbol? {
    guard !overflowed, terms.count == 1, let (monomial, coefficient) = terms.first else {
      return nil
    }
    return coefficient == 1 && monomial.count == 1 ? monomial[0] : nil
  }

  package var symbols: Set<DimSymbol> { Set(terms.keys.joined()) }
  package var isOverflow: Bool { overflowed }

  package static func + (a: Dim, b: Dim) -> Dim {
    var terms = a.terms
    var overflowed = a.overflowed || b.overflowed
    for (monomial, coefficient) in b.terms {
      let (sum, overflow) = terms[monomial, default: 0].addingReportingOverflow(coefficient)
      terms[monomial] = sum
      overflowed = overflowed || overflow
    }
    return Dim(terms: terms, overflowed: overflowed)
  }

  package static prefix func - (a: Dim) -> Dim { a * Dim(-1) }
  package static func - (a: Dim, b: Dim) -> Dim { a + -b }

  package static func * (a: Dim, b: Dim) -> Dim {
    var terms: [Monomial: Int] = [:]
    var overflowed = a.overflowed || b.overflowed
    for (left, x) in a.terms {
      for (right, y) in b.terms {
        let monomial = (left + right).sorted()
        let (product, overflow) = x.multipliedReportingOverflow(by: y)
        let (sum, overflow2) = terms[monomial, default: 0].addingReportingOverflow(product)
        terms[monomial] = sum
        overflowed = overflowed || overflow || overflow2
      }
    }
    return Dim(terms: terms, overflowed: overflowed)
  }

  /// The dim with each symbol that has a binding replaced by it.
  package func substituting(_ bindings: [DimSymbol: Dim]) -> Dim {
    if bindings.isEmpty || terms.isEmpty { return self }
    if let symbol, let bound = bindings[symbol] { return bound }
    var result = Dim(terms: [:], overflowed: overflowed)
    for (monomial, coefficient) in terms {
      var product = Dim(coefficient)
      for symbol in monomial { product = product * (bindings[symbol] ?? Dim(symbol)) }
      result = result + product
    }
    return result
  }

  /// The size under `sizes`; nil where a symbol has none or the number does not fit.
  package func evaluated(_ sizes: [DimSymbol: Int]) -> Int? {
    if overflowed { return nil }
    var total = 0
    for (monomial, coefficient) in terms {
      var product = coefficient
      for symbol in monomial {
        guard let size = sizes[symbol] else { return nil }
        let (next, overflow) = product.multipliedReportingOverflow(by: size)
        if overflow { return nil }
        product = next
      }
      let (next, overflow) = total.addingReportingOverflow(product)
      if overflow { return nil }
      total = next
    }
    return total
  }

  /// The coefficient of `symbol` and the rest, where the symbol stands only in a linear term of
  /// its own: `2*T + 1` is 2 and 1 for T.
  package func linear(in symbol: DimSymbol) -> (coefficient: Int, rest: Dim)? {
    guard let coefficient = terms[[symbol]] else { return nil }
    let rest = self - Dim(coefficient) * Dim(symbol)
    return rest.symbols.contains(symbol) ? nil : (coefficient, rest)
  }

  /// The dim divided by a number, where every coefficient divides.
  package func divided(by divisor: Int) -> Dim? {
    guard divisor != 0, terms.values.allSatisfy({ $0 % divisor == 0 }) else { return nil }
    return Dim(terms: terms.mapValues { $0 / divisor }, overflowed: overflowed)
  }
}

extension Dim {
  /// With every symbol as the user named it.
  package var written: String {
    var bindings: [DimSymbol: Dim] = [:]
    for symbol in symbols { bindings[symbol] = Dim(DimSymbol(symbol.name)) }
    return substituting(bindings).description
  }
}

extension Dim: CustomStringConvertible {
  /// As a user writes it: highest powers first, `2*T + 1`.
  package var description: String {
    if overflowed { return "a size out of range" }
    if terms.isEmpty { return "0" }
    let ordered = terms.sorted { a, b in
      if a.key.count != b.key.count { return a.key.count > b.key.count }
      // `b - a` rather than `-a + b`.
      if (a.value < 0) != (b.value < 0) { return a.value > 0 }
      return a.key.lexicographicallyPrecedes(b.key)
    }
    var text = ""
    for (monomial, coefficient) in ordered {
      let names = monomial.map(\.description).joined(separator: "*")
      let size = coefficient.magnitude
      let body = monomial.isEmpty ? "\(size)" : size == 1 ? names : "\(size)*\(names)"
      if text.isEmpty {
        text = coefficient < 0 ? "-\(body)" : body
      } else {
        text += coefficient < 0 ? " - \(body)" : " + \(body)"
      }
    }
    return text
  }
}

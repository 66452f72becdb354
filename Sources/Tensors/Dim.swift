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
///
/// Most dims are numbers, and graphs are full of them, so a number takes no memory of its own.
package struct Dim: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// A product of symbols, sorted, with repetition for powers; empty for the constant term.
  package typealias Monomial = [DimSymbol]

  package struct Term: Hashable, Sendable {
    package let monomial: Monomial
    package let coefficient: Int
  }

  /// The constant term.
  private let number: Int
  /// The other terms in the order of their monomials, with coefficients that are not zero.
  private let symbolic: [Term]
  private let overflowed: Bool

  private init(number: Int, symbolic: [Term] = [], overflowed: Bool = false) {
    self.number = number
    self.symbolic = symbolic
    self.overflowed = overflowed
  }

  package init(_ value: Int) { self.init(number: value) }
  package init(integerLiteral value: Int) { self.init(number: value) }
  package init(_ symbol: DimSymbol) {
    self.init(number: 0, symbolic: [Term(monomial: [symbol], coefficient: 1)])
  }

  /// The terms that are not zero, the constant one first, in the order of their monomials.
  package var terms: [Term] {
    number == 0 ? symbolic : [Term(monomial: [], coefficient: number)] + symbolic
  }

  /// The number, where there is no symbol.
  package var constant: Int? { symbolic.isEmpty && !overflowed ? number : nil }

  /// The symbol, where the dim is just that.
  package var symbol: DimSymbol? {
    guard number == 0, symbolic.count == 1, !overflowed, symbolic[0].coefficient == 1,
      symbolic[0].monomial.count == 1
    else { return nil }
    return symbolic[0].monomial[0]
  }

  package var symbols: Set<DimSymbol> {
    symbolic.isEmpty ? [] : Set(symbolic.lazy.flatMap(\.monomial))
  }
  package var isOverflow: Bool { overflowed }

  /// True where no sizes make it negative, as far as the signs of its terms show.
  package var isNeverNegative: Bool { !isOverflow && terms.allSatisfy { $0.coefficient >= 0 } }

  package func mentions(where isWanted: (DimSymbol) -> Bool) -> Bool {
    symbolic.contains { $0.monomial.contains(where: isWanted) }
  }

  package static func + (a: Dim, b: Dim) -> Dim {
    let (number, overflow) = a.number.addingReportingOverflow(b.number)
    var overflowed = a.overflowed || b.overflowed || overflow
    if a.symbolic.isEmpty || b.symbolic.isEmpty {
      let symbolic = a.symbolic.isEmpty ? b.symbolic : a.symbolic
      return Dim(number: number, symbolic: symbolic, overflowed: overflowed)
    }
    let sum = summed(a.symbolic + b.symbolic, &overflowed)
    return Dim(number: number, symbolic: sum, overflowed: overflowed)
  }

  package static prefix func - (a: Dim) -> Dim { a * Dim(-1) }
  package static func - (a: Dim, b: Dim) -> Dim { a + -b }

  package static func * (a: Dim, b: Dim) -> Dim {
    let (number, overflow) = a.number.multipliedReportingOverflow(by: b.number)
    var overflowed = a.overflowed || b.overflowed || overflow
    if a.symbolic.isEmpty && b.symbolic.isEmpty {
      return Dim(number: number, overflowed: overflowed)
    }
    if b == 1 { return a }
    if a == 1 { return b }
    var products: [Term] = []
    for left in a.terms {
      for right in b.terms where !(left.monomial.isEmpty && right.monomial.isEmpty) {
        let (product, overflow) =
          left.coefficient.multipliedReportingOverflow(by: right.coefficient)
        overflowed = overflowed || overflow
        products.append(
          Term(monomial: (left.monomial + right.monomial).sorted(), coefficient: product))
      }
    }
    let symbolic = summed(products, &overflowed)
    return Dim(number: number, symbolic: symbolic, overflowed: overflowed)
  }

  /// The terms in order, those of one monomial added.
  private static func summed(_ terms: [Term], _ overflowed: inout Bool) -> [Term] {
    let ordered = terms.sorted { $0.monomial.lexicographicallyPrecedes($1.monomial) }
    var result: [Term] = []
    for term in ordered {
      if let last = result.last, last.monomial == term.monomial {
        let (sum, overflow) = last.coefficient.addingReportingOverflow(term.coefficient)
        overflowed = overflowed || overflow
        result[result.count - 1] = Term(monomial: term.monomial, coefficient: sum)
      } else {
        result.append(term)
      }
    }
    return result.filter { $0.coefficient != 0 }
  }

  /// The dim with each symbol that has a binding replaced by it.
  package func substituting(_ bindings: [DimSymbol: Dim]) -> Dim {
    guard mentions(where: { bindings[$0] != nil }) else { return self }
    if let symbol, let bound = bindings[symbol] { return bound }
    var result = Dim(number: number, overflowed: overflowed)
    for term in symbolic {
      var product = Dim(term.coefficient)
      for symbol in term.monomial { product = product * (bindings[symbol] ?? Dim(symbol)) }
      result = result + product
    }
    return result
  }

  /// The size under `sizes`; nil where a symbol has none or the number does not fit.
  package func evaluated(_ sizes: [DimSymbol: Int]) -> Int? {
    if overflowed { return nil }
    var total = number
    for term in symbolic {
      var product = term.coefficient
      for symbol in term.monomial {
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
    guard let (factor, rest) = factored(by: symbol), let coefficient = factor.constant else {
      return nil
    }
    return (coefficient, rest)
  }

  /// What `symbol` is multiplied by and the rest, where there is no power of it: `A*B + 1` is A and
  /// 1 for B.
  package func factored(by symbol: DimSymbol) -> (factor: Dim, rest: Dim)? {
    let own = symbolic.filter { $0.monomial.contains(symbol) }
    if own.isEmpty { return nil }
    var factor: Dim = 0
    for term in own {
      let others = term.monomial.filter { $0 != symbol }
      if others.count + 1 != term.monomial.count { return nil }
      factor = factor + others.reduce(Dim(term.coefficient)) { $0 * Dim($1) }
    }
    let others = symbolic.filter { !$0.monomial.contains(symbol) }
    return (factor, Dim(number: number, symbolic: others, overflowed: overflowed))
  }

  /// The dim divided by a number, where every coefficient divides.
  package func divided(by divisor: Int) -> Dim? {
    // The smallest number has no negation, and no remainder by -1 that could be asked for.
    if divisor == -1 { return -self }
    guard divisor != 0, number % divisor == 0,
      symbolic.allSatisfy({ $0.coefficient % divisor == 0 })
    else { return nil }
    let quotients = symbolic.map {
      Term(monomial: $0.monomial, coefficient: $0.coefficient / divisor)
    }
    return Dim(number: number / divisor, symbolic: quotients, overflowed: overflowed)
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
      if a.monomial.count != b.monomial.count { return a.monomial.count > b.monomial.count }
      // `b - a` rather than `-a + b`.
      if (a.coefficient < 0) != (b.coefficient < 0) { return a.coefficient > 0 }
      return a.monomial.lexicographicallyPrecedes(b.monomial)
    }
    var text = ""
    for term in ordered {
      let names = term.monomial.map(\.description).joined(separator: "*")
      let size = term.coefficient.magnitude
      let body = term.monomial.isEmpty ? "\(size)" : size == 1 ? names : "\(size)*\(names)"
      if text.isEmpty {
        text = term.coefficient < 0 ? "-\(body)" : body
      } else {
        text += term.coefficient < 0 ? " - \(body)" : " + \(body)"
      }
    }
    return text
  }
}

/// `dividend div divisor`, a size that is no polynomial.
package struct Quotient: Hashable, Sendable {
  package let dividend: Dim
  package let divisor: Dim

  package init(dividend: Dim, divisor: Dim) {
    self.dividend = dividend
    self.divisor = divisor
  }

  package var symbols: Set<DimSymbol> { dividend.symbols.union(divisor.symbols) }
}

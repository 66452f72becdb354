// What is left out of native code, or put into it.

/// A pass that makes native code faster and changes no result, last digits aside. Its name is what a
/// user leaves out.
package enum NativePass: String, CaseIterable, Sendable {
  /// Computes over one space share a loop nest.
  case fusion
  /// What is cheaper to compute than to load is computed in each nest that reads it.
  case repetition
  /// A buffer that nothing reads any more is used again.
  case bufferReuse = "buffer reuse"
  /// Rows are written into the table they belong to where nothing reads it as it was.
  case rowsInPlace = "rows in place"
  /// Without lanes, values lie so that vectors are full.
  case transposition
  /// Without lanes, contractions are products of matrices.
  case products = "matrix products"
  /// Axes that all of a nest walks through as one are one loop.
  case mergedAxes = "merged axes"
  /// Nests that differ only in what they read and write are one function.
  case sharedNests = "shared nests"
}

package struct NativeOptions: Sendable {
  package var without: Set<NativePass>
  /// Whether the code counts the time of its parts.
  package var isProfiled: Bool
  /// How many compilers one text is for at most. It changes no result.
  package var units: Int

  package init(without: Set<NativePass> = [], isProfiled: Bool = false, units: Int = 4) {
    self.without = without
    self.isProfiled = isProfiled
    self.units = units
  }
}

// The counters of profiled code, as seconds at places of the user's text.

package import IR

package final class NativeProfile {
  private typealias Clock = @convention(c) () -> Int64

  private let now: Clock
  /// Of the library, which several functions may share.
  private let counters: UnsafePointer<Int64>
  private let origins: [[Origin]]
  /// What this function's calls added to the counters.
  private var ticks: [Int64]
  /// All calls together, from start to end.
  private var elapsed = (ticks: Int64(0), seconds: 0.0)
  package private(set) var calls = 0

  /// nil where the code is not profiled.
  init?(_ library: LoadedLibrary, origins: [[Origin]]) {
    guard let now = library.symbol("nt_now"), let counters = library.symbol("nt_ticks") else {
      return nil
    }
    self.now = unsafeBitCast(now, to: Clock.self)
    self.counters = UnsafePointer(counters.assumingMemoryBound(to: Int64.self))
    self.origins = origins
    ticks = [Int64](repeating: 0, count: origins.count)
  }

  func measured(_ body: () -> Void) {
    let before = Array(UnsafeBufferPointer(start: counters, count: ticks.count))
    let start = (ticks: now(), instant: ContinuousClock.now)
    body()
    elapsed.seconds += (ContinuousClock.now - start.instant) / .seconds(1)
    elapsed.ticks += now() - start.ticks
    calls += 1
    for part in ticks.indices { ticks[part] += counters[part] - before[part] }
  }

  /// Seconds of all threads at each place. The time of a nest is shared evenly by the places it
  /// comes from.
  package var places: [(origin: Origin, seconds: Double)] {
    guard elapsed.ticks > 0 else { return [] }
    let rate = elapsed.seconds / Double(elapsed.ticks)
    return zip(origins, ticks).flatMap { origins, ticks in
      let places = origins.isEmpty ? [Origin.none] : origins
      return places.map { ($0, Double(ticks) * rate / Double(places.count)) }
    }
  }
}

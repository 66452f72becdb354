import Glibc
import Testing

@testable import Driver

/// Sessions that compile what their loops run; where there is no compiler they say the same.
@Suite struct NativeSessionTests {
  @Test(.timeLimit(.minutes(2))) func ctrlCEndsCompiledLoops() throws {
    let console = RecordingConsole()
    let interrupt = Interrupt()
    let session = Session(console: console, interrupt: interrupt)
    session.compileLoops()
    _ = session.submit(
      """
      fn spin(x: real) -> real {
        var y = x
        while y > 0.0 max 1_000_000_000_000 { y = y + 1.0 }
        y
      }
      """)
    _ = session.submit("var x = 1.0")
    // In the middle of the loop, or of its compilation.
    let thread = Thread(after: 1_500_000, raising: interrupt)
    _ = session.submit("for i in 1..=2 { x = spin(x) }")
    thread.join()
    #expect(console.text.contains("interrupted: stopped in the first step of the loop over `i`"))
    interrupt.clear()
    _ = console.take()
    _ = session.submit("for i in 1..=2 { x = x + 1.0 }")
    _ = session.submit("print(x)")
    #expect(console.take().contains("3.0\n"))
  }

  @Test func timesSayWhatIsPure() {
    let console = RecordingConsole()
    let session = Session(console: console, interrupt: Interrupt())
    _ = session.submit(":time 1.0 + 2.0")
    #expect(console.take().contains("median, "))
    _ = session.submit(":time print(1)")
    #expect(!console.take().contains("median"))
    _ = session.submit(":time 1 + true")
    #expect(!console.take().contains(" ms"))
    #expect(session.hadErrors)
  }
}

/// Raises an interrupt after some microseconds.
private struct Thread {
  private let handle: pthread_t

  private final class Job: Sendable {
    let delay: UInt32
    let interrupt: Interrupt
    init(_ delay: UInt32, _ interrupt: Interrupt) {
      self.delay = delay
      self.interrupt = interrupt
    }
  }

  init(after delay: UInt32, raising interrupt: Interrupt) {
    var handle = pthread_t()
    let job = Unmanaged.passRetained(Job(delay, interrupt)).toOpaque()
    pthread_create(
      &handle, nil,
      { argument in
        guard let argument else { return nil }
        let job = Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
        usleep(job.delay)
        job.interrupt.raise()
        return nil
      }, job)
    self.handle = handle
  }

  func join() { pthread_join(handle, nil) }
}

// Ctrl-C: one flag that work reads and the line editor waits on.
//
// The handler only stores to an atomic. SIGINT is blocked except while the line editor waits in
// `pselect` and while work runs, so that no keystroke falls between a look at the flag and the wait.

import Driver
import Glibc

enum Interrupts {
  /// Raised by SIGINT.
  static let flag = Interrupt()

  /// Takes SIGINT over. The flag must exist before the handler can run, hence the first line.
  static func install() {
    flag.clear()
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in Interrupts.flag.raise() }
    sigemptyset(&action.sa_mask)
    // No SA_RESTART: a wait for input must end.
    action.sa_flags = 0
    sigaction(SIGINT, &action, nil)
    // A stopped session that goes on must wake the line editor up.
    var resume = sigaction()
    resume.__sigaction_handler.sa_handler = { _ in }
    sigemptyset(&resume.sa_mask)
    sigaction(SIGCONT, &resume, nil)
  }

  /// Runs `body` with SIGINT held back; the mask to wait with is its argument.
  static func holding<T>(_ body: (inout sigset_t) -> T) -> T {
    var interrupt = sigset_t()
    var before = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    pthread_sigmask(SIG_BLOCK, &interrupt, &before)
    var waiting = before
    sigdelset(&waiting, SIGINT)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return body(&waiting)
  }
}

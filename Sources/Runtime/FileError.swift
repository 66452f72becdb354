// What the machine may answer when a file is read or written, and how that is worded.
//
// A cause is found once, from `errno`; the wording says what to do about it.

/// A file could not be read or written.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Action: String, Hashable, Sendable { case read, write }

  package enum Cause: Hashable, Sendable {
    case missing
    case denied
    case isDirectory
    case noPrograms
    case notDirectory
    case readOnly
    case full
    case nameTooLong
    /// What has no end of its own has no size.
    case tooLarge(bytes: Int?, limit: Int)
    /// Nobody waits for the work any more, see `Patience`.
    case interrupted
    /// Anything else, by its `errno` and the system's words for it.
    case other(code: Int32, words: String)
  }

  package let path: String
  package let action: Action
  package let cause: Cause

  package init(_ action: Action, _ path: String, _ cause: Cause) {
    self.action = action
    self.path = path
    self.cause = cause
  }

  package var description: String { "cannot \(action.rawValue) `\(path)`: \(reason)" }

  private var reason: String {
    switch (cause, action) {
    case (.missing, .read): "there is no such file; check the name and the folder"
    case (.missing, .write): "its folder does not exist; make the folder first"
    case (.denied, .read): "permission denied; make the file readable, or copy it"
    case (.denied, .write): "permission denied; choose a folder that you may write to"
    case (.isDirectory, .read): "it is a folder; name a file in it"
    case (.isDirectory, .write): "a folder has that name; choose another name"
    case (.noPrograms, _): "no file in it ends in `.ntm`"
    case (.notDirectory, _): "a part of the path is a file, not a folder; check the path"
    case (.readOnly, _): "the file system is read-only; choose another folder"
    case (.full, _):
      "the disk is full or the quota used up; free some space, what was there is kept"
    case (.nameTooLong, _): "the name is too long for the file system; choose a shorter one"
    case (.tooLarge(let bytes, let limit), _):
      "it has \(bytes.map { "\(NumberText.bytes($0)), " } ?? "")more than the limit of "
        + NumberText.bytes(limit)
    case (.interrupted, .read): "interrupted"
    case (.interrupted, .write): "interrupted; what was there is kept"
    case (.other(let code, let words), _): "\(words) (error \(code))"
    }
  }
}

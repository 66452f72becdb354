// From the system's error numbers to causes.

import Glibc

extension FileError.Cause {
  /// The cause that `errno` value `code` stands for.
  init(errno code: Int32) {
    switch code {
    case ENOENT: self = .missing
    case EACCES, EPERM: self = .denied
    case EISDIR: self = .isDirectory
    case ENOTDIR: self = .notDirectory
    case EROFS: self = .readOnly
    case ENOSPC, EDQUOT: self = .full
    case EINTR: self = .interrupted
    case ENAMETOOLONG: self = .nameTooLong
    default:
      self = .other(code: code, words: strerror(code).map { String(cString: $0) } ?? "failed")
    }
  }
}

// Whole files: each step of a write made to fail, links, devices, and the wording of causes.

import Glibc
import TestSupport
import Testing

@testable import Runtime

@Suite struct AtomicFileTests {
  @Test func writesAndReads() throws {
    try Folders.withScratch { folder in
      let path = "\(folder)/file"
      for size in [0, 1, 4095, 4096, 4097, 1 << 20, (1 << 20) + 1, 3_000_000] {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try AtomicFile.write(bytes, to: path)
        #expect(try AtomicFile.read(path) == bytes)
        #expect(Folders.contents(folder) == ["file"])
      }
    }
  }

  @Test func aFailureAtAnyStepKeepsThePreviousFile() throws {
    try Folders.withScratch { folder in
      let path = "\(folder)/file"
      for step in AtomicFile.Step.allCases {
        for code in [ENOSPC, EACCES, EROFS, EIO, EDQUOT] {
          try AtomicFile.write("before", to: path)
          let problem = #expect(throws: FileError.self) {
            try AtomicFile.write(Array("after".utf8), to: path) { $0 == step ? code : nil }
          }
          #expect(problem == FileError(.write, path, .init(errno: code)))
          // Once renamed, the new content is there; only its place on the disk is not certain.
          let content = String(decoding: try AtomicFile.read(path), as: UTF8.self)
          #expect(content == (step == .syncFolder ? "after" : "before"))
          #expect(Folders.contents(folder) == ["file"])
        }
      }
    }
  }

  @Test func namesTheCause() throws {
    try Folders.withScratch { folder in
      try AtomicFile.write("x", to: "\(folder)/file")
      func reading(_ path: String, limit: Int = 100) -> FileError.Cause? {
        (#expect(throws: FileError.self) { try AtomicFile.read(path, limit: limit) })?.cause
      }
      func writing(_ path: String) -> FileError.Cause? {
        (#expect(throws: FileError.self) { try AtomicFile.write("y", to: path) })?.cause
      }
      #expect(reading("\(folder)/none") == .missing)
      #expect(reading(folder) == .isDirectory)
      #expect(reading("\(folder)/file/x") == .notDirectory)
      #expect(reading("\(folder)/file", limit: 0) == .tooLarge(bytes: 1, limit: 0))
      #expect(reading("/dev/zero") == .tooLarge(bytes: nil, limit: 100))
      #expect(writing("\(folder)/none/file") == .missing)
      #expect(writing(folder) == .isDirectory)
      #expect(writing("\(folder)/") == .isDirectory)
      #expect(writing("\(folder)/file/x") == .notDirectory)
      #expect(writing("\(folder)/\(String(repeating: "n", count: 300))") == .nameTooLong)
      #expect(writing("/dev/full") == .full)
      #expect(Folders.contents(folder) == ["file"])
    }
  }

  @Test(.enabled(if: getuid() != 0, "the superuser may read and write everything"))
  func namesDeniedPermission() throws {
    try Folders.withScratch { folder in
      let path = "\(folder)/file"
      try AtomicFile.write("x", to: path)
      chmod(path, 0)
      #expect(throws: FileError(.read, path, .denied)) { try AtomicFile.read(path) }
      chmod(folder, 0o500)
      #expect(throws: FileError(.write, path, .denied)) { try AtomicFile.write("y", to: path) }
      chmod(folder, 0o700)
    }
  }

  @Test func saysWhatToDo() {
    func text(_ action: FileError.Action, _ code: Int32) -> String {
      FileError(action, "a", .init(errno: code)).description
    }
    #expect(
      text(.read, ENOENT) == "cannot read `a`: there is no such file; check the name and the folder"
    )
    #expect(
      text(.write, ENOENT) == "cannot write `a`: its folder does not exist; make the folder first")
    #expect(text(.write, EACCES).hasSuffix("choose a folder that you may write to"))
    #expect(text(.read, EISDIR).hasSuffix("it is a folder; name a file in it"))
    #expect(text(.write, ENOTDIR).contains("not a folder"))
    #expect(text(.write, EROFS).contains("read-only"))
    #expect(text(.write, ENOSPC).contains("what was there is kept"))
    #expect(text(.write, EIO) == "cannot write `a`: Input/output error (error 5)")
    #expect(
      FileError(.read, "a", .tooLarge(bytes: 3 << 20, limit: 1 << 20)).description
        == "cannot read `a`: it has 3.0 MiB, more than the limit of 1.0 MiB")
  }

  @Test func followsALinkAndKeepsTheMode() throws {
    try Folders.withScratch { folder in
      let (file, link) = ("\(folder)/file", "\(folder)/link")
      try AtomicFile.write("before", to: file)
      chmod(file, 0o640)
      #expect(symlink("file", link) == 0)
      try AtomicFile.write("after", to: link)
      #expect(String(decoding: try AtomicFile.read(file), as: UTF8.self) == "after")
      var status = stat()
      #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
      #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o640)
    }
  }

  @Test func removesOnlyWhatNobodyWrites() throws {
    try Folders.withScratch { folder in
      let (dead, live) = ("\(folder)/.ntmscript-1-0.partial", "\(folder)/.ntmscript-2-0.partial")
      try AtomicFile.write("", to: dead)
      let descriptor = open(live, O_RDWR | O_CREAT, 0o600)
      defer { close(descriptor) }
      #expect(flock(descriptor, LOCK_EX) == 0)
      try AtomicFile.write("x", to: "\(folder)/file")
      #expect(Folders.contents(folder) == [".ntmscript-2-0.partial", "file"])
    }
  }

  @Test func manyWritersLeaveOneOfTheirVersions() async throws {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    let path = "\(base)/ntmscript-writers-\(getpid())"
    defer { unlink(path) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<8 {
        group.addTask {
          for _ in 0..<20 {
            try AtomicFile.write([UInt8](repeating: UInt8(writer), count: 10_000), to: path)
            let bytes = try AtomicFile.read(path)
            #expect(bytes.count == 10_000 && bytes.allSatisfy { $0 == bytes[0] })
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

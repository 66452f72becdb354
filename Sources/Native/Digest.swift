// SHA-256 (FIPS 180-4): what names an entry of the cache by its content.

struct Digest {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var schedule = [UInt32](repeating: 0, count: 64)
  private var pending: [UInt8] = []
  private var count: UInt64 = 0

  /// The digest of several texts, which no other texts share: `["ab", "c"]` is not `["a", "bc"]`.
  static func hexadecimal(of texts: [String]) -> String {
    var digest = Digest()
    for text in texts {
      let length = UInt64(text.utf8.count)
      digest.add((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
      digest.add(Array(text.utf8))
    }
    return digest.finished()
  }

  mutating func add(_ bytes: [UInt8]) {
    count += UInt64(bytes.count)
    pending += bytes
    let whole = pending.count / 64 * 64
    pending.withUnsafeBytes { buffer in
      for start in stride(from: 0, to: whole, by: 64) {
        Digest.mix(
          UnsafeRawBufferPointer(rebasing: buffer[start..<start + 64]), &schedule, &state)
      }
    }
    pending.removeFirst(whole)
  }

  /// 64 hexadecimal digits. Nothing can be added afterwards.
  consuming func finished() -> String {
    let bits = count * 8
    var padding: [UInt8] = [0x80]
    padding += [UInt8](repeating: 0, count: (119 - pending.count) % 64)
    padding += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
    add(padding)
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private static func mix(
    _ block: UnsafeRawBufferPointer, _ schedule: inout [UInt32], _ state: inout [UInt32]
  ) {
    func rotated(_ word: UInt32, _ places: UInt32) -> UInt32 {
      word &>> places | word &<< (32 &- places)
    }
    schedule.withUnsafeMutableBufferPointer { w in
      for i in 0..<16 {
        w[i] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: i * 4, as: UInt32.self))
      }
      for i in 16..<64 {
        let before = w[i - 15]
        let near = w[i - 2]
        let s0 = rotated(before, 7) ^ rotated(before, 18) ^ before &>> 3
        let s1 = rotated(near, 17) ^ rotated(near, 19) ^ near &>> 10
        w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
      }
      var a = state[0]
      var b = state[1]
      var c = state[2]
      var d = state[3]
      var e = state[4]
      var f = state[5]
      var g = state[6]
      var h = state[7]
      constants.withUnsafeBufferPointer { k in
        for i in 0..<64 {
          let s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
          let choice = e & f ^ ~e & g
          let first = h &+ s1 &+ choice &+ k[i] &+ w[i]
          let s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
          let majority = a & b ^ a & c ^ b & c
          h = g
          g = f
          f = e
          e = d &+ first
          d = c
          c = b
          b = a
          a = first &+ s0 &+ majority
        }
      }
      for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= word }
    }
  }

  /// The first 32 bits of the fractions of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}

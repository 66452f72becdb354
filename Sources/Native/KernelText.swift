// The kernels as text: what stands in front of the C of every program.

import CKernels

/// The C text in front of every generated file.
enum KernelText {
  static let all = [
    String(cString: ntm_kernels_vector()), String(cString: ntm_kernels_mathematics()),
    String(cString: ntm_kernels_product()), String(cString: ntm_kernels_access()),
  ].joined(separator: "\n")
  static let order = String(cString: ntm_kernels_order())
  static let multiply = String(cString: ntm_kernels_multiply())
  static let profile = String(cString: ntm_kernels_profile())
}

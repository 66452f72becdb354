// Rows that draw numbers. Filled family by family; see Random+Bits for where the bits come from.

import IR
import Tensors

package struct Random: OpFamily {
  package static let title = "Random numbers"
}

package let random = Random()

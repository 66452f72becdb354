// What the variables of the environment say.

import Glibc

/// The environment of the process; tests give another one.
package typealias EnvironmentVariables = @Sendable (String) -> String?

package let processEnvironment: EnvironmentVariables = { name in
  getenv(name).map { String(cString: $0) }
}

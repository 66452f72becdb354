// Filled in with the checker.

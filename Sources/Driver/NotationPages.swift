// What `?..` and `ntmscript doc index` say: a row for each notation that is neither a word nor a row of
// the op table, under its signs and under the name that one would look for.

enum NotationPages {
  static let rows: [WordPage] = [
    WordPage(
      name: "@", form: "left @ right: [.., K] @ [K, ..] -> [.., ..]",
      doc: "Sums over the last dim of the left and the first of the right, by position: "
        + "`w @ memory` is a read, `memory @ key` the scores of the rows.",
      example: "let read = w @ mem"),
    WordPage(
      name: "++", form: "a ++ b: [A, ..] ++ [C, ..] -> [A + C, ..]",
      doc: "Joins two tensors along their first dim; the other dims are the same.",
      example: "let shown = bits ++ zeros[1, W]"),
    WordPage(
      name: "..", form: "a .. b  or  a ..  or  .. b  or  ..",
      doc: "From `a` up to `b`, without `b`. Behind a tensor it cuts a part out, where an end that "
        + "is left out is that of the dim; `for` goes over the ints.",
      example: "let later = x[T + 1 ..]\nfor i in 0 .. 5 { print(i) }"),
    WordPage(
      name: "..=", form: "a ..= b", doc: "From `a` to `b`, with `b`, in a `for`.",
      example: "for step in 1..=steps { print(step) }"),
    WordPage(
      name: "index", form: "x[i]  or  x[i, j]  or  x[.., j]",
      doc:
        "The entries at an int, counted from 0, one int a dim from the first on; `..` stands for "
        + "all of a dim. Ints in a tensor choose several at once. One out of range is an error.",
      example: "let row = mem[3]\nlet column = mem[.., 0]"),
    WordPage(
      name: "slice", form: "x[a .. b]  or  x[a ..]  or  x[.. b]  or  x[.., a .. b]",
      doc: "The entries from `a` up to `b`, without `b`. The size of the result is `b - a`.",
      example: "let head = x[.. 2]\nlet rest = x[2 ..]"),
    WordPage(
      name: "list", form: "[a, b, …]",
      doc:
        "Parts of one shape along a new first dim. Structs and functions make a fixed list, whose "
        + "elements may differ in type.",
      example: "let x = [[1.0, 2.0], [3.0, 4.0]]"),
  ]
}

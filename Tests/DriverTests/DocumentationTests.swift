import Testing

@testable import Driver
@testable import Semantics

/// `ntmscript doc` has a page for all that a program can name without an import.
@Suite struct DocumentationTests {
  @Test(arguments: Checker.rules.keys.sorted() + ["einsum", "rearrange"])
  func everyBuiltInHasAPage(_ name: String) throws {
    let found = try Documentation.text(about: name)
    let page = try #require(found)
    #expect(page.contains(name) && page.contains("\n\n"))
  }

  @Test func theContentsNameEveryPage() {
    let contents = Documentation.contents()
    let words = Set(contents.split { $0 == " " || $0 == "\n" }.map(String.init))
    for name in Documentation.names { #expect(words.contains(name)) }
  }

  /// A draw that is offered behind `rng.` can be drawn.
  @Test func everyDrawThatIsOfferedIsThere() {
    for draw in Checker.draws where draw != "int" {
      let argument = draw == "bernoulli" ? "(0.5)" : ""
      let compiler = Compiler()
      let text = "let rng = Rng(1)\nprint(rng.\(draw)[3]\(argument))\n"
      #expect(compiler.compile(compiler.sources.add(name: "draw", text: text)).diagnostics.isEmpty)
    }
  }
}

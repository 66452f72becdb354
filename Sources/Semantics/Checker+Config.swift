// Settings of a program.
//
// Where the type of one is an interface without its dims, `read: Head = LocationHead`, the setting is
// the name of a struct: any that claims the interface, and it builds as the name written in its place
// would. What the command line says stands in the tree already, so it is checked like everything else.

import Diagnostics
import IR
import Syntax
import Tensors

extension Checker {
  /// nil for the name of a struct, which is no value: nothing is left to do when the program runs.
  func configEntry(_ field: ConfigField) -> ConfigEntry? {
    if let interface = interfaceAlone(field.type) {
      let variable = Variable(
        field.name.text, field.name.span, type: constructor(field, of: interface), isTopLevel: true)
      declareOnce(field.name, .variable(variable))
      return nil
    }
    let type = type(field.type)
    // What the command line says stands in a text of its own.
    let isFlag = field.value.span.source != field.name.span.source
    let value = checked(
      field.value, as: type,
      what: isFlag ? "`--\(field.name.text)`" : "the default of `\(field.name.text)`")
    let variable = Variable(field.name.text, field.name.span, type: type, isTopLevel: true)
    declareOnce(field.name, .variable(variable))
    docs[field.name.span] = field.doc
    return ConfigEntry(variable: variable, value: value, doc: field.doc)
  }

  private func interfaceAlone(_ type: TypeExpression) -> Interface? {
    guard case .named(let names, nil) = type.kind else { return nil }
    var entity = scope.lookUp(names[0].text)
    if names.count == 2, case .module(let module)? = entity { entity = module.names[names[1].text] }
    guard case .interface(let interface)? = entity, !interface.generics.isEmpty else { return nil }
    return interface
  }

  private func constructor(_ field: ConfigField, of interface: Interface) -> Type {
    let value = expression(field.value)
    switch resolve(value.type) {
    case .poison: return .poison
    case .constructor(let structure, _):
      if structure.claims.contains(where: { $0.interface == interface }) { return value.type }
      reportUnfit(structure, interface, value.span)
    case let other:
      report(
        .typeMismatch,
        "`\(field.name.text)` is the name of a struct that claims `\(interface.name)`",
        at: value.span, label: "this is \(other.written)")
    }
    return .poison
  }

  /// Says what keeps the struct from claiming the interface, as if it did.
  private func reportUnfit(_ structure: Structure, _ interface: Interface, _ span: Span) {
    let arguments = interface.generics.map { wanted in
      structure.generics.first { $0.name == wanted.name }?.itself ?? unknown(wanted)
    }
    let saved = bag
    bag = DiagnosticBag()
    check(InterfaceUse(interface, arguments), of: structure)
    let differences = bag.sorted
    bag = saved
    let dims = structure.generics.map(\.name).joined(separator: ", ")
    let claimed = interface.generics.map(\.name).joined(separator: ", ")
    report(
      .interfaceMissing, "`\(structure.name)` does not claim `\(interface.name)`", at: span,
      secondary: [Label(structure.span, "declared here")],
      notes: differences.flatMap { [$0.message] + $0.notes },
      help: [
        differences.isEmpty
          ? "everything is there: declare `struct \(structure.name)[\(dims)]: "
            + "\(interface.name)[\(claimed)]`"
          : "mend this, then declare `struct \(structure.name)[…]: \(interface.name)[…]`"
      ])
  }
}

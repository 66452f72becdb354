// `intercept(m, Head.address, w: f)`: a value whose parts answer a method otherwise.

import Diagnostics
import Syntax
import Tensors

extension Checker {
  /// The value has the type it had: what stands behind an interface shows nothing of it.
  func intercept(_ call: BuiltinCall) -> TypedExpression {
    guard expectCount(call, 3...3), refuseDims(call),
      let (interface, method) = interfaceMethod(call.arguments[1].value),
      let member = interceptedMember(call.arguments[2], of: method)
    else { return poison(call.span) }
    let value = expression(call.arguments[0].value)
    var dims: [DimSymbol] = []
    for case .dim(let symbol) in interface.generics { dims.append(symbol) }
    let wanted = Type.function(
      FunctionType(dims: dims, parameters: [member.type], result: member.type))
    let function = coerce(
      expression(call.arguments[2].value, expecting: wanted), to: wanted,
      Place("what `\(member.name ?? "")` goes through"))
    if value.type.isPoison || function.type.isPoison { return poison(call.span) }
    return TypedExpression(
      .intercepted(
        Interception(
          value: value, interface: interface, method: method, member: member.name ?? "",
          function: function)), resolve(value.type), call.span)
  }

  private func interfaceMethod(_ syntax: Expression) -> (Interface, Function)? {
    guard case .field(let base, let name) = syntax.kind,
      case .interface(let interface)? = entity(base)
    else {
      report(
        .typeMismatch, "`intercept` takes a function of an interface", at: syntax.span,
        help: ["for example `Head.address`"])
      return nil
    }
    guard let method = interface.methods[name.text] else {
      report(
        .unknownField, "`\(interface.name)` has no function `\(name.text)`", at: name.span,
        help: suggestion(name.text, among: interface.methodOrder))
      return nil
    }
    return (interface, method)
  }

  /// The tensor among what a method gives that a label names.
  private func interceptedMember(_ argument: Argument, of method: Function) -> RecordField? {
    var tensors: [RecordField] = []
    if case .record(let fields) = resolve(method.result) {
      tensors = fields.filter { field in
        if case .tensor = field.type { field.name != nil } else { false }
      }
    }
    if let field = tensors.first(where: { $0.name == argument.label?.text }) { return field }
    let names = tensors.compactMap(\.name)
    report(
      .unknownArgument,
      argument.label.map { "`\(method.name)` gives no tensor `\($0.text)`" }
        ?? "which part of what `\(method.name)` gives is meant must be named",
      at: argument.label?.span ?? argument.value.span,
      help: names.map { "for example `\($0): f`" })
    return nil
  }
}

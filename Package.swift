// swift-tools-version: 6.1
// The stack, one way: a target may import only what is listed here for it.

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

func layer(_ name: String, on dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, on dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
  name: "ntmscript",
  products: [.executable(name: "ntmscript", targets: ["ntmscript"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // The compiler, from text to numbers.
    layer("Diagnostics"),
    layer("Tensors"),
    layer("Syntax", on: ["Diagnostics"]),
    layer("IR", on: ["Tensors", "Diagnostics"]),
    layer("Ops", on: ["IR", "Tensors"]),
    layer("Semantics", on: ["Syntax", "Ops", "IR", "Tensors", "Diagnostics"]),
    layer("Lifting", on: ["Ops", "IR", "Tensors"]),
    layer("Autodiff", on: ["Ops", "IR", "Tensors"]),
    layer(
      "Lowering",
      on: ["Semantics", "Lifting", "Autodiff", "Ops", "IR", "Tensors", "Diagnostics"]),
    layer("Interpreter", on: ["IR", "Tensors", "Diagnostics"]),

    // The rim: files, sessions, terminals.
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
    layer("Runtime", on: ["Tensors", "CZlib"]),
    layer(
      "Driver",
      on: [
        "Diagnostics", "Tensors", "Syntax", "IR", "Ops", "Semantics", "Lowering", "Lifting",
        "Autodiff", "Interpreter", "Runtime",
      ]),
    .executableTarget(
      name: "ntmscript",
      dependencies: [
        "Driver", "Diagnostics", "CReadline",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    tests("DiagnosticsTests", on: ["Diagnostics"]),
    tests("SyntaxTests", on: ["Syntax", "Diagnostics"]),
  ]
)

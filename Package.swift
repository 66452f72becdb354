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
    layer("Optimizer", on: ["Ops", "IR", "Tensors"]),
    layer(
      "Lowering",
      on: [
        "Semantics", "Lifting", "Autodiff", "Ops", "IR", "Tensors", "Diagnostics",
      ]),
    layer("Interpreter", on: ["IR", "Tensors"]),
    .target(name: "CKernels"),
    .target(name: "CPool"),
    layer("Native", on: ["IR", "Tensors", "CPool", "CKernels"]),

    // The rim: files, sessions, terminals.
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
    .target(name: "CStdlib"),
    layer("Runtime", on: ["Tensors", "CZlib"]),
    layer(
      "Driver",
      on: [
        "Diagnostics", "Tensors", "Syntax", "IR", "Ops", "Semantics", "Lowering", "Optimizer",
        "Interpreter", "Native", "Runtime", "CStdlib", "CPool",
      ]),
    .executableTarget(
      name: "ntmscript",
      dependencies: [
        "Driver", "Diagnostics", "CReadline", "Semantics", "Syntax",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // Tests. `checkpoint-hammer` saves until it is killed; no product ships it.
    .executableTarget(
      name: "checkpoint-hammer", dependencies: ["Runtime", "Tensors"],
      path: "Tests/CheckpointHammer", swiftSettings: settings),
    .target(
      name: "TestSupport", dependencies: ["Autodiff", "Interpreter", "Ops", "IR", "Tensors"],
      path: "Tests/TestSupport", swiftSettings: settings),
    tests(
      "LoweringTests",
      on: [
        "Lowering", "Optimizer", "Semantics", "Syntax", "Interpreter", "IR", "Tensors",
        "Diagnostics",
      ]),
    tests("RuntimeTests", on: ["Runtime", "Tensors", "TestSupport", "checkpoint-hammer"]),
    tests("IRTests", on: ["IR", "Ops", "Tensors"]),
    tests(
      "DriverTests", on: ["Driver", "Diagnostics", "Runtime", "Syntax", "Tensors", "TestSupport"]),
    tests("OpsTests", on: ["Ops", "IR", "Tensors", "Interpreter", "TestSupport"]),
    tests(
      "AutodiffTests",
      on: ["Autodiff", "Lifting", "IR", "Interpreter", "Ops", "Tensors", "TestSupport"]),
    tests(
      "LiftingTests",
      on: ["Lifting", "Autodiff", "IR", "Interpreter", "Ops", "Tensors", "TestSupport"]),
    tests(
      "OptimizerTests",
      on: ["Optimizer", "Autodiff", "IR", "Interpreter", "Ops", "Tensors", "TestSupport"]),
    tests("DiagnosticsTests", on: ["Diagnostics"]),
    tests("SyntaxTests", on: ["Syntax", "Diagnostics"]),
    .testTarget(
      name: "NativeTests",
      dependencies: [
        "Native", "CPool", "CKernels", "IR", "Interpreter", "Ops", "Tensors", "TestSupport",
      ],
      exclude: ["Checks"],
      swiftSettings: settings),
    .testTarget(
      name: "BackendTests",
      dependencies: [
        "Driver", "Runtime", "Semantics", "Lowering", "Diagnostics", "Native", "CKernels",
        "Interpreter", "Optimizer", "Autodiff", "Lifting", "Ops", "IR", "Tensors", "TestSupport",
      ],
      exclude: ["Checks"],
      swiftSettings: settings),
    tests("InterpreterTests", on: ["Interpreter", "Ops", "IR", "Tensors", "Diagnostics"]),
    tests("LibraryTests", on: ["Driver", "Runtime", "Tensors", "TestSupport"]),
    tests(
      "GoldenTests",
      on: [
        "Driver", "Diagnostics", "Tensors", "Syntax", "IR", "Ops", "Semantics", "Lowering",
        "Lifting", "Autodiff", "Optimizer", "Runtime", "TestSupport",
      ]),
    tests(
      "ProgramTests", on: ["ntmscript", "Driver", "Runtime", "Semantics", "Tensors", "TestSupport"]),
    tests("SemanticsTests", on: ["Semantics", "Syntax", "Diagnostics", "TestSupport"]),
  ]
)

// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Kindred",
  products: [
    .executable(name: "kindred", targets: ["kindred"]),
    .library(name: "Kindred", targets: ["Kindred"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    // The command line. It parses arguments and prints; every decision is in the targets under it.
    .executableTarget(
      name: "kindred",
      dependencies: [
        "KindredServer", "Kindred", "ResNet", "VectorIndex", "Inference", "ImageDecoding",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    // HTTP: routes, keys' roles, the OpenAPI document and the web page. It translates; the engine decides.
    .target(
      name: "KindredServer",
      dependencies: [
        "Kindred",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Dria/batch_vector.proto"],
      resources: [.embedInCode("Resources")]
    ),
    // The engine: collections, indexing, search, labels, duplicates, evaluation, models on disk.
    .target(
      name: "Kindred",
      dependencies: [
        "ResNet", "VectorIndex", "Inference", "ImageDecoding", "CCURL",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ]
    ),
    // The paper's architectures, weight files and preprocessing recipes.
    .target(
      name: "ResNet",
      dependencies: [
        "Inference", "ImageDecoding",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["ONNX/onnx.proto"]
    ),
    // The graph of operations, its optimiser passes and the executors.
    .target(name: "Inference", dependencies: ["CDNNL", "COpenBLAS", "CConvolution"]),
    // Bytes to oriented RGB to a resized crop.
    .target(name: "ImageDecoding", dependencies: ["CJPEG", "CPixels", "CSPNG", "CWebP", "CHEIF"]),
    // Feature files, exact search and the HNSW graph.
    .target(name: "VectorIndex", dependencies: ["CHNSW", "COpenBLAS"]),

    // C libraries: module maps, and thin shims where Swift can't call a library as it is.
    .systemLibrary(name: "CDNNL", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CSPNG", providers: [.apt(["libspng-dev"])]),
    .systemLibrary(name: "CWebP", providers: [.apt(["libwebp-dev"])]),
    // libjpeg reports errors by longjmp, which must not cross Swift frames.
    .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    // libcurl is loaded when something is fetched: it would slow the start of every run.
    .target(name: "CCURL", linkerSettings: [.linkedLibrary("dl")]),
    // libheif is loaded when a picture needs it: its codecs would slow the start of every run.
    .target(name: "CHEIF", linkerSettings: [.linkedLibrary("dl")]),
    // Convolutions that oneDNN has no fast kernels for on AVX2.
    .target(name: "CConvolution"),
    // Loops over samples with the processor's vectors, chosen at run time.
    .target(name: "CPixels"),
    // hnswlib is C++ templates and exceptions, which must not cross into Swift.
    .target(name: "CHNSW"),

    // Measures the graph by itself; Benchmarks/quality/run runs it.
    .executableTarget(
      name: "graph-benchmark",
      dependencies: [
        "Kindred", "VectorIndex", "COpenBLAS", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/graph/Sources"
    ),
    // Runs a network in turn with its peers; Benchmarks/run runs it.
    .executableTarget(
      name: "network-benchmark",
      dependencies: [
        "Kindred", "ResNet", "Inference", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/network/Sources"
    ),

    .testTarget(name: "ImageDecodingTests", dependencies: ["ImageDecoding"], exclude: ["Fixtures"]),
    .testTarget(name: "InferenceTests", dependencies: ["Inference"]),
    .testTarget(
      name: "ResNetTests", dependencies: ["ResNet"],
      exclude: ["ONNX/Fixtures", "ONNX/make_fixtures.py", "ONNX/make_torch_fixtures.py"]
    ),
    .testTarget(name: "VectorIndexTests", dependencies: ["VectorIndex", "CHNSW"], exclude: ["Fixtures"]),
    .testTarget(name: "KindredTests", dependencies: ["Kindred"]),
    .testTarget(
      name: "KindredServerTests",
      dependencies: ["KindredServer", .product(name: "NIOEmbedded", package: "swift-nio")]
    ),
    .testTarget(
      name: "EndToEnd", dependencies: ["Kindred", "VectorIndex", "kindred"], exclude: ["Python"]
    ),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// Scripts/test builds the targets with unsafe code again, under AddressSanitizer, without what only takes time there.
if Context.environment["KINDRED_UNSAFE_TARGETS_ONLY"] != nil {
  let left: Set<String> = [
    "kindred", "graph-benchmark", "network-benchmark", "Kindred", "KindredServer", "CCURL", "KindredTests",
    "KindredServerTests", "EndToEnd",
  ]
  package.targets.removeAll { left.contains($0.name) }
  package.products.removeAll()
}

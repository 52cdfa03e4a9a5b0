// swift-tools-version: 6.2
import Foundation
import PackageDescription

// A package of its own: without the sanitizer flag a fuzzing executable does nothing, and `package` access reaches only
// the targets of one package. So the code under test is compiled here once more, through links in `Sources`.
//
// There are two programs: a fuzzer looks at the counters of its whole program after every input, and what only needs the wire codec
// runs several times faster in a small one.

/// The READMEs that stand beside the code of plugins.
let readmes = try FileManager.default.contentsOfDirectory(atPath: "\(Context.packageDirectory)/Sources/Plugins")
    .map { "\($0)/README.md" }
    .filter { FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Sources/Plugins/\($0)") }

let package = Package(
    name: "FuzzTests",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
    ],
    targets: [
        .target(
            name: "Plugins",
            dependencies: [
                "Basics", "DNSServer", "DNSWire", "Corefile", "Telemetry", "KubernetesClient", "LDNS", "LinearRegex",
                "TLSIdentity",
                .product(name: "HashTreeCollections", package: "swift-collections"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: readmes),
        .target(
            name: "KubernetesClient",
            dependencies: [
                "Basics", "TLSIdentity",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["core", "discovery", "meta"].map { "Protobuf/\($0).proto" }),
        .target(name: "LDNS", dependencies: ["CLDNS"]),
        .systemLibrary(name: "CLDNS", pkgConfig: "ldns", providers: [.apt(["libldns-dev"])]),
        .target(
            name: "DNSServer",
            dependencies: [
                "Basics", "DNSWire", "Corefile", "Telemetry", "CDatagram",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(name: "CDatagram", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "Telemetry", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")]),
        .target(name: "LinearRegex"),
        .target(
            name: "TLSIdentity",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(name: "Basics"),
        .target(name: "Corefile", dependencies: ["Basics"]),
        .target(name: "DNSWire", dependencies: ["Basics"]),

        .target(name: "FuzzBodies", dependencies: ["DNSWire", "Corefile"], path: "Bodies"),
        .executableTarget(name: "WireFuzzer", dependencies: ["FuzzBodies"], path: "Targets/WireFuzzer"),
        .target(
            name: "PluginFuzzBodies",
            dependencies: [
                "Basics", "FuzzBodies", "Plugins", "KubernetesClient", "DNSServer", "DNSWire", "Corefile", "Telemetry",
                "LDNS", "LinearRegex",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ],
            path: "PluginBodies",
            // The ordinary tests that replay these corpora; see the package above.
            exclude: ["PluginCorpusTests.swift"]),
        .executableTarget(
            name: "PluginFuzzer", dependencies: ["FuzzBodies", "PluginFuzzBodies"], path: "Targets/PluginFuzzer"),
    ]
)

for target in package.targets where target.type != .system && target.name != "CDatagram" {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
    ]
}

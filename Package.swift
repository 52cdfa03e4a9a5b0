// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The READMEs that stand beside the code of plugins.
let readmes = try FileManager.default.contentsOfDirectory(atPath: "\(Context.packageDirectory)/Sources/Plugins")
    .map { "\($0)/README.md" }
    .filter { FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Sources/Plugins/\($0)") }

let package = Package(
    name: "needletail",
    products: [
        .executable(name: "needletail", targets: ["needletail"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
    ],
    targets: [
        .executableTarget(
            name: "needletail",
            dependencies: [
                "Plugins", "DNSServer", "Basics", "CFault",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                "Telemetry",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "Plugins",
            dependencies: [
                "Basics", "DNSServer", "DNSWire", "Corefile", "Telemetry", "KubernetesClient", "LDNS", "LinearRegex",
                "Expressions", "TLSIdentity",
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
                .product(name: "NIOPosix", package: "swift-nio"),
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
        .target(
            name: "CDatagram",
            cSettings: [
                .define("_GNU_SOURCE"), .treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra"),
            ]),
        .target(
            name: "CFault",
            cSettings: [
                .define("_GNU_SOURCE"), .treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra"),
            ]),
        .target(
            name: "Telemetry",
            dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")]),
        .target(name: "LinearRegex"),
        .target(name: "Expressions", dependencies: ["LinearRegex"]),
        .target(name: "Corefile", dependencies: ["Basics"]),
        .target(
            name: "TLSIdentity",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(name: "Basics"),
        .target(name: "DNSWire", dependencies: ["Basics"]),

        // For tests and benchmarks only.
        .target(
            name: "StandInAPIServer",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Tests/Support/StandInAPIServer"),
        .executableTarget(
            name: "stand-in-cluster",
            dependencies: ["StandInAPIServer", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/Support/StandInCluster"),
        .target(
            name: "ScriptedUpstream",
            dependencies: [
                "Basics", "DNSWire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/Support/ScriptedUpstream"),
        .target(name: "TestSupport", dependencies: ["DNSWire"], path: "Tests/Support/TestSupport"),
        .target(name: "CReplayKernel", path: "Benchmarks/CReplayKernel", cSettings: [.define("_GNU_SOURCE")]),
        .executableTarget(
            name: "chain-replay",
            dependencies: [
                "CReplayKernel", "Plugins", "DNSServer", "DNSWire", "Telemetry", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Benchmarks/ChainReplay"),
        .target(name: "FuzzBodies", dependencies: ["DNSWire", "Corefile"], path: "FuzzTests/Bodies"),

        .testTarget(name: "ArchitectureTests"),
        .testTarget(name: "BasicsTests", dependencies: ["Basics", "TestSupport"]),
        .testTarget(name: "DNSWireTests", dependencies: ["Basics", "DNSWire", "LDNS", "FuzzBodies", "TestSupport"]),
        .testTarget(name: "CorefileTests", dependencies: ["Basics", "Corefile"]),
        .testTarget(name: "LinearRegexTests", dependencies: ["LinearRegex"]),
        .testTarget(name: "ExpressionsTests", dependencies: ["Expressions"]),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", .product(name: "CoreMetrics", package: "swift-metrics")]),
        .testTarget(name: "LDNSTests", dependencies: ["LDNS"]),
        .testTarget(
            name: "DNSServerTests",
            dependencies: [
                "DNSServer", "DNSWire", "Telemetry", "CDatagram", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "KubernetesClientTests",
            dependencies: [
                "Basics", "KubernetesClient", "StandInAPIServer", "TestSupport", "TLSIdentity",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .testTarget(
            name: "PluginsTests",
            dependencies: [
                "Basics", "Plugins", "DNSServer", "DNSWire", "Corefile", "Telemetry", "KubernetesClient", "LDNS",
                "LinearRegex", "StandInAPIServer", "TestSupport", "TLSIdentity",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HashTreeCollections", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]),
        // The bodies of fuzzers that need the plugins, and the tests that replay their corpora: one target, since the bodies look inside.
        .testTarget(
            name: "PluginFuzzTests",
            dependencies: [
                "Basics", "FuzzBodies", "TestSupport", "Plugins", "KubernetesClient", "DNSServer", "DNSWire",
                "Corefile",
                "Telemetry", "LDNS", "LinearRegex",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ],
            path: "FuzzTests/PluginBodies"),
        .testTarget(name: "StandInClusterTests", dependencies: ["stand-in-cluster", "StandInAPIServer"]),
        .testTarget(
            name: "ParityTests",
            dependencies: ["DNSWire", "ScriptedUpstream", "StandInAPIServer", "TestSupport", "needletail"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["DNSWire", "ScriptedUpstream", "StandInAPIServer", "TestSupport", "needletail"]),
    ]
)

// One set of rules for every Swift target.
let targetsInC = ["CDatagram", "CFault", "CReplayKernel"]
for target in package.targets where target.type != .system && !targetsInC.contains(target.name) {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        // Views of a message (`Span`) as properties and in our own readers.
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        // A query and all it touches belong to one thread. The run-time check of that took a sixth of the processor time of a query;
        // debug builds, and so all tests, keep it.
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    ]
}

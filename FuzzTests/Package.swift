// swift-tools-version: 6.2
import PackageDescription

// A package of its own: without the sanitizer flag a fuzzing executable does nothing, and `package` access reaches only
// the targets of one package. So the code under test is compiled here once more, through links in `Sources`.
let bodies = ["FuzzMessage", "FuzzName", "FuzzTruncation", "FuzzCorefile"]

let package = Package(
    name: "FuzzTests",
    targets: [
        .target(name: "DNSWire"),
        .target(name: "Basics"),
        .target(name: "Corefile", dependencies: ["Basics"]),
        .target(name: "FuzzBodies", dependencies: ["DNSWire", "Corefile"], path: "Bodies"),
    ]
        + bodies.map { .executableTarget(name: $0, dependencies: ["FuzzBodies"], path: "Targets/\($0)") }
)

for target in package.targets {
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

import Foundation
import Testing

/// The rooms of the house and what each may import: arrows point down only (docs/ARCHITECTURE.md).
@Suite("Imports point down only")
struct ImportDirectionTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Modules of the system and the language, open to every room but DNSWire, which has a list of its own.
    private static let system: Set<String> = ["Glibc", "Synchronization"]
    private static let foundation: Set<String> = ["Foundation", "FoundationEssentials"]
    private static let nio: Set<String> = ["NIOCore", "NIOPosix"]

    private static let allowed: [String: Set<String>] = [
        "DNSWire": ["Basics"],
        "Basics": ["Glibc"],
        "TLSIdentity": ["NIOCore", "NIOSSL"],
        "Corefile": system.union(["Basics"]),
        "LinearRegex": [],
        "Expressions": ["Glibc", "LinearRegex"],
        "Telemetry": system.union(["CoreMetrics"]),
        "DNSServer": system.union(nio).union(["Basics", "CDatagram", "DNSWire", "Corefile", "Telemetry", "Logging"]),
        "LDNS": system.union(["CLDNS"]),
        "KubernetesClient": system.union(nio).union(foundation)
            .union([
                "AsyncHTTPClient", "Basics", "NIOHTTP1", "NIOSSL", "NIOTLS", "Logging", "SwiftProtobuf", "TLSIdentity",
                "Yams",
            ]),
        "Plugins": system.union(nio).union(foundation).union([
            "Basics", "DNSServer", "DNSWire", "Corefile", "Telemetry", "KubernetesClient", "LDNS", "LinearRegex",
            "Expressions", "TLSIdentity", "HashTreeCollections", "Yams", "Crypto", "Logging", "NIOHTTP1", "NIOHTTP2",
            "NIOSSL",
            "NIOTLS",
        ]),
        "needletail": system.union([
            "ArgumentParser", "Basics", "CFault", "DNSServer", "Logging", "NIOCore", "NIOPosix", "Plugins", "Telemetry",
            "UnixSignals",
        ]),
    ]

    private func imports(of target: String) throws -> [(file: String, module: String)] {
        let folder = Self.root.appendingPathComponent("Sources/\(target)")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: [(String, String)] = []
        for case let file as URL in files where file.pathExtension == "swift" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index <= 2, words.count > index + 1 else { continue }
                guard words[..<index].allSatisfy({ ["package", "public", "@testable"].contains($0) }) else { continue }
                // `import struct Foundation.Data` names the module last.
                let last = words.count > index + 2 ? words[index + 2] : words[index + 1]
                found.append((file.lastPathComponent, String(last.prefix { $0 != "." })))
            }
        }
        return found
    }

    @Test("A room imports only what lies below it", arguments: allowed.keys.sorted())
    func direction(target: String) throws {
        let allowed = try #require(Self.allowed[target])
        let found = try imports(of: target)
        for (file, module) in found {
            #expect(allowed.contains(module), "\(target)/\(file) imports \(module)")
        }
    }

    @Test("Every folder in Sources with Swift in it is a room that is known here: stand-ins and replays live elsewhere")
    func completeness() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Self.root.appendingPathComponent("Sources").path)
        for folder in folders where !["CLDNS", "CDatagram", "CFault"].contains(folder) {
            #expect(Self.allowed[folder] != nil, "Sources/\(folder) has no list of allowed imports")
        }
    }
}

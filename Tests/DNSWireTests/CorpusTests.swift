import Foundation
import FuzzBodies
import Testing

/// The inputs of the fuzzers as ordinary tests.
@Suite("Fuzzing corpora")
struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../FuzzTests")

    @Test("every seed and every input that once failed passes", arguments: FuzzBody.all.map(\.name))
    func replay(_ name: String) throws {
        let body = try #require(FuzzBody.all.first { $0.name == name })
        let seeds = Self.files("Corpora/\(name)")
        try #require(seeds.count >= 10, "the corpus is missing")
        for file in seeds + Self.files("FailCases/\(name)") {
            let octets = try [UInt8](Data(contentsOf: file))
            #expect(body.check(octets) == nil, "\(name)/\(file.lastPathComponent)")
        }
    }

    @Test("seeds cut short or with one octet changed pass", arguments: FuzzBody.all.map(\.name))
    func damaged(_ name: String) throws {
        let body = try #require(FuzzBody.all.first { $0.name == name })
        var random = SeededGenerator(9)
        for file in Self.files("Corpora/\(name)") {
            let octets = try [UInt8](Data(contentsOf: file))
            guard !octets.isEmpty else { continue }
            for _ in 0..<20 {
                var changed = octets
                changed[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                #expect(body.check(changed) == nil, "\(file.lastPathComponent): \(changed)")
                let cut = Array(octets.prefix(Int.random(in: 0..<octets.count, using: &random)))
                #expect(body.check(cut) == nil, "\(file.lastPathComponent): \(cut)")
            }
        }
    }

    private static func files(_ path: String) -> [URL] {
        let found = try? FileManager.default.contentsOfDirectory(
            at: folder.appending(path: path), includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
        return (found ?? []).sorted { $0.path < $1.path }
    }
}

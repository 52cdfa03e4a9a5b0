import Foundation

/// The inputs of one fuzzer that are kept in `FuzzTests`, for ordinary tests.
package struct FuzzCorpus {
    /// An input and where it stands.
    package struct Input {
        package let file: String
        package let octets: [UInt8]
    }

    /// Hand-picked ones.
    package let seeds: [Input]
    /// Those that once failed.
    package let failures: [Input]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../FuzzTests")

    /// Reads the files of the fuzzer `name`.
    ///
    /// - Throws: a file cannot be read.
    package init(of name: String) throws {
        seeds = try Self.inputs("Corpora/\(name)")
        failures = try Self.inputs("FailCases/\(name)")
    }

    private static func inputs(_ path: String) throws -> [Input] {
        let found = try? FileManager.default.contentsOfDirectory(
            at: folder.appending(path: path), includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
        return try (found ?? []).sorted { $0.path < $1.path }.map { file in
            Input(file: "\(path)/\(file.lastPathComponent)", octets: try [UInt8](Data(contentsOf: file)))
        }
    }

    /// The seeds with one octet changed, and cut short, each `count` times; always the same ones.
    package func damagedSeeds(_ count: Int = 20) -> [Input] {
        var random = SeededRandom(seed: 9)
        var damaged: [Input] = []
        for seed in seeds where !seed.octets.isEmpty {
            for _ in 0..<count {
                var changed = seed.octets
                changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                damaged.append(Input(file: "\(seed.file), changed: \(changed)", octets: changed))
                let cut = Array(seed.octets.prefix(Int.random(in: 0..<seed.octets.count, using: &random)))
                damaged.append(Input(file: "\(seed.file), cut: \(cut)", octets: cut))
            }
        }
        return damaged
    }
}

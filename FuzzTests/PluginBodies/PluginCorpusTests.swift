import FuzzBodies
import TestSupport
import Testing

/// The inputs of the fuzzers as ordinary tests.
@Suite("Fuzzing corpora of the plugins")
struct PluginCorpusTests {
    @Test("every seed and every input that once failed passes", arguments: FuzzBody.plugins.map(\.name))
    func replay(_ name: String) throws {
        let body = try #require(FuzzBody.plugins.first { $0.name == name })
        let corpus = try FuzzCorpus(of: name)
        try #require(corpus.seeds.count >= 10, "the corpus is missing")
        for input in corpus.seeds + corpus.failures {
            #expect(body.check(input.octets) == nil, "\(input.file)")
        }
    }

    @Test("seeds cut short or with one octet changed pass", arguments: FuzzBody.plugins.map(\.name))
    func damaged(_ name: String) throws {
        let body = try #require(FuzzBody.plugins.first { $0.name == name })
        for input in try FuzzCorpus(of: name).damagedSeeds() {
            #expect(body.check(input.octets) == nil, "\(input.file)")
        }
    }
}

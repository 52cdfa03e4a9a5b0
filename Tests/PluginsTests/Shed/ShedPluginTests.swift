import DNSServer
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("shed")
struct ShedPluginTests {
    @Test("A block that has it sheds load, and one that has not does not")
    func blocks() throws {
        let with = try PluginBench(". {\nshed\nwhoami\n}\n", PluginOrder.definitions)
        #expect(with.configuration.blocks[0].shedding != nil)
        let series = "coredns_shed_dropped_total{reason=\"query\",server=\"dns://:53\"}"
        #expect(with.metric(series) == series + " 0")
        let without = try PluginBench(". {\nwhoami\n}\n", PluginOrder.definitions)
        #expect(without.configuration.blocks[0].shedding == nil)
    }

    @Test(
        "It has no part in the chain, and takes neither arguments nor options",
        arguments: ["shed 10", "shed {\ndepth 1\n}"])
    func arguments(text: String) throws {
        let message = try mistake(in: text, ShedPlugin.definition)
        #expect(message != nil)
        let bench = try PluginBench(". {\nshed\nwhoami\n}\n", PluginOrder.definitions)
        #expect(bench.configuration.blocks[0].makeChain(for: bench.worker).names == ["whoami"])
    }
}

import Corefile
import DNSServer
import Testing

@testable import Plugins

@Suite struct MultisocketPluginTests {
    @Test("the number of workers is read, and none means all", arguments: [("multisocket 3", 3), ("multisocket", nil)])
    func reads(_ text: String, _ expected: Int?) throws {
        let bench = try PluginBench(". {\n\(text)\n}\n", [MultisocketPlugin.definition])
        let plugin = try bench.plugin(MultisocketPlugin.self)
        #expect(plugin.workerCount == expected)
        #expect(plugin.makeHandler(for: bench.worker) == nil)
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("multisocket 0", "num sockets can not be zero or negative: 0"),
            ("multisocket -2", "num sockets can not be zero or negative: -2"),
            ("multisocket 1025", "num sockets exceeds maximum (1024): 1025"),
            ("multisocket two", #"invalid num sockets: strconv.Atoi: parsing "two": invalid syntax"#),
            ("multisocket 1 2", "Wrong argument count or unexpected line ending after '2'"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        #expect(try mistake(in: text, MultisocketPlugin.definition) == message)
    }
}

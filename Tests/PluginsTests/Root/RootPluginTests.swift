import Corefile
import DNSWire
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("root")
struct RootPluginTests {
    private static let definitions = [RootPlugin.definition, HostsPlugin.definition, ForwardPlugin.definition]

    @Test("the hosts file, resolver files and TLS files of the block are looked for in the folder")
    func files() throws {
        let folder = try TemporaryFolder()
        try folder.write("192.0.2.1 a.example.org\n", to: "names")
        try folder.write("nameserver 192.0.2.53\n", to: "resolvers")
        let bench = try PluginBench(
            ". {\nhosts names\nforward . resolvers\nroot \(folder.path)\n}\n", Self.definitions)
        #expect(try bench.plugin(HostsPlugin.self).source.path == "\(folder.path)/names")
        let secure = "forward . tls://192.0.2.1 {\ntls cert key\n}"
        let message = #expect(throws: ConfigurationError.self) {
            try PluginBench(". {\nroot \(folder.path)\n\(secure)\n}\n", Self.definitions)
        }?.message
        #expect(message?.contains("\(folder.path)/cert") == true)
    }

    @Test("a relative folder starts from that of the Corefile, and absolute file names from nowhere else")
    func relative() throws {
        let bench = try PluginBench(". {\nroot sub/folder\nhosts /dev/null\n}\n", Self.definitions)
        #expect(try bench.plugin(RootPlugin.self).folder == "/tmp/sub/folder")
        let path = try? PluginBench(". {\nroot sub\nhosts names\n}\n", Self.definitions).plugin(HostsPlugin.self)
        #expect(path?.source.path == "/tmp/sub/names")
    }

    @Test("without it relative names start from the Corefile's folder")
    func without() throws {
        let bench = try PluginBench(". {\nhosts names\n}\n", Self.definitions)
        #expect(try bench.plugin(HostsPlugin.self).source.path == "/tmp/names")
    }

    @Test(
        "mistakes have CoreDNS's words; a folder that is not there is none",
        arguments: [
            ("root", "Wrong argument count or unexpected line ending after 'root'"),
            ("root /a /b", "Wrong argument count or unexpected line ending after '/b'"),
            ("root /a\nroot /b", "this plugin can only be used once per Server Block"),
            ("root /dev/null/x", "unable to access root path '/dev/null/x': Not a directory"),
            ("root /nowhere/at/all", nil),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, RootPlugin.definition) == message)
    }
}

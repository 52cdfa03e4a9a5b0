import Corefile
import DNSServer
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Plugins

@Suite struct BindPluginTests {
    private static let interfaces = [
        NetworkInterface(name: "lo", addresses: ["127.0.0.1", "::1"]),
        NetworkInterface(name: "eth0", addresses: ["192.0.2.5", "2001:db8::5", "fe80::5%eth0"]),
        NetworkInterface(name: "down0", addresses: []),
    ]

    private func addresses(_ text: String) throws -> [String] {
        let configurations = try BindConfiguration.directive.readEach(
            directives("bind", text), serverZones: ["."], initial: BindConfiguration())
        return try BindAddresses(configurations, Self.interfaces).hosts
    }

    @Test(
        "addresses and interfaces add up, exceptions are left out",
        arguments: [
            ("bind 127.0.0.1", ["127.0.0.1"]),
            ("bind lo", ["127.0.0.1", "::1"]),
            ("bind eth0 192.0.2.5", ["192.0.2.5", "2001:db8::5", "fe80::5%eth0"]),
            ("bind eth0 {\nexcept 192.0.2.5\n}", ["2001:db8::5", "fe80::5%eth0"]),
            ("bind lo eth0 {\nexcept lo fe80::5%eth0\n}", ["192.0.2.5", "2001:db8::5"]),
            ("bind 127.0.0.1\nbind ::1", ["127.0.0.1", "::1"]),
            ("bind FE80:0::1%eth1", ["fe80::1%eth1"]),
        ])
    func resolves(_ text: String, _ expected: [String]) throws {
        #expect(try addresses(text) == expected)
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("bind", "at least one address or interface name is expected"),
            ("bind nonsense", #"not a valid IP address or interface name: "nonsense""#),
            ("bind 192.0.2.1%eth0", #"not a valid IP address or interface name: "192.0.2.1%eth0""#),
            ("bind lo {\nexcept\n}", "at least one address or interface must be given to except subdirective"),
            ("bind lo {\nexcept nope\n}", #"not a valid IP address or interface name: "nope""#),
            ("bind lo {\nother lo\n}", #"invalid option "other""#),
            ("bind lo {\nexcept lo\n}", "no address is left to listen on"),
            ("bind down0", "no address is left to listen on"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try addresses(text) }
        #expect(error?.message == message)
    }

    @Test("an interface that was there once may be gone; with nothing left to listen on that is a mistake")
    func gone() throws {
        let lines = try BindConfiguration.directive.readEach(
            directives("bind", "bind lo gone0"), serverZones: ["."], initial: BindConfiguration())
        #expect(throws: ConfigurationError.self) { try BindAddresses(lines, Self.interfaces) }
        #expect(try BindAddresses(lines, Self.interfaces, known: ["gone0"]).hosts == ["127.0.0.1", "::1"])
        #expect(throws: ConfigurationError.self) { try BindAddresses(lines, [], known: ["lo", "gone0"]) }
    }

    @Test("addresses that an interface gets and loses are followed, and those that stay are not touched")
    func follows() async throws {
        final class Interfaces: Sendable {
            let addresses = Mutex(["127.0.0.1"])
        }
        let interfaces = Interfaces()
        let (port, file) = (try FreePort.take(), try TemporaryFile(""))
        try file.write(".:\(port) {\nbind test0\nwhoami\n}\n")
        let definition = BindPlugin.definition {
            interfaces.addresses.withLock { $0.isEmpty ? [] : [NetworkInterface(name: "test0", addresses: $0)] }
        }
        let server = try Server(
            options: .init(
                corefilePath: file.path, environment: [:], workers: 1,
                plugins: [definition, WhoamiPlugin.definition]), metrics: MetricsRegistry())
        try await server.start()
        // The Corefile is not read again: who changes it may not want that yet.
        try file.write("{")
        for addresses in [["127.0.0.1", "127.0.0.2"], ["127.0.0.2"], [], ["127.0.0.3"]] {
            let before = server.blocks[0].boundHosts
            interfaces.addresses.withLock { $0 = addresses }
            let plugin = try #require(server.blocks[0].plugins.first as? BindPlugin)
            await plugin.look()
            #expect(server.blocks[0].boundHosts == (addresses.isEmpty ? before : addresses))
        }
        await server.shutDown()
    }

    @Test("the machine's own interfaces include the loopback address")
    func machine() {
        #expect(NetworkInterfaces.all().contains { $0.addresses.contains("127.0.0.1") })
    }

    @Test("the plugin says where to listen and has no part in the chain")
    func provider() throws {
        let bench = try PluginBench(". {\nbind 127.0.0.1\n}\n", [BindPlugin.definition])
        let plugin = try bench.plugin(BindPlugin.self)
        #expect((plugin as any ListenAddressProvider).listenAddresses == ["127.0.0.1"])
        #expect(plugin.makeHandler(for: bench.worker) == nil)
    }
}

import Corefile
import DNSServer
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
        return try BindPlugin(configurations, Self.interfaces).listenAddresses
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

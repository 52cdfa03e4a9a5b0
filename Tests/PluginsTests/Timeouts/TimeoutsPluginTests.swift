import Corefile
import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("timeouts")
struct TimeoutsPluginTests {
    private static let plugins = [TimeoutsPlugin.definition, BindPlugin.definition, WhoamiPlugin.definition]

    /// What holds for connections to 127.0.0.1:53.
    private func settings(_ corefile: String) throws -> ConnectionSettings {
        let bench = try PluginBench(corefile, Self.plugins)
        return bench.configuration.connectionSettings(at: try #require(SocketAddress("127.0.0.1", port: 53)))
    }

    private func settings(lines: String) throws -> ConnectionSettings {
        try settings(". {\nbind 127.0.0.1\ntimeouts {\n\(lines)\n}\nwhoami\n}\n")
    }

    @Test("without it connections have CoreDNS's times: 3, 5 and 10 seconds, and any number of queries")
    func defaults() throws {
        let settings = try settings(". {\nbind 127.0.0.1\nwhoami\n}\n")
        #expect(settings == ConnectionSettings())
        #expect(settings.readTime == .seconds(3) && settings.writeTime == .seconds(5))
        #expect(settings.idleTime == .seconds(10) && settings.queryLimit == .max)
    }

    @Test("each option sets one thing; a number without a unit counts seconds, and the last of several counts")
    func options() throws {
        var expected = ConnectionSettings()
        expected.readTime = .seconds(15)
        #expect(try settings(lines: "read 15s") == expected)
        #expect(try settings(lines: "read 1m\nread 15") == expected)
        expected = ConnectionSettings()
        expected.writeTime = .seconds(60)
        #expect(try settings(lines: "write 1m") == expected)
        expected = ConnectionSettings()
        expected.idleTime = .seconds(86_400)
        #expect(try settings(lines: "idle 24h") == expected)
        expected = ConnectionSettings()
        expected.queryLimit = 128
        #expect(try settings(lines: "maxtcpqueries 128") == expected)
        #expect(try settings(lines: "maxtcpqueries -1") == ConnectionSettings())
    }

    @Test("of the blocks at an address the last that sets an option counts, for each option by itself")
    func sharedAddress() throws {
        let corefile = """
            a.test {
                bind 127.0.0.1
                timeouts {
                    read 20s
                    idle 20s
                    maxtcpqueries 5
                }
                whoami
            }
            b.test {
                bind 127.0.0.1
                timeouts {
                    idle 30s
                    maxtcpqueries -1
                }
                whoami
            }
            c.test {
                bind 127.0.0.1
                whoami
            }
            d.test {
                bind 127.0.0.2
                timeouts {
                    write 40s
                }
                whoami
            }

            """
        var expected = ConnectionSettings()
        expected.readTime = .seconds(20)
        expected.idleTime = .seconds(30)
        #expect(try settings(corefile) == expected)
    }

    @Test("several of them in a block add up; it has no part in the chain")
    func several() throws {
        let corefile = ". {\nbind 127.0.0.1\ntimeouts {\nread 2s\nidle 2s\n}\ntimeouts {\nidle 4s\n}\nwhoami\n}\n"
        var expected = ConnectionSettings()
        expected.readTime = .seconds(2)
        expected.idleTime = .seconds(4)
        #expect(try settings(corefile) == expected)
        let bench = try PluginBench(corefile, Self.plugins)
        #expect(bench.configuration.blocks[0].makeChain(for: bench.worker).names == ["whoami"])
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("timeouts", "timeouts block with no timeouts specified"),
            ("timeouts {\n}", "timeouts block with no timeouts specified"),
            ("timeouts {\nread 5s\n}\ntimeouts {\n}", "timeouts block with no timeouts specified"),
            ("timeouts {\nread 10s\ngiraffe 30s\n}", "unknown option: 'giraffe'"),
            ("timeouts {\nread 10s 20s\n}", "Wrong argument count or unexpected line ending after '20s'"),
            ("timeouts {\nread\n}", "Wrong argument count or unexpected line ending after 'read'"),
            ("timeouts 5s {\nread 5s\n}", "Wrong argument count or unexpected line ending after '5s'"),
            ("timeouts {\nwrite snake\n}", "failed to parse duration 'snake'"),
            ("timeouts {\nidle 0s\n}", "timeout provided '0s' needs to be between 1 second and 24 hours"),
            ("timeouts {\nidle 0\n}", "timeout provided '0s' needs to be between 1 second and 24 hours"),
            ("timeouts {\nread 999ms\n}", "timeout provided '999ms' needs to be between 1 second and 24 hours"),
            ("timeouts {\nread 48h\n}", "timeout provided '48h0m0s' needs to be between 1 second and 24 hours"),
            (
                "timeouts {\nmaxtcpqueries 0\n}",
                "maxtcpqueries provided '0' needs to be -1 (unlimited) or a positive integer"
            ),
            (
                "timeouts {\nmaxtcpqueries -2\n}",
                "maxtcpqueries provided '-2' needs to be -1 (unlimited) or a positive integer"
            ),
            (
                "timeouts {\nmaxtcpqueries snake\n}",
                #"invalid value for maxtcpqueries 'snake': strconv.Atoi: parsing "snake": invalid syntax"#
            ),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        #expect(try mistake(in: text, TimeoutsConfiguration.directive, TimeoutsConfiguration()) == message)
    }

    @Test("a mistake has its place and a hint", arguments: ["read 48h", "read snake", "maxtcpqueries 0"])
    func place(_ option: String) throws {
        do {
            _ = try settings(lines: "  \(option)")
            Issue.record("no mistake")
        } catch let error as ConfigurationError {
            let column = 3 + option.split(separator: " ")[0].count + 1
            #expect(error.line == 4 && error.column == column && error.plugin == "timeouts" && error.hint != nil)
        }
    }
}

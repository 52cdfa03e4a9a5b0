import Corefile
import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("erratic")
struct ErraticPluginTests {
    private func bench(_ options: String...) throws -> PluginBench {
        let block = options.isEmpty ? "" : " {\n\(options.joined(separator: "\n"))\n}"
        return try PluginBench(". {\nerratic\(block)\n}\n", [ErraticPlugin.definition])
    }

    @Test("A and AAAA questions have one record with TTL 0, with AA; others fail")
    func answers() throws {
        let bench = try bench("drop 0")
        let reply = try #require(try bench.ask("Example.org"))
        #expect(reply.answers.map(\.text) == ["Example.org. 0 IN A 192.0.2.53"] && reply.flags.isAuthoritative)
        #expect(try bench.ask("example.org", .AAAA)?.answers.map(\.text) == ["example.org. 0 IN AAAA 2001:db8::53"])
        #expect(try bench.ask("example.org", .MX)?.responseCode == .serverFailure)
    }

    @Test(
        "one of AMOUNT queries is dropped, the first among them; every second one unless said",
        arguments: [
            ([], [false, true, false, true]), (["drop"], [false, true, false, true]),
            (["drop 3"], [false, true, true, false]), (["drop 0"], [true, true, true, true]),
            (["truncate 3"], [true, true, true, true]), (["truncate 3", "drop"], [false, true, false, true]),
        ])
    func drops(_ options: [String], _ expected: [Bool]) throws {
        let block = options.isEmpty ? "" : " {\n\(options.joined(separator: "\n"))\n}"
        let bench = try PluginBench(". {\nerratic\(block)\n}\n", [ErraticPlugin.definition])
        let seen = try expected.map { _ in try bench.ask("a.example") != nil }
        #expect(seen == expected)
    }

    @Test(
        "one of AMOUNT replies has TC",
        arguments: [("truncate", [true, false, true]), ("truncate 3", [true, false, false])])
    func truncates(_ option: String, _ expected: [Bool]) throws {
        let bench = try bench(option)
        let seen = try expected.map { _ in try bench.ask("a.example")?.flags.isTruncated }
        #expect(seen == expected)
    }

    @Test("large: an A question has 30 records, which do not fit into 512 octets")
    func large() throws {
        let bench = try bench("large", "drop 0")
        #expect(try bench.ask("a.example", transport: .tcp)?.answers.count == 30)
        let reply = try #require(try bench.ask("large.example.org"))
        #expect(reply.flags.isTruncated && reply.answers.count < 30)
        #expect(try bench.ask("a.example", .AAAA, transport: .tcp)?.answers.count == 1)
    }

    @Test("delay: one of AMOUNT queries waits without holding the worker; the next ones are answered meanwhile")
    func delays() throws {
        let bench = try bench("delay 2 50ms")
        let message = Message(id: 7, asking: Question(try Name(parsing: "a.example"), .A))
        let first = try bench.begin(message)
        let second = try bench.begin(message)
        #expect(!first.isDone && second.isDone)
        #expect(try second.reply?.answers.count == 1)
        // A retired handler gives up what it delays.
        bench.retire()
        let reply = try first.reply
        #expect(first.isDone && reply == nil)
    }

    @Test("a delayed query is answered when its time has come")
    func ends() async throws {
        let bench = try bench("delay 1 1ms")
        #expect(try await bench.askOnWorker("a.example")?.answers.count == 1)
    }

    @Test("a query's deadline ends its delay")
    func deadline() async throws {
        let bench = try PluginBench(
            ". {\ncancel 5ms\nerratic {\ndelay 1 1h\n}\n}\n", [CancelPlugin.definition, ErraticPlugin.definition])
        #expect(try await bench.askOnWorker("a.example")?.responseCode == .serverFailure)
    }

    @Test("no more queries are delayed at a time than there is room for")
    func room() throws {
        let bench = try bench("delay 1 1h")
        let message = Message(id: 7, asking: Question(try Name(parsing: "a.example"), .A))
        let begun = try (0..<ErraticHandler.most + 2).map { _ in try bench.begin(message) }
        let done = begun.filter { $0.isDone }
        #expect(done.count == 2)
        bench.retire()
        let isEveryoneDone = begun.allSatisfy { $0.isDone }
        #expect(isEveryoneDone)
    }

    @Test("it is ready while three or four queries have come, and at no other time")
    func readiness() throws {
        let bench = try bench("drop 0")
        let plugin = try bench.plugin(ErraticPlugin.self)
        var seen: [Bool?] = [plugin.isReady]
        for _ in 0..<6 {
            _ = try bench.ask("a.example")
            seen.append(plugin.isReady)
        }
        #expect(seen == [false, false, false, true, true, false, false])
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("drop x", #"strconv.ParseInt: parsing "x": invalid syntax"#),
            ("drop -1", #"illegal amount value given "-1""#),
            ("truncate -1", #"illegal amount value given "-1""#), ("delay -1", #"illegal amount value given "-1""#),
            ("delay 1 soon", #"time: invalid duration "soon""#),
            ("drop 1 2", "Wrong argument count or unexpected line ending after '2'"),
            ("delay 1 1s 2", "Wrong argument count or unexpected line ending after '2'"),
            ("large 1", "Wrong argument count or unexpected line ending after '1'"),
            ("slow", "unknown property 'slow'"),
        ])
    func mistakes(_ option: String, _ message: String) throws {
        #expect(try mistake(in: "erratic {\n\(option)\n}", ErraticPlugin.definition) == message)
    }
}

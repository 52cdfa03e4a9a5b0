import Corefile
import DNSServer
import TestSupport
import Testing

@testable import Plugins

@Suite struct HTTPEndpointTests {
    private final class Owner {}

    private func withEndpoint(_ body: (HTTPEndpoint, HostPort) async throws -> Void) async throws {
        let endpoint = HTTPEndpoint(HostPort(host: "127.0.0.1", port: 0))
        try await endpoint.open(for: "health")
        let address = try #require(endpoint.boundAddress)
        try await body(endpoint, address)
        await endpoint.close()
    }

    private func status(_ path: String, _ address: HostPort) async throws -> Int {
        try await HTTPProbe.get(path, at: address, timeout: .seconds(5)).status
    }

    private func text(_ path: String, _ endpoint: HTTPEndpoint) -> String? {
        guard case .reply(let reply) = endpoint.answer(at: path) else { return nil }
        return reply.text
    }

    @Test("paths answer while somebody owns them")
    func routes() async throws {
        try await withEndpoint { endpoint, address in
            let owner = Owner()
            #expect(try await status("/health", address) == 404)
            endpoint.addRoute("/health", owner: owner) { HTTPReply("OK") }
            let answer = try await HTTPProbe.get("/health?x=1", at: address, timeout: .seconds(5))
            #expect(answer.status == 200)
            #expect(answer.text.hasSuffix("\r\n\r\nOK"))
            endpoint.removeRoutes(of: owner)
            #expect(try await status("/health", address) == 404)
        }
    }

    @Test("the latest owner answers; when it goes, the one before answers again")
    func owners() async throws {
        let endpoint = HTTPEndpoint(HostPort(host: "127.0.0.1", port: 0))
        let (first, second) = (Owner(), Owner())
        endpoint.addRoute("/x", owner: first) { HTTPReply("1") }
        endpoint.addRoute("/x", owner: second) { HTTPReply("2") }
        #expect(text("/x", endpoint) == "2")
        endpoint.removeRoutes(of: second)
        #expect(text("/x", endpoint) == "1")
    }

    @Test("an address in use is said with the address and the directive")
    func inUse() async throws {
        try await withEndpoint { _, address in
            let other = HTTPEndpoint(address)
            let error = await #expect(throws: StartError.self) { try await other.open(for: "ready") }
            #expect(
                error?.description.hasPrefix("plugin/ready: listen tcp \(address): address already in use") == true)
            #expect(other.boundAddress == nil)
        }
    }

    @Test("opening twice is opening once; closed, the address is free at once")
    func reopens() async throws {
        let endpoint = HTTPEndpoint(HostPort(host: "localhost", port: 0))
        async let one: Void = endpoint.open(for: "a")
        async let two: Void = endpoint.open(for: "b")
        _ = try await (one, two)
        let address = try #require(endpoint.boundAddress)
        await endpoint.close()
        #expect(endpoint.boundAddress == nil)
        await #expect(throws: (any Error).self) { try await status("/", address) }
        let next = HTTPEndpoint(HostPort(host: "127.0.0.1", port: address.port))
        try await next.open(for: "c")
        await next.close()
    }

    @Test("without a host every address is listened on")
    func wildcard() async throws {
        let endpoint = HTTPEndpoint(HostPort(host: "", port: 0))
        try await endpoint.open(for: "health")
        let address = try #require(endpoint.boundAddress)
        #expect(try await status("/", address) == 404)
        await endpoint.close()
    }

    @Test("an endpoint is closed early only when nobody answers there any more")
    func closesWhenUnused() async throws {
        try await withEndpoint { endpoint, _ in
            let owner = Owner()
            endpoint.addRoute("/ready", owner: owner) { HTTPReply("OK") }
            await endpoint.closeUnlessUsed()
            #expect(endpoint.boundAddress != nil)
            endpoint.removeRoutes(of: owner)
            await endpoint.closeUnlessUsed()
            #expect(endpoint.boundAddress == nil)
        }
    }

    @Test("of addresses that overlap one listens for both, whichever came first; when it goes, the other does")
    func overlap() async throws {
        let all = HTTPEndpoints()
        let port = try FreePort.take()
        let wide = HTTPEndpoint(HostPort(host: "", port: port), among: all)
        let narrow = HTTPEndpoint(HostPort(host: "localhost", port: port), among: all)
        let owner = Owner()
        narrow.addRoute("/ready", owner: owner) { HTTPReply("ready") }
        wide.addRoute("/health", owner: owner) { HTTPReply("health") }
        let address = HostPort(host: "127.0.0.1", port: port)
        for order in [[wide, narrow], [narrow, wide]] {
            for endpoint in order { try await endpoint.open(for: "test") }
            #expect(wide.isListening && !narrow.isListening && narrow.isCovered(by: wide))
            #expect(try await status("/ready", address) == 200)
            #expect(try await status("/health", address) == 200)
            await wide.close()
            try await wait(for: "the narrower one") { narrow.isListening }
            #expect(try await status("/ready", address) == 200)
            #expect(try await status("/health", address) == 404)
            await narrow.close()
        }
    }

    @Test("who can wait logs why it cannot listen, and listens when it can")
    func patience() async throws {
        let port = try FreePort.take()
        let other = HTTPEndpoint(HostPort(host: "127.0.0.1", port: port))
        try await other.open(for: "other")
        let endpoint = HTTPEndpoint(HostPort(host: "127.0.0.1", port: port))
        let log = LogRecorder()
        await endpoint.openPatiently(for: "prometheus", at: "Corefile:3:2", log.logger)
        #expect(
            log.lines == [
                "error: Corefile:3:2: listen tcp 127.0.0.1:\(port): address already in use "
                    + "(another program listens there); it is tried again, and all else is served"
            ])
        #expect(endpoint.boundAddress == nil)
        await other.close()
        try await wait(for: "the address") { endpoint.boundAddress != nil }
        await endpoint.close()
    }

    @Test(
        "why it cannot listen is said in the words of the system, with the place",
        arguments: [
            ("192.0.2.1", "cannot assign requested address (no interface of this machine has it)"),
            ("nosuchhost.invalid", "lookup nosuchhost.invalid: no such host (the name has no address now)"),
        ])
    func failures(_ host: String, _ reason: String) async throws {
        let endpoint = HTTPEndpoint(HostPort(host: host, port: 8_080))
        let error = await #expect(throws: StartError.self) {
            try await endpoint.open(for: "health", at: "Corefile:2:9")
        }
        #expect(error?.description == "Corefile:2:9: plugin/health: listen tcp \(host):8080: \(reason)")
    }
}

import Synchronization
import Testing

@testable import KubernetesClient
@testable import StandInAPIServer

@Suite("How many requests go out", .timeLimit(.minutes(1)))
struct RequestGateTests {
    @Test("A burst goes at once, the rest at the pace of the limit; watches are not counted")
    func pace() async throws {
        let clock = LeapingClock()
        let gate = RequestGate(RequestLimits(qps: 5, burst: 10), clock: clock.clock)
        var times: [Duration] = []
        for _ in 0..<12 {
            try await gate.enter(.list)
            times.append(clock.now)
            gate.leave()
        }
        #expect(times == Array(repeating: .zero, count: 10) + [.milliseconds(200), .milliseconds(400)])
        try await gate.enter(.watch)
        #expect(clock.now == .milliseconds(400))
        try await clock.clock.sleep(.seconds(60))
        for _ in 0..<10 { try await gate.enter(.get) }
        #expect(clock.now == .seconds(60) + .milliseconds(400))
    }

    @Test("Without limits nobody waits", arguments: [APIRequest.Operation.list, .watch])
    func unlimited(_ operation: APIRequest.Operation) async throws {
        let clock = LeapingClock()
        let gate = RequestGate(RequestLimits(qps: 0, burst: 0, maxInFlight: 0), clock: clock.clock)
        for _ in 0..<1000 { try await gate.enter(operation) }
        #expect(clock.now == .zero)
    }

    @Test(
        "Any limit is a limit, or none",
        arguments: [
            (Double.leastNonzeroMagnitude, 86400), (1e300, 0), (.infinity, 0), (.nan, 0), (-1, 0),
        ] as [(Double, Int)])
    func extremes(_ qps: Double, _ seconds: Int) async throws {
        let clock = LeapingClock()
        let gate = RequestGate(RequestLimits(qps: qps, burst: .min), clock: clock.clock)
        for _ in 0..<2 { try await gate.enter(.list) }
        #expect(clock.now.components.seconds == seconds)
    }

    @Test("A request waits for a free place, and one that is given up leaves its place to the next")
    func inFlight() async throws {
        let gate = RequestGate(RequestLimits(qps: 0, maxInFlight: 1), clock: .system)
        try await gate.enter(.list)
        let waiting = Task { try await gate.enter(.list) }
        waiting.cancel()
        await #expect(throws: APIFailure.self) { try await waiting.value }
        async let next: Void = gate.enter(.list)
        gate.leave()
        try await next
        gate.leave()
        try await gate.enter(.watch)
    }

    @Test("Open watches hold no place: two kinds are followed with one place, and each wait is reported")
    func watches() async throws {
        let observer = ObserverRecorder()
        try await withCluster(observer: observer, limits: RequestLimits(qps: 0, maxInFlight: 1)) { server, client in
            try await following(Namespace.self, client) { namespaces in
                try await following(Service.self, client) { services in
                    try await namespaces.expectState([])
                    try await services.expectState([])
                    try await waitForWatch(server, count: 2)
                    try server.apply(Sample.service("one"))
                    try await services.expectChange("added one")
                }
            }
            #expect(observer.waits.count == 2)
        }
    }

    @Test("A list holds its place until its body has been read")
    func slowList() async throws {
        try await withCluster(limits: RequestLimits(qps: 0, maxInFlight: 1)) { server, client in
            server.inject(Fault(.stallBody, resource: "services", operation: .list))
            try await following(Service.self, client) { _ in
                try await server.waitForRequests(1)
                try await following(Namespace.self, client) { _ in
                    for _ in 0..<100 { await Task.yield() }
                    #expect(server.requests.count == 1)
                }
            }
        }
    }

    @Test("The limit is in force for pages of a list")
    func pages() async throws {
        let (clock, observer) = (LeapingClock(), ObserverRecorder())
        let limits = RequestLimits(qps: 1, burst: 2)
        try await withCluster(observer: observer, limits: limits, clock: clock.clock) { server, client in
            let names = (0..<5).map { "s\($0)" }
            for name in names { try server.apply(Sample.service(name)) }
            var settings = ReflectorSettings.quick
            settings.pageSize = 1
            try await following(Service.self, client, settings: settings) { events in
                try await events.expectState(names)
            }
            #expect(observer.waits == [.zero, .zero, .seconds(1), .seconds(1), .seconds(1)])
        }
    }
}

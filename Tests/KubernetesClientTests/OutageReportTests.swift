import Testing

@testable import KubernetesClient

@Suite("Failures become few log lines")
struct OutageReportTests {
    @Test("The first try that succeeds is told to metrics only")
    func silence() {
        var report = OutageReport(resource: "services")
        #expect(report.opened(now: .zero) == .init(isFollowing: true, isFollowingChanged: true))
        #expect(report.progressed(now: .zero) == nil)
        report.closed()
        #expect(report.opened(now: .seconds(1)) == nil)
    }

    @Test("One line for each kind of failure, one when all is well")
    func outage() {
        var report = OutageReport(resource: "services")
        _ = report.opened(now: .zero)
        report.closed()
        let first = report.failed(.watch, .unreachable("connection refused"), now: .seconds(1))
        #expect(
            first
                == .init(
                    isFollowing: false, isFollowingChanged: true,
                    text: "watch services: connection refused; retrying"))
        for second in 2..<100 {
            #expect(report.failed(.watch, .unreachable("no route"), now: .seconds(second)) == nil)
        }
        let refusal = APIFailure.refused(APIRefusal(code: 503, reason: "ServiceUnavailable"))
        #expect(
            report.failed(.watch, refusal, now: .seconds(100))?.text
                == "watch services: 503 ServiceUnavailable; retrying")
        #expect(report.failed(.watch, refusal, now: .seconds(101)) == nil)
        #expect(
            report.opened(now: .seconds(102))
                == .init(
                    isFollowing: true, isFollowingChanged: true,
                    text: "services: followed again after 101000 ms, failed tries: 101"))
    }

    @Test("Streams that fail right after they open are one line, until an event arrives")
    func flapping() {
        var report = OutageReport(resource: "pods")
        _ = report.opened(now: .zero)
        #expect(report.failed(.watch, .cut, now: .zero)?.text != nil)
        for _ in 0..<100 {
            #expect(report.opened(now: .zero) == nil)
            #expect(report.failed(.watch, .cut, now: .zero) == nil)
        }
        #expect(report.opened(now: .zero) == nil)
        #expect(report.progressed(now: .zero)?.isFollowing == true)
    }
}

import Logging
import Testing

@testable import KubernetesClient

@Suite("Failures become few log lines")
struct OutageReportTests {
    private static let unavailable = APIFailure.refused(APIRefusal(code: 503, reason: "ServiceUnavailable"))
    private static let forbidden = APIFailure.refused(APIRefusal(code: 403, reason: "Forbidden"))
    private static let expired = APIFailure.refused(APIRefusal(code: 410, reason: "Expired"))

    @Test("The first try that succeeds is told to metrics only")
    func silence() {
        var report = OutageReport(resource: "services")
        #expect(report.opened(now: .zero) == .init(standing: .following))
        #expect(report.progressed(now: .zero) == nil)
        report.closed()
        #expect(report.opened(now: .seconds(1)) == nil)
    }

    @Test("One line for each kind of failure, one when all is well")
    func outage() {
        var report = OutageReport(resource: "services")
        _ = report.opened(now: .zero)
        report.closed()
        #expect(
            report.failed(.watch, .unreachable("connection refused"), now: .seconds(1))
                == .init(
                    standing: .away("connection refused"),
                    line: .init(level: .warning, text: "watch services: connection refused; retrying")))
        for second in 2..<100 {
            #expect(report.failed(.watch, .unreachable("no route"), now: .seconds(second)) == nil)
        }
        let line = OutageReport.Line(level: .warning, text: "watch services: 503 ServiceUnavailable; retrying")
        #expect(report.failed(.watch, Self.unavailable, now: .seconds(100)) == .init(line: line))
        #expect(report.failed(.watch, Self.unavailable, now: .seconds(101)) == nil)
        let text = "services: followed again after 101000 ms, failed tries: 101"
        #expect(
            report.opened(now: .seconds(102))
                == .init(standing: .following, line: .init(level: .notice, text: text)))
    }

    @Test("A stream that breaks after it was sound is an outage only when the next one cannot be had")
    func brokenStream() {
        var report = OutageReport(resource: "services")
        _ = report.opened(now: .zero)
        for second in [5, 10] {
            #expect(report.failed(.watch, .cut, now: .seconds(second))?.line?.level == .debug)
            #expect(report.opened(now: .seconds(second)) == nil)
        }
        _ = report.progressed(now: .seconds(11))
        #expect(report.failed(.watch, .cut, now: .seconds(12))?.standing == nil)
        #expect(report.failed(.watch, .timedOut, now: .seconds(13))?.standing == .away("no reply in time"))
        #expect(report.opened(now: .seconds(14))?.standing == .following)
        #expect(report.failed(.watch, .cut, now: .seconds(15))?.line?.level == .warning)
    }

    @Test("Streams that fail right after they open are one line, until an event arrives")
    func flapping() {
        var report = OutageReport(resource: "pods")
        _ = report.opened(now: .zero)
        #expect(report.failed(.watch, .cut, now: .zero)?.line != nil)
        for _ in 0..<100 {
            #expect(report.opened(now: .zero) == nil)
            #expect(report.failed(.watch, .cut, now: .zero) == nil)
        }
        #expect(report.opened(now: .zero) == nil)
        #expect(report.progressed(now: .zero)?.standing == .following)
    }

    @Test(
        "What says that the API server is away is for whoever tells of that",
        arguments: [
            .unreachable("connection refused"), .timedOut, .cut, .noCredentials("no token"), unavailable,
            .refused(APIRefusal(code: 500)), .refused(APIRefusal(code: 429)), .refused(APIRefusal(code: 401)),
        ] as [APIFailure])
    func outageToldElsewhere(_ failure: APIFailure) {
        var report = OutageReport(resource: "services", isOutageToldElsewhere: true)
        _ = report.opened(now: .zero)
        let change = report.failed(.watch, failure, now: .zero)
        #expect(change?.standing == .away("\(failure)") && change?.line?.level == .debug)
        _ = report.opened(now: .zero)
        let end = report.progressed(now: .zero)
        #expect(end?.standing == .following && end?.line?.level == .debug)
    }

    @Test(
        "What concerns one kind of objects is told by its reflector, whoever else tells of outages",
        arguments: [
            (forbidden, .warning, .notice), (.malformed("metadata"), .warning, .notice),
            (.tooLarge(limit: 9), .warning, .notice), (.refused(APIRefusal(code: 404)), .warning, .notice),
            (expired, .info, .info),
        ] as [(APIFailure, Logger.Level, Logger.Level)])
    func refusal(_ failure: APIFailure, _ level: Logger.Level, _ endLevel: Logger.Level) {
        var report = OutageReport(resource: "services", isOutageToldElsewhere: true)
        _ = report.opened(now: .zero)
        report.closed()
        let change = report.failed(.list, failure, now: .zero)
        #expect(change?.standing == .refused && change?.line?.level == level)
        #expect(report.failed(.list, failure, now: .seconds(9)) == nil)
        let end = report.opened(now: .seconds(10))
        #expect(end?.standing == .following && end?.line?.level == endLevel)
    }

    @Test("A refusal names the objects and says what may be missing")
    func hint() {
        var report = OutageReport(resource: "endpointslices", isOutageToldElsewhere: true)
        #expect(
            report.failed(.list, Self.forbidden, now: .zero)?.line?.text
                == "list endpointslices: 403 Forbidden; retrying; does the ClusterRole let us list and watch endpointslices?"
        )
    }

    @Test("An outage while objects are refused is told, and so is the refusal after it")
    func outageWithinRefusal() {
        var report = OutageReport(resource: "services", isOutageToldElsewhere: true)
        _ = report.failed(.list, Self.forbidden, now: .zero)
        #expect(report.failed(.list, .timedOut, now: .seconds(1))?.standing == .away("no reply in time"))
        #expect(report.failed(.list, .timedOut, now: .seconds(2)) == nil)
        #expect(report.failed(.list, Self.forbidden, now: .seconds(20)) == .init(standing: .refused))
    }

    @Test("An API server that comes back and forbids at first, until it knows its rules, is not taken at its word")
    func startingServer() {
        var report = OutageReport(resource: "services")
        _ = report.failed(.watch, .timedOut, now: .seconds(1))
        #expect(report.failed(.list, Self.forbidden, now: .seconds(2)) == nil)
        #expect(report.failed(.list, Self.forbidden, now: .milliseconds(5_900)) == nil)
        let change = report.failed(.list, Self.forbidden, now: .seconds(6))
        #expect(change?.standing == .refused && change?.line?.level == .warning)
    }
}

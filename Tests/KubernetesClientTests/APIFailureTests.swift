import AsyncHTTPClient
import NIOCore
import Testing

@testable import KubernetesClient

@Suite("Failures say what is wrong in few words")
struct APIFailureTests {
    @Test(
        "Errors of the connection",
        arguments: [
            (111, "connection refused"), (104, "connection reset"), (113, "no route to host"),
            (5, "input or output failed (errno 5)"),
        ]
            as [(CInt, String)])
    func errno(_ code: CInt, _ text: String) {
        #expect(APIFailure(IOError(errnoCode: code, reason: "connect")) == .unreachable(text))
    }

    @Test("Times that ran out")
    func timeouts() {
        #expect(APIFailure(HTTPClientError.connectTimeout) == .timedOut)
        #expect(APIFailure(HTTPClientError.deadlineExceeded) == .timedOut)
        #expect(APIFailure(HTTPClientError.remoteConnectionClosed) == .unreachable("Remote connection closed"))
    }

    @Test("A refusal is told with its reason and its message, both bounded")
    func refusal() {
        let refusal = APIRefusal(code: 403, reason: "Forbidden", message: String(repeating: "x", count: 10_000))
        #expect(APIFailure.refused(refusal).description == "403 Forbidden: \(String(repeating: "x", count: 512))…")
        #expect(APIRefusal(code: 500).description == "500")
    }

    @Test(
        "Retry-After is a number of seconds within a day",
        arguments: [(0, nil), (-1, nil), (1, 1), (86400, 86400), (86401, nil), (.max, nil), (.min, nil)]
            as [(Int, Int?)])
    func pause(_ seconds: Int, _ expected: Int?) {
        #expect(APIRefusal.pause(seconds: seconds) == expected.map { .seconds($0) })
    }
}

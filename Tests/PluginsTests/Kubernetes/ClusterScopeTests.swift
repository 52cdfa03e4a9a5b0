import KubernetesClient
import StandInAPIServer
import Testing

@testable import Plugins

@Suite("What a cluster's source follows", .timeLimit(.minutes(1)))
struct ClusterScopeTests {
    @Test("Selectors go to the API server as they are written, each with the objects it is for")
    func selectors() async throws {
        let server = try StandInAPIServer()
        let port = try await server.start()
        let scope = ClusterSource.Scope(
            origin: .server(try .endpoint(url: "http://127.0.0.1:\(port)")), form: .init(), followsEndpoints: true,
            followsPods: true,
            labels: try LabelSelector(parsing: "environment in (staging, qa),!internal"),
            namespaceLabels: try LabelSelector(parsing: "team=a"), limits: RequestLimits())
        let source = ClusterSource(scope, delays: nil, telemetry: nil, saver: nil, logger: LogRecorder().logger)
        try source.start()
        for resource in ["services", "endpointslices", "pods", "namespaces"] {
            try await server.waitForRequests(1) { $0.resource == resource }
        }
        await source.close()
        await server.stop()
        for request in server.requests {
            let expected = request.resource == "namespaces" ? "team=a" : "environment in (staging, qa),!internal"
            #expect(request.query["labelSelector"] == expected, "\(request.resource)")
            #expect((request.query["fieldSelector"] != nil) == (request.resource == "pods"))
        }
    }
}
